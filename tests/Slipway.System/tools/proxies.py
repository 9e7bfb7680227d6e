#!/usr/bin/env python3
"""Guests of the proxy that no stock program is.

usage: proxies.py slow HOST PORT COUNT                 heads that never end; says "ready"
       proxies.py tunnels HOST PORT TARGET COUNT       CONNECT and a request, one by one
       proxies.py race HOST PORT TARGET BYTES ROUNDS   seconds of a download, by CONNECT and not
"""
import json
import socket
import sys
import time


def tunnel(proxy, target):
    conn = socket.create_connection(proxy, 30)
    conn.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = conn.recv(1)
        if not byte:
            raise EOFError(f"after {head!r}")
        head += byte
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise OSError(head.decode())
    return conn


def slow(proxy, count):
    held = []
    for i in range(int(count)):
        conn = socket.create_connection(proxy, 30)
        conn.sendall(b"GET http://a.test/ HTTP/1.1\r\nX: " if i % 2 else b"CONNECT a.test:443 HT")
        held.append(conn)
    print("ready", flush=True)
    sys.stdin.read()


def tunnels(proxy, target, count):
    for i in range(int(count)):
        with tunnel(proxy, target) as conn:
            conn.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            answer = b""
            while data := conn.recv(65536):
                answer += data
            if b"hello" not in answer:
                raise OSError(f"tunnel {i} answered {answer!r}")
    print(json.dumps({"tunnels": int(count)}))


def download(conn, total):
    buffer = bytearray(1 << 20)
    conn.sendall(b"GET /large HTTP/1.0\r\n\r\n")
    got, start = 0, time.monotonic()
    while count := conn.recv_into(buffer):
        got += count
    if got < total:
        raise EOFError(f"{got} of {total} bytes")
    return time.monotonic() - start


def race(proxy, target, total, rounds):
    host, port = target.rsplit(":", 1)
    times = {"connect": [], "direct": []}
    for i in range(int(rounds) * 2):
        way = "connect" if i % 2 else "direct"
        with tunnel(proxy, target) if i % 2 else socket.create_connection(
                (host, int(port)), 30) as conn:
            times[way].append(round(download(conn, int(total)), 3))
    print(json.dumps(times))


if __name__ == "__main__":
    what, address, number, *rest = sys.argv[1:]
    {"slow": slow, "tunnels": tunnels, "race": race}[what]((address, int(number)), *rest)
