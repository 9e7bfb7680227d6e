#!/usr/bin/env python3
"""What a program in the guest does and sees. Prints one JSON object; the tests judge it.

usage: guest.py WHAT HOST PORT [ARGUMENT...]      see the functions below for WHAT
"""
import errno
import hashlib
import json
import os
import resource
import selectors
import socket
import struct
import sys
import time

IP_RECVERR = 11  # linux/in.h; Python names it from 3.14 on
IPV6_RECVERR = 25  # linux/in6.h
PATTERN = hashlib.shake_256(b"slipway").digest(1_000_003)  # as serve.py's


def family_of(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def dial(host, port, line=None, timeout=10.0):
    conn = socket.create_connection((host, int(port)), timeout)
    conn.settimeout(60)
    if line:
        conn.sendall(line.encode() + b"\n")
    return conn


def pattern_digest(total):
    digest = hashlib.sha256()
    for start in range(0, total, len(PATTERN)):
        digest.update(PATTERN[:min(len(PATTERN), total - start)])
    return f"{total} {digest.hexdigest()}"


def send_pattern(conn, total):
    for start in range(0, total, len(PATTERN)):
        conn.sendall(PATTERN[:min(len(PATTERN), total - start)])


def read_all(conn):
    out = b""
    while data := conn.recv(65536):
        out += data
    return out.decode().strip()


def read_digest(conn):
    total, digest, buffer = 0, hashlib.sha256(), bytearray(1 << 20)
    while count := conn.recv_into(buffer):
        digest.update(memoryview(buffer)[:count])
        total += count
    return f"{total} {digest.hexdigest()}"


def milliseconds(since):
    return (time.monotonic() - since) * 1000


def up(host, port, total, role="sink"):
    """Sends TOTAL bytes; the host answers what it got."""
    start, conn = time.monotonic(), dial(host, port, role)
    send_pattern(conn, int(total))
    conn.shutdown(socket.SHUT_WR)
    got = read_all(conn)
    return {"sent": pattern_digest(int(total)), "got": got, "ms": milliseconds(start)}


def down(host, port, total, stall="0"):
    """Reads TOTAL bytes, after reading nothing for STALL seconds once the first have come."""
    start, conn = time.monotonic(), dial(host, port, f"source {total}")
    if float(stall):
        conn.recv(1, socket.MSG_PEEK)
        time.sleep(float(stall))
    got = read_digest(conn)
    return {"sent": pattern_digest(int(total)), "got": got, "ms": milliseconds(start)}


def guest_ends_first(host, port, total):
    """Half-close: the guest ends its side, and the host's answer still comes, whole."""
    conn = dial(host, port, f"source {total}")
    conn.shutdown(socket.SHUT_WR)
    time.sleep(0.3)
    return {"sent": pattern_digest(int(total)), "got": read_digest(conn)}


def host_ends_first(host, port, total):
    """Half-close: the host ends its side, and what the guest sends after that still arrives."""
    conn = dial(host, port, "bye")
    said = read_all(conn)
    time.sleep(0.3)
    send_pattern(conn, int(total))
    conn.close()
    time.sleep(0.5)
    got = read_all(dial(host, port, "last"))
    return {"said": said, "sent": pattern_digest(int(total)), "got": got}


def attempt(host, port, timeout="5"):
    """One connect: its error's name (or none) and how long that took."""
    conn, start = socket.socket(family_of(host)), time.monotonic()
    conn.settimeout(float(timeout))
    code = 0
    try:
        conn.connect((host, int(port)))
    except TimeoutError:
        code = errno.ETIMEDOUT
    except OSError as error:
        code = error.errno
    return {"error": errno.errorcode.get(code, ""), "ms": milliseconds(start)}


def await_end(host, port):
    """Connects, says so, and says how the connection ended while nothing was sent."""
    conn = dial(host, port, timeout=5)
    print(json.dumps({"open": True}), flush=True)
    conn.settimeout(30)
    try:
        return {"end": "EOF" if conn.recv(1) == b"" else "data"}
    except TimeoutError:
        return {"end": "ETIMEDOUT"}
    except OSError as error:
        return {"end": errno.errorcode[error.errno]}


def aborted(host, port):
    """The host resets an open connection."""
    conn = dial(host, port, "reset")
    try:
        return {"error": "", "got": read_all(conn)}
    except OSError as error:
        return {"error": errno.errorcode[error.errno]}


def black_holed(host, port, hole, count):
    """COUNT connects to HOLE stay pending; how long does one to HOST take meanwhile?"""
    pending = []
    for number in range(int(count)):
        conn = socket.socket()
        conn.setblocking(False)
        conn.connect_ex((hole, 1000 + number))
        pending.append(conn)
    time.sleep(0.5)
    times = []
    for _ in range(9):
        start = time.monotonic()
        conn = dial(host, port, "echo")
        conn.sendall(b"x")
        conn.recv(1)
        times.append(milliseconds(start))
        conn.close()
    states = [conn.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) for conn in pending]
    return {"median_ms": sorted(times)[len(times) // 2], "worst_ms": max(times),
            "failed": sum(1 for state in states if state)}


def many(host, port, count):
    """COUNT connections open at once; each echoes, twice. Waits for a line before it ends."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    start, selector, conns = time.monotonic(), selectors.DefaultSelector(), []
    for number in range(int(count)):
        conn = dial(host, port)
        conn.sendall(number.to_bytes(4, "big"))
        conns.append(conn)
        selector.register(conn, selectors.EVENT_READ, number)
    echoed = wait_for_echoes(selector, conns)
    for number, conn in enumerate(conns):
        conn.sendall(number.to_bytes(4, "big"))
        selector.register(conn, selectors.EVENT_READ, number)
    again = wait_for_echoes(selector, conns)
    result = {"open": len(conns), "echoed": echoed, "again": again, "ms": milliseconds(start)}
    print(json.dumps(result), flush=True)
    sys.stdin.readline()
    return None


def wait_for_echoes(selector, conns):
    echoed, end = 0, time.monotonic() + 60
    while selector.get_map() and time.monotonic() < end:
        for key, _ in selector.select(1):
            data = key.fileobj.recv(4, socket.MSG_WAITALL)
            echoed += data == key.data.to_bytes(4, "big")
            selector.unregister(key.fileobj)
    return echoed


def keep_open(host, port, count):
    """Opens COUNT connections, as far as it may, then echoes on those that stand, on each line."""
    conns, errors = [], []
    for _ in range(int(count)):
        try:
            conns.append(dial(host, port, timeout=3))
        except TimeoutError:
            errors.append("ETIMEDOUT")
        except OSError as error:
            errors.append(errno.errorcode[error.errno])
    while True:
        alive = 0
        for conn in conns:
            try:
                conn.settimeout(5)
                conn.sendall(b"ping")
                alive += conn.recv(4, socket.MSG_WAITALL) == b"ping"
            except OSError:
                pass  # counted by its absence
        print(json.dumps({"open": len(conns), "alive": alive, "errors": errors}), flush=True)
        if not sys.stdin.readline():
            return None


def reuse(host, port, count, local_port):
    """The same four-tuple again and again, as soon as the last connection has ended."""
    good = 0
    for _ in range(int(count)):
        conn = socket.socket()
        conn.settimeout(5)
        # The guest's own TIME-WAIT must not refuse the port: the host ends first here.
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        conn.bind(("", int(local_port)))
        connect_when_free(conn, host, int(port))
        conn.sendall(b"peer\n")
        good += len(read_all(conn)) > 0
        conn.close()
    return {"good": good}


def connect_when_free(conn, host, port):
    """Connects as soon as the last connection's FIN is acknowledged: the kernel forgets it then."""
    for _ in range(500):
        try:
            return conn.connect((host, port))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            time.sleep(0.002)
    raise TimeoutError("the last connection's end was not acknowledged")


def tiny_reader(host, port, total):
    """Reads one byte at a time through a tiny buffer: silly windows would make this crawl."""
    conn = socket.socket()
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    conn.settimeout(30)
    conn.connect((host, int(port)))
    conn.sendall(f"source {total}\n".encode())
    digest, count = hashlib.sha256(), 0
    while byte := conn.recv(1):
        digest.update(byte)
        count += 1
    return {"sent": pattern_digest(int(total)), "got": f"{count} {digest.hexdigest()}"}


def datagram_echo(host, port, *sizes):
    """Datagrams of each size, echoed. Lists the sizes that did not come back in three tries."""
    lost = []
    for size in map(int, sizes):
        with socket.socket(family_of(host), socket.SOCK_DGRAM) as conn:
            conn.settimeout(2)
            conn.connect((host, int(port)))
            if not any(echoed(conn, PATTERN[:size]) for _ in range(3)):
                lost.append(size)
    return {"lost": lost}


def echoed(conn, payload):
    try:
        conn.send(payload)
        return conn.recv(65535) == payload
    except OSError:
        return False


def datagram_error(host, port):
    """The error that a connected UDP socket is told after its datagram; it asks three times."""
    with socket.socket(family_of(host), socket.SOCK_DGRAM) as conn:
        conn.settimeout(1)
        level, option = ((socket.IPPROTO_IPV6, IPV6_RECVERR) if family_of(host) == socket.AF_INET6
                         else (socket.IPPROTO_IP, IP_RECVERR))
        conn.setsockopt(level, option, 1)  # else only a refusal is told
        conn.connect((host, int(port)))
        start = time.monotonic()
        for _ in range(3):
            try:
                conn.send(b"anyone?")
                conn.recv(100)
                return {"error": ""}
            except TimeoutError:
                continue  # routers limit how often they say so
            except OSError as error:
                return {"error": errno.errorcode[error.errno], "ms": milliseconds(start)}
        return {"error": "ETIMEDOUT", "ms": milliseconds(start)}


def mapping(host, port):
    """Asks two servers which address they see, and two more to answer from elsewhere."""
    with socket.socket(family_of(host), socket.SOCK_DGRAM) as conn:
        conn.settimeout(2)
        seen, elsewhere = [], []
        for offset in (1, 2):
            conn.sendto(b"?", (host, int(port) + offset))
            seen.append(conn.recv(100).decode())
        for offset in (3, 4):
            conn.sendto(b"elsewhere", (host, int(port) + offset))
            try:
                elsewhere.append(conn.recvfrom(100)[1][0])
            except TimeoutError:
                elsewhere.append("")
        return {"seen": seen, "another_port": elsewhere[0], "another_address": elsewhere[1]}


def spoof_gateway(interface, gateway, mac):
    """Claims to be the gateway: in the source of frames, and by gratuitous ARP for its address."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
        link.bind((interface, 0))
        gateway_mac, own = bytes.fromhex(mac.replace(":", "")), link.getsockname()[4]
        address = socket.inet_aton(gateway)
        for source in (gateway_mac, own):
            body = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 2, source, address,
                               b"\xff" * 6, address)
            for _ in range(20):
                link.send(b"\xff" * 6 + source + b"\x08\x06" + body)
                time.sleep(0.01)
    return {"sent": 40}


def main():
    what = globals()[sys.argv[1].replace("-", "_")]
    try:
        result = what(*sys.argv[2:])
    except OSError as error:
        result = {"exception": f"{type(error).__name__}: {error}"}
    if result is not None:
        print(json.dumps(result), flush=True)


main()
