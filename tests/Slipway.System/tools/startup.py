#!/usr/bin/env python3
"""Starts a program several times; prints the median time until it says that it is ready, in ms.

usage: startup.py TIMES PROGRAM [ARGUMENT...]
{} among the arguments becomes the ready descriptor
"""
import os
import signal
import sys
import time


def one(command):
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    command = [str(writer) if word == "{}" else word for word in command]
    start = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ)
    os.close(writer)
    said = os.read(reader, 100)
    took = (time.monotonic() - start) * 1000
    os.close(reader)
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    if not said:
        sys.exit("the program ended without saying that it was ready")
    return took


times = sorted(one(sys.argv[2:]) for _ in range(int(sys.argv[1])))
print(f"{times[len(times) // 2]:.1f}")
