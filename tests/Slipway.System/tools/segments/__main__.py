#!/usr/bin/env python3
"""Exact-segment checks of TCP, each a function whose name is the check's.

usage: python3 segments INTERFACE HOST PORT [NAME...]
Prints a JSON object: the check's name, and "" or what was wrong. They run side by side, each on
connections of its own; Linux in the engine's place passes them all.
"""
import json
import sys
import threading
import time

# Each fills CHECKS.
import attacking  # noqa: F401
import closing  # noqa: F401
import opening  # noqa: F401
import receiving  # noqa: F401
import sending  # noqa: F401
from checks import ADDRESSES, CHECKS
from wire import Failure, Wire


def run(name, wire, results):
    try:
        CHECKS[name](wire)
        results[name] = ""
    except Failure as failure:
        results[name] = str(failure)[:300]
    except Exception as error:  # a check that broke has failed, and the others go on
        results[name] = f"{type(error).__name__}: {error}"


def main():
    interface, host, port, names = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
    wire = Wire(interface, ADDRESSES, host)
    wire.port = port
    results = {}
    threads = [threading.Thread(target=run, args=(name, wire, results), daemon=True)
               for name in names or CHECKS]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join(60)
    print(json.dumps(results))


main()
