#!/usr/bin/env python3
"""The guest's side of vpnkit's Ethernet protocol, on a TAP of this network namespace.

Usage: vpnkit_tap.py SOCKET ADDRESS
Asks for an IPv4 address, makes tap0 with the MAC address and the MTU that it was told, prints the
former as a line, and carries frames until killed.
"""
import fcntl
import ipaddress
import os
import socket
import struct
import subprocess
import sys
import threading

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
UUID = b"0f5c6e1a-93b1-4a87-a0a5-6d4e0b3cbd10"


def read(link, count):
    data = b""
    while len(data) < count:
        more = link.recv(count - len(data))
        if not more:
            sys.exit("the link is closed")
        data += more
    return data


def greet(link, wanted):
    link.sendall(struct.pack("<5sI40s", b"VMN3T", 22, b"0" * 40))
    magic, version, _ = struct.unpack("<5sI40s", read(link, 49))
    assert (magic, version) == (b"VMN3T", 22), (magic, version)
    link.sendall(struct.pack("<B36sI", 8, UUID, int(ipaddress.ip_address(wanted))))
    kind, mtu, _, mac = struct.unpack("<BHH6s", read(link, 258)[:11])
    if kind != 1:
        sys.exit(f"disconnected: {kind}")
    return mtu, mac.hex(":")


def main():
    path, wanted = sys.argv[1:3]
    link = socket.socket(socket.AF_UNIX)
    link.connect(path)
    mtu, mac = greet(link, wanted)
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH14x", b"tap0", IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", "tap0", "address", mac, "mtu", str(mtu), "up"], check=True)
    print(mac, flush=True)

    def up():
        while True:
            frame = os.read(tap, 65553)
            link.sendall(struct.pack("<H", len(frame)) + frame)

    threading.Thread(target=up, daemon=True).start()
    while True:
        os.write(tap, read(link, struct.unpack("<H", read(link, 2))[0]))


main()
