"""The network that a soak runs in: a host, what is outside of it, and guests, each a namespace."""
import ctypes
import os
import signal
import subprocess
import threading

CLONE_NEWNET = 0x40000000
TOOLS = os.path.join(os.path.dirname(__file__), "..", "Slipway.System", "tools")
HOST, OUTSIDE, GUESTS = "soak-host", "soak-out", ["soak-a", "soak-b", "soak-c"]
FAR, FAR6, HOST4, BLACK_HOLE, REFUSES = "10.99.0.1", "fd99::1", "10.99.0.2", "10.98.0.66", 9
LIBC = ctypes.CDLL(None, use_errno=True)


def run(*command, check=True, **options):
    return subprocess.run(
        command, check=check, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)


def inside(name, *command):
    return ["ip", "netns", "exec", name, *command]


def enter(name):
    """Moves this thread into a namespace."""
    with open(f"/run/netns/{name}") as namespace:
        if LIBC.setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), name)


class Programs:
    """What was started; all of it ends with this process."""

    def __init__(self, folder):
        self.folder, self.running, self.lock = folder, {}, threading.Lock()

    def start(self, name, *command, env=None):
        with open(os.path.join(self.folder, name + ".log"), "ab") as log:
            program = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(os.environ, **(env or {})))
        with self.lock:
            self.running[name] = program
        return program

    def end(self, name, how=signal.SIGTERM):
        with self.lock:
            program = self.running.pop(name, None)
        if program is not None:
            program.send_signal(how)
            try:
                program.wait(30)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
            return program.returncode

    def end_all(self):
        for name in list(self.running)[::-1]:
            self.end(name)


def build():
    """A host with an uplink, and beyond it an address that answers and one that swallows."""
    tear_down()
    os.makedirs(f"/etc/netns/{HOST}", exist_ok=True)
    swap_resolver(1)
    for name in [HOST, OUTSIDE, *GUESTS]:
        run("ip", "netns", "add", name)
        run(*inside(name, "ip", "link", "set", "lo", "up"))
    run("ip", "link", "add", "up0", "netns", HOST, "type", "veth", "peer", "name", "down0",
        "netns", OUTSIDE)
    for name, link, address, address6 in (
            (HOST, "up0", HOST4, "fd99::2"), (OUTSIDE, "down0", FAR, FAR6)):
        run(*inside(name, "ip", "link", "set", link, "up"))
        run(*inside(name, "ip", "addr", "add", address + "/24", "dev", link))
        run(*inside(name, "ip", "addr", "add", address6 + "/64", "dev", link, "nodad"))
    run(*inside(HOST, "ip", "route", "add", "default", "via", FAR))
    run(*inside(HOST, "ip", "-6", "route", "add", "default", "via", FAR6))
    run(*inside(HOST, "sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647"))
    run(*inside(OUTSIDE, "ip", "route", "add", "blackhole", BLACK_HOLE))
    run(*inside(OUTSIDE, "sysctl", "-qw", "net.ipv4.ip_forward=1"))


def tear_down():
    for name in [HOST, OUTSIDE, *GUESTS]:
        run("ip", "netns", "del", name, check=False)
    try:
        os.remove(f"/etc/netns/{HOST}/resolv.conf")
        os.rmdir(f"/etc/netns/{HOST}")
    except OSError:
        pass


def swap_resolver(number):
    """The host's resolv.conf names another server; the file stays the same one."""
    with open(f"/etc/netns/{HOST}/resolv.conf", "w") as file:
        file.write(f"nameserver 127.0.0.{number}\n")
