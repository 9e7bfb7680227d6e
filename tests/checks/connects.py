#!/usr/bin/env python3
"""Connects of a guest one after another, each timed.

usage: load.py HOST PORT INTERVAL_S      until its standard input closes
Each second a line of JSON tells the times of the connects since the last one in microseconds, and
what failed, by its kind.
"""
import asyncio
import json
import sys
import time

failed, times = {}, []


async def timed_connect(host, port):
    begun = time.perf_counter()
    reader, writer = await asyncio.open_connection(host, port)
    took = time.perf_counter() - begun
    writer.write(b"x")
    await reader.readexactly(1)
    writer.close()
    await writer.wait_closed()
    times.append(round(took * 1e6))


async def connects(host, port, interval):
    while True:
        begun = time.monotonic()
        try:
            await asyncio.wait_for(timed_connect(host, port), 20)
        except (OSError, asyncio.TimeoutError, EOFError) as e:
            kind = f"{type(e).__name__}: {str(e)[:80]}"
            failed[kind] = failed.get(kind, 0) + 1
        await asyncio.sleep(max(0.001, interval - (time.monotonic() - begun)))


async def report():
    while True:
        await asyncio.sleep(1)
        print(json.dumps({"failed": failed, "times": times}), flush=True)
        failed.clear(), times.clear()


async def main(host, port, interval):
    loop = asyncio.get_running_loop()
    ends = loop.run_in_executor(None, sys.stdin.read)
    await asyncio.wait([ends, asyncio.ensure_future(report()), asyncio.ensure_future(
        connects(host, int(port), float(interval)))], return_when=asyncio.FIRST_COMPLETED)


asyncio.run(main(*sys.argv[1:]))
