#!/usr/bin/env python3
"""The services that guests of the tests talk to, and, in a guest, what published ports lead to.

usage: serve.py ADDRESS PORT
       serve.py unix:PATH       TCP's services on Unix sockets: PATH, and for PORT+1 PATH.many

TCP PORT      the first line says what follows:
                echo             every byte back, then the end after the client's
                sink             reads to the end, answers "BYTES SHA256\\n"
                source BYTES     sends so many, ends its side, waits for the client's end
                stall SECONDS    reads nothing for so long, then as sink
                hold             reads nothing until its own end
                bye              sends "bye\\n", ends its side, then reads; the digest is kept
                last             answers the digest that the last bye kept
                reset            aborts the connection (RST)
                peer             answers the client's address as seen here
                GET ...          answers as an HTTP server would
TCP PORT+1    echo, made for thousands of connections
UDP PORT      echo
UDP PORT+1, PORT+2    answer the sender's address as seen here
UDP PORT+3    answers from another port than was asked
UDP PORT+4    answers from another address of its machine, where it has one
Ends when its standard input does.
"""
import asyncio
import hashlib
import os
import resource
import socket
import struct
import sys
import threading
import time

# The length is no multiple of any segment or buffer size, so that misplaced bytes show.
PATTERN = hashlib.shake_256(b"slipway").digest(1_000_003)
last = "none"


def digest_of(conn):
    """Reads to the end; returns what came as "BYTES SHA256"."""
    total, digest, buffer = 0, hashlib.sha256(), bytearray(1 << 20)
    while count := conn.recv_into(buffer):
        digest.update(memoryview(buffer)[:count])
        total += count
    return f"{total} {digest.hexdigest()}"


def send_pattern(conn, total):
    for start in range(0, total, len(PATTERN)):
        conn.sendall(PATTERN[:min(len(PATTERN), total - start)])


def echo(conn):
    while data := conn.recv(65536):
        conn.sendall(data)


def sink(conn):
    conn.sendall(digest_of(conn).encode() + b"\n")


def source(conn, total):
    send_pattern(conn, int(total))
    conn.shutdown(socket.SHUT_WR)
    digest_of(conn)


def stall(conn, seconds):
    time.sleep(float(seconds))
    sink(conn)


def hold(_):
    time.sleep(600)


def bye(conn):
    global last
    conn.sendall(b"bye\n")
    conn.shutdown(socket.SHUT_WR)
    last = digest_of(conn)


def answer_last(conn):
    conn.sendall(last.encode() + b"\n")


def reset(conn):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def peer(conn):
    conn.sendall(text_of(conn.getpeername()).encode() + b"\n")


def http(conn, *_):
    while first_line(conn):
        pass  # headers to the end: what is left unread would turn the close into a RST
    body = b"hello from the host\n"
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
                 b"Connection: close\r\n\r\n%s" % (len(body), body))


ROLES = {"echo": echo, "sink": sink, "source": source, "stall": stall, "hold": hold, "bye": bye,
         "last": answer_last, "reset": reset, "peer": peer, "GET": http}


def first_line(conn):
    line = b""
    while not line.endswith(b"\n") and (byte := conn.recv(1)):
        line += byte
    return line.decode("latin-1").split()


def serve(conn):
    with conn:
        try:
            words = first_line(conn)
            if words:
                ROLES[words[0]](conn, *words[1:])
        except OSError:
            pass  # a client that is gone: many tests end this way on purpose


def accept(listener):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=(conn,), daemon=True).start()


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def text_of(endpoint):
    """The address as a URL has it, and the port; an IPv6 one has more fields behind."""
    return ("[{}]:{}" if ":" in endpoint[0] else "{}:{}").format(*endpoint[:2])


def datagrams(address, port, reply):
    receiver = socket.socket(family_of(address), socket.SOCK_DGRAM)
    receiver.bind((address, port))
    while True:
        data, sender = receiver.recvfrom(65535)
        try:
            reply(receiver, data, sender)
        except OSError:
            pass  # the ICMP error of an earlier answer to a client that is gone


def say_sender(receiver, _, sender):
    receiver.sendto(text_of(sender).encode(), sender)


def from_another_port(receiver, data, sender):
    with socket.socket(receiver.family, socket.SOCK_DGRAM) as other:
        other.bind((receiver.getsockname()[0], 0))
        other.sendto(data, sender)


def from_another_address(_, data, sender):
    with socket.socket(family_of(sender[0]), socket.SOCK_DGRAM) as other:
        other.sendto(data, sender)  # the route's own address


async def echo_many(start):
    async def one(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()
        except OSError:
            pass  # as in serve

    server = await start(one)
    # Connections inherit it: urgent bytes are to be echoed in their place, as RFC 6093 advises.
    server.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    await asyncio.Event().wait()


def serve_path(path):
    def listen_on(name, backlog):
        if os.path.exists(name):
            os.unlink(name)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(name)
        listener.listen(backlog)
        return listener

    many = listen_on(path + ".many", 4096)
    work = [(accept, (listen_on(path, 4096),)),
            (asyncio.run, (echo_many(lambda one: asyncio.start_unix_server(one, sock=many)),))]
    for target, args in work:
        threading.Thread(target=target, args=args, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if sys.argv[1].startswith("unix:"):
        serve_path(sys.argv[1].removeprefix("unix:"))
        return
    address, port = sys.argv[1], int(sys.argv[2])
    listener = socket.create_server((address, port), family=family_of(address), backlog=4096)
    work = [(accept, (listener,)),
            (datagrams, (address, port, lambda s, data, sender: s.sendto(data, sender))),
            (datagrams, (address, port + 1, say_sender)),
            (datagrams, (address, port + 2, say_sender)),
            (datagrams, (address, port + 3, from_another_port)),
            (datagrams, (address, port + 4, from_another_address)),
            (asyncio.run, (echo_many(
                lambda one: asyncio.start_server(one, address, port + 1, backlog=8192)),))]
    for target, args in work:
        threading.Thread(target=target, args=args, daemon=True).start()
    for _ in range(100):  # until the last of them listens
        try:
            socket.create_connection((address, port + 1)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.02)
    print("ready", flush=True)
    sys.stdin.read()


main()
