"""What guests and their clients do all the time: threads in namespaces, paced to leave time."""
import os
import random
import socket
import struct
import threading
import time

import network

GATEWAY, GATEWAY6, PROXY = "192.168.127.1", "fd5a:94ef:e40c::1", 3128
LARGE, PATIENCE = 8 << 20, 10.0


class Tally:
    """How often each load has been served, and what has gone wrong."""

    def __init__(self):
        self.lock, self.good, self.bad, self.last = threading.Lock(), {}, {}, {}

    def count(self, name, error=None):
        with self.lock:
            table = self.good if error is None else self.bad
            table[name] = table.get(name, 0) + 1
            if error is not None:
                self.last[name] = repr(error)


def load(tally, stop, name, where, pause, once):
    """Does something again and again in a namespace, until it is to stop."""

    def loop():
        entered = False
        while not stop.wait(pause * random.uniform(0.8, 1.2)):
            try:
                if not entered:
                    network.enter(where)
                    entered = True
                once()
                tally.count(name)
            except OSError as error:
                tally.count(name, error)

    thread = threading.Thread(target=loop, name=name, daemon=True)
    thread.start()
    return thread


def open_to(address, port, patience=PATIENCE):
    return socket.create_connection((address, port), patience)


def read_all(connection):
    total = 0
    while part := connection.recv(1 << 16):
        total += len(part)
    return total


def down(address, port):
    with open_to(address, port) as connection:
        connection.sendall(f"GET /large HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
        if read_all(connection) < LARGE:
            raise OSError("less than was asked for")


def up(address, port):
    with open_to(address, port) as connection:
        connection.sendall(b"PUT /sink HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % LARGE)
        block = bytes(1 << 16)
        for _ in range(LARGE >> 16):
            connection.sendall(block)
        if b" 200 " not in connection.recv(1000):
            raise OSError("not taken")


def short(address, port):
    with open_to(address, port) as connection:
        connection.sendall(b"GET /small HTTP/1.0\r\n\r\n")
        if read_all(connection) == 0:
            raise OSError("no answer")


def proxied():
    with open_to(GATEWAY, PROXY) as connection:
        connection.sendall(
            f"GET http://{network.FAR}:8000/small HTTP/1.1\r\nHost: {network.FAR}:8000\r\n"
            "Connection: close\r\n\r\n".encode())
        answer = connection.recv(1 << 16)
        if b" 200 " not in answer[:20]:
            raise OSError(answer[:60])


def datagram(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(3)
        sent = os.urandom(random.randrange(1, 1400))
        client.sendto(sent, (address, port))
        if client.recv(2000) != sent:
            raise OSError("another datagram came back")


def question():
    name = b"".join(
        bytes([len(label)]) + label
        for label in (b"n%d" % random.randrange(10_000), b"soak", b"test"))
    message = struct.pack("!6H", random.randrange(65_536), 0x100, 1, 0, 0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(message + name + b"\0\0\1\0\1", (GATEWAY, 53))
        answer = client.recv(2000)
    if answer[:2] != message[:2] or answer[3] & 15 != 0:
        raise OSError(f"rcode {answer[3] & 15}")


def ping(address):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        raw.settimeout(3)
        identifier = random.randrange(65_536)
        packet = struct.pack("!BBHHH", 8, 0, 0, identifier, 1)
        total = sum(struct.unpack("!4H", packet))
        packet = struct.pack("!BBHHH", 8, 0, ~(total + (total >> 16)) & 0xffff, identifier, 1)
        raw.sendto(packet, (address, 0))
        end = time.monotonic() + 3
        while time.monotonic() < end:
            if raw.recv(2000)[24:26] == struct.pack("!H", identifier):
                return
    raise OSError("no echo")


def refused(address):
    try:
        open_to(address, network.REFUSES).close()
    except ConnectionRefusedError:
        return
    raise OSError("nobody listens there")


def swallowed():
    with socket.socket() as client:
        client.settimeout(1)
        try:
            client.connect((network.BLACK_HOLE, 81))
        except TimeoutError:
            return
    raise OSError("the black hole has answered")


def serve(port, address="::"):
    """A web server of two pages and an echo of datagrams, in this thread's namespace."""
    listener = socket.socket(socket.AF_INET6)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(500)
    echo = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    echo.bind((address, port))

    def answer(client):
        try:
            with client:
                client.settimeout(30)
                head = client.recv(4096)
                if head.startswith(b"PUT"):
                    left = LARGE - len(head.split(b"\r\n\r\n", 1)[-1])
                    while left > 0 and (part := client.recv(1 << 16)):
                        left -= len(part)
                    client.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
                else:
                    size = LARGE if b"/large" in head else 100
                    client.sendall(
                        b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))
        except OSError:
            return

    def accept():
        while True:
            threading.Thread(target=answer, args=listener.accept()[:1], daemon=True).start()

    def reflect():
        while True:
            data, client = echo.recvfrom(2000)
            echo.sendto(data, client)

    for target in (accept, reflect):
        threading.Thread(target=target, daemon=True).start()
