"""A costsd that asks an upstream behind nginx: over HTTP/2 where it is offered, over HTTP/1.1 where it is not."""

import collections
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from tests.e2e import certificates
from tests.e2e import programs
from tests.e2e.test_data import skip_loudly

RECORDS = 2_000
REQUESTS_OF_CONNECTION = 300  # then nginx closes it, in the midst of the others' calls


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Nginx:
    """nginx with TLS in front of a server's REST port; a context manager."""

    CONFIG = """
daemon off; user root; worker_processes 1; pid {place}/pid; error_log {place}/error.log;
events {{ worker_connections 1024; }}
http {{
    log_format calls "$server_protocol $status $connection";
    access_log {place}/calls calls;
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
    keepalive_requests {requests};
    upstream costsd {{ server {rest}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{port} ssl {http2};
        ssl_certificate {certificate}; ssl_certificate_key {key};
        location / {{ proxy_pass http://costsd; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}
}}
"""

    def __init__(self, place, rest, pair, http2):
        self._place = place
        place.mkdir()
        self.port = free_port()
        (place / "nginx.conf").write_text(self.CONFIG.format(
            place=place, requests=REQUESTS_OF_CONNECTION, rest=rest, port=self.port, http2="http2" if http2 else "",
            certificate=pair.certificate, key=pair.key), encoding="utf-8")

    def __enter__(self):
        self._process = subprocess.Popen(["nginx", "-p", self._place, "-c", self._place / "nginx.conf",
                                          "-e", self._place / "error.log"])
        programs.eventually(self._listens, "nginx listens")
        return self

    def __exit__(self, *failure):
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(programs.PATIENCE_SECONDS)
        if failure[0] is not None:
            print((self._place / "error.log").read_text(encoding="utf-8"))

    def _listens(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def calls(self):
        """Of the calls answered so far: (protocol, status, connection) each."""
        return [tuple(line.split()) for line in (self._place / "calls").read_text(encoding="utf-8").splitlines()]


class ProxyHttp2(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        ca = certificates.Authority(cls.directory / "ca")
        cls.ca, cls.pair = ca.certificate, ca.sign("upstream")
        rows = (f"loc_641b90b758fb8e6293716e40,W,{watts},2022-02-01T10:30:00Z,2022-02-01T11:00:00Z"
                for watts in range(RECORDS))
        cls.records = "location_id,units,value,start_time,end_time\n" + "\n".join(rows) + "\n"

    def setUp(self):
        if shutil.which("nginx") is None:
            skip_loudly(self, "nginx is not installed: apt-get install nginx-light")

    def priced(self, server):
        """What the server says of the records, as CSV without the times of its answers."""
        done = programs.costs("batch", "-", f"--server={server.grpc}", "--dry_run", "--output=csv", stdin=self.records)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def asked(self, name, http2):
        """Compares the proxy's answers with the upstream's, and returns the calls that nginx saw."""
        with programs.Costsd() as upstream, Nginx(self.directory / name, upstream.rest, self.pair, http2) as nginx, \
                programs.Costsd("--mode=proxy", f"--upstream_url=https://localhost:{nginx.port}",
                                f"--upstream_ca={self.ca}", "--upstream_pass_authorization") as proxy:
            self.assertEqual(self.priced(proxy), self.priced(upstream))
            return nginx.calls()

    def test_http2_has_many_calls_on_a_connection(self):
        calls = self.asked("http2", True)
        self.assertEqual({call[:2] for call in calls}, {("HTTP/2.0", "200")})
        self.assertGreaterEqual(len(calls), RECORDS)
        connections = collections.Counter(connection for _, _, connection in calls)
        # Those that nginx closed were replaced. (The calls that it did not take any more then, libcurl makes again on
        # a connection each, within the bound.)
        self.assertGreaterEqual(len(connections), RECORDS // REQUESTS_OF_CONNECTION)
        busiest = connections.most_common(2 * RECORDS // REQUESTS_OF_CONNECTION)
        self.assertGreater(sum(count for _, count in busiest), RECORDS // 2)

    def test_http1_has_a_call_on_a_connection(self):
        calls = self.asked("http1", False)
        self.assertEqual({call[:2] for call in calls}, {("HTTP/1.1", "200")})
        self.assertGreaterEqual(len(calls), RECORDS)
        # The default of --upstream_connections, and as many again for those that nginx closed.
        self.assertLessEqual(len({connection for _, _, connection in calls}), 2 * 64)


if __name__ == "__main__":
    unittest.main()
