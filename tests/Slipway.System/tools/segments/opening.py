"""How a connection begins, and what it says of itself: RFC 9293 sections 3.5 and 3.7."""
import struct

from checks import MSS_1460, check, distance, need, opened, sizes_of
from wire import ACK, FIN, PSH, RST, SYN, Connection


@check
def small_mss_kept(wire):
    """RFC 9293 section 3.7.1."""
    conn = opened(wire, "source 5000", options=b"\x02\x04" + struct.pack("!H", 100))
    sizes = sizes_of(conn, 5000)
    need(max(sizes) <= 100, f"a segment of {max(sizes)} bytes where 100 were allowed")


@check
def no_mss_means_536(wire):
    """RFC 9293 MUST-15."""
    conn = opened(wire, "source 5000", options=b"")
    sizes = sizes_of(conn, 5000)
    need(max(sizes) <= 536, f"a segment of {max(sizes)} bytes where 536 were allowed")


@check
def hostile_options(wire):
    """RFC 9293 MUST-7 and RFC 5961's cousins: lengths that lie, an MSS of one."""
    for options in (b"\x02\x04\0\0", b"\x02\x00\x05\xb4", b"\x02\x01\x01\x01", b"\x02\xff\x05\xb4",
                    b"\x03\x03\xff\x01", b"\x08\x0a\0\0", b"\x05\x02\x05\x03", b"\xfe\x28" * 20,
                    b"\x01" * 40, b"\x04\x02\x02"):
        Connection(wire, wire.port).send(SYN, options=options)
    conn = opened(wire, "source 2000", options=b"\x02\x04\0\1")
    sizes = sizes_of(conn, 2000)
    need(len(sizes) <= 2000 // 40, f"an MSS of 1 was obeyed: {len(sizes)} segments")
    need(max(sizes) <= 536, f"an MSS of 1 gave a segment of {max(sizes)} bytes")
    conn = opened(wire, "source 2000", options=b"\x02\x04\x05\xb4\x03\x03\xff\0")
    need(sum(sizes_of(conn, 2000)) >= 2000, "a window scale of 255")


@check
def synack_retransmitted(wire):
    """RFC 6298 section 2: after a second, when nothing is heard."""
    conn = Connection(wire, wire.port)
    conn.send(SYN, options=MSS_1460)
    first = conn.expect("SYN+ACK", lambda s: s.flags & SYN)
    again = conn.expect("SYN+ACK again", lambda s: s.flags & SYN, 4)
    need(again.seq == first.seq, "another initial sequence number")
    need(again.time - first.time > 0.15, f"after {again.time - first.time:.3f} s already")
    conn.seq, conn.ack = again.ack, again.seq + 1
    conn.send(ACK)
    conn.write(b"source 10\n")
    conn.read(10)


@check
def repeated_syn_is_one_connection(wire):
    """RFC 9293 section 3.10.7.4: the guest repeats its SYN, its first having been answered."""
    conn = Connection(wire, wire.port + 1)
    conn.send(SYN, options=MSS_1460)
    first = conn.expect("SYN+ACK", lambda s: s.flags & SYN)
    conn.send(SYN, options=MSS_1460)
    again = conn.expect("an answer to the repeated SYN", lambda s: s.flags & ACK)
    need(again.seq in (first.seq, first.seq + 1), "another initial sequence number")
    conn.seq, conn.ack = first.ack, first.seq + 1
    conn.send(ACK)
    conn.echoes(b"one connection")


@check
def data_in_syn_is_safe(wire):
    """RFC 9293 section 3.10.7.2: kept or dropped, but never delivered twice."""
    conn = Connection(wire, wire.port + 1)
    conn.send(SYN, b"early", options=MSS_1460)
    answer = conn.expect("SYN+ACK", lambda s: s.flags & SYN)
    taken = distance(answer.ack, conn.iss) - 1
    need(taken in (0, 5), f"{taken} bytes acknowledged")
    conn.seq, conn.ack = (conn.iss + 1) & 0xFFFFFFFF, answer.seq + 1
    conn.send(ACK | PSH, b"early bird")
    conn.seq += 10
    got = conn.read(10)
    need(got == b"early bird", f"echoed {got!r}")
    need(not any(s.data for s in conn.collect(0.3)), "more came back than was sent")


@check
def initial_numbers_have_no_step(wire):
    """RFC 6528: what one connection's number is says nothing of the next one's."""
    numbers = []
    for _ in range(40):
        conn = Connection(wire, wire.port)
        numbers.append(conn.open().seq)
        conn.abort()
    steps = {distance(after, before) >> 16 for before, after in zip(numbers, numbers[1:])}
    need(len(steps) > 30, f"{len(steps)} different steps in {len(numbers)} numbers")


@check
def ack_to_nothing_gets_rst(wire):
    """RFC 9293 section 3.5.2: the RST's number is the ACK's."""
    for flags, data in ((ACK, b""), (ACK | PSH, b"data"), (ACK | FIN, b""), (SYN | ACK, b"")):
        conn = Connection(wire, wire.port)
        conn.ack = 0x01020304
        conn.send(flags, data)
        answer = conn.expect("RST", lambda s: s.flags & RST, 1)
        need(answer.seq == 0x01020304, f"{answer}")
    conn = Connection(wire, wire.port)
    conn.send(RST | ACK)
    need(not conn.collect(0.2), "a RST was answered")
