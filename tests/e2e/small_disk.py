"""A file system of a few MiB, in a mount namespace of its own, that a test can fill."""

import os
import subprocess
import tempfile

from tests.e2e import programs


class SmallDisk:
    """A file system of a few MiB, in a mount namespace of its own.

    Whoever shall see it is started with its `prefix`.
    """

    def __init__(self, test, mebibytes):
        self.path = tempfile.mkdtemp(prefix="disk-")
        test.addCleanup(os.rmdir, self.path)
        # Its own root where the test is nobody's.
        unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
        mount = f"mount -t tmpfs -o size={mebibytes}m tmpfs {self.path} && echo ready && exec sleep infinity"
        self._holder = subprocess.Popen([*unshare, "sh", "-c", mount], stdout=subprocess.PIPE, text=True)
        test.addCleanup(self._end)
        if self._holder.stdout.readline() != "ready\n":
            programs.skip_loudly(test, "a mount namespace is not to be had here (unshare --mount fails)")
        enter = ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt"]
        if os.geteuid() != 0:
            enter += [f"--user=/proc/{self._holder.pid}/ns/user", "--preserve-credentials"]
        self.prefix = enter

    def _end(self):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()

    def run(self, command):
        return subprocess.run([*self.prefix, "sh", "-c", command], check=False, capture_output=True, text=True,
                              timeout=programs.PATIENCE_SECONDS)

    def fill(self):
        self.run(f"cat /dev/zero > {self.path}/ballast")

    def empty(self):
        self.run(f"rm {self.path}/ballast")
