"""What the engine makes of what it gets: order, duplicates, urgency, its own window."""
import struct
import time

from checks import MSS_1460, SACK_PERMITTED, SCALE_7, check, distance, echo, need, opened
from wire import ACK, PSH, SYN, URG, Connection, Failure


@check
def bad_checksum(wire):
    """RFC 9293 MUST-3."""
    conn = echo(wire)
    conn.send(ACK | PSH, b"poison", bad_checksum=True)
    need(not any(s.data or s.ack != conn.seq for s in conn.collect(0.5)), "it was taken")
    conn.echoes(b"medicine")


@check
def out_of_order(wire):
    """RFC 9293 section 3.10.7.4: kept, asked for at once, delivered in order."""
    conn = echo(wire)
    conn.send(ACK, b"second", seq=conn.seq + 6)
    conn.expect("a duplicate ACK", lambda s: not s.data and s.ack == conn.seq, 0.5)
    conn.send(ACK, b"third!", seq=conn.seq + 12)
    conn.send(ACK | PSH, b"first ")
    conn.seq += 18
    got = conn.read(18)
    need(got == b"first secondthird!", f"echoed {got!r}")


@check
def overlap(wire):
    """RFC 9293 section 3.10.7.4: trimmed; what was delivered stays as it was."""
    conn = echo(wire)
    conn.echoes(b"AAAAAAAAAA")
    conn.send(ACK | PSH, b"BBBBBCCCCC", seq=conn.seq - 5)
    conn.seq += 5
    need(conn.read(5) == b"CCCCC", "the new part was not delivered alone")
    text = bytes(range(200))
    for start, end in ((150, 200), (50, 120), (100, 160), (0, 60)):
        conn.send(ACK, text[start:end], seq=conn.seq + start)
    conn.seq += 200
    need(conn.read(200) == text, "overlapping pieces were put together wrongly")


@check
def duplicate(wire):
    """RFC 9293 section 3.10.7.4: an old segment gets an ACK and is not delivered."""
    conn = echo(wire)
    conn.echoes(b"once")
    time.sleep(0.6)
    conn.collect(0.01)
    conn.send(ACK | PSH, b"once", seq=conn.seq - 4)
    answer = conn.expect("an ACK for the duplicate", lambda s: s.flags & ACK)
    need(not answer.data and answer.ack == conn.seq, f"{answer}")
    conn.echoes(b"twice")


@check
def sack_is_sent(wire):
    """RFC 2018 section 4: the first block holds what came last."""
    conn = echo(wire, options=MSS_1460 + SACK_PERMITTED + b"\x01\x01")
    conn.send(ACK, b"later", seq=conn.seq + 100)
    answer = conn.expect("a duplicate ACK", lambda s: s.ack == conn.seq)
    want = struct.pack("!II", (conn.seq + 100) & 0xFFFFFFFF, (conn.seq + 105) & 0xFFFFFFFF)
    need(answer.options.get(5, b"")[:8] == want, f"SACK {answer.options.get(5)!r}")
    conn.abort()


@check
def timestamps_echoed(wire):
    """RFC 7323 sections 3.2 and 5.3: echoed when offered; an old one makes a segment old (PAWS)."""
    conn = Connection(wire, wire.port + 1)
    stamp = lambda value, echo=0: b"\x01\x01\x08\x0a" + struct.pack("!II", value, echo)
    conn.send(SYN, options=MSS_1460 + stamp(1_000_000))
    answer = conn.expect("SYN+ACK", lambda s: s.flags & SYN)
    need(8 in answer.options, "timestamps were offered and not taken")
    value, echoed = struct.unpack("!II", answer.options[8])
    need(echoed == 1_000_000, f"the SYN+ACK echoes {echoed}")
    conn.seq, conn.ack = answer.ack, answer.seq + 1
    conn.send(ACK, options=stamp(1_000_001, value))
    conn.echoes(b"fresh", options=stamp(1_000_002, value))
    conn.send(ACK, b"old!!", options=stamp(900_000, value))
    answers = conn.collect(0.4)
    need(not any(s.data for s in answers), "an old segment was taken")
    need(answers and answers[-1].ack == conn.seq, "an old segment got no ACK")
    conn.echoes(b"fresh again", options=stamp(1_000_500, value))


@check
def keepalive_answered(wire):
    """RFC 9293 section 3.8.4: without and with a byte of garbage."""
    conn = echo(wire)
    conn.echoes(b"x")
    for garbage in (b"", b"\xff"):
        time.sleep(0.6)  # Linux answers such segments twice a second
        conn.collect(0.01)
        conn.send(ACK, garbage, seq=conn.seq - 1)
        answer = conn.expect("an ACK for the keepalive", lambda s: s.flags & ACK, 1)
        need(not answer.data and answer.ack == conn.seq, f"{answer}")
    conn.echoes(b"still here")


@check
def window_closes_and_opens(wire):
    """RFC 9293 section 3.8.6.2: a full host closes the window, never shrinks it, and says so."""
    conn = opened(wire, "stall 14", options=MSS_1460 + SCALE_7 + b"\x01")
    fill_window(conn)
    conn.send(ACK, b"?")  # RFC 9293 section 3.8.6.1: a probe must be answered
    answer = conn.expect("an answer to the probe of a closed window", lambda s: s.flags & ACK)
    need(answer.window == 0, f"the closed window is {answer.window}")
    update = conn.expect("a window update", lambda s: s.window > 0, 20)
    need(distance(update.ack, conn.seq) <= 1, "more was acknowledged than was sent")
    conn.abort()


def fill_window(conn):
    """Sends until the window has been closed for a while; returns its right edge."""
    edge, payload, total, end = None, bytes(1400), 0, time.monotonic() + 12
    last_heard = time.monotonic()
    conn.send(ACK, seq=conn.seq - 1)  # asks where the window stands
    while time.monotonic() < end:
        heard = False
        while (segment := conn.receive(0.4 if edge == conn.seq else 0.002)) is not None:
            edge, heard, last_heard = forward(conn, edge, segment), True, time.monotonic()
            acked = segment.ack
        if edge is None:
            continue
        if edge == conn.seq and not heard:
            return edge
        if time.monotonic() - last_heard > 0.5 and acked != conn.seq:
            conn.seq, last_heard = acked, time.monotonic()  # a frame was lost on the way
        room = max(0, distance(edge, conn.seq))
        for start in range(0, min(room, 64 * len(payload)), len(payload)):
            conn.write(payload[:room - start], flags=ACK)
        total += min(room, 64 * len(payload))
    raise Failure(
        f"the window did not close in 12 s: {total} bytes, {distance(edge, conn.seq)} left")


def forward(conn, edge, segment):
    new = (segment.ack + (segment.window << conn.peer_shift)) & 0xFFFFFFFF
    shrunk = 0 if edge is None else distance(edge, new)
    # RFC 7323 section 2.4: by less than the scale's granularity a window may seem to.
    need(shrunk < 1 << conn.peer_shift, f"the window shrank by {shrunk}")
    return new


@check
def urgent_inline(wire):
    """RFC 6093: delivered in line; a pointer beyond the data is only a number."""
    conn = echo(wire)
    for pointer in (1, 5, 0, 6, 0x7FFF, 0xFFFF):
        conn.echoes(b"urgent", flags=ACK | PSH | URG, urgent=pointer)
    conn.echoes(b"calm again")


@check
def many_holes(wire):
    """CVE-2018-5390's kind: thousands of one-byte islands are bounded work, and forgiven."""
    conn = echo(wire, options=MSS_1460 + SCALE_7 + b"\x01")
    text = bytes(n % 251 for n in range(20_000))
    for place in range(1, len(text), 2):
        conn.send(ACK, text[place:place + 1], seq=conn.seq + place)
        if place % 101 == 0:
            time.sleep(0.001)
    conn.collect(0.05)
    start = conn.seq
    got, answer_at, end = b"", start, time.monotonic() + 20
    while len(got) < len(text) and time.monotonic() < end:
        place = distance(answer_at, start)
        for offset in range(place, min(place + 8 * 1400, len(text)), 1400):
            conn.send(ACK | PSH, text[offset:offset + 1400], seq=start + offset)
        for segment in conn.collect(0.05):
            if distance(segment.ack, answer_at) > 0:
                answer_at = segment.ack
            if segment.data and segment.seq == conn.ack:
                got += segment.data
                conn.ack = (conn.ack + len(segment.data)) & 0xFFFFFFFF
        conn.seq = answer_at
        conn.send(ACK)
    need(got == text, f"echoed {len(got)} of {len(text)} bytes, same: {text.startswith(got)}")
