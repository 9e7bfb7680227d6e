"""Segments by hand: a guest without a kernel, beside the guest whose interface it uses.

It has addresses and a MAC of its own, so that the guest's kernel takes no part: frames for another
MAC are dropped there, and a packet socket sees them all the same.
"""
import queue
import random
import socket
import struct
import threading
import time

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
MAC = b"\x02\x00\x00\x00\x00\x77"
# linux/if_ether.h, if_packet.h, socket.h; Python names none of them.
ETH_P_ALL, PACKET_VNET_HDR, SOL_PACKET, SO_RCVBUFFORCE = 3, 15, 263, 33


class Failure(Exception):
    """What was expected and did not come."""


def checksum(data):
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(source, destination, length):
    return (socket.inet_aton(source) + socket.inet_aton(destination)
            + struct.pack("!BBH", 0, socket.IPPROTO_TCP, length))


def ipv4(source, destination, protocol, payload):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), random.getrandbits(16),
                         0x4000, 64, protocol, 0, socket.inet_aton(source),
                         socket.inet_aton(destination))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


class Segment:
    """A TCP segment that came in."""

    def __init__(self, packet, gso_size, checked):
        header_length = (packet[0] & 15) * 4
        self.packet = packet[:struct.unpack_from("!H", packet, 2)[0]]
        tcp = self.packet[header_length:]
        (self.source_port, self.port, self.seq, self.ack, offset, self.flags, self.window,
         _, self.urgent) = struct.unpack_from("!HHIIBBHHH", tcp)
        source, destination = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        self.address = destination
        self.options = parse_options(tcp[20:(offset >> 4) * 4])
        self.data = tcp[(offset >> 4) * 4:]
        self.largest = min(gso_size, len(self.data)) if gso_size else len(self.data)
        self.good = not checked or (
            checksum(pseudo_header(source, destination, len(tcp)) + tcp) == 0
            and checksum(packet[:header_length]) == 0)
        self.time = time.monotonic()

    def __str__(self):
        names = "".join(n for b, n in ((1, "F"), (2, "S"), (4, "R"), (16, "A")) if self.flags & b)
        return f"<{names} seq={self.seq} ack={self.ack} win={self.window} len={len(self.data)}>"


def parse_options(data):
    options, at = {}, 0
    while at < len(data) and data[at]:
        if data[at] == 1:
            at += 1
            continue
        options[data[at]] = data[at + 2:at + data[at + 1]]
        at += max(2, data[at + 1])
    return options


class Wire:
    """The interface, opened for raw frames; hands segments to the connections they belong to."""

    def __init__(self, interface, addresses, host):
        self.addresses, self.host, self.peers, self.lock = addresses, host, {}, threading.Lock()
        self.receiver = self.open(interface)
        self.receiver.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        self.sender = self.open(interface)
        self.host_mac = None
        self.resolved = threading.Event()
        threading.Thread(target=self.receive, daemon=True).start()
        for _ in range(20):
            self.send_arp(1, b"\xff" * 6, b"\0" * 6, host)
            if self.resolved.wait(0.2):
                return
        raise Failure(f"no ARP reply for {host}")

    @staticmethod
    def open(interface):
        packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        packet.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        packet.bind((interface, 0))
        return packet

    def send_arp(self, operation, to, target_mac, target, source=None):
        self.sender.send(to + MAC + b"\x08\x06" + struct.pack(
            "!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, operation, MAC,
            socket.inet_aton(source or self.addresses[0]), target_mac, socket.inet_aton(target)))

    def send_packet(self, packet):
        self.sender.send(self.host_mac + MAC + b"\x08\x00" + packet)

    def receive(self):
        while True:
            raw = self.receiver.recv(70000)
            flags, gso_type, _, gso_size = struct.unpack_from("<BBHH", raw)
            frame = raw[10:]
            kind = frame[12:14]
            if kind == b"\x08\x06" and frame[6:12] != MAC:
                self.on_arp(frame)
            elif kind == b"\x08\x00" and frame[:6] == MAC and frame[23] == socket.IPPROTO_TCP:
                segment = Segment(frame[14:], gso_size if gso_type else 0, not flags & 1)
                with self.lock:
                    peer = self.peers.get((segment.address, segment.port, segment.source_port))
                if peer:
                    peer.put(segment)

    def on_arp(self, frame):
        operation = frame[21]
        sender_mac, sender = frame[22:28], socket.inet_ntoa(frame[28:32])
        target = socket.inet_ntoa(frame[38:42])
        if operation == 2 and sender == self.host:
            self.host_mac = sender_mac
            self.resolved.set()
        elif operation == 1 and target in self.addresses:
            self.send_arp(2, sender_mac, sender_mac, sender, target)

    def register(self, address, port, remote_port):
        with self.lock:
            inbox = self.peers[(address, port, remote_port)] = queue.Queue()
        return inbox


class Connection:
    """One connection by hand: nothing is sent, acknowledged or repeated unless a check says so."""

    ports = iter(range(random.randrange(20_000, 40_000), 60_000))

    def __init__(self, wire, remote_port, address=None, port=None):
        self.wire, self.remote_port = wire, remote_port
        self.address, self.port = address or wire.addresses[0], port or next(self.ports)
        self.inbox = wire.register(self.address, self.port, remote_port)
        self.iss = self.seq = random.getrandbits(32)
        self.ack, self.window, self.peer_shift = 0, 65535, 0

    def segment(self, flags, data=b"", seq=None, ack=None, window=None, options=b"", urgent=0,
                bad_checksum=False):
        seq = (self.seq if seq is None else seq) & 0xFFFFFFFF
        ack = (self.ack if ack is None else ack) & 0xFFFFFFFF if flags & ACK else 0
        window = self.window if window is None else window
        options += b"\0" * (-len(options) % 4)
        raw = struct.pack("!HHIIBBHHH", self.port, self.remote_port, seq, ack,
                          (20 + len(options)) << 2, flags, window, 0, urgent) + options + data
        total = checksum(pseudo_header(self.address, self.wire.host, len(raw)) + raw)
        if bad_checksum:
            total ^= 0x1234
        return raw[:16] + struct.pack("!H", total) + raw[18:]

    def send(self, flags, data=b"", **fields):
        self.wire.send_packet(ipv4(self.address, self.wire.host, socket.IPPROTO_TCP,
                                   self.segment(flags, data, **fields)))

    def write(self, data, flags=ACK | PSH, **fields):
        """Sends data at the place where the stream stands and moves on."""
        self.send(flags, data, **fields)
        self.seq = (self.seq + len(data) + (1 if flags & FIN else 0)) & 0xFFFFFFFF

    def receive(self, timeout):
        try:
            segment = self.inbox.get(timeout=max(0.0, timeout))
        except queue.Empty:
            return None
        if not segment.good:
            raise Failure(f"a checksum is wrong: {segment}")
        return segment

    def expect(self, what, condition, timeout=3.0):
        """The next segment that meets the condition; others are passed over."""
        end, passed = time.monotonic() + timeout, []
        while (left := end - time.monotonic()) > 0:
            segment = self.receive(left)
            if segment and condition(segment):
                return segment
            if segment:
                passed.append(str(segment))
        raise Failure(f"{what}: not in {timeout} s, but {' '.join(passed[:6]) or 'nothing'}")

    def collect(self, seconds):
        end, segments = time.monotonic() + seconds, []
        while (left := end - time.monotonic()) > 0:
            if segment := self.receive(left):
                segments.append(segment)
        return segments

    def open(self, options=b"\x02\x04\x05\xb4", window=65535, later_window=None):
        """The three-way handshake; returns the SYN+ACK."""
        self.window = window
        self.send(SYN, options=options)
        answer = self.expect("SYN+ACK", lambda s: s.flags & (SYN | ACK) == SYN | ACK)
        if answer.ack != (self.iss + 1) & 0xFFFFFFFF:
            raise Failure(f"SYN+ACK acknowledges {answer.ack - self.iss}, not the SYN")
        self.seq, self.ack = answer.ack, (answer.seq + 1) & 0xFFFFFFFF
        self.peer_shift = answer.options.get(3, b"\0")[0]
        self.window = window if later_window is None else later_window
        self.send(ACK)
        return answer

    def read(self, count, timeout=5.0, acknowledge=True):
        """COUNT bytes in order, acknowledged as they come; what comes too early is not kept."""
        out, end = b"", time.monotonic() + timeout
        while len(out) < count:
            segment = self.receive(end - time.monotonic())
            if segment is None:
                raise Failure(f"read {len(out)} of {count} bytes")
            if segment.flags & RST:
                raise Failure(f"reset after {len(out)} of {count} bytes")
            skip = (self.ack - segment.seq) & 0xFFFFFFFF
            if segment.data and skip < len(segment.data):
                fresh = segment.data[skip:]
                out += fresh
                self.ack = (self.ack + len(fresh)) & 0xFFFFFFFF
            if acknowledge and segment.data:
                self.send(ACK)
        return out

    def echoes(self, text, **fields):
        """The connection lives: what is written comes back."""
        self.write(text, **fields)
        got = self.read(len(text))
        if got != text:
            raise Failure(f"echoed {got!r}, not {text!r}")

    def abort(self):
        self.send(RST | ACK)
