"""The world around an engine under test: namespaces, programs, and what the engine uses.

                                               host                 beyond: 10.66.0.0/16
      guest g1, g2 ==TAP==--- [the engine] --- 127.0.0.1, ::1 -----  is swallowed
                                               10.91.0.1, fd91::1

Nothing in it leaves the machine. All that is made is removed by `close`, in reverse.
"""
import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SLIPWAY = os.environ.get("SLIPWAY", os.path.join(HERE, "../../out/slipway"))
GATEWAY, ALIAS = "192.168.127.1", "192.168.127.254"
ALIAS6 = "fd5a:94ef:e40c::fe"
PORT = 7000


class Program:
    """A program in a namespace. Its lines are kept, the last ones first to be told of a fault."""

    def __init__(self, words, namespace=None, env=None, log=None):
        if namespace:
            words = ["ip", "netns", "exec", namespace, *words]
        self.lines = []
        self.process = subprocess.Popen(
            [str(w) for w in words], stdin=subprocess.PIPE, stdout=log or subprocess.PIPE,
            stderr=log or subprocess.DEVNULL, text=log is None, env={**os.environ, **(env or {})})
        self.pid = self.process.pid
        if log is None:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def take(self):
        """The lines since the last call."""
        count = len(self.lines)
        taken, self.lines[:count] = self.lines[:count], []
        return taken

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def alive(self):
        return self.process.poll() is None

    def close(self):
        if self.alive():
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Site:
    """Host and guests. `engine_options` come after the links of the guests."""

    def __init__(self, name, guests, mtu=1500):
        self.name, self.owned, self.mtu = name, [], mtu
        self.host, self.guests = f"{name}-host", [f"{name}-{g}" for g in guests]
        self.folder = f"/tmp/{name}"
        os.makedirs(self.folder, exist_ok=True)
        os.makedirs(f"/etc/netns/{self.host}", exist_ok=True)
        self.resolver("127.0.0.53")
        self.beyond = f"{name}-beyond"
        for ns in [self.host, self.beyond, *self.guests]:
            self.add_namespace(ns)
        self.connect_beyond()
        run("ip", "netns", "exec", self.host, "sysctl", "-qw",
            "net.ipv4.ping_group_range=0 2147483647")
        for address in ["127.0.0.1", "::1", "10.91.0.1"]:
            server = self.start(["python3", f"{HERE}/serve.py", address, PORT], self.host)
            until(lambda: "ready" in server.lines, 30, "the servers do not start")

    def connect_beyond(self):
        run("ip", "-n", self.host, "link", "add", "ext", "type", "veth",
            "peer", "name", "ext", "netns", self.beyond)
        for ns, number in [(self.host, 1), (self.beyond, 2)]:
            run("ip", "-n", ns, "link", "set", "ext", "up")
            run("ip", "-n", ns, "addr", "add", f"10.91.0.{number}/16", "dev", "ext")
            run("ip", "-n", ns, "addr", "add", f"fd91::{number}/64", "dev", "ext", "nodad")
        run("ip", "-n", self.host, "route", "add", "default", "via", "10.91.0.2")
        run("ip", "-n", self.host, "route", "add", "default", "via", "fd91::2")
        run("ip", "netns", "exec", self.beyond, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        run("ip", "-n", self.beyond, "route", "add", "blackhole", "10.66.0.0/16")

    def add_namespace(self, ns):
        run("ip", "netns", "add", ns)
        run("ip", "-n", ns, "link", "set", "lo", "up")

    def resolver(self, address):
        # In its place: `ip netns exec` has mounted this very file over the host's.
        with open(f"/etc/netns/{self.host}/resolv.conf", "w") as f:
            f.write(f"nameserver {address}\noptions timeout:1 attempts:2\n")

    def names(self, address, answer):
        """A name server: everything under .test is `answer`."""
        return self.start(
            ["dnsmasq", "-k", "--no-resolv", "--no-hosts", "--no-daemon", "--user=root",
             f"--listen-address={address}", "--bind-interfaces", f"--address=/test/{answer}",
             "--pid-file=", "--cache-size=0"], self.host)

    def start(self, words, namespace=None, **more):
        program = Program(words, namespace, **more)
        self.owned.append(program)
        return program

    def engine(self, *options):
        self.control = f"{self.folder}/control.sock"
        links = [o for g in self.guests for o in ("--link", f"tap:tap0,netns=/run/netns/{g}")]
        log = open(f"{self.folder}/engine.log", "wb")
        program = self.start(
            [SLIPWAY, "run", *links, "--mtu", self.mtu, "--control", f"unix:{self.control}",
             "--log-level", "warning", *options], self.host, log=log)
        until(lambda: os.path.exists(self.control) and self.get("/metrics")[0] == 200,
              30, "the engine does not start")
        for guest in self.guests:
            run("ip", "netns", "exec", guest, "ping", "-qc1", "-W5", GATEWAY)
        return Engine(program, self)

    def get(self, path, method="GET", body=None):
        """The control API's status, 0 where it does not answer, and its body."""
        connection = http.client.HTTPConnection("localhost", timeout=10)
        try:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(10)
            connection.sock.connect(self.control)
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as e:
            return 0, str(e)
        finally:
            connection.close()

    def inside(self, guest, *words, timeout=60, **more):
        return subprocess.run(
            ["ip", "netns", "exec", guest, *[str(w) for w in words]], capture_output=True,
            text=True, timeout=timeout, **more)

    def close(self):
        while self.owned:
            self.owned.pop().close()
        for ns in [*self.guests, self.beyond, self.host]:
            subprocess.run(["ip", "netns", "del", ns], stderr=subprocess.DEVNULL)
        subprocess.run(["rm", "-rf", f"/etc/netns/{self.host}", self.folder])


class Engine:
    """What the engine's process uses, by /proc and by its own metrics."""

    def __init__(self, program, site):
        self.program, self.site, self.pid = program, site, program.pid

    def alive(self):
        return self.program.alive()

    def memory(self):
        """RSS and its anonymous part in KiB, and threads."""
        text = open(f"/proc/{self.pid}/status").read()
        found = [int(re.search(rf"^{key}:\s+(\d+)", text, re.M)[1])
                 for key in ("VmRSS", "RssAnon", "Threads")]
        return tuple(found)

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        cells = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")

    def metrics(self):
        rows = {}
        for line in self.site.get("/metrics")[1].splitlines():
            if line.startswith(("slipway_", "process_")):
                key, _, value = line.rpartition(" ")
                rows[key] = float(value)
        return rows


def run(*words):
    subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL)


def until(condition, seconds, otherwise):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(otherwise)
        time.sleep(0.05)


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0
