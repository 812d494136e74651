"""Broken and hostile clients on both ports, while other clients' calls go on succeeding.

Each attack holds its connections open while the good calls are made; at the end
the server still runs, and it has not grown.
"""

import contextlib
import json
import random
import socket
import struct
import time
import unittest

from tests.e2e import documentation_example
from tests.e2e import process_memory
from tests.e2e import programs

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, HEADERS, PING, RST_STREAM, CONTINUATION, DATA = 4, 1, 6, 3, 9, 0


def document(body):
    """A request to create a tariff element."""
    return b"POST /tariffs/elements HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body


# The requests of the hostile, with what the REST face says to each (None: it
# may cut the connection off without a word).
REST_REQUESTS = {
    "garbage": (bytes(range(256)) * 8, (400, None)),
    "HTTP/2": (PREFACE, (400, 505, None)),
    "no such method": (b"BREW /costs/instant HTTP/1.1\r\nHost: x\r\n\r\n", (405, 400, 404)),
    "no such path": (b"GET /etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", (404,)),
    "traversal": (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", (404, 400)),
    "header of a megabyte": (b"GET /healthz HTTP/1.1\r\nX: " + b"y" * (1 << 20) + b"\r\n\r\n", (431, 400, None)),
    "body of a gigabyte announced": (
        b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n", (413,)),
    "two lengths": (
        b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", (400, None)),
    "length below 0": (b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", (400, None)),
    "chunks without end": (
        b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        + (b"4000\r\n" + b" " * 0x4000 + b"\r\n") * 64, (413, None)),
    "chunk of nonsense length": (
        b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", (400, None)),
    "deep JSON": (
        b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
        + b"[" * 60000, (400,)),
    "deep JSON in a document": (document(b'{"schedule": ' + b"[" * 400_000 + b"]" * 400_000 + b"}"), (400,)),
    "document of half a million faults": (document(b'{"schedule": [' + b"7," * 500_000 + b"7]}"), (400,)),
    "document over the limit": (document(b" " * (2 << 20)), (413, None)),
    "NUL bytes": (
        b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n"
        + b"\0\0\0\0", (400,)),
}


def address_of(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def frame(kind, flags, stream, payload):
    """An HTTP/2 frame."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def send_all_it_takes(connection, data):
    """Sends until the server has had enough."""
    try:
        connection.sendall(data)
    except OSError:
        pass


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(programs.Costsd())

    def setUp(self):
        self.open = self.enterContext(contextlib.ExitStack())
        self.good_calls_succeed()

    def tearDown(self):
        self.open.close()
        self.good_calls_succeed()
        self.assertTrue(self.server.is_running())

    def connect(self, address):
        connection = self.open.enter_context(socket.create_connection(address_of(address), programs.PATIENCE_SECONDS))
        connection.settimeout(programs.PATIENCE_SECONDS)
        return connection

    def grpc_call_succeeds(self):
        done = programs.costs("instant", f"--server={self.server.grpc}", *documentation_example.FLAGS)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("928.372", done.stdout)

    def good_calls_succeed(self):
        self.grpc_call_succeeds()
        status, answer = programs.rest_call(self.server.rest, body=json.dumps(documentation_example.REQUEST))
        self.assertEqual((status, str(answer["data"]["tariff"]["value"])), (200, "928.372"))

    # Both ports.

    def test_connections_that_say_nothing(self):
        for address in (self.server.grpc, self.server.rest):
            for _ in range(200):
                self.connect(address)
        self.good_calls_succeed()

    def test_connections_that_are_reset_at_once(self):
        for address in (self.server.grpc, self.server.rest):
            for _ in range(300):
                connection = socket.create_connection(address_of(address))
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
        self.good_calls_succeed()

    def test_random_bytes(self):
        source = random.Random(20230129)
        for address in (self.server.grpc, self.server.rest):
            for _ in range(30):
                send_all_it_takes(self.connect(address), source.randbytes(64 * 1024))
        self.good_calls_succeed()

    def test_senders_who_never_read(self):
        request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 2000
        pings = PREFACE + frame(SETTINGS, 0, 0, b"") + frame(PING, 0, 0, b"12345678") * 20000
        before = process_memory.resident_bytes(self.server.pid)
        for address, data in ((self.server.rest, request), (self.server.grpc, pings)):
            for _ in range(10):
                connection = self.connect(address)
                connection.settimeout(0.5)
                send_all_it_takes(connection, data)
        self.good_calls_succeed()
        # gRPC takes in some thousand pings of a connection before it stops reading.
        if not programs.SANITIZED:
            self.assertLess(process_memory.resident_bytes(self.server.pid) - before, 256 << 20)

    # The gRPC port.

    def test_http1_to_the_grpc_port(self):
        for _ in range(20):
            connection = self.connect(self.server.grpc)
            connection.sendall(b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        self.good_calls_succeed()

    def test_broken_http2_frames(self):
        hello = PREFACE + frame(SETTINGS, 0, 0, b"")
        attacks = {
            "frame cut off": hello + b"\x00\x40\x00\x01\x04",
            "frame larger than allowed": hello + frame(DATA, 0, 1, b"x" * (1 << 20)),
            "headers that do not decode": hello + frame(HEADERS, 0x4, 1, b"\xff" * 512),
            "headers on stream 0": hello + frame(HEADERS, 0x4, 0, b"\x82"),
            "continuation of nothing": hello + frame(CONTINUATION, 0x4, 1, b"\x82"),
            "headers without end": hello + frame(HEADERS, 0, 1, b"\x82") + frame(CONTINUATION, 0, 1, b"\x82" * 16000) * 200,
            "settings of a wrong length": hello + frame(SETTINGS, 0, 0, b"12345"),
            "settings without end": hello + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 65535)) * 5000,
            "resets of nothing": hello + b"".join(frame(RST_STREAM, 0, n, b"\0\0\0\x08") for n in range(1, 8001, 2)),
        }
        for name, data in attacks.items():
            with self.subTest(name):
                send_all_it_takes(self.connect(self.server.grpc), data)
                self.grpc_call_succeeds()

    # The REST port.

    def answer_status(self, connection):
        """The status of the answer; None where there is none."""
        received = b""
        try:
            while b"\r\n" not in received:
                piece = connection.recv(4096)
                if not piece:
                    return None
                received += piece
        except ConnectionError:
            return None
        self.assertTrue(received.startswith(b"HTTP/1.1 "), received)
        return int(received.split()[1])

    def test_broken_requests_get_their_error(self):
        for name, (request, expected) in REST_REQUESTS.items():
            with self.subTest(name):
                connection = self.connect(self.server.rest)
                send_all_it_takes(connection, request)
                self.assertIn(self.answer_status(connection), expected)
        self.good_calls_succeed()

    def test_body_over_the_limit_is_refused_by_name(self):
        status, answer = programs.rest_call(self.server.rest, body=b" " * (1 << 20) + b"{}")
        self.assertEqual((status, answer["object"]), (413, "error"))
        self.assertIn("65536", answer["message"])

    def test_slow_senders_are_cut_off_and_hold_up_nobody(self):
        begin = time.monotonic()
        slow = {
            "headers": (b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"y"),
            "body": (b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Content-Length: 60000\r\n\r\n", b" "),
        }
        senders = []
        for name, (first, drop) in slow.items():
            for _ in range(40):
                connection = self.connect(self.server.rest)
                connection.sendall(first)
                connection.setblocking(False)
                senders.append((name, connection, drop))
        self.good_calls_succeed()
        # A byte now and then does not help them: they end all the same.
        while senders:
            self.assertLess(time.monotonic() - begin, programs.PATIENCE_SECONDS, f"{len(senders)} are still open")
            still = []
            for name, connection, drop in senders:
                try:
                    connection.send(drop)
                    ended = connection.recv(4096) == b""
                except BlockingIOError:
                    ended = False
                except ConnectionError:
                    ended = True
                if not ended:
                    still.append((name, connection, drop))
            senders = still
            time.sleep(0.25)
        self.good_calls_succeed()

    def test_half_closed_connection_gets_its_answer(self):
        body = json.dumps(documentation_example.REQUEST).encode()
        connection = self.connect(self.server.rest)
        connection.sendall(
            b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        connection.shutdown(socket.SHUT_WR)
        self.assertEqual(self.answer_status(connection), 200)

    def test_body_that_stops_in_the_middle(self):
        for _ in range(50):
            connection = self.connect(self.server.rest)
            connection.sendall(b"POST /costs/instant HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
            connection.shutdown(socket.SHUT_WR)
        self.good_calls_succeed()


class Limits(unittest.TestCase):
    def test_connections_over_the_limit_are_told_so_and_harm_nobody(self):
        with programs.Costsd("--rest_connections=16") as server, contextlib.ExitStack() as open_:
            address = address_of(server.rest)
            for _ in range(16):
                connection = open_.enter_context(socket.create_connection(address))
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 200"))
            status, _ = programs.rest_call(server.rest, "GET", "/healthz")
            self.assertEqual(status, 503)
            # gRPC has a port of its own.
            done = programs.costs("instant", f"--server={server.grpc}", *documentation_example.FLAGS)
            self.assertEqual(done.returncode, 0, done.stderr)
            open_.close()
            programs.eventually(lambda: programs.rest_call(server.rest, "GET", "/healthz")[0] == 200, "room again")

    def test_message_over_the_limit_is_refused(self):
        with programs.Costsd("--grpc_message_limit=4096") as server:
            rows = "loc_641b90b758fb8e6293716e40,1,W,2022-02-01T10:30:00Z,2022-02-01T11:00:00Z\n" * 1000
            done = programs.costs(
                "batch", "-", f"--server={server.grpc}", stdin="location_id,value,units,start_time,end_time\n" + rows)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn("RESOURCE_EXHAUSTED", done.stderr)
            done = programs.costs("instant", f"--server={server.grpc}", *documentation_example.FLAGS)
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
