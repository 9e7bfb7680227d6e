#!/usr/bin/env python3
"""An hour of mixed load and bad days, and what the engine uses after it beside before.

usage: soak.py SECONDS OUTPUT     as root; tests/soak.sh calls it
Writes OUTPUT/soak.csv, a row each ten seconds, and OUTPUT/soak.svg; the verdict is the last line.
"""
import csv
import json
import os
import statistics
import subprocess
import sys
import time

import plot
from world import ALIAS, ALIAS6, GATEWAY, HERE, PORT, Program, Site, quantile, run, until

SAMPLE_S = 10
COLUMNS = ["second", "rss_kib", "anon_kib", "managed_kib", "fds", "threads", "tcp_flows",
           "udp_flows", "connects", "p50_us", "p99_us", "probe_failures", "load_done",
           "load_failures", "cpu_s", "quiet", "events"]
QUIET_S = 200  # the longest that a UDP flow lives after its last datagram, and some more


class Soak:
    def __init__(self, seconds, output):
        self.seconds, self.output = seconds, output
        self.site = Site(f"soak{os.getpid()}", ["g1", "g2"])
        self.events, self.counts, self.failed, self.rows = [], {}, {}, []
        self.turns = {}
        self.coming_guest = self.proxy = self.capture = self.machine = None

    def begin(self):
        site = self.site
        site.names("127.0.0.53", "10.91.0.1")
        site.names("127.0.0.54", "10.91.0.1")
        self.write_proxy()
        self.engine = site.engine(
            "--link", f"stream:{site.folder}/g3.sock", "--link", f"seqpacket:{site.folder}/u.sock",
            "--ipv6", "on", "--proxy", "http://10.91.0.1:3130", "--proxy", "direct",
            "-p", "8081:192.168.127.2:7000", "-p", "8082:192.168.127.3:7000")
        self.start_proxy()
        for guest in site.guests:
            site.start(["python3", f"{HERE}/serve.py", "0.0.0.0", PORT], guest)
        probe = ["nice", "python3", f"{HERE}/load.py", "probe", ALIAS, PORT, "0.05"]
        self.probe = site.start(probe, site.guests[0])
        mixed = ["nice", "python3", f"{HERE}/load.py", "mixed", ALIAS, ALIAS6, PORT, GATEWAY]
        self.loads = [site.start(mixed, g) for g in site.guests]
        self.published = site.start(
            ["nice", "python3", f"{HERE}/load.py", "probe", "127.0.0.1", "8082", "1"], site.host)
        self.began = time.monotonic()

    # Bad days, each at its own interval.

    def write_proxy(self):
        with open(f"{self.site.folder}/tinyproxy.conf", "w") as f:
            f.write("Port 3130\nListen 10.91.0.1\nLogLevel Critical\nMaxClients 50\nTimeout 60\n")

    def start_proxy(self):
        self.proxy = Program(
            ["tinyproxy", "-d", "-c", f"{self.site.folder}/tinyproxy.conf"], self.site.host)

    def upstream_dies(self):
        if self.proxy:
            self.proxy.process.kill()
            self.proxy.process.wait()
            self.proxy = None
            return "upstream dies"
        self.start_proxy()
        return "upstream is back"

    def resolver_swaps(self):
        self.turns["resolver"] = not self.turns.get("resolver", False)
        address = "127.0.0.54" if self.turns["resolver"] else "127.0.0.53"
        self.site.resolver(address)
        return f"resolver {address}"

    def guest_reboots(self):
        """The third guest: a namespace whose frames come by a socket, with Debian's DHCP client."""
        self.guest_goes()
        ns, tools = f"{self.site.name}-g3", f"{HERE}/../Slipway.System/tools"
        self.site.add_namespace(ns)
        self.coming_guest = Program(
            ["python3", f"{tools}/frames_tap.py", "qemu", f"{self.site.folder}/g3.sock"], ns)
        until(lambda: any("ready" in l for l in self.coming_guest.lines), 20, "no link")
        got = self.site.inside(ns, "udhcpc", "-q", "-n", "-i", "tap0", "-t", "5", "-T", "2", "-f",
                               "-s", f"{tools}/configure.sh", timeout=30)
        served = self.site.inside(ns, "ping", "-qc2", "-i0.2", "-W2", ALIAS, timeout=30)
        if got.returncode or served.returncode:
            self.fail("reboot: " + (got.stderr or served.stdout)[-120:])
        return "guest reboots"

    def guest_goes(self):
        if self.coming_guest:
            self.coming_guest.process.kill()
            self.coming_guest.process.wait()
            subprocess.run(["ip", "netns", "del", f"{self.site.name}-g3"])
            self.coming_guest = None

    def control_calls(self):
        asked = {
            "flows": self.site.get("/v1/flows"), "leases": self.site.get("/v1/leases"),
            "publish": self.site.get("/v1/ports", "POST", {"port": "8090:192.168.127.3:7000"}),
            "name": self.site.get("/v1/dns/n1.soak", "PUT", {"addresses": ["10.91.0.1"]}),
            "gone": self.site.get("/v1/dns/n1.soak", "DELETE"),
        }
        try:
            port = json.loads(asked["publish"][1])
            asked["unpublish"] = self.site.get(f"/v1/ports/{port['id']}", "DELETE")
        except (ValueError, KeyError):
            pass  # told below
        for name, (status, text) in asked.items():
            if not 200 <= status < 300:
                self.fail(f"control: {name}: {status} {text[:160]}")
        return "control"

    def captures(self):
        path = f"{self.site.folder}/frames.pcapng"
        if self.capture:
            self.capture.close()
        self.capture = Program(
            ["timeout", "30", os.environ.get("SLIPWAY", "slipway"), "capture", "-w", path,
             "--seconds", "5", "--snap", "128", "--control", f"unix:{self.site.control}"])
        return "capture"

    def machine_boots(self):
        """User Mode Linux, a kernel of its own, boots and is ended some seconds later."""
        disk, folder = os.environ.get("UML_INITRD"), f"{self.site.folder}/uml"
        if self.machine:
            # UML's helpers are of its process group.
            os.killpg(self.machine.pid, 9)
            self.machine.wait()
            self.machine = None
            return "machine ends"
        if not disk:
            return ""
        os.makedirs(folder, exist_ok=True)
        self.machine = subprocess.Popen(
            ["nice", "linux.uml", "mem=128M", f"initrd={disk}", f"uml_dir={folder}", "quiet",
             "con=null", "ssl=null", "ssl1=null",
             f"vec0:transport=bess,dst={self.site.folder}/u.sock,mac=52:54:00:12:34:56"],
            env={**os.environ, "TMPDIR": folder}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return "machine boots"

    def fail(self, what):
        self.failed[what] = self.failed.get(what, 0) + 1

    # Time and samples.

    def run_until(self, end):
        days = [(self.guest_reboots, 60), (self.resolver_swaps, 45), (self.upstream_dies, 40),
                (self.control_calls, 30), (self.captures, 120), (self.machine_boots, 90)]
        due = {what: self.elapsed() + interval / 3 for what, interval in days}
        while self.elapsed() < end:
            self.sample_at(min(end, self.next_sample()), due, dict(days))

    def elapsed(self):
        return time.monotonic() - self.began

    def next_sample(self):
        return (len(self.rows) + 1) * SAMPLE_S

    def sample_at(self, when, due=None, intervals=None, quiet=0):
        while self.elapsed() < when:
            if not self.engine.alive():
                raise TimeoutError("the engine died: " + self.log_tail())
            for what in [w for w in due or {} if due[w] <= self.elapsed()]:
                due[what] += intervals[what]
                try:
                    if told := what():
                        self.events.append(told)
                except (TimeoutError, subprocess.SubprocessError) as e:
                    self.fail(f"{what.__name__}: {e}"[:160])
            time.sleep(0.2)
        self.rows.append(self.sample(quiet))

    def sample(self, quiet):
        times, failures, done, load_failures = [], 0, 0, 0
        for program in [self.probe, self.published, *self.loads]:
            for line in program.take():
                told = json.loads(line)
                if program is self.probe:
                    times += told["times"]
                    failures += sum(told["failed"].values())
                else:
                    done += sum(told["done"].values())
                    load_failures += sum(told["failed"].values())
                for kind, count in told["failed"].items():
                    self.failed[kind] = self.failed.get(kind, 0) + count
                for kind, count in told["done"].items():
                    self.counts[kind] = self.counts.get(kind, 0) + count
        rss, anon, threads = self.engine.memory()
        metrics = self.engine.metrics()
        row = dict(zip(COLUMNS, [
            round(self.elapsed()), rss, anon,
            round(metrics.get("slipway_managed_memory_bytes", 0) / 1024), self.engine.fds(),
            threads, int(metrics.get('slipway_flows{protocol="tcp"}', -1)),
            int(metrics.get('slipway_flows{protocol="udp"}', -1)), len(times),
            quantile(times, 0.5), quantile(times, 0.99), failures, done, load_failures,
            self.engine.cpu_seconds(), quiet, "; ".join(self.events)]))
        for event in self.events:
            self.counts[event] = self.counts.get(event, 0) + 1
        self.events = []
        self.file.writerow(row)
        self.handle.flush()
        return row

    def quiet(self, limit):
        """Stops all load until no flow is left; the sample then is what the engine keeps."""
        programs = [self.probe, self.published, *self.loads]
        if self.machine:
            self.machine_boots()
        self.guest_goes()
        for p in programs:
            p.tell("pause")
        end = self.elapsed() + limit
        while True:
            self.sample_at(self.next_sample(), quiet=1)
            flows = self.rows[-1]["tcp_flows"] + self.rows[-1]["udp_flows"]
            if flows == 0 or self.elapsed() > end:
                break
        self.sample_at(self.next_sample(), quiet=1)
        for p in programs:
            p.tell("go")
        return self.rows[-1]

    def log_tail(self):
        return " | ".join(open(f"{self.site.folder}/engine.log").read().splitlines()[-5:])

    def whole(self):
        os.makedirs(self.output, exist_ok=True)
        with open(f"{self.output}/soak.csv", "w", newline="") as self.handle:
            self.file = csv.DictWriter(self.handle, COLUMNS)
            self.file.writeheader()
            self.begin()
            self.run_until(60)
            first_load = self.rows[-3:]
            first = self.quiet(QUIET_S)
            self.run_until(self.seconds)
            last_load = self.rows[-3:]
            last = self.quiet(QUIET_S)
        plot.draw(self.rows, f"{self.output}/soak.svg")
        return self.verdict(first, last, first_load, last_load)

    def verdict(self, first, last, first_load, last_load):
        wrong = []
        loaded = [r for r in self.rows if not r["quiet"]]
        print(f"done: {json.dumps(self.counts)}\nfailed: {json.dumps(self.failed)}")
        print(f"engine's processor: {last['cpu_s'] / last['second']:.3f} of a core; log: "
              f"{self.log_tail() or 'nothing'}")
        for key in ["rss_kib", "anon_kib", "managed_kib", "fds", "threads"]:
            load = [round(statistics.median(r[key] for r in rows))
                    for rows in (first_load, last_load)]
            print(f"{key:12} quiet {first[key]} -> {last[key]}, under load {load[0]} -> {load[1]},"
                  f" most {max(r[key] for r in self.rows)}")
        tenth = max(1, len(loaded) // 10)
        for key in ["p50_us", "p99_us"]:
            parts = [round(statistics.median(r[key] for r in rows))
                     for rows in (loaded[:tenth], loaded[-tenth:])]
            print(f"{key:12} first tenth {parts[0]}, last tenth {parts[1]}")
        if last["fds"] != first["fds"]:
            wrong.append(f"fds {first['fds']} -> {last['fds']}")
        for key in ["rss_kib"]:
            if abs(last[key] - first[key]) > first[key] / 10:
                wrong.append(f"{key} {first[key]} -> {last[key]}")
        failures = sum(r["probe_failures"] for r in self.rows)
        if failures:
            wrong.append(f"{failures} of the probe's connects failed")
        print("soak: held" if not wrong else f"soak: FAILED: {', '.join(wrong)}")
        return 1 if wrong else 0

    def close(self):
        for program in [self.proxy, self.capture]:
            if program:
                program.close()
        if self.machine:
            self.machine_boots()
        self.guest_goes()
        self.site.close()


def main():
    soak = Soak(float(sys.argv[1]), sys.argv[2])
    try:
        return soak.whole()
    except TimeoutError as e:
        print(f"soak: FAILED: {e}")
        return 1
    finally:
        soak.close()


sys.exit(main())
