"""What the checks share. Each check is a function that raises Failure; its name is the check's."""
from wire import ACK, Connection, Failure

CHECKS = {}
# The second address is for the check that narrows the path to it.
ADDRESSES = ["192.168.127.77", "192.168.127.78"]
MSS_1460, SACK_PERMITTED, SCALE_7 = b"\x02\x04\x05\xb4", b"\x04\x02", b"\x03\x03\x07"


def check(function):
    CHECKS[function.__name__] = function
    return function


def need(condition, what):
    if not condition:
        raise Failure(what)


def opened(wire, role, options=MSS_1460, window=65535, address=None):
    """A connection to the service that does ROLE, see serve.py."""
    conn = Connection(wire, wire.port, address)
    conn.open(options, window)
    if role:
        conn.write(role.encode() + b"\n")
    return conn


def echo(wire, **how):
    conn = Connection(wire, wire.port + 1)
    conn.open(**how)
    return conn


def distance(to, start):
    return (to - start + 0x80000000 & 0xFFFFFFFF) - 0x80000000


def sizes_of(conn, total):
    """The payloads' sizes of a stream of TOTAL bytes, acknowledged as they come."""
    sizes, start = [], conn.ack
    while distance(conn.ack, start) < total:
        segment = conn.expect("more data", lambda s: s.data)
        sizes.append(segment.largest)
        if segment.seq == conn.ack:
            conn.ack = (conn.ack + len(segment.data)) & 0xFFFFFFFF
        conn.send(ACK)
    return sizes
