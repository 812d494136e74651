"""A TCP proxy before a server that does to connections what networks and broken servers do.

    with FaultyUpstream(port) as faulty:
        faulty.fault = Fault.RESET_BEFORE_ANSWER
        ... call faulty.port ...
"""

import enum
import socket
import struct
import threading


class Fault(enum.Enum):
    NONE = enum.auto()
    RESET_BEFORE_ANSWER = enum.auto()  # the request arrives at the server, its answer is lost
    RESET_IN_ANSWER = enum.auto()
    BLACK_HOLE = enum.auto()  # the request does not arrive, nothing comes back
    SILENT = enum.auto()  # the request arrives, nothing comes back
    SLOW_ANSWER = enum.auto()  # a byte now and then
    SAYS = enum.auto()  # answers with `says`; the request does not arrive


def http(status, body, *headers):
    """An answer as bytes."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class FaultyUpstream:
    def __init__(self, port):
        self.fault = Fault.NONE
        self.says = b""
        self._to = port
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    @staticmethod
    def _read_message(connection):
        """A head and its body; empty: the other side has closed."""
        data = b""
        while True:
            head, end, body = data.partition(b"\r\n\r\n")
            if end:
                length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                               if line.startswith(b"content-length:")), 0)
                if len(body) >= length:
                    return data
            part = connection.recv(65536)
            if not part:
                return b""
            data += part

    def _serve(self, client):
        with client:
            client.settimeout(60)
            try:
                while not self._over.is_set():
                    request = self._read_message(client)
                    if not request or not self._answer(client, request):
                        return
            except OSError:
                return

    def _answer(self, client, request):
        """Whether the connection goes on."""
        fault = self.fault
        if fault is Fault.BLACK_HOLE:
            self._await_close(client)
            return False
        if fault is Fault.SAYS:
            client.sendall(self.says)
            return False
        with socket.create_connection(("127.0.0.1", self._to), timeout=60) as server:
            server.sendall(request)
            answer = self._read_message(server)
        if fault is Fault.RESET_BEFORE_ANSWER:
            return self._reset(client)
        if fault is Fault.RESET_IN_ANSWER:
            client.sendall(answer[:-20])
            return self._reset(client)
        if fault is Fault.SILENT:
            self._await_close(client)
            return False
        if fault is Fault.SLOW_ANSWER:
            for i in range(len(answer)):
                client.sendall(answer[i:i + 1])
                if self._over.wait(0.05):
                    return False
        else:
            client.sendall(answer)
        return True

    @staticmethod
    def _reset(client):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def _await_close(self, client):
        client.settimeout(0.05)
        while not self._over.is_set():
            try:
                if not client.recv(65536):
                    return
            except TimeoutError:
                pass
