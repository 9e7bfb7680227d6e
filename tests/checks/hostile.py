#!/usr/bin/env python3
"""Floods and hostile tools against one engine, one after another, with a second guest beside.

usage: hostile.py OUTPUT MUTATE [CASE...]     tests/hostile.sh calls it, which says what is set
After each the engine serves within a second, its anonymous memory and descriptors come back, and
it is the process that it was. Prints a row of a Markdown table for each.
"""
import glob
import json
import os
import statistics
import subprocess
import sys
import time

from world import ALIAS, ALIAS6, GATEWAY, HERE, PORT, Site, quantile, until

GATEWAY_MAC = "5a:94:ef:e4:0c:dd"
GUEST = "192.168.127.2"
SERVED = PORT + 1000
SCALE = float(os.environ.get("SCALE", "1"))
FRAMES = int(os.environ.get("FRAMES", "10000000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
# What the collector may keep of what was used: a part of the heap it has committed once stays for
# the next flood. Measured twice over the same flood, so that what grows each time is seen.
SLACK_KIB = int(os.environ.get("SLACK_KIB", 8 * 1024))
# A UDP flow lives for 180 s after its last datagram, a fragment or a half-open connect shorter.
BACK_S = float(os.environ.get("BACK_S", "200"))


def scaled(count):
    return max(1, int(count * SCALE))


class Hostile:
    def __init__(self, output, mutate):
        self.output, self.mutate = output, mutate
        self.site = Site(f"hostile{os.getpid()}", ["g1", "g2"])
        self.attacker, self.other = self.site.guests
        self.site.names("127.0.0.53", "10.91.0.1")
        self.engine = self.site.engine("--ipv6", "on")
        # Of its own, so that the engine is judged and not how a flooded server accepts.
        self.served = self.site.start(["python3", f"{HERE}/serve.py", "127.0.0.1", SERVED],
                                      self.site.host)
        until(lambda: "ready" in self.served.lines, 30, "the servers do not start")
        self.failures = 0

    # The cases. Each returns what its program said; what it raises is a failure.

    def tool(self, *words, seconds=120, guest=None, any_status=True):
        """A program, for so long at most; a flooder that has no end is ended."""
        done = self.site.inside(guest or self.attacker, "timeout", seconds, *words,
                                timeout=seconds + 30)
        if not any_status and done.returncode:
            raise AssertionError((done.stdout + done.stderr).strip()[-200:])
        return (done.stdout + done.stderr).strip()

    def edge(self, case, host=ALIAS, port=PORT, count=0):
        text = self.tool("/usr/bin/python3", f"{HERE}/edges.py", case, "tap0", GUEST, GATEWAY_MAC,
                         host, port, *([count] if count else []), any_status=False)
        return text.splitlines()[-1]

    def nmap(self, *options):
        text = self.tool("nmap", "-n", "-Pn", "-T4", "--max-retries", "2", *options, seconds=60)
        return text.splitlines()[-1].replace("Nmap done: ", "")

    def hping(self, *options):
        text = self.tool("hping3", "-q", "-i", "u10", *options, seconds=60)
        return next((l for l in text.splitlines() if "transmitted" in l), text[-80:])

    def attack6(self, name, *options, seconds=5):
        self.tool(f"atk6-{name}", *options, seconds=seconds)
        return f"{seconds} s at most"

    def mutated(self):
        files = []
        for folder in os.environ.get("CORPUS", f"{self.output}/corpus").split(":"):
            files += sorted(glob.glob(f"{folder}/**/*.pcap", recursive=True))
        if not files:
            raise AssertionError("CORPUS names no folder with captures (*.pcap)")
        return self.tool(self.mutate, "tap0", GATEWAY_MAC, GUEST, FRAMES,
                         os.environ.get("SEED", "1"), *files, seconds=3600, any_status=False)

    def names(self):
        path = f"{self.output}/names"
        with open(path, "w") as f:
            f.writelines(f"n{i}.test A\n" for i in range(1000))
        text = self.tool("dnsperf", "-s", GATEWAY, "-d", path, "-l", 10, "-c", 20, "-q", 200)
        rows = [l.strip() for l in text.splitlines() if "per second" in l or "lost" in l]
        answer = self.tool("dig", "+short", "+tries=1", "+time=1", f"@{GATEWAY}", "after.test",
                           guest=self.other)
        if "10.91.0.1" not in answer:
            raise AssertionError(f"the other guest has no name afterwards: {answer}")
        return "; ".join(" ".join(r.split()) for r in rows)

    def leases(self):
        text = self.edge("dhcp_starvation", count=scaled(20000))
        script = f"{HERE}/../Slipway.System/tools/configure.sh"
        self.tool("udhcpc", "-q", "-n", "-f", "-i", "tap0", "-t", "5", "-T", "1", "-s", script,
                  guest=self.other, any_status=False)
        return text + "; a real client has its lease"

    def scripted(self):
        """dhcp, names, floods by number: what each row of the table does."""
        n = str(scaled(100000))
        return {
            "idle": lambda: "nothing",
            "frames": self.mutated,
            "syn": lambda: self.edge("syn_flood", count=scaled(100000)),
            "syn-hping": lambda: self.hping("-S", "-p", "++7000", "-c", n, ALIAS),
            "syn-random-source": lambda: self.hping(
                "-S", "-p", PORT, "--rand-source", "-c", n, ALIAS),
            "syn-black-hole": lambda: self.edge("syn_flood", "10.66.*", 80, scaled(100000)),
            "syn-reset": lambda: self.edge("syn_resets", count=scaled(500)),
            "fragments": lambda: self.edge("fragments", count=scaled(100000)),
            "fragments-hping": lambda: self.hping("--udp", "-x", "-d", "1000", "-p", PORT, "-c", n,
                                                  ALIAS),
            "udp": lambda: self.hping("--udp", "-p", "++1", "-d", "100", "-c", n, ALIAS),
            "icmp": lambda: self.hping("--icmp", "-d", "100", "-c", n, ALIAS),
            "arp-mac": lambda: self.edge("arp", count=scaled(100000)),
            "dhcp": self.leases,
            "dns": self.names,
            "nmap -sS -p-": lambda: self.nmap("-sS", "-p-", ALIAS),
            "nmap -sS -f": lambda: self.nmap("-sS", "-f", ALIAS),
            "nmap -sU": lambda: self.nmap("-sU", "--top-ports", "200", ALIAS),
            "nmap -6 -sS": lambda: self.nmap("-6", "-sS", ALIAS6),
            "nmap -sX": lambda: self.nmap("-sX", ALIAS),
            "nmap -sN": lambda: self.nmap("-sN", ALIAS),
            "nmap -sO": lambda: self.nmap("-sO", ALIAS),
            "nmap -A gateway": lambda: self.nmap("-O", "-sV", "-p", "53,80,3128,1080", GATEWAY),
            "zero-window": lambda: self.edge("zero_window"),
            "half-close": lambda: self.edge("half_close"),
            "reset-in-window": lambda: self.edge("reset_in_window"),
            "urgent": lambda: self.edge("urgent"),
            "tiny-mss-sack": lambda: self.edge("tiny_mss"),
            "holes": lambda: self.edge("holes", count=scaled(100000)),
            "solicitations": lambda: self.attack6("flood_solicitate6", "tap0", ALIAS6),
            "advertisements": lambda: self.attack6("flood_advertise6", "tap0"),
            "routers": lambda: self.attack6("flood_router26", "tap0"),
            "router-solicitations": lambda: self.attack6("flood_rs6", "tap0"),
            "redirects": lambda: self.attack6("flood_redir6", "tap0", GATEWAY6),
            "mld": lambda: self.attack6("flood_mld6", "tap0"),
            "mld-routers": lambda: self.attack6("flood_mldrouter6", "tap0"),
            "dhcp6": lambda: self.attack6("flood_dhcpc6", "tap0"),
            "fragmentation6": lambda: self.attack6("fragmentation6", "tap0", ALIAS6, seconds=30),
            "exploit6": lambda: self.attack6("exploit6", "tap0", ALIAS6, seconds=30),
            "denial6": lambda: self.attack6("denial6", "tap0", ALIAS6, "1"),
            "implementation6": lambda: self.attack6("implementation6", "tap0", ALIAS6, seconds=30),
            "dos-new-ip6": lambda: self.attack6("dos-new-ip6", "tap0"),
        }

    # What is judged.

    def serves(self):
        """Seconds until another guest's echo through the engine comes back."""
        begun = time.monotonic()
        code = ("import socket,sys\n"
                "s=socket.create_connection((sys.argv[1],int(sys.argv[2])),10)\n"
                "s.sendall(b'x'); assert s.recv(1)==b'x'")
        for guest in (self.other, self.attacker):
            done = self.site.inside(guest, "python3", "-Sc", code, ALIAS, SERVED, timeout=30)
            if done.returncode:
                raise AssertionError(f"does not serve {guest}: {done.stderr[-100:]}")
        return time.monotonic() - begun

    def came_back(self, anon, fds):
        """Seconds until memory and descriptors are back, or None."""
        begun = time.monotonic()
        while True:
            now = self.engine.memory()[1]
            took = time.monotonic() - begun
            if now <= max(anon * 1.1, anon + SLACK_KIB) and self.engine.fds() <= fds:
                return took
            if took > BACK_S:
                return None
            time.sleep(0.5)

    def row(self, name, what):
        anon, fds = self.engine.memory()[1], self.engine.fds()
        idle = min(self.serves() for _ in range(3))
        begun, wrong = time.monotonic(), []
        try:
            said = what()
        except (AssertionError, subprocess.TimeoutExpired) as e:
            said, wrong = str(e), ["the case itself"]
        took = time.monotonic() - begun
        if not self.engine.alive():
            raise SystemExit(f"hostile: the engine died in {name}: {self.log()}")
        peak, most = self.engine.memory()[1], self.engine.fds()
        try:
            serves = self.serves()
            # Two interpreters start in it, each slow on a busy machine; idle has them too.
            if serves > 1 + idle:
                wrong.append(f"served after {serves:.1f} s")
        except AssertionError as e:
            serves = -1
            wrong.append(str(e))
        back = self.came_back(anon, fds)
        now = self.engine.memory()[1]
        if back is None:
            wrong.append("not back")
        verdict = "held" if not wrong else "FAILED: " + ", ".join(wrong)
        self.failures += bool(wrong)
        print(f"| {name} | {said.replace('|', '/')} | {took:.0f} s | {serves:.2f} ({idle:.2f}) s | "
              f"{anon / 1024:.1f} -> {peak / 1024:.1f} -> {now / 1024:.1f} MiB | "
              f"{fds} -> {most} -> {self.engine.fds()} | "
              f"{'' if back is None else f'{back:.0f} s'} | {verdict} |", flush=True)

    def log(self):
        return " | ".join(open(f"{self.site.folder}/engine.log").read().splitlines()[-5:])

    def probed(self, seconds):
        """Connect latencies of the other guest in so many seconds, in us, and failures."""
        words = ["python3", f"{HERE}/connects.py", ALIAS, SERVED, "0.005"]
        probe = self.site.start(words, self.other)
        time.sleep(seconds)
        probe.close()
        told = [json.loads(l) for l in probe.take()]
        return [t for l in told for t in l["times"]], sum(
            sum(l["failed"].values()) for l in told)

    def latency(self):
        """Another guest's connect p99 while 100,000 SYNs go to a black hole, beside idle."""
        cores = sorted(os.sched_getaffinity(0))
        self.apart(cores)
        idle, flooded, failed = [], [], 0
        for _ in range(ROUNDS):
            times, bad = self.probed(6)
            idle.append(quantile(times, 0.99))
            failed += bad
            # What it takes of a processor is no matter of the engine's: it has what is left.
            flood = self.site.start(
                ["chrt", "-i", "0", "/usr/bin/python3", f"{HERE}/edges.py", "syn_flood", "tap0",
                 GUEST, GATEWAY_MAC, "10.66.*", 80, scaled(100000)], self.attacker)
            until(lambda: self.engine.fds() > 300, 30, "no SYN comes")
            times, bad = self.probed(6)
            flooded.append(quantile(times, 0.99))
            failed += bad
            flood.process.wait(120)
            time.sleep(2)
        os.sched_setaffinity(0, cores)
        ratio = statistics.median(flooded) / max(1, statistics.median(idle))
        held = ratio < 2 and not failed
        self.failures += not held
        print(f"\nlatency: another guest's connect p99, us, of {ROUNDS} rounds: "
              f"idle {sorted(idle)}, during the flood {sorted(flooded)}; "
              f"medians' ratio {ratio:.2f}, {failed} failed: "
              f"{'held' if held else 'FAILED'}", flush=True)

    def apart(self, cores):
        """The engine has a processor of its own, the guests and the servers the others."""
        if len(cores) > 1:
            for program, own in ((self.engine.program, cores[:1]), (self.served, cores[1:])):
                subprocess.run(["taskset", "-acp", ",".join(map(str, own)),
                                str(program.pid)], check=True, capture_output=True)
            os.sched_setaffinity(0, cores[1:])

    def whole(self, names):
        cases = self.scripted()
        print("| case | what was sent | took | served after (idle) | RssAnon before, after, back | "
              "fds | back in | |\n|---|---|---|---|---|---|---|---|")
        for name, what in cases.items():
            if not names or name in names:
                self.row(name, what)
        if not names or "latency" in names:
            self.latency()
        print(f"log: {self.log() or 'nothing'}")
        print("hostile: held" if not self.failures else f"hostile: FAILED: {self.failures} cases")
        return 1 if self.failures else 0


GATEWAY6 = "fd5a:94ef:e40c::1"


def main():
    hostile = None
    try:
        hostile = Hostile(sys.argv[1], sys.argv[2])
        return hostile.whole(sys.argv[3:])
    finally:
        if hostile:
            hostile.site.close()


sys.exit(main())
