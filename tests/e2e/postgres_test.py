"""The PostgreSQL server that tests start: it serves, stops, is killed, and keeps what was committed."""

import unittest

from tests.e2e.postgres import PostgresServer, require_postgres


class PostgresServerTest(unittest.TestCase):
    def test_stopped_or_killed_keeps_what_was_committed(self):
        require_postgres(self)
        with PostgresServer() as server:
            server.query("CREATE TABLE t (a bigint)")
            for number, end in enumerate([server.stop, server.kill]):
                server.query(f"INSERT INTO t VALUES ({number})")
                end()
                self.assertFalse(server.is_running())
                server.start()
            self.assertEqual(server.query("SELECT a FROM t ORDER BY a"), [["0"], ["1"]])
        self.assertFalse(server.is_running())


if __name__ == "__main__":
    unittest.main()
