"""Segments from nowhere, RFC 5961: an open connection lives on."""
import time

from checks import MSS_1460, check, echo, need
from wire import ACK, PSH, RST, SYN


@check
def rst_exact(wire):
    """RFC 5961 section 3: a RST at RCV.NXT ends the connection."""
    conn = echo(wire)
    conn.echoes(b"x")
    conn.send(RST)
    time.sleep(0.2)
    conn.collect(0.01)
    conn.send(ACK | PSH, b"anyone?")
    answer = conn.expect("RST for a connection that is gone", lambda s: s.flags & RST)
    need(answer.seq == conn.ack, f"{answer}")


@check
def rst_in_window(wire):
    """RFC 5961 section 3: elsewhere in the window it gets a challenge ACK."""
    conn = echo(wire)
    conn.echoes(b"x")
    conn.send(RST, seq=conn.seq + 100)
    answer = conn.expect("a challenge ACK", lambda s: s.flags & ACK, 1)
    need(not answer.flags & RST and answer.ack == conn.seq, f"{answer}")
    conn.echoes(b"still here")


@check
def rst_out_of_window(wire):
    """RFC 5961 section 3: outside the window it is dropped."""
    conn = echo(wire)
    conn.echoes(b"x")
    for place in (-1, -1000, 0x40000000):
        conn.send(RST, seq=conn.seq + place)
    need(not any(s.flags & RST for s in conn.collect(0.3)), "a RST was answered with a RST")
    conn.echoes(b"still here")


@check
def syn_on_established(wire):
    """RFC 5961 section 4: a challenge ACK, whatever its number."""
    for place in (0, 100, -5000):
        conn = echo(wire)
        conn.echoes(b"x")
        conn.send(SYN, seq=conn.seq + place, options=MSS_1460)
        answer = conn.expect("a challenge ACK", lambda s: s.flags & ACK, 1)
        need(not answer.flags & (RST | SYN) and answer.ack == conn.seq, f"{answer}")
        conn.echoes(b"still here")


@check
def ack_beyond_sent(wire):
    """RFC 9293 section 3.10.7.4: an ACK for what was not sent is answered and dropped."""
    conn = echo(wire)
    conn.echoes(b"x")
    conn.send(ACK | PSH, b"mischief", ack=conn.ack + 1000)
    answer = conn.expect("an ACK", lambda s: s.flags & ACK, 1)
    need(answer.ack == conn.seq and not answer.data, f"the segment was taken: {answer}")
    conn.echoes(b"goodwill")
