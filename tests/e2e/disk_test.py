"""A disk that is full, or read-only: clear errors, nothing lost, recovery when there is room."""

import json
import unittest

from tests.e2e import programs
from tests.e2e.half_hours import record, stored, submit
from tests.e2e.small_disk import SmallDisk


class DiskTest(unittest.TestCase):

    def test_full_disk_refuses_then_recovers(self):
        disk = SmallDisk(self, 24)
        with programs.Costsd(f"--store={disk.path}/costs.sqlite", prefix=disk.prefix) as server:
            acknowledged = []
            for number in range(50):
                status, answer = submit(server, number)
                self.assertEqual(status, 200, answer)
                acknowledged.append(answer["id"])
            disk.fill()
            refused = None
            for number in range(50, 4000):
                status, answer = submit(server, number)
                if status != 200:
                    refused = number
                    break
                acknowledged.append(answer["id"])
            self.assertIsNotNone(refused, "a full disk took 4,000 records")
            self.assertEqual((status, answer["code"]), (507, "store_full"), answer)
            self.assertNotIn(disk.path, answer["message"])
            # What is read and what is not stored goes on.
            self.assertEqual(sorted(stored(self, server)), sorted(acknowledged))
            status, answer = programs.rest_call(server.rest, path="/costs/instant?non_persistent=true",
                                                body=json.dumps(record(refused)))
            self.assertEqual(status, 200, answer)
            disk.empty()
            status, answer = programs.eventually(
                lambda: (lambda r: r if r[0] == 200 else None)(submit(server, refused)), "recovery when there is room")
            acknowledged.append(answer["id"])
            for number in range(refused + 1, refused + 20):
                status, answer = submit(server, number)
                self.assertEqual(status, 200, answer)
                acknowledged.append(answer["id"])
            self.assertEqual(sorted(stored(self, server)), sorted(acknowledged))
        with programs.Costsd(f"--store={disk.path}/costs.sqlite", prefix=disk.prefix) as server:
            self.assertEqual(sorted(stored(self, server)), sorted(acknowledged))
        for name in ("costs.sqlite", "costs.sqlite.records"):
            with self.subTest(name):
                copy = disk.run(f"cat {disk.path}/{name} | wc -c").stdout
                self.assertGreater(int(copy), 0)

    def test_read_only_disk_is_told_at_the_start_and_harms_nothing(self):
        disk = SmallDisk(self, 24)
        store = f"--store={disk.path}/costs.sqlite"
        with programs.Costsd(store, prefix=disk.prefix) as server:
            status, answer = submit(server, 1)
            self.assertEqual(status, 200, answer)
            known = stored(self, server)
        self.assertEqual(disk.run(f"mount -o remount,ro {disk.path}").returncode, 0)
        with self.assertRaises(programs.StartFailed) as failure:
            programs.Costsd(store, prefix=disk.prefix)
        self.assertEqual(failure.exception.exit_code, 1)
        self.assertRegex(failure.exception.log, r"costs\.sqlite.*(Read-only|read-only|may write)")
        self.assertEqual(disk.run(f"mount -o remount,rw {disk.path}").returncode, 0)
        with programs.Costsd(store, prefix=disk.prefix) as server:
            self.assertEqual(stored(self, server), known)
            status, answer = submit(server, 2)
            self.assertEqual(status, 200, answer)


if __name__ == "__main__":
    unittest.main()
