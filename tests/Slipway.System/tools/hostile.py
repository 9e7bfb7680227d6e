#!/usr/bin/env python3
"""Frames that no kernel would send, from inside the guest's namespace, by a packet socket.

usage: hostile.py INTERFACE GATEWAY_MAC GUEST GATEWAY ALIAS SEED COUNT
Sends each crafted frame once, then COUNT mutations of good and crafted ones. Prints JSON.
"""
import json
import random
import socket
import struct
import sys
import time


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Frames:
    def __init__(self, mac, gateway_mac, guest, gateway, alias):
        self.mac, self.gateway_mac = mac, gateway_mac
        self.guest, self.gateway, self.alias = map(socket.inet_aton, (guest, gateway, alias))

    def ethernet(self, kind, payload, source=None):
        return self.gateway_mac + (source or self.mac) + struct.pack("!H", kind) + payload

    def ip(self, protocol, payload, to=None, options=b"", total=None, fragment=0, ident=1,
           version=4, header_words=None, source=None, good=True):
        words = 5 + len(options) // 4 if header_words is None else header_words
        length = 20 + len(options) + len(payload) if total is None else total
        head = struct.pack("!BBHHHBBH", version << 4 | words, 0, length, ident, fragment, 64,
                           protocol, 0) + (source or self.guest) + (to or self.alias) + options
        value = checksum(head) if good else 0x1234
        head = head[:10] + struct.pack("!H", value) + head[12:]
        return self.ethernet(0x0800, head + payload)

    def pseudo(self, protocol, payload, to):
        head = self.guest + to + struct.pack("!BBH", 0, protocol, len(payload))
        return checksum(head + payload)

    def udp(self, port, data, length=None, to=None, good=True):
        to = to or self.alias
        size = 8 + len(data) if length is None else length
        text = struct.pack("!HHHH", 40000, port, size, 0) + data
        value = self.pseudo(17, text, to) if good else 0x1234
        return self.ip(17, text[:6] + struct.pack("!H", value) + text[8:], to)

    def tcp(self, port, flags, options=b"", words=None, sequence=1, data=b"", to=None):
        to = to or self.alias
        words = 5 + len(options) // 4 if words is None else words
        text = struct.pack("!HHIIBBHHH", 41000, port, sequence, 0, words << 4 & 0xFF, flags,
                           1000, 0, 0) + options + data
        value = self.pseudo(6, text, to)
        return self.ip(6, text[:16] + struct.pack("!H", value) + text[18:], to)

    def icmp(self, kind, code, body):
        text = struct.pack("!BBH", kind, code, 0) + body
        return self.ip(1, text[:2] + struct.pack("!H", checksum(text)) + text[4:])

    def arp(self, operation, hardware=1, sizes=(6, 4), sender=None, mac=None):
        body = struct.pack("!HHBBH", hardware, 0x0800, *sizes, operation)
        return self.ethernet(0x0806, body + (mac or self.mac) + (sender or self.guest)
                             + bytes(6) + self.gateway)

    def good(self):
        query = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\x08internal\0\0\1\0\1"
        discover = struct.pack("!BBBBIHH", 1, 1, 6, 0, 7, 0, 0) + bytes(16) + self.mac \
            + bytes(202) + b"\x63\x82\x53\x63\x35\1\1\x0c\4evil\xff"
        return [self.arp(1), self.icmp(8, 0, b"\0\1\0\1abcd"), self.udp(9, b"hello"),
                self.udp(53, query, to=self.gateway), self.udp(67, discover, to=self.gateway),
                self.tcp(9, 2, b"\2\4\5\xb4\4\2\1\3\3\7\1\1"), self.tcp(9, 0x10, data=b"x")]

    def crafted(self):
        loop = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1"
        pair = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\xc0\x0e\xc0\x0c\0\1\0\1"
        long_name = b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + b"\x3f" * 400
        counts = b"\x12\x34\1\0" + b"\xff" * 8
        head = struct.pack("!BBBBIHH", 1, 1, 6, 0, 7, 0, 0) + bytes(16) + self.mac \
            + bytes(202) + b"\x63\x82\x53\x63"
        big = bytes(1400)
        frames = [
            b"\xff", self.gateway_mac + self.mac, self.ethernet(0x0800, b""),
            self.ethernet(0x0800, b"\x45"), self.ethernet(0x0806, b"\0\1"),
            self.ethernet(0x88CC, b"lldp"), self.ethernet(0x8100, b"\0\1"),
            self.ethernet(0x0800, bytes(40)), self.ethernet(0x0800, b"", b"\xff" * 6),
            self.ip(17, b"", version=6), self.ip(17, b"", header_words=4),
            self.ip(17, b"", header_words=15), self.ip(17, b"x" * 8, total=19),
            self.ip(17, b"x" * 8, total=65535), self.ip(17, b"x" * 8, good=False),
            self.ip(17, b"x" * 8, options=b"\x07\x00\0\0"),
            self.ip(17, b"x" * 8, options=b"\x07\xff\4\0"),
            self.ip(17, b"x" * 8, source=self.gateway), self.ip(17, b"x", source=bytes(4)),
            self.ip(17, b"x" * 8, to=b"\x7f\0\0\1"), self.ip(17, b"x" * 8, to=b"\xff" * 4),
            self.ip(17, b"x" * 8, to=b"\xf0\0\0\1"), self.ip(17, b"x" * 8, to=bytes(4)),
            self.ip(0, b""), self.ip(255, b"x"), self.ip(6, b""), self.ip(17, b"x" * 7),
            self.udp(9, b"x", length=0), self.udp(9, b"x", length=7),
            self.udp(9, b"x", length=65535), self.udp(9, b"x", good=False), self.udp(0, b"x"),
            self.tcp(9, 2, words=4), self.tcp(9, 2, words=15), self.tcp(9, 0),
            self.tcp(9, 0xFF), self.tcp(9, 3), self.tcp(9, 6), self.tcp(0, 2),
            self.tcp(9, 2, b"\2\0\0\0"), self.tcp(9, 2, b"\2\xff\0\0"),
            self.tcp(9, 2, b"\3\3\xff\0"), self.tcp(9, 2, b"\2\4\0\0"),
            self.tcp(9, 2, b"\5\x0a\0\0\0\1\0\0\0\0\0\0"), self.tcp(9, 4, sequence=2**32 - 1),
            self.icmp(8, 0, b""), self.icmp(3, 4, b"\0\0\0\0\x45"),
            self.icmp(3, 3, bytes(4) + self.guest * 7), self.icmp(5, 1, self.gateway + big[:28]),
            self.icmp(13, 0, bytes(16)), self.icmp(255, 255, b"x"),
            self.arp(1, hardware=6), self.arp(1, sizes=(6, 255)), self.arp(9),
            self.arp(2, sender=self.gateway), self.arp(1, sender=self.alias),
            self.arp(2, mac=b"\xff" * 6), self.arp(1)[:30],
            self.udp(53, loop, to=self.gateway), self.udp(53, pair, to=self.gateway),
            self.udp(53, long_name, to=self.gateway), self.udp(53, counts, to=self.gateway),
            self.udp(53, b"", to=self.gateway), self.udp(53, b"\x12", to=self.gateway),
            self.udp(67, b"", to=self.gateway), self.udp(67, head, to=self.gateway),
            self.udp(67, head + b"\x35\xff\1", to=self.gateway),
            self.udp(67, head + b"\x35\1\xff\xff", to=self.gateway),
            self.udp(67, head + b"\x35\1\1\x0c\0\x3d\0\x32\1\x01\xff", to=self.gateway),
            self.udp(67, head + b"\x34\1\3\x35\1\1", to=self.gateway),
        ]
        for ident, pieces in enumerate([
                [(0, 1, big), (100, 1, big)], [(0, 1, big[:24]), (1, 0, big[:8])],
                [(8191, 0, big)], [(8000, 1, big), (8180, 0, big)], [(0, 1, b"x" * 7)],
                [(5, 0, b""), (0, 1, b"")], [(0, 0, big), (0, 1, big)],
                [(i, 1, b"x" * 8) for i in range(1, 200, 2)]], start=100):
            frames += [self.ip(17, data, fragment=more << 13 | offset, ident=ident)
                       for offset, more, data in pieces]
        return frames


def mutate(frame, rng):
    frame = bytearray(frame)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        if not frame:
            break
        at = rng.randrange(len(frame)) if rng.random() < 0.3 else rng.randrange(
            min(len(frame), 64))
        frame[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    if rng.random() < 0.2:
        del frame[rng.randrange(len(frame) + 1):]
    if rng.random() < 0.5 and len(frame) >= 34:  # past the first checksum, to what lies behind
        frame[24:26] = b"\0\0"
        frame[24:26] = struct.pack("!H", checksum(bytes(frame[14:34])))
    return bytes(frame)


def main(interface, gateway_mac, guest, gateway, alias, seed, count):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((interface, 0))
    mac = link.getsockname()[4]
    frames = Frames(mac, bytes.fromhex(gateway_mac.replace(":", "")), guest, gateway, alias)
    rng, crafted, sent = random.Random(int(seed)), frames.crafted(), 0
    pool = frames.good() + crafted
    for number in range(len(crafted) + int(count)):
        frame = crafted[number] if number < len(crafted) else mutate(rng.choice(pool), rng)
        try:
            link.send(frame)
            sent += 1
        except OSError:
            pass  # shorter than a header, or longer than the link takes: the kernel refuses it
        if number % 64 == 0:
            time.sleep(0.001)  # the TAP's queue holds 1,000
    print(json.dumps({"crafted": len(crafted), "sent": sent}))


main(*sys.argv[1:])
