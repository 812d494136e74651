#!/usr/bin/env python3
"""Makes the image's root directory, and its software bill of materials.

    root.py --costsd=FILE --costs=FILE --catalog=DIRECTORY --version=VERSION --epoch=SECONDS ROOT

In it are the two binaries, the shared libraries that they need and nobody else's,
certificates of CAs, time zones, the demo catalog, and a user; no shell. The bill
(SPDX 2.3, ROOT/usr/share/doc/instant-costs/sbom.spdx.json) names the Debian package of
each file, and the packages' own licences are beside it. The same input gives the same
directory.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

USER = 65532
ZONES = pathlib.Path('/usr/share/zoneinfo')
CERTIFICATES = pathlib.Path('/etc/ssl/certs/ca-certificates.crt')
# Copies of the zones in other reckonings, and what only other programs read.
UNUSED_ZONES = {'posix', 'right', 'posixrules', 'localtime', 'leapseconds', 'leap-seconds.list'}


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def libraries_of(programs):
    """The files that the dynamic linker loads, by the paths that it looks at."""
    found = set()
    for program in programs:
        for line in output_of('ldd', str(program)).splitlines():
            if 'not found' in line:
                sys.exit(f'{program}: {line.strip()}')
            match = re.search(r'(/\S+) \(0x', line)
            if match:
                found.add(pathlib.Path(match.group(1)))
    return sorted(found)


class Root:
    def __init__(self, place):
        self.place = place
        self.sources = []  # files of packages that were copied

    def directory(self, path, mode=0o755):
        target = self.place / path.lstrip('/')
        target.mkdir(parents=True, exist_ok=True)
        target.chmod(mode)
        return target

    def text(self, path, text):
        target = self.place / path.lstrip('/')
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o644)

    def copy(self, source, path=None, mode=0o644, of_package=True):
        source = pathlib.Path(source)
        target = self.place / str(path or source).lstrip('/')
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(mode)
        if of_package:
            self.sources.append(source.resolve())
        return target

    def strip(self, source, path):
        target = self.copy(source, path, 0o755, of_package=False)
        target.chmod(0o755)
        # The build id is of what is stripped, the paths of the build among it.
        subprocess.run(['strip', '--strip-all', '--remove-section=.note.gnu.build-id', str(target)], check=True)


def fill(root, options):
    # As Debian has it: /lib and /lib64 are links.
    root.directory('/usr/lib')
    root.directory('/usr/lib64')
    for name in ('lib', 'lib64'):
        os.symlink(f'usr/{name}', root.place / name)
    root.directory('/usr/bin')
    root.strip(options.costsd, '/usr/bin/costsd')
    root.strip(options.costs, '/usr/bin/costs')
    for library in libraries_of([options.costsd, options.costs]):
        path = str(library)
        if path.startswith('/lib'):
            path = '/usr' + path
        root.copy(library, path, 0o755)

    root.copy(CERTIFICATES)
    for zone in sorted(ZONES.rglob('*')):
        if zone.relative_to(ZONES).parts[0] in UNUSED_ZONES or not zone.is_file():
            continue
        root.copy(zone)  # a link's own name, with what it links to
    for file in sorted(pathlib.Path(options.catalog).rglob('*')):
        if file.is_file():
            root.copy(file, f'/usr/share/instant-costs/demo/{file.relative_to(options.catalog)}', of_package=False)

    root.text('/etc/passwd', f'root:x:0:0:root:/:/\ncosts:x:{USER}:{USER}:instant-costs:/data:/\n')
    root.text('/etc/group', f'root:x:0:\ncosts:x:{USER}:\n')
    root.text('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n')
    for empty in ('/proc', '/sys', '/dev', '/run'):
        root.directory(empty)
    root.directory('/tmp', 0o1777)
    # Where a volume is mounted.
    os.chown(root.directory('/data', 0o750), USER, USER)


def packages_of(files):
    """The package of each file, `name:architecture`."""
    owners = {}
    for file in sorted(set(files)):
        # What is known by its path before /usr was merged.
        for path in (str(file), re.sub('^/usr', '', str(file))):
            found = subprocess.run(['dpkg-query', '--search', path], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True, check=False)
            if found.returncode == 0:
                owners[file] = found.stdout.split(': ')[0].split(',')[0]
                break
        else:
            owners[file] = 'ca-certificates' if file == CERTIFICATES else None
        if owners[file] is None:
            sys.exit(f'{file} is of no package')
    return owners


def owners_of(files):
    zones = [file for file in files if ZONES in file.parents]
    owners = packages_of(file for file in files if ZONES not in file.parents)
    owners.update({zone: 'tzdata' for zone in zones})
    return owners


def bill(root, options):
    owners = owners_of(root.sources)
    created = datetime.datetime.fromtimestamp(options.epoch, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
    packages, relationships = [], []
    own = {
        'SPDXID': 'SPDXRef-instant-costs', 'name': 'instant-costs', 'versionInfo': options.version,
        'downloadLocation': 'NOASSERTION', 'filesAnalyzed': False, 'primaryPackagePurpose': 'APPLICATION',
        'checksums': [{'algorithm': 'SHA256', 'checksumValue':
                       hashlib.sha256((root.place / 'usr/bin/costsd').read_bytes()).hexdigest()}],
        'comment': 'The checksum is of /usr/bin/costsd.',
    }
    for name in sorted(set(owners.values())):
        version, source, home, architecture = output_of(
            'dpkg-query', '--show', '--showformat=${Version}\t${source:Package}\t${Homepage}\t${Architecture}',
            name).split('\t')
        plain = name.split(':')[0]
        files = sorted(str(file) for file, owner in owners.items() if owner == name and owner != 'tzdata')
        package = {
            'SPDXID': 'SPDXRef-' + re.sub(r'[^A-Za-z0-9.-]', '-', plain), 'name': plain, 'versionInfo': version,
            'downloadLocation': 'NOASSERTION', 'filesAnalyzed': False, 'licenseConcluded': 'NOASSERTION',
            'licenseDeclared': 'NOASSERTION', 'copyrightText': 'NOASSERTION', 'supplier': 'Organization: Debian',
            'externalRefs': [{'referenceCategory': 'PACKAGE-MANAGER', 'referenceType': 'purl',
                              'referenceLocator': f'pkg:deb/debian/{plain}@{version}?arch={architecture}'}],
            'sourceInfo': f'source package {source}',
            'comment': f'Licences: /usr/share/doc/{plain}/copyright' + (f'; files: {" ".join(files)}' if files else ''),
        }
        if home:
            package['homepage'] = home
        packages.append(package)
        relationships.append({'spdxElementId': own['SPDXID'], 'relationshipType': 'DEPENDS_ON',
                              'relatedSpdxElement': package['SPDXID']})
        root.copy(f'/usr/share/doc/{plain}/copyright', of_package=False)
    relationships.append({'spdxElementId': 'SPDXRef-DOCUMENT', 'relationshipType': 'DESCRIBES',
                          'relatedSpdxElement': own['SPDXID']})
    document = {
        'spdxVersion': 'SPDX-2.3', 'dataLicense': 'CC0-1.0', 'SPDXID': 'SPDXRef-DOCUMENT',
        'name': f'instant-costs-{options.version}',
        'documentNamespace': f'urn:instant-costs:sbom:{options.version}:{own["checksums"][0]["checksumValue"]}',
        'creationInfo': {'created': created, 'creators': ['Tool: deploy/image/root.py']},
        'packages': [own] + packages, 'relationships': relationships,
    }
    root.text('/usr/share/doc/instant-costs/sbom.spdx.json', json.dumps(document, indent=1) + '\n')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--costsd', required=True)
    parser.add_argument('--costs', required=True)
    parser.add_argument('--catalog', required=True)
    parser.add_argument('--version', required=True)
    parser.add_argument('--epoch', type=int, required=True)
    parser.add_argument('root', type=pathlib.Path)
    options = parser.parse_args()
    os.umask(0o022)
    options.root.mkdir()
    root = Root(options.root)
    fill(root, options)
    bill(root, options)


if __name__ == '__main__':
    main()
