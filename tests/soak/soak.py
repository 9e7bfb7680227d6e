#!/usr/bin/env python3
"""An engine under mixed load for an hour, while guests, resolvers and upstreams come and go.

usage: soak.py BINARY SECONDS FOLDER      needs root; tests/soak.sh finds the binary

Two guests by TAP and one by a stream socket that starts again every minute. Writes soak.csv, what
each load has done, soak.svg, and one line at the end: "soak: held" or "soak: FAILED: why", exit 1.
Ends what it has started and removes its namespaces.
"""
import json
import os
import random
import socket
import statistics
import sys
import threading
import time

import loads
import network
import plot

SAMPLE, DRAIN = 10.0, 200.0
SETTLED = 24  # samples, until as many UDP flows end as begin: they last three minutes
COLUMNS = ["second", "rss_kib", "anonymous_kib", "fds", "threads", "flows", "p50_ms", "p99_ms",
           "failed"]


class Soak:
    def __init__(self, binary, seconds, folder):
        self.binary, self.seconds, self.folder = binary, seconds, folder
        self.control = os.path.join(folder, "control.sock")
        self.link = os.path.join(folder, "guest.sock")
        self.programs = network.Programs(folder)
        self.tally, self.stop = loads.Tally(), threading.Event()
        self.connects, self.lock, self.threads = [], threading.Lock(), []
        self.begun = time.monotonic()

    def start(self):
        network.build()
        for number in (1, 2):
            self.programs.start(f"dnsmasq{number}", *network.inside(
                network.HOST, "dnsmasq", "-k", "--no-resolv", "--no-hosts", "--pid-file=",
                "--user=root", f"--listen-address=127.0.0.{number}", "--bind-interfaces",
                f"--address=/soak.test/192.0.2.{number}"))
        self.start_proxy()
        for where in (network.OUTSIDE, network.HOST):
            self.serve(where, 8000)
        self.engine = self.programs.start("engine", *network.inside(
            network.HOST, self.binary, "run", "--control", f"unix:{self.control}",
            "--link", f"tap:tap0,netns=/run/netns/{network.GUESTS[0]}",
            "--link", f"tap:tap0,netns=/run/netns/{network.GUESTS[1]}",
            "--link", f"stream:{self.link}", "-p", "0.0.0.0:8080:8000",
            "-p", "0.0.0.0:8080:8000/udp", "--proxy", "http://127.0.0.1:3128"))
        until(60, "the engine serves", lambda: self.ask("GET", "/v1/version")[0] == 200)
        self.serve(network.GUESTS[0], 8000)
        self.pid = int(self.ask("GET", "/v1/version")[1]["processId"])

    def start_proxy(self):
        path = os.path.join(self.folder, "tinyproxy.conf")
        with open(path, "w") as file:
            file.write("Port 3128\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\n")
        self.programs.start("tinyproxy", *network.inside(
            network.HOST, "tinyproxy", "-d", "-c", path))

    def serve(self, where, port):
        def begin():
            network.enter(where)
            loads.serve(port)

        thread = threading.Thread(target=begin)
        thread.start()
        thread.join()

    def ask(self, method, path, body=None):
        """The status and the JSON of the control API."""
        text = json.dumps(body) if body is not None else ""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            try:
                client.connect(self.control)
            except OSError:
                return 0, None
            client.sendall(
                f"{method} {path} HTTP/1.0\r\nHost: x\r\nContent-Length: {len(text)}\r\n\r\n{text}"
                .encode())
            answer = b""
            while part := client.recv(1 << 16):
                answer += part
        head, _, content = answer.partition(b"\r\n\r\n")
        is_json = b"json" in head
        return int(head[9:12]), json.loads(content) if is_json and content else None

    def load(self, name, where, pause, once, *arguments):
        self.threads.append(loads.load(
            self.tally, self.stop, name, where, pause, lambda: once(*arguments)))

    def begin_loads(self):
        far, far6 = network.FAR, network.FAR6
        for guest in network.GUESTS[:2]:
            self.load("bulk down", guest, 4, loads.down, far, 8000)
            self.load("bulk up", guest, 4, loads.up, far, 8000)
            self.load("bulk down, IPv6", guest, 8, loads.down, far6, 8000)
            self.load("connect, request, close", guest, 0.1, loads.short, far, 8000)
            self.load("the same over IPv6", guest, 0.4, loads.short, far6, 8000)
            self.load("the host by its alias", guest, 0.5, loads.short, "192.168.127.254", 8000)
            self.load("UDP", guest, 0.5, loads.datagram, far, 8000)
            self.load("UDP over IPv6", guest, 1, loads.datagram, far6, 8000)
            self.load("DNS", guest, 0.2, loads.question)
            self.load("ping", guest, 1, loads.ping, far)
            self.load("refused", guest, 0.5, loads.refused, far)
            self.load("black hole", guest, 0.5, loads.swallowed)
            self.load("explicit proxy", guest, 0.5, loads.proxied)
        self.load("published port", network.OUTSIDE, 0.3, loads.short, network.HOST4, 8080)
        self.load("published UDP", network.OUTSIDE, 0.2, loads.datagram, network.HOST4, 8080)
        self.load("published bulk", network.OUTSIDE, 6, loads.down, network.HOST4, 8080)
        self.load("connect of the probe", network.GUESTS[1], 0.1, self.probe)
        for name, pause, once in (
                ("event: guest starts again", 60, self.restart_guest),
                ("event: another resolver", 30, self.swap_resolver),
                ("event: the upstream dies", 45, self.restart_proxy),
                ("event: control", 5, self.look), ("event: a port comes and goes", 20, self.port),
                ("event: capture", 60, self.capture)):
            self.load(name, network.HOST, pause, once)

    def probe(self):
        begun = time.monotonic()
        loads.open_to(network.FAR, 8000).close()
        with self.lock:
            self.connects.append(1000 * (time.monotonic() - begun))

    def restart_guest(self):
        """Dies like a machine whose power goes, comes back, and is served."""
        self.programs.end("guest", 9)
        guest = network.GUESTS[2]
        self.programs.start("guest", *network.inside(
            guest, "python3", os.path.join(network.TOOLS, "frames_tap.py"), "qemu", self.link))
        until(20, "tap0", lambda: network.run(
            *network.inside(guest, "ip", "link", "show", "tap0"), check=False).returncode == 0)
        network.run(*network.inside(
            guest, "busybox", "udhcpc", "-i", "tap0", "-n", "-q", "-f", "-t", "10", "-s",
            os.path.join(network.TOOLS, "configure.sh")))
        program = network.run(*network.inside(
            guest, "curl", "-sS", "--max-time", "10", f"http://{network.FAR}:8000/small",
            "-o", "/dev/null"), check=False)
        if program.returncode:
            raise OSError(program.stderr)

    def swap_resolver(self):
        self.resolver = 3 - getattr(self, "resolver", 1)
        network.swap_resolver(self.resolver)

    def restart_proxy(self):
        self.programs.end("tinyproxy")
        time.sleep(5)
        self.start_proxy()

    def look(self):
        for path in ("/v1/flows", "/v1/stats", "/v1/leases", "/metrics"):
            if self.ask("GET", path)[0] != 200:
                raise OSError(path)

    def port(self):
        status, port = self.ask("POST", "/v1/ports", {"port": f"0:{random.randrange(1, 60_000)}"})
        if status != 201 or self.ask("DELETE", f"/v1/ports/{port['id']}?close=true")[0] != 204:
            raise OSError(status)

    def capture(self):
        program = network.run(
            self.binary, "capture", "--control", f"unix:{self.control}", "-w", "/dev/null",
            "--seconds", "3", check=False)
        if program.returncode:
            raise OSError(program.stderr)

    def sample(self):
        with open(f"/proc/{self.pid}/status") as file:
            status = dict(line.split(":", 1) for line in file)
        number = lambda key: int(status[key].split()[0])  # noqa: E731
        with self.lock:
            connects, self.connects = sorted(self.connects), []
        flows = self.ask("GET", "/v1/flows")[1] or []
        at = lambda part: connects[min(int(part * len(connects)), len(connects) - 1)]  # noqa: E731
        return [
            round(time.monotonic() - self.begun), number("VmRSS"), number("RssAnon"),
            len(os.listdir(f"/proc/{self.pid}/fd")), number("Threads"), len(flows),
            round(at(0.5), 2) if connects else 0, round(at(0.99), 2) if connects else 0,
            self.tally.bad.get("connect of the probe", 0)]

    def run(self):
        self.start()
        time.sleep(2)
        idle = self.sample()
        self.begun = time.monotonic()
        self.begin_loads()
        rows = []
        with open(os.path.join(self.folder, "soak.csv"), "w") as file:
            print(*COLUMNS, sep=",", file=file)
            while time.monotonic() - self.begun < self.seconds:
                time.sleep(SAMPLE)
                if self.engine.poll() is not None:
                    raise RuntimeError(f"the engine has ended: {self.engine.returncode}")
                rows.append(self.sample())
                print(*rows[-1], sep=",", file=file, flush=True)
        self.stop.set()
        for thread in self.threads:
            thread.join(60)
        self.programs.end("guest", 9)
        end = time.monotonic() + DRAIN
        while (quiet := self.sample())[3] > idle[3] and time.monotonic() < end:
            time.sleep(2)
        return idle, rows, quiet

    def report(self, idle, rows, quiet):
        plot.draw(os.path.join(self.folder, "soak.svg"), COLUMNS, rows)
        lines = [f"{'load':28} {'served':>9} {'failed':>7}"]
        for name in sorted(self.tally.good):
            lines.append(f"{name:28} {self.tally.good[name]:9,} {self.tally.bad.get(name, 0):7,}"
                         + (f"  {self.tally.last[name][:60]}" if name in self.tally.last else ""))
        with open(os.path.join(self.folder, "loads.txt"), "w") as file:
            print(*lines, sep="\n", file=file)
        print(*lines, sep="\n")
        window = max(1, min(6, len(rows) // 4))
        skipped = min(SETTLED, len(rows) // 4)
        first, last = rows[skipped:skipped + window], rows[-window:]
        faults = []
        for name, allowed in (("rss_kib", 1.10), ("fds", 1.25), ("threads", 1.25)):
            at = COLUMNS.index(name)
            before, after = (statistics.median(row[at] for row in part) for part in (first, last))
            print(f"{name}: idle {idle[at]}, settled {before:.0f}, in the last "
                  f"{after:.0f}, quiet again {quiet[at]}")
            if after > before * allowed:
                faults.append(f"{name} grew from {before:.0f} to {after:.0f}")
        if quiet[3] > idle[3]:
            faults.append(f"{quiet[3] - idle[3]} descriptors are left")
        rare = {"event: the upstream dies", "event: guest starts again"}
        for name in self.tally.bad.keys() - rare:
            bad, good = self.tally.bad[name], self.tally.good.get(name, 0)
            # While the upstream is away a connection may end.
            most = 0.3 if name == "explicit proxy" else 0.01
            if bad > max(3, most * (bad + good)):
                faults.append(f"{name}: {bad} of {bad + good} failed")
        return faults


def until(patience, what, condition):
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise OSError(f"not in {patience} s: {what}")
        time.sleep(0.1)


def main():
    binary, seconds, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    os.makedirs(folder, exist_ok=True)
    soak = Soak(os.path.abspath(binary), seconds, os.path.abspath(folder))
    try:
        faults = soak.report(*soak.run())
    except (OSError, RuntimeError) as error:
        faults = [str(error)]
    finally:
        soak.programs.end_all()
        network.tear_down()
    print("soak: FAILED: " + "; ".join(faults) if faults else f"soak: held for {seconds} s")
    sys.stdout.flush()
    os._exit(1 if faults else 0)  # servers' threads wait for ever


if __name__ == "__main__":
    main()
