#!/usr/bin/env python3
"""Tries an image of instant-costs: check.py ARCHIVE

Looks at what is in it, then runs it as Kubernetes would (its own user, a read-only root,
no capabilities, /data and /tmp to write in), asks it for a price over gRPC and REST, and
stops it. Needs bubblewrap, and no container engine.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request

MOST_BYTES = 60 << 20
SHELLS = {'sh', 'bash', 'dash', 'busybox'}
RECORD = {'location_id': 'loc_641b90b758fb8e6293716e40', 'units': 'W', 'value': 20567,
          'start_time': '2022-02-01T10:30:00Z', 'end_time': '2022-02-01T11:00:00Z'}


def require(truth, message):
    if not truth:
        sys.exit(f'FAILED   image: {message}')


def blob(archive, digest):
    return archive.extractfile('blobs/' + digest.replace(':', '/'))


def unpack(path, root):
    """Into `root`; returns the image's configuration and what its layers weigh."""
    size = 0
    with tarfile.open(path) as archive:
        index = json.load(archive.extractfile('index.json'))
        manifest = json.load(blob(archive, index['manifests'][0]['digest']))
        config = json.load(blob(archive, manifest['config']['digest']))
        for layer in manifest['layers']:
            size += layer['size']
            with tarfile.open(fileobj=blob(archive, layer['digest'])) as files:
                files.extractall(root, numeric_owner=True)
    return config['config'], size


def check_content(config, root, size):
    require(config['User'] == '65532:65532', f'its user is {config["User"]}')
    unpacked = sum(file.lstat().st_size for file in root.rglob('*') if file.is_file() and not file.is_symlink())
    require(max(size, unpacked) < MOST_BYTES, f'{unpacked} bytes, {size} packed, at most {MOST_BYTES}')
    shells = [str(file) for file in root.rglob('*') if file.name in SHELLS]
    require(not shells, f'there is a shell: {shells}')
    loose = [str(file) for file in root.rglob('*')
             if not file.is_symlink() and file.stat().st_mode & 0o002 and file != root / 'tmp']
    require(not loose, f'anybody may write: {loose}')
    bill = json.loads((root / 'usr/share/doc/instant-costs/sbom.spdx.json').read_text())
    names = {package['name'] for package in bill['packages']}
    for name in ('instant-costs', 'libc6', 'libgrpc29', 'libssl3', 'tzdata', 'ca-certificates'):
        require(name in names, f'its bill of materials lacks {name}')
    return unpacked


def sandbox(config, root, data, command, info=None):
    # As in a container it is process 1, for which signals do nothing by themselves.
    report = ['--as-pid-1', '--info-fd', str(info)] if info is not None else []
    return ['bwrap', *report, '--unshare-all', '--share-net', '--die-with-parent', '--new-session', '--cap-drop', 'ALL',
            '--uid', '65532', '--gid', '65532', '--clearenv', '--ro-bind', str(root), '/', '--proc', '/proc',
            '--dev', '/dev', '--tmpfs', '/tmp', '--bind', str(data), '/data', '--chdir', config['WorkingDir'], *command]


class Server:
    def __init__(self, config, root, data, command):
        self.begin = time.monotonic()
        reading, writing = os.pipe()
        with open(reading, encoding='utf-8') as info:
            self.process = subprocess.Popen(sandbox(config, root, data, command, writing), stdout=subprocess.PIPE,
                                            text=True, pass_fds=[writing])
            os.close(writing)
            self.pid = json.load(info)['child-pid']
        self.addresses = {}
        self.ready_after = None
        # A server that hangs is ended.
        watchdog = threading.Timer(60, self.process.kill)
        watchdog.start()
        for line in self.process.stdout:
            words = line.split()
            if words == ['ready']:
                self.ready_after = time.monotonic() - self.begin
                break
            self.addresses[words[0]] = words[1]
        watchdog.cancel()
        require(self.ready_after is not None, 'it does not start (see above)')

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        return self.process.wait(timeout=60)


def call_rest(address):
    request = urllib.request.Request(f'http://{address}/costs/instant', json.dumps(RECORD).encode(),
                                     {'Content-Type': 'application/json'})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)['data']


def check_running(config, root, data):
    costsd = config['Entrypoint'] + ['--catalog=/usr/share/instant-costs/demo', '--store=/data/catalog.sqlite',
                                     '--grpc_listen=127.0.0.1:0', '--rest_listen=127.0.0.1:0', '--authentication=none']
    seconds = []
    for _ in range(2):  # the second finds the first's store
        server = Server(config, root, data, costsd)
        try:
            seconds.append(server.ready_after)
            over_rest = call_rest(server.addresses['rest'])
            over_grpc = json.loads(subprocess.run(
                sandbox(config, root, data, ['/usr/bin/costs', 'instant', f'--server={server.addresses["grpc"]}',
                                             f'--location={RECORD["location_id"]}', f'--value={RECORD["value"]}',
                                             '--units=W', f'--start={RECORD["start_time"]}',
                                             f'--end={RECORD["end_time"]}', '--output=json']),
                check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout)
            require(over_rest == over_grpc['data'], f'REST says {over_rest}, gRPC {over_grpc["data"]}')
        finally:
            code = server.stop()
        require(code == 0, f'it ended with {code}')
    return seconds


def main():
    archive = pathlib.Path(sys.argv[1])
    with contextlib.ExitStack() as stack:
        place = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        root, data = place / 'root', place / 'data'
        root.mkdir()
        data.mkdir()
        # In its user namespace this process's user is the image's.
        config, size = unpack(archive, root)
        unpacked = check_content(config, root, size)
        seconds = check_running(config, root, data)
        print(f'ok       image: {unpacked / 2**20:.1f} MiB, {size / 2**20:.1f} MiB packed; it serves after '
              f'{seconds[0]:.2f} s with an empty store, {seconds[1]:.2f} s with its own; both faces answer')


if __name__ == '__main__':
    main()
