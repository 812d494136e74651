"""PostgreSQL on a disk that is full: clear errors, nothing lost, recovery when there is room."""

import os
import unittest

from tests.e2e import programs
from tests.e2e.half_hours import stored, submit
from tests.e2e.postgres import PostgresServer, require_postgres
from tests.e2e.small_disk import SmallDisk
from tests.e2e.test_data import skip_loudly


class PostgresDiskTest(unittest.TestCase):

    def setUp(self):
        require_postgres(self)
        if os.geteuid() != 0:
            skip_loudly(self, "only root can start PostgreSQL on a disk of its own (nsenter, setpriv)")

    def submit_until_refused(self, server, first, last, acknowledged):
        for number in range(first, last):
            status, answer = submit(server, number)
            if status != 200:
                return number, status, answer
            acknowledged.append(answer["id"])
        self.fail(f"a full disk took {last - first} records")

    def submit_all(self, server, numbers, acknowledged):
        for number in numbers:
            status, answer = programs.eventually(
                lambda n=number: (lambda r: r if r[0] == 200 else None)(submit(server, n)), "recovery when there is room")
            acknowledged.append(answer["id"])

    def test_full_tables_refuse_then_recover(self):
        disk = SmallDisk(self, 64)
        disk.run(f"mkdir {disk.path}/tables && chown postgres {disk.path} {disk.path}/tables")
        with PostgresServer(prefix=disk.prefix) as database:
            database.query(f"CREATE TABLESPACE small LOCATION '{disk.path}/tables'")
            database.query("ALTER DATABASE postgres SET default_tablespace = small")
            with programs.Costsd(f"--store={database.url}") as server:
                acknowledged = []
                self.submit_all(server, range(50), acknowledged)
                disk.fill()
                refused, status, answer = self.submit_until_refused(server, 50, 20_000, acknowledged)
                self.assertEqual((status, answer["code"]), (507, "store_full"), answer)
                self.assertNotIn(disk.path, answer["message"])
                # What is read goes on.
                self.assertEqual(sorted(stored(self, server)), sorted(acknowledged))
                disk.empty()
                self.submit_all(server, range(refused, refused + 20), acknowledged)
                self.assertEqual(sorted(stored(self, server)), sorted(acknowledged))
            with programs.Costsd(f"--store={database.url}") as server:
                self.assertEqual(sorted(stored(self, server)), sorted(acknowledged))

    def test_full_log_ends_postgres_and_loses_nothing(self):
        """Without room for its log PostgreSQL ends itself; it is started again when there is room."""
        disk = SmallDisk(self, 160)
        disk.run(f"chown postgres {disk.path}")
        with PostgresServer("wal_recycle=off", "min_wal_size=32MB", prefix=disk.prefix,
                            data=f"{disk.path}/data") as database:
            with programs.Costsd(f"--store={database.url}") as server:
                acknowledged = []
                self.submit_all(server, range(50), acknowledged)
                disk.fill()
                refused, status, answer = self.submit_until_refused(server, 50, 50_000, acknowledged)
                self.assertIn((status, answer["code"]), [(507, "store_full"), (503, "store_unavailable")], answer)
                self.assertNotIn(disk.path, answer["message"])
                disk.empty()
                if not database.is_running():
                    database.start()
                self.submit_all(server, range(refused, refused + 20), acknowledged)
                self.assertEqual(sorted(stored(self, server)), sorted(acknowledged))
            with programs.Costsd(f"--store={database.url}") as server:
                self.assertEqual(sorted(stored(self, server)), sorted(acknowledged))


if __name__ == "__main__":
    unittest.main()
