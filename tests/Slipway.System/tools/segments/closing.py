"""How a connection ends: RFC 9293 section 3.6."""
import time

from checks import check, echo, need, opened
from wire import ACK, FIN, PSH, RST, Failure


@check
def half_close(wire):
    """RFC 9293 section 3.6: the guest's FIN ends one direction."""
    conn = opened(wire, None)
    conn.write(b"source 20000\n", flags=ACK | PSH | FIN)
    conn.read(20000)
    end = conn.expect("FIN", lambda s: s.flags & FIN)
    need(end.ack == conn.seq, "our FIN was not acknowledged")
    conn.ack = (conn.ack + 1) & 0xFFFFFFFF
    conn.send(ACK)
    need(not any(s.flags & RST for s in conn.collect(0.3)), "a RST after an orderly close")


@check
def simultaneous_close(wire):
    """RFC 9293 section 3.6: both FINs cross."""
    conn = opened(wire, "source 0")
    end = conn.expect("FIN", lambda s: s.flags & FIN)
    need(end.seq == conn.ack and not end.data, f"{end}")
    conn.write(b"", flags=FIN | ACK)  # has not yet seen the other FIN
    conn.expect("the ACK of our FIN", lambda s: s.ack == conn.seq)
    conn.ack = (conn.ack + 1) & 0xFFFFFFFF
    conn.send(ACK)
    later = conn.collect(0.4)
    need(not any(s.flags & (FIN | RST) for s in later), f"after it closed: {later and later[0]}")


@check
def fin_out_of_order(wire):
    """RFC 9293 section 3.10.7.4: a FIN counts when all before it is there."""
    conn = echo(wire)
    conn.send(ACK | FIN, b"tail", seq=conn.seq + 4)
    need(not any(s.flags & FIN for s in conn.collect(0.3)), "the early FIN was taken")
    conn.send(ACK | PSH, b"head")
    conn.seq += 9
    got = conn.read(8)
    need(got == b"headtail", f"echoed {got!r}")
    end = conn.expect("FIN", lambda s: s.flags & FIN)
    need(end.ack == conn.seq, "our FIN was not acknowledged")


@check
def late_data_after_close_gets_rst(wire):
    """RFC 9293 section 3.6.1: nobody is there to read it."""
    conn = opened(wire, "GET / HTTP/1.0\n")
    end = conn.expect("FIN", lambda s: s.flags & FIN)
    conn.ack = (end.seq + len(end.data) + 1) & 0xFFFFFFFF
    conn.send(ACK)
    time.sleep(0.3)
    conn.collect(0.01)
    for _ in range(3):
        conn.write(b"too late")
        if any(s.flags & RST for s in conn.collect(0.5)):
            return
    raise Failure("no RST")
