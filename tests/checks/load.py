#!/usr/bin/env python3
"""A guest's mixed load, paced; or connects one after another, each timed.

usage: load.py mixed HOST HOST6 PORT GATEWAY           until its standard input closes
       load.py probe HOST PORT INTERVAL_S              the same
A line "pause" on standard input stops the mixed load and closes its connections, "go" starts it
again. Each second a line of JSON tells what was done and what failed since the last one: of the
probe the times of its connects in microseconds.
"""
import asyncio
import json
import socket
import sys
import time

PACE = 2 << 20  # bytes a second upwards
CHUNK = 64 << 10
done, failed, times = {}, {}, []
going = asyncio.Event()


async def read_lines(on_line):
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        on_line(line.decode().strip())


async def report():
    while True:
        await asyncio.sleep(1)
        print(json.dumps({"done": done, "failed": failed, "times": times}), flush=True)
        done.clear(), failed.clear(), times.clear()


async def each(interval, name, what):
    """Does it again and again for as long as the load goes; counts what fails, by its kind."""
    while True:
        await going.wait()
        begun = time.monotonic()
        try:
            await asyncio.wait_for(what(), 20)
            done[name] = done.get(name, 0) + 1
        except (OSError, asyncio.TimeoutError, EOFError, ValueError) as e:
            if going.is_set():
                kind = f"{name}: {type(e).__name__}: {str(e)[:80]}"
                failed[kind] = failed.get(kind, 0) + 1
        await asyncio.sleep(max(0.01, interval - (time.monotonic() - begun)))


async def closed(writer):
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        return


async def timed_connect(host, port):
    begun = time.perf_counter()
    reader, writer = await asyncio.open_connection(host, port)
    took = time.perf_counter() - begun
    writer.write(b"x")
    await reader.readexactly(1)
    await closed(writer)
    times.append(round(took * 1e6))


async def echoed(host, port, size):
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"y" * size)
        if await reader.readexactly(size) != b"y" * size:
            raise ValueError("not what was sent")
    finally:
        await closed(writer)


async def up(host, port):
    _, writer = await asyncio.open_connection(host, port)
    end = time.monotonic() + 10
    try:
        while going.is_set() and time.monotonic() < end:
            writer.write(bytes(CHUNK))
            await writer.drain()
            await asyncio.sleep(CHUNK / PACE)
    finally:
        await closed(writer)


async def down(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    end = time.monotonic() + 10
    try:
        while going.is_set() and time.monotonic() < end:
            if not await reader.read(CHUNK):
                raise EOFError("the source ended")
    finally:
        await closed(writer)


async def datagrams(host, port):
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setblocking(False)
        await loop.sock_connect(s, (host, port))
        for size in (1, 100, 1200, 4000):
            await loop.sock_sendall(s, b"z" * size)
            await asyncio.wait_for(loop.sock_recv(s, 65536), 3)


async def by_proxy(proxy, port, url):
    reader, writer = await asyncio.open_connection(proxy, port)
    try:
        name = url.split("/")[2]
        writer.write(f"GET {url} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        head = await reader.readline()
        if b" 200 " not in head:
            raise ValueError(head.decode("latin-1").strip())
        await reader.read()
    finally:
        await closed(writer)


async def program(*words):
    p = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    text, _ = await p.communicate()
    if p.returncode != 0:
        raise ValueError(text.decode("latin-1").strip().splitlines()[-1:] or p.returncode)


async def mixed(host, host6, port, gateway):
    port = int(port)
    work = [
        each(0, "up", lambda: up(host, port + 1)),
        each(0, "down", lambda: down(host, port + 2)),
        each(0.2, "short", lambda: echoed(host, port, 2000)),
        each(0.5, "short6", lambda: echoed(host6, port, 2000)),
        each(4, "udp", lambda: datagrams(host, port)),
        each(8, "udp6", lambda: datagrams(host6, port)),
        each(5, "ping", lambda: program("ping", "-nqc2", "-i0.2", "-W2", host)),
        each(2, "dns", lambda: program(
            "dig", "+short", "+tries=2", "+time=3", f"@{gateway}", f"n{time.time_ns()}.test")),
        each(1, "proxy", lambda: by_proxy(gateway, 3128, f"http://web.test:{port + 3}/")),
    ]
    await until_closed(work)


async def probe(host, port, interval):
    await until_closed([each(float(interval), "probe", lambda: timed_connect(host, int(port)))])


async def until_closed(work):
    going.set()
    lines = read_lines(lambda text: going.set() if text == "go" else going.clear())
    await asyncio.wait([asyncio.ensure_future(w) for w in [*work, report(), lines]],
                       return_when=asyncio.FIRST_COMPLETED)


asyncio.run({"mixed": mixed, "probe": probe}[sys.argv[1]](*sys.argv[2:]))
