"""What perf/fairness.sh runs: a server, a guest that asks it, and guests that flood.

    fairness.py server ADDRESS PORT
    fairness.py requests ADDRESS PORT SECONDS      prints requests a second
    fairness.py lookups ADDRESS SECONDS            prints answers of DNS a second
    fairness.py flood KIND INTERFACE SECONDS       prints frames a second
"""
import os
import socket
import struct
import sys
import threading
import time

GATEWAY_MAC = bytes.fromhex("5a94efe40cdd")
GATEWAY = socket.inet_aton("192.168.127.1")
ALIAS = socket.inet_aton("192.168.127.254")
BLACK_HOLE = socket.inet_aton("198.51.100.1")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(source, destination, protocol, payload, ident=0, fragment=0):
    header = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, fragment, 64, protocol, 0,
        source, destination)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def transport(source, destination, protocol, segment, offset):
    pseudo = source + destination + struct.pack("!HH", protocol, len(segment))
    total = checksum(pseudo + segment)
    return segment[:offset] + struct.pack("!H", total) + segment[offset + 2:]


def syn(source, i):
    segment = struct.pack(
        "!HHIIBBHHH", 1024 + i % 60000, 80, i, 0, 0x50, 2, 65535, 0, 0)
    return ipv4(source, BLACK_HOLE, 6, transport(source, BLACK_HOLE, 6, segment, 16))


def datagram(source, destination, port, i, payload):
    segment = struct.pack("!HHHH", 1024 + i % 60000, port, 8 + len(payload), 0) + payload
    return ipv4(source, destination, 17, transport(source, destination, 17, segment, 6))


def query(i):
    name = b"".join(
        bytes([len(label)]) + label for label in (b"n%d" % i, b"flood", b"test")) + b"\0"
    return struct.pack("!HHHHHH", i & 0xffff, 0x100, 1, 0, 0, 0) + name + b"\0\1\0\1"


KINDS = {
    "syn": lambda source, i: syn(source, i),
    "udp": lambda source, i: datagram(source, ALIAS, 9, i, b"x" * 32),
    "dns": lambda source, i: datagram(source, GATEWAY, 53, i, query(i)),
    "fragments": lambda source, i: ipv4(
        source, ALIAS, 17, b"x" * 64, ident=i & 0xffff, fragment=0x2000),
}


def flood(kind, interface, seconds):
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind((interface, 0))
    mac = sender.getsockname()[4]
    source = socket.inet_aton(os.popen(
        f"ip -4 -o addr show dev {interface}").read().split()[3].split("/")[0])
    frames = [
        GATEWAY_MAC + mac + b"\x08\0" + KINDS[kind](source, i) for i in range(20000)]
    # The offloads' header of a TAP is the kernel's matter; full queues are waited for.
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(100):
            try:
                sender.send(frames[count % len(frames)])
            except OSError:
                pass
            count += 1
    print(round(count / seconds))


def server(address, port):
    listener = socket.create_server((address, port), backlog=1024)

    def serve():
        while True:
            peer, _ = listener.accept()
            with peer:
                try:
                    peer.sendall(peer.recv(64))
                except OSError:
                    pass

    for _ in range(4):
        threading.Thread(target=serve).start()


def measure(seconds, once):
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        count += once()
    print(round(count / seconds))


def request(address, port):
    try:
        with socket.create_connection((address, port), timeout=1) as peer:
            peer.sendall(b"ping")
            return peer.recv(64) == b"ping"
    except OSError:
        return 0


def lookup(peer, question):
    try:
        peer.send(question)
        return len(peer.recv(512)) > 12
    except OSError:
        return 0


def lookups(address, seconds):
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.settimeout(0.2)
    peer.connect((address, 53))
    question = query(0).replace(b"\2n0\5flood\4test", b"\4host\x08internal")
    measure(seconds, lambda: lookup(peer, question))


if __name__ == "__main__":
    what, rest = sys.argv[1], sys.argv[2:]
    if what == "server":
        server(rest[0], int(rest[1]))
    elif what == "requests":
        measure(float(rest[2]), lambda: request(rest[0], int(rest[1])))
    elif what == "lookups":
        lookups(rest[0], float(rest[1]))
    else:
        flood(rest[0], rest[1], float(rest[2]))
