#!/usr/bin/env python3
"""Guests of the proxy that no stock program is.

usage: proxies.py slow HOST PORT COUNT                 heads that never end; says "ready"
       proxies.py tunnels HOST PORT TARGET COUNT       CONNECT and a request, one by one
       proxies.py race HOST PORT TARGET BYTES ROUNDS   seconds of a download, by CONNECT and not
       proxies.py datagrams HOST PORT TARGET...    by UDP ASSOCIATE: what each target answers
                    to a query for a.test (port 53: an address) or to a text (others: its length)
"""
import ipaddress
import json
import socket
import struct
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


def socks_address(host, port):
    try:
        address = ipaddress.ip_address(host)
        packed = (b"\x01" if address.version == 4 else b"\x04") + address.packed
    except ValueError:
        packed = b"\x03" + bytes([len(host)]) + host.encode()
    return packed + struct.pack("!H", port)


def read_address(data):
    if data[0] == 1:
        size, host = 4, socket.inet_ntop(socket.AF_INET, data[1:5])
    else:
        size, host = 16, socket.inet_ntop(socket.AF_INET6, data[1:17])
    return host, struct.unpack("!H", data[1 + size:3 + size])[0], data[3 + size:]


def associate(proxy):
    conn = socket.create_connection(proxy, 30)
    conn.sendall(b"\x05\x01\x00" + b"\x05\x03\x00" + socks_address("0.0.0.0", 0))
    answer = b""
    while len(answer) < 2 + 10:
        answer += conn.recv(64) or exit(f"the proxy closed after {answer!r}")
    if answer[3]:
        return conn, answer[3], None
    return conn, 0, read_address(answer[5:])[:2]


def query(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\0\0\x01\0\x01"


def exchange(udp, relay, target):
    host, port = target.rsplit(":", 1)
    text = query("a.test") if port == "53" else bytes(range(256)) * 10
    for _ in range(6):  # datagrams may be lost
        udp.sendto(b"\0\0\0" + socks_address(host.strip("[]"), int(port)) + text, relay)
        try:
            got, sender = udp.recvfrom(65536)
        except TimeoutError:
            continue
        if sender[:2] != relay:
            raise OSError(f"answered from {sender}, not {relay}")
        from_host, from_port, data = read_address(got[3:])
        what = socket.inet_ntoa(data[-4:]) if port == "53" else data == text and len(data)
        return f"{what} from {from_host} {from_port}"
    return "nothing"


def datagrams(proxy, *targets):
    conn, reply, relay = associate(proxy)
    if reply:
        print(json.dumps({"reply": reply}))
        return
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.settimeout(1.5)
    answers = {target: exchange(udp, relay, target) for target in targets}
    other, _, _ = associate(proxy)  # which has a port of its own
    conn.close()
    udp.sendto(b"\0\0\0" + socks_address("192.168.127.254", 53) + query("a.test"), relay)
    deadline = time.monotonic() + 30
    gone = False
    udp.connect(relay)
    while not gone and time.monotonic() < deadline:
        try:
            udp.send(b"\0\0\0" + socks_address("192.168.127.254", 53) + query("a.test"))
            udp.recv(65536)
        except ConnectionRefusedError:
            gone = True
        except TimeoutError:
            pass
    other.close()
    print(json.dumps({"reply": 0, "relay": relay, "answers": answers, "gone": gone}))


if __name__ == "__main__":
    what, address, number, *rest = sys.argv[1:]
    {"slow": slow, "tunnels": tunnels, "race": race,
     "datagrams": datagrams}[what]((address, int(number)), *rest)
