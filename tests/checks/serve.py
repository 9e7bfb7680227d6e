#!/usr/bin/env python3
"""Servers of the hostile checks, in one process and without threads.

usage: serve.py ADDRESS PORT
TCP PORT     echo              TCP PORT+1  reads all that comes
TCP PORT+2   sends at PACE     TCP PORT+3  an HTTP server of one page
UDP PORT     echo
Says "ready", and ends with its standard input.
"""
import asyncio
import sys

PACE = 2 << 20  # bytes a second
CHUNK = 64 << 10


async def ended(writer):
    try:
        writer.close()
        await writer.wait_closed()
    except OSError:
        return


async def echo(reader, writer):
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # a guest that is gone resets its connections
    await ended(writer)


async def sink(reader, writer):
    try:
        while await reader.read(CHUNK):
            pass
    except OSError:
        pass
    await ended(writer)


async def source(reader, writer):
    try:
        while not reader.at_eof():
            writer.write(bytes(CHUNK))
            await writer.drain()
            await asyncio.sleep(CHUNK / PACE)
    except OSError:
        pass
    await ended(writer)


async def page(reader, writer):
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n" + b"x" * 1024)
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass
    await ended(writer)


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def main(address, port):
    for offset, what in enumerate((echo, sink, source, page)):
        await asyncio.start_server(what, address, port + offset, backlog=4096)
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Datagrams, local_addr=(address, port))
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
