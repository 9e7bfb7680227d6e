"""A name server on ADDRESS, port 53 of UDP and TCP, that does what the asked name says.

drop-N    the first query for the name is not answered
slow-N    answered after 1.5 s
lie-N     a wrong id, another question and another source port come first, then the truth
cut-N     cut over UDP (TC), whole over TCP
fold-N    the question in lower case, over both
raw-N     any type: the data are the bytes of the query behind its question, so that what a guest
          sent of EDNS comes back to it
others    A 192.0.2.1
"""

import socket
import struct
import sys
import threading
import time

PORT = 53
seen = set()


def question_end(query):
    at = 12
    while query[at]:
        at += 1 + query[at]
    return at + 5


def reply(query, data=None, count=1, flags=0x8180, name=None):
    end = question_end(query)
    question = name or query[12:end]
    kind = struct.unpack("!H", query[end - 4:end - 2])[0]
    data = data or bytes([192, 0, 2, 1])
    record = b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 300, len(data)) + data
    head = query[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0)
    return head + question + record * count


def forge(query, server, client):
    false = bytes([6, 6, 6, 6])
    answer = reply(query, false)
    server.sendto(bytes([answer[0] ^ 0x55]) + answer[1:], client)
    other = bytearray(query[12:question_end(query)])
    other[1] ^= 1
    server.sendto(reply(query, false, name=bytes(other)), client)
    elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    elsewhere.bind((server.getsockname()[0], 0))
    elsewhere.sendto(answer, client)


def answer_to(query, over_tcp, server=None, client=None):
    end = question_end(query)
    name = query[12:end - 4].lower()
    what = name[1:1 + name[0]].split(b"-")[0]
    if what == b"drop" and name not in seen:
        seen.add(name)
        return None
    if what == b"slow":
        time.sleep(1.5)
    if what == b"lie" and not over_tcp:
        forge(query, server, client)
    if what == b"cut":
        return reply(query, count=100) if over_tcp else reply(query, count=0, flags=0x8380)
    if what == b"fold":
        return reply(query, name=query[12:end].lower())
    if what == b"raw":
        return reply(query, data=query[end:])
    return reply(query)


def serve_datagram(server, query, client):
    response = answer_to(query, False, server, client)
    if response:
        server.sendto(response, client)


def serve_stream(connection):
    with connection, connection.makefile("rb") as stream:
        while len(length := stream.read(2)) == 2:
            response = answer_to(stream.read(struct.unpack("!H", length)[0]), True)
            if response:
                connection.sendall(struct.pack("!H", len(response)) + response)


def accept(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve_stream, args=(connection,), daemon=True).start()


def main():
    address = sys.argv[1]
    listener = socket.create_server((address, PORT))
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, PORT))

    def receive():
        while True:
            query, client = server.recvfrom(65535)
            threading.Thread(
                target=serve_datagram, args=(server, query, client), daemon=True).start()

    threading.Thread(target=receive, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


main()
