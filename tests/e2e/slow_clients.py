"""Clients that hold connections open and do as little with them as they can.

Each function opens so many connections to an address, which stay as they are until
they are closed; poke() goes on a little on each, as slow-loris does. One that the
server has ended stays ended: it has its due.
"""

import contextlib
import socket
import ssl
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, WINDOW_UPDATE = 0, 1, 4, 8
END_HEADERS = 4


def frame(kind, flags, stream, payload):
    """An HTTP/2 frame."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def headers(path):
    """A gRPC call's header block, every field spelled out (HPACK's literals without an index)."""
    fields = ((":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "slow"), ("te", "trailers"),
              ("content-type", "application/grpc"))
    return b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode() for name, value in fields)


def message(payload, announced=None):
    """A gRPC message, perhaps announced larger than it is."""
    return b"\0" + struct.pack(">I", len(payload) if announced is None else announced) + payload


class _Connection:
    def __init__(self, opened, first):
        self._socket = opened
        self._waiting = first  # what the server has not taken yet

    def send(self, drop=b""):
        """What the server takes now of what is waiting, and of the drop; False: the connection has ended."""
        if drop:
            self._waiting += drop
        try:
            while self._waiting:
                self._waiting = self._waiting[self._socket.send(self._waiting):]
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        except OSError:
            return False
        return True


class SlowClients:
    """`count` connections that send `first`, and at each poke() a byte of `drops`."""

    def __init__(self, address, count, first=b"", drops=b"", tls=None):
        host, port = address.rsplit(":", 1)
        self._drops = drops
        self._poked = 0
        self._open = []
        with contextlib.ExitStack() as stack:
            for _ in range(count):
                opened = stack.enter_context(socket.create_connection((host, int(port)), 60))
                if tls is not None:
                    opened = stack.enter_context(tls.wrap_socket(opened, server_hostname="localhost"))
                opened.setblocking(False)
                connection = _Connection(opened, memoryview(first) if not drops else first)
                if connection.send():
                    self._open.append(connection)
            self._stack = stack.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    @property
    def open_count(self):
        """How many the server has not ended, as far as their senders know."""
        return len(self._open)

    def poke(self):
        drop = b""
        if self._drops:
            drop = self._drops[self._poked % len(self._drops):][:1]
            self._poked += 1
        self._open = [connection for connection in self._open if connection.send(drop)]


def rest_headers(address, count, tls=None):
    """Headers that come a byte at a time."""
    return SlowClients(address, count, b"GET /healthz HTTP/1.1\r\nHost: slow\r\nX-Slow: ", b"y", tls)


def rest_bodies(address, count, tls=None):
    """Bodies that come a byte at a time."""
    return SlowClients(
        address, count,
        b"POST /costs/instant HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n",
        b" ", tls)


def rest_bulk_bodies(address, count, megabytes, tls=None):
    """Large bodies that never end."""
    return SlowClients(
        address, count,
        b"PUT /meters/interval HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % (megabytes << 20) + b" " * (1 << 20), b" ", tls)


def rest_deaf(address, count, tls=None):
    """Many requests, and no answer is read."""
    return SlowClients(address, count, b"GET /healthz HTTP/1.1\r\nHost: slow\r\n\r\n" * 2000, b"", tls)


def grpc_greetings(address, count, tls=None):
    """HTTP/2's beginning, a byte at a time."""
    return SlowClients(address, count, b"", PREFACE + frame(SETTINGS, 0, 0, b""), tls)


def grpc_idle_streams(address, count, streams, tls=None):
    """Streams that are opened and then say nothing."""
    block = headers("/energy.costs.v1.CostsService/StreamInstantCosts")
    opened = b"".join(frame(HEADERS, END_HEADERS, 2 * n + 1, block) for n in range(streams))
    return SlowClients(address, count, PREFACE + frame(SETTINGS, 0, 0, b"") + opened, b"", tls)


def grpc_half_messages(address, count, streams, kilobytes, tls=None):
    """Messages that never end, as large as the server's windows let them be."""
    block = headers("/energy.costs.v1.CostsService/BatchCalculateInstantCosts")
    piece = b"\0" * 16384
    sent = [PREFACE + frame(SETTINGS, 0, 0, b"")]
    for n in range(streams):
        sent.append(frame(HEADERS, END_HEADERS, 2 * n + 1, block))
        sent.append(frame(DATA, 0, 2 * n + 1, message(b"", announced=kilobytes << 10)))
    for n in range(streams):
        sent += [frame(DATA, 0, 2 * n + 1, piece)] * (kilobytes // 16 - 1)
    return SlowClients(address, count, b"".join(sent), b"", tls)


def grpc_deaf(address, count, calls, tls=None):
    """Calls whose answers are not read, by clients whose own windows are wide open."""
    block = headers("/grpc.health.v1.Health/Check")
    wide = struct.pack(">HI", 4, 0x7fffffff)
    sent = [PREFACE + frame(SETTINGS, 0, 0, wide) + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 0x7fff0000))]
    for n in range(calls):
        sent.append(frame(HEADERS, END_HEADERS, 2 * n + 1, block))
        sent.append(frame(DATA, 1, 2 * n + 1, message(b"")))
    return SlowClients(address, count, b"".join(sent), b"", tls)
