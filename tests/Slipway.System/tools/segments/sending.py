"""What the engine sends: windows, retransmission, the path's MTU."""
import socket
import struct
import time

from checks import ADDRESSES, MSS_1460, SACK_PERMITTED, SCALE_7, check, distance, need, opened
from wire import ACK, FIN, SYN, Connection, checksum, ipv4


@check
def window_respected(wire):
    """RFC 7323 section 2: to the byte, and not past it when it moves."""
    conn = opened(wire, None, window=1000)
    start = conn.ack
    conn.write(b"source 100000\n")
    highest = 0
    for room in (1000, 500, 1):
        segments = conn.collect(0.5)
        highest = max([distance(s.seq, start) + len(s.data) for s in segments] + [highest])
        limit = distance(conn.ack, start) + conn.window
        need(highest <= limit, f"sent to {highest} where {limit} were allowed")
        need(highest > distance(conn.ack, start), f"nothing in a window of {conn.window}")
        conn.ack, conn.window = (start + highest) & 0xFFFFFFFF, room
        conn.send(ACK)
    conn.abort()


@check
def scaled_window_respected(wire):
    """RFC 7323 section 2.2: unscaled in the SYN, scaled after it."""
    conn = Connection(wire, wire.port)
    conn.open(MSS_1460 + SCALE_7 + b"\x01", window=64, later_window=20)
    need(conn.peer_shift <= 14, f"a window scale of {conn.peer_shift} was offered")
    start = conn.ack
    conn.write(b"source 100000\n")
    segments = conn.collect(0.7)
    highest = max([distance(s.seq, start) + len(s.data) for s in segments] + [0])
    need(0 < highest <= 20 << 7, f"sent {highest} into a window of {20 << 7}")
    conn.abort()


@check
def zero_window_probed(wire):
    """RFC 9293 section 3.8.6.1: probed with backoff, and used again when it opens."""
    conn = opened(wire, None)
    start = conn.ack
    conn.write(b"source 3000\n", window=0)
    conn.window = 0
    probes, end = [], time.monotonic() + 8
    while len(probes) < 3 and time.monotonic() < end:
        segment = conn.receive(end - time.monotonic())
        if segment is None or segment.flags & SYN:
            continue
        if segment.data or distance(segment.seq, start) < 0:
            need(len(segment.data) <= 1, f"{len(segment.data)} bytes into a closed window")
            probes.append(segment.time)
            conn.send(ACK)
    need(len(probes) == 3, f"{len(probes)} probes in 8 s")
    gaps = [probes[1] - probes[0], probes[2] - probes[1]]
    need(gaps[1] > gaps[0] * 1.3, f"no backoff: {gaps}")
    conn.window = 65535
    conn.send(ACK)
    conn.read(3000)


@check
def retransmits(wire):
    """RFC 6298 section 5: what is not acknowledged comes again, later each time."""
    conn = opened(wire, "source 500")
    first = conn.expect("data", lambda s: s.data)
    times = [first.time]
    for _ in range(3):
        again = conn.expect("the data again", lambda s: s.data and s.seq == first.seq, 5)
        times.append(again.time)
    gaps = [after - before for before, after in zip(times, times[1:])]
    need(gaps[0] > 0.15, f"the first after {gaps[0]:.3f} s already")
    need(gaps[2] > gaps[1] * 1.4, f"no backoff: {gaps}")
    conn.read(500)


@check
def fast_retransmit(wire):
    """RFC 5681 section 3.2: three duplicate acknowledgments stand for a loss."""
    conn = opened(wire, "source 14600")
    first = conn.expect("data", lambda s: s.data)
    conn.collect(0.05)
    conn.send(ACK)  # the first with this sequence number counts as a window update
    asked = time.monotonic()
    for _ in range(5):  # three, and two that may be lost on the way
        conn.send(ACK)
    again = conn.expect("the first segment again", lambda s: s.data and s.seq == first.seq, 1)
    need(again.time - asked < 0.1, f"only after {again.time - asked:.3f} s")
    conn.read(14600, timeout=15)


@check
def sack_is_used(wire):
    """RFC 6675: what was selectively acknowledged is not sent again; the hole is."""
    conn = opened(wire, "source 14600", options=MSS_1460 + SACK_PERMITTED + b"\x01\x01")
    segments = sorted((s for s in [conn.expect("data", lambda s: s.data)] + conn.collect(0.08)
                       if s.data), key=lambda s: distance(s.seq, conn.ack))
    start, end = (conn.ack + 1460) & 0xFFFFFFFF, conn.ack
    for segment in segments:
        if distance(segment.seq + len(segment.data), end) > 0:
            end = (segment.seq + len(segment.data)) & 0xFFFFFFFF
    need(distance(end, start) >= 3 * 1460, "too little under way for the check")
    for block in (1, 2, 3):
        right = end if block == 3 else (start + block * 1460) & 0xFFFFFFFF
        conn.send(ACK, options=b"\x01\x01\x05\x0a" + struct.pack("!II", start, right))
    again = conn.expect("the hole", lambda s: s.data and s.seq == conn.ack, 0.15)
    need(again.largest <= 1460, f"{again.largest} bytes for a hole of 1460")
    repeated = [s for s in conn.collect(0.1)
                if s.data and 0 <= distance(s.seq, start) < distance(end, start)]
    need(not repeated, f"sent again although acknowledged: {repeated and repeated[0]}")
    conn.abort()


@check
def fin_retransmitted(wire):
    """RFC 6298: a FIN is data too."""
    conn = opened(wire, "source 0")
    first = conn.expect("FIN", lambda s: s.flags & FIN)
    again = conn.expect("FIN again", lambda s: s.flags & FIN, 4)
    need(again.seq + len(again.data) == first.seq + len(first.data), "at another place")
    conn.ack = (first.seq + len(first.data) + 1) & 0xFFFFFFFF
    conn.write(b"", flags=FIN | ACK)
    conn.expect("the ACK of our FIN", lambda s: s.ack == conn.seq)


@check
def path_mtu_obeyed(wire):
    """RFC 1191 section 6.1, RFC 5927 section 4: only with a sequence number under way."""
    conn = opened(wire, None, address=ADDRESSES[1])
    conn.write(b"source 30000\n")
    first = conn.expect("data", lambda s: s.data)
    need(first.largest > 1400, f"segments of {first.largest} bytes already")
    quoted = first.packet[:24] + struct.pack("!I", first.seq + 0x40000000 & 0xFFFFFFFF)
    fragmentation_needed(wire, quoted, 700)
    conn.ack = (first.seq + len(first.data)) & 0xFFFFFFFF
    conn.send(ACK)
    more = [s for s in conn.collect(0.15) if s.data]
    need(max([s.largest for s in more] + [0]) > 1400, "a wrong sequence number was believed")
    fragmentation_needed(wire, first.packet[:24] + struct.pack("!I", conn.ack), 1000)
    time.sleep(0.05)
    conn.collect(0.01)
    start, sizes = conn.ack, []
    while distance(conn.ack, start) < 30000 - 1460:
        segment = conn.expect("more data", lambda s: s.data, 5)
        sizes.append(segment.largest)
        if segment.seq == conn.ack:
            conn.ack = (conn.ack + len(segment.data)) & 0xFFFFFFFF
        conn.send(ACK)
    need(max(sizes) <= 960, f"segments of {max(sizes)} bytes on a path of MTU 1000")


def fragmentation_needed(wire, quoted, mtu):
    body = struct.pack("!BBHHH", 3, 4, 0, 0, mtu) + quoted
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    wire.send_packet(ipv4(ADDRESSES[1], wire.host, socket.IPPROTO_ICMP, body))
