#!/usr/bin/env python3
"""TCP's edges and floods that no stock program makes, by scapy, from inside a guest.

usage: edges.py CASE INTERFACE GUEST GATEWAY_MAC HOST PORT [COUNT]
Prints what was seen, and ends with 1 where the engine did not behave.
"""
import random
import socket
import subprocess
import sys
import time

from scapy.all import ARP, BOOTP, DHCP, IP, TCP, UDP, Ether, Raw, conf, raw

conf.verb = 0
INTERFACE, GUEST, GATEWAY_MAC, HOST = sys.argv[2:6]
PORT, COUNT = int(sys.argv[6]), int(sys.argv[7]) if len(sys.argv) > 7 else 0
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
wire.bind((INTERFACE, 0))
ears = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
ears.bind((INTERFACE, 0))
head = Ether(dst=GATEWAY_MAC, src=open(f"/sys/class/net/{INTERFACE}/address").read().strip())


def paced(frames):
    """Sends as fast as the engine takes them."""
    path = f"/sys/class/net/{INTERFACE}/statistics/tx_dropped"
    last = int(open(path).read())
    for number, frame in enumerate(frames):
        try:
            wire.send(frame)
        except OSError as e:
            if e.errno != 105:
                raise
            time.sleep(0.002)
        if number % 256 == 255:
            now = int(open(path).read())
            time.sleep(0.01 if now > last else 0.0005)
            last = now


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Segments:
    """One connection by hand; the kernel's own resets are kept in by nft."""

    def __init__(self, options=None, window=65535):
        self.port, self.sequence = random.randrange(20000, 60000), random.getrandbits(31)
        self.window = window
        self.send("S", options=options or [("MSS", 1460)])
        answer = self.answer(lambda t: t.flags & 0x12 == 0x12)
        assert answer, "no SYN+ACK"
        self.sequence += 1
        self.acknowledged = answer.seq + 1
        self.send("A")

    def send(self, flags, data=b"", at=None, **fields):
        options = fields.pop("options", [])
        segment = head / IP(src=GUEST, dst=HOST) / TCP(
            sport=self.port, dport=PORT, flags=flags, options=options,
            window=fields.pop("window", self.window),
            seq=(self.sequence if at is None else at) & 0xFFFFFFFF,
            ack=getattr(self, "acknowledged", 0) & 0xFFFFFFFF, **fields)
        wire.send(raw(segment / Raw(data)) if data else raw(segment))

    def answer(self, want=lambda _: True, seconds=5):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ears.settimeout(left)
            try:
                packet = Ether(ears.recv(70000))
            except OSError:
                return None
            if IP in packet and packet[IP].src == HOST and TCP in packet and \
                    packet[TCP].dport == self.port and want(packet[TCP]):
                return packet[TCP]
        return None


def silence():
    subprocess.run(["nft", "-f", "-"], input="table inet quiet { chain out { type filter hook "
                   "output priority 0; meta l4proto tcp tcp flags & rst == rst drop; }; }\n",
                   text=True, check=True)


def zero_window():
    """Asked for an echo with a closed window: probed, and given all when it opens."""
    s = Segments(window=0)
    s.send("PA", b"a" * 1000)
    s.sequence += 1000
    probe = s.answer(lambda t: len(t.payload) > 0 or t.seq == s.acknowledged - 1, 8)
    s.send("A", window=65535)
    got = s.answer(lambda t: len(t.payload) > 1)
    return f"probed: {probe is not None}, then {len(got.payload) if got else 0} bytes", got


def half_close():
    s = Segments()
    s.send("PA", b"a" * 100)
    s.sequence += 100
    s.send("FA")
    s.sequence += 1
    fin = s.answer(lambda t: t.flags & 1)
    return f"FIN after ours: {fin is not None}", fin


def reset_in_window():
    """RFC 5961: in the window but not next is challenged, next ends it."""
    s = Segments()
    s.send("R", at=s.sequence + 1000)
    challenge = s.answer(lambda t: t.flags & 0x10)
    s.send("PA", b"still")
    s.sequence += 5
    lives = s.answer(lambda t: bytes(t.payload).startswith(b"still"))
    s.send("R", at=s.sequence)
    time.sleep(0.3)
    s.send("PA", b"dead")
    reset = s.answer(lambda t: t.flags & 4)
    said = [x is not None for x in (challenge, lives, reset)]
    return f"challenged, alive, then gone: {said}", all(said)


def syn_resets():
    """gvproxy #127: SYN, SYN+ACK, RST leaves half-open slots behind until connects fail."""
    for _ in range(COUNT or 300):
        s = Segments.__new__(Segments)
        s.port, s.sequence, s.window = random.randrange(20000, 60000), random.getrandbits(31), 1000
        s.send("S", options=[("MSS", 1460)])
        assert s.answer(lambda t: t.flags & 0x12 == 0x12), "no SYN+ACK"
        s.send("R", at=s.sequence + 1)
    with socket.create_connection((HOST, PORT), 2):
        return f"{COUNT or 300} half-open and reset; a connect stands", True


def urgent():
    s = Segments()
    for pointer in (0, 1, 5, 100, 0xFFFF):
        s.send("PAU", b"u" * 10, urgptr=pointer)
        s.sequence += 10
        s.send("AU", urgptr=pointer)
    first, seen, end = s.acknowledged, 0, time.monotonic() + 5
    while seen < 50 and time.monotonic() < end:
        got = s.answer(lambda t: len(t.payload) > 0, 2)
        if got:
            assert set(bytes(got.payload)) == {ord("u")}, "bytes that nobody sent"
            seen = max(seen, (got.seq + len(got.payload) - first) & 0xFFFFFFFF)
            s.acknowledged = first + seen
            s.send("A")
    time.sleep(0.5)
    while more := s.answer(lambda t: len(t.payload) > 0, 0.5):
        seen = max(seen, (more.seq + len(more.payload) - first) & 0xFFFFFFFF)
    s.send("R")
    return f"{seen} of 50 bytes echoed", seen == 50


def tiny_mss():
    """CVE-2019-11477 and its like: MSS 48 (and less) with SACK blocks for every second segment."""
    s = Segments(options=[("MSS", 8), ("SAckOK", b""), ("NOP", None), ("NOP", None)])
    s.send("PA", b"m" * 1400)
    s.sequence += 1400
    first, sizes = s.acknowledged, []
    end = time.monotonic() + 4
    while time.monotonic() < end and len(sizes) < 30:
        got = s.answer(lambda t: len(t.payload) > 0, 1)
        if not got:
            continue
        sizes.append(len(got.payload))
        s.send("A", options=[("NOP", None), ("NOP", None),
                             ("SAck", (got.seq, got.seq + 1, first + 20, first + 21))])
    s.send("R")
    return f"segments of at most {max(sizes, default=0)} bytes", max(sizes, default=0) > 0


def holes():
    """One byte, one hole, and so on: what a queue of ranges pays for each is bounded."""
    s = Segments()
    plain = head / IP(src=GUEST, dst=HOST) / TCP(
        sport=s.port, dport=PORT, flags="A", window=65535, ack=s.acknowledged) / Raw(b"h")
    template = bytearray(raw(plain))
    pseudo = socket.inet_aton(GUEST) + socket.inet_aton(HOST) + b"\0\x06\0\x15"

    def frames():
        for i in range(COUNT or 100000):
            at = (s.sequence + 1 + 2 * (i % 30000)) & 0xFFFFFFFF
            template[38:42] = at.to_bytes(4, "big")
            template[50:52] = b"\0\0"
            template[50:52] = checksum(pseudo + bytes(template[34:55])).to_bytes(2, "big")
            yield bytes(template)
    paced(frames())
    s.send("R")
    return f"{COUNT or 100000} bytes each after a hole", True


def syn_flood():
    """Each to another port or address; HOST may end with .* for a whole /16 of them."""
    many, base = HOST.endswith(".*"), HOST.replace(".*", ".0.1")
    template = bytearray(raw(head / IP(src=GUEST, dst=base) / TCP(
        sport=1, dport=PORT, flags="S", options=[("MSS", 1460)])))

    def frames():
        for i in range(COUNT or 100000):
            if many:
                template[32:34] = (i % 60000 + 1).to_bytes(2, "big")
            template[34:36] = (1024 + i % 60000).to_bytes(2, "big")
            template[36:38] = (PORT + (0 if many else i // 60000)).to_bytes(2, "big")
            template[24:26] = template[50:52] = b"\0\0"
            template[24:26] = checksum(bytes(template[14:34])).to_bytes(2, "big")
            pseudo = bytes(template[26:34]) + b"\0\x06\0\x18"
            template[50:52] = checksum(pseudo + bytes(template[34:58])).to_bytes(2, "big")
            yield bytes(template)
    paced(frames())
    return f"{COUNT or 100000} SYNs", True


def fragments():
    """First fragments that are never completed, overlapping ones, and last ones out of range."""
    def frames():
        for i in range(COUNT or 100000):
            offset, more = ((0, 1), (1, 1), (100, 0), (8189, 0), (0, 1))[i % 5]
            yield raw(head) + ip(i // 2, offset, more, b"f" * (200 if i % 3 else 1400))
    paced(frames())
    return f"{COUNT or 100000} fragments", True


def ip(ident, offset, more, data):
    text = bytearray(b"\x45\0" + (20 + len(data)).to_bytes(2, "big")
                     + (ident & 0xFFFF).to_bytes(2, "big")
                     + (more << 13 | offset).to_bytes(2, "big") + b"\x40\x11\0\0"
                     + socket.inet_aton(GUEST) + socket.inet_aton(HOST))
    text[10:12] = checksum(bytes(text)).to_bytes(2, "big")
    return bytes(text) + data


def dhcp_starvation():
    template = head / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67)

    def frames():
        for i in range(COUNT or 20000):
            mac = b"\x02" + random.randbytes(5)
            text = raw(template / BOOTP(chaddr=mac, xid=i, flags=0x8000) / DHCP(
                options=[("message-type", ("discover", "request")[i % 2]), "end"]))
            yield b"\xff" * 6 + (mac if i % 3 else text[6:12]) + text[12:]
    paced(frames())
    return f"{COUNT or 20000} clients", True


def arp():
    """Claims of every address by ever new MACs, in ARP and as the sources of frames."""
    def frames():
        text = raw(ARP(op=2, psrc=HOST, pdst=GUEST))
        for i in range(COUNT or 100000):
            mac = b"\x02" + random.randbytes(5)
            claimed = bytes((192, 168, 127, 1 + i % 254))
            body = text[:8] + mac + claimed + text[18:]
            yield b"\xff" * 6 + (mac if i % 2 else raw(head)[6:12]) + b"\x08\x06" + body
    paced(frames())
    return f"{COUNT or 100000} claims", True


# Where the kernel knows nothing of a connection that is made here, it would reset it.
SILENT = {"zero_window", "reset_in_window", "half_close", "syn_resets", "urgent", "tiny_mss",
          "holes", "syn_flood"}


def main():
    if sys.argv[1] in SILENT:
        silence()
    try:
        text, good = globals()[sys.argv[1]]()
    finally:
        subprocess.run(["nft", "delete", "table", "inet", "quiet"], stderr=subprocess.DEVNULL)
    print(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
