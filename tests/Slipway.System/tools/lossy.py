#!/usr/bin/env python3
"""A wire that loses, repeats and reorders frames, by a seed: joins a TAP to the engine.

usage: lossy.py TAP stream:PATH|tap:NETNS:NAME SEED PER_MILLE
The TAP is made in this network namespace. Each of the three faults befalls PER_MILLE of the frames
of each direction. Prints "ready", and on SIGTERM what it did.
"""
import ctypes
import fcntl
import heapq
import os
import random
import selectors
import signal
import socket
import struct
import sys
import time

TUNSETIFF, IFF_TAP, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 2, 0x1000, 0x40000000
FRAME_BYTES, BATCH = 70_000, 32


def enter(netns):
    libc = ctypes.CDLL(None, use_errno=True)
    with open(netns, encoding="ascii") as target:
        if libc.setns(target.fileno(), CLONE_NEWNET):
            sys.exit(f"setns {netns}: {os.strerror(ctypes.get_errno())}")


class Tap:
    """One end: a TAP device, a frame a read."""

    def __init__(self, name):
        self.descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.descriptor, TUNSETIFF,
                    struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))

    def fileno(self):
        return self.descriptor

    def frames(self):
        for _ in range(BATCH):
            try:
                yield os.read(self.descriptor, FRAME_BYTES)
            except BlockingIOError:
                return

    def write(self, frame):
        try:
            os.write(self.descriptor, frame)
        except OSError:
            pass  # the interface is not up yet, or its queue is full: lost, as on a wire


class Stream:
    """The other end: a socket with each frame's length before it, as QEMU has it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.pending = b""

    def fileno(self):
        return self.socket.fileno()

    def frames(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise SystemExit("the engine closed the link")
        self.pending += data
        at = 0
        while len(self.pending) >= at + 4:
            length = struct.unpack_from("!I", self.pending, at)[0]
            if len(self.pending) < at + 4 + length:
                break
            yield self.pending[at + 4:at + 4 + length]
            at += 4 + length
        self.pending = self.pending[at:]

    def write(self, frame):
        self.socket.sendall(struct.pack("!I", len(frame)) + frame)


class Faults:
    """Decides each frame's fate; late frames wait here."""

    def __init__(self, seed, per_mille):
        self.random, self.share = random.Random(seed), per_mille / 1000
        self.late, self.order = [], 0
        self.done = {"passed": 0, "lost": 0, "repeated": 0, "reordered": 0}

    def carry(self, frame, end):
        fate = self.random.random() / self.share if self.share else 3
        if fate < 1:
            self.done["lost"] += 1
        elif fate < 2:
            self.done["reordered"] += 1
            self.order += 1
            due = time.monotonic() + self.random.uniform(0.0005, 0.004)
            heapq.heappush(self.late, (due, self.order, frame, end))
        else:
            self.done["passed"] += 1
            end.write(frame)
            if fate < 3 and self.share:
                self.done["repeated"] += 1
                end.write(frame)

    def release(self):
        """Sends the late frames that are due; returns how long until the next."""
        while self.late:
            wait = self.late[0][0] - time.monotonic()
            if wait > 0:
                return wait
            _, _, frame, end = heapq.heappop(self.late)
            end.write(frame)
        return None


def main():
    tap, (kind, _, rest) = Tap(sys.argv[1]), sys.argv[2].partition(":")
    if kind == "stream":
        far = Stream(rest)
    else:
        netns, _, name = rest.rpartition(":")
        enter(netns)
        far = Tap(name)
    faults = Faults(int(sys.argv[3]), float(sys.argv[4]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    selector = selectors.DefaultSelector()
    selector.register(tap, selectors.EVENT_READ, far)
    selector.register(far, selectors.EVENT_READ, tap)
    print("ready", flush=True)
    try:
        while True:
            for key, _ in selector.select(faults.release()):
                for frame in key.fileobj.frames():
                    faults.carry(frame, key.data)
    finally:
        print(faults.done, flush=True)


main()
