#!/usr/bin/env python3
"""A guest that brings its frames to a socket, on a TAP of this network namespace.

usage: frames_tap.py connect PATH        POST /connect on a control socket, as gvforwarder does
       frames_tap.py vpnkit PATH ADDRESS vpnkit's Ethernet protocol, wanting an IPv4 address
       frames_tap.py qemu PATH|PORT      as QEMU's -netdev stream does, PORT on 127.0.0.1
       frames_tap.py stdio PROGRAM       on a gvproxy's standard input and output, as on WSL
A PORT is connected to, and PROGRAM run, in the network namespace that HOST_NAMESPACE names. Makes
tap0 with the MAC address of podman's machines, or the one that it is told, says "ready" and that,
and carries frames until killed.
"""
import ctypes
import fcntl
import ipaddress
import os
import socket
import struct
import subprocess
import sys
import threading

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
MAC = "5a:94:ef:e4:0c:ee"
CLONE_NEWNET = 0x40000000
UUID = b"0f5c6e1a-93b1-4a87-a0a5-6d4e0b3cbd10"


def connect(target):
    if not target.isdigit():
        link = socket.socket(socket.AF_UNIX)
        link.connect(target)
        return link
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    there = os.open(os.environ["HOST_NAMESPACE"], os.O_RDONLY)
    assert libc.setns(there, CLONE_NEWNET) == 0, ctypes.get_errno()
    link = socket.create_connection(("127.0.0.1", int(target)))
    assert libc.setns(own, CLONE_NEWNET) == 0, ctypes.get_errno()
    return link


class Pipes:
    """A program's standard input and output, as if they were a socket."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            ["nsenter", "--net=" + os.environ["HOST_NAMESPACE"], program, "-listen-stdio",
             "accept", "-ssh-port", "-1", "-log-file", "/dev/null"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def sendall(self, data):
        while data:
            data = data[self.process.stdin.write(data):]

    def recv(self, count):
        return self.process.stdout.read(count)


def read(link, count):
    data = b""
    while len(data) < count:
        more = link.recv(count - len(data))
        if not more:
            sys.exit("the link is closed")
        data += more
    return data


def greet_vpnkit(link, wanted):
    link.sendall(struct.pack("<5sI40s", b"VMN3T", 22, b"0" * 40))
    magic, version, _ = struct.unpack("<5sI40s", read(link, 49))
    assert (magic, version) == (b"VMN3T", 22), (magic, version)
    link.sendall(struct.pack("<B36sI", 8, UUID, int(ipaddress.ip_address(wanted))))
    kind, mtu, _, mac = struct.unpack("<BHH6s", read(link, 258)[:11])
    if kind != 1:
        sys.exit(f"disconnected: {kind}")
    return mtu, mac.hex(":")


def main():
    kind, target = sys.argv[1:3]
    mtu, mac = 1500, MAC
    link = Pipes(target) if kind == "stdio" else connect(target)
    form = ">I" if kind == "qemu" else "<H"
    if kind == "connect":
        link.sendall(b"POST /connect HTTP/1.1\r\nHost: x\r\n\r\n")
    elif kind == "vpnkit":
        mtu, mac = greet_vpnkit(link, sys.argv[3])
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH14x", b"tap0", IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", "tap0", "address", mac, "mtu", str(mtu), "up"], check=True)
    print("ready", mac, flush=True)

    def up():
        while True:
            frame = os.read(tap, 65553)
            link.sendall(struct.pack(form, len(frame)) + frame)

    threading.Thread(target=up, daemon=True).start()
    while True:
        os.write(tap, read(link, struct.unpack(form, read(link, struct.calcsize(form)))[0]))


main()
