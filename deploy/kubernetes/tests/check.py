#!/usr/bin/env python3
"""Checks the Kubernetes manifests: check.py TOOLS COSTSD

TOOLS is what tools.sh prints, COSTSD the server's program. Each overlay, alone and with
every component, is built by `kubectl kustomize`, and

- passes kubeconform's strict validation, custom resources included;
- keeps to the Pod Security Standard "restricted";
- refers only to what is there (volumes, ports, labels, the ConfigMap's files);
- gives costsd as much time to end as its settings want, and settings that it starts with.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))
from deploy.kubernetes.tests import restricted  # noqa: E402 (after its path)

KUBERNETES = '1.33.0'
WORKLOADS = {'Deployment', 'StatefulSet'}
# What costsd takes beyond --drain_delay and --drain_timeout.
DRAIN_MARGIN = 3


class Loader(yaml.SafeLoader):
    """Of YAML 1.2, in which = is a text."""


Loader.add_constructor('tag:yaml.org,2002:value', lambda loader, node: node.value)


class Schemas:
    """Kubernetes' schemas without references, and the operator's kinds, for kubeconform."""

    def __init__(self, tools, place):
        self.source = tools / 'schemas' / f'v{KUBERNETES}-local-strict'
        self.place = place
        self.definitions = json.loads((self.source / '_definitions.json').read_text())['$defs']
        for kind in ('servicemonitors', 'prometheusrules'):
            crd = yaml.load((tools / f'operator/monitoring.coreos.com_{kind}.yaml').read_text(), Loader)
            for version in crd['spec']['versions']:
                name = f'{crd["spec"]["names"]["kind"].lower()}-monitoring-{version["name"]}.json'
                schema = self._closed(version['schema']['openAPIV3Schema'])
                (place / name).write_text(json.dumps(schema))

    def _closed(self, schema):
        """A custom kind's, which takes no field that it does not name."""
        if isinstance(schema, list):
            return [self._closed(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        schema = {key: self._closed(value) for key, value in schema.items()}
        if isinstance(schema.get('properties'), dict) and not schema.get('x-kubernetes-preserve-unknown-fields'):
            schema.setdefault('additionalProperties', False)
        return schema

    def _whole(self, schema):
        if isinstance(schema, list):
            return [self._whole(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        reference = schema.get('$ref')
        if isinstance(reference, str):
            return self._whole(self.definitions[reference.rpartition('/')[2]])
        return {key: self._whole(value) for key, value in schema.items()}

    def add(self, document):
        group, _, version = document['apiVersion'].rpartition('/')
        name = '-'.join(filter(None, [document['kind'].lower(), group.split('.')[0], version])) + '.json'
        if (self.place / name).exists() or not (self.source / name).exists():
            return  # kubeconform says what it misses
        schema = self._whole(json.loads((self.source / name).read_text()))
        (self.place / name).write_text(json.dumps(schema))


class Failures:
    def __init__(self):
        self.count = 0

    def say(self, where, what):
        self.count += 1
        print(f'FAILED   {where}: {what}')


def seconds(text):
    match = re.fullmatch(r'(\d+)(ms|s|m|h)?', text)
    return float(match[1]) * {'ms': 0.001, 's': 1, 'm': 60, 'h': 3600, None: 1}[match[2]]


def pods(documents):
    return [(document, document['spec']['template']) for document in documents if document['kind'] in WORKLOADS]


def check_references(documents, say):
    config_maps = {document['metadata']['name']: document['data']
                   for document in documents if document['kind'] == 'ConfigMap'}
    for document, template in pods(documents):
        labels, pod = template['metadata']['labels'], template['spec']
        claims = {claim['metadata']['name'] for claim in document['spec'].get('volumeClaimTemplates', [])}
        volumes = {volume['name'] for volume in pod['volumes']} | claims
        for volume in pod['volumes']:
            if 'configMap' in volume and volume['configMap']['name'] not in config_maps:
                say(f'there is no ConfigMap {volume["configMap"]["name"]}')
        accounts = [other['metadata']['name'] for other in documents if other['kind'] == 'ServiceAccount']
        if pod['serviceAccountName'] not in accounts:
            say(f'there is no ServiceAccount {pod["serviceAccountName"]}')
        ports = set()
        for container in pod['containers']:
            mounts = {mount['name'] for mount in container['volumeMounts']}
            if mounts != volumes:
                say(f'volumes {sorted(volumes)}, mounted {sorted(mounts)}')
            ports |= {port['name'] for port in container['ports']} | {port['containerPort'] for port in container['ports']}
            for probe in ('startupProbe', 'readinessProbe', 'livenessProbe'):
                handler = container[probe].get('grpc') or container[probe].get('httpGet')
                if handler['port'] not in ports:
                    say(f'{probe} asks port {handler["port"]}')
        for other in documents:
            spec = other.get('spec', {})
            selector = {'Service': spec.get('selector'),
                        'PodDisruptionBudget': (spec.get('selector') or {}).get('matchLabels'),
                        'NetworkPolicy': (spec.get('podSelector') or {}).get('matchLabels')}.get(other['kind'], labels)
            if not selector or not selector.items() <= labels.items():
                say(f'{other["kind"]} {other["metadata"]["name"]} selects {selector}, and pods have {labels}')
            if other['kind'] == 'Service':
                for port in spec['ports']:
                    if port['targetPort'] not in ports:
                        say(f'Service {other["metadata"]["name"]} has port {port["targetPort"]}')
            if other['kind'] == 'HorizontalPodAutoscaler':
                target = spec['scaleTargetRef']
                if (target['kind'], target['name']) != (document['kind'], document['metadata']['name']):
                    say(f'the autoscaler is of {target}')
                if 'replicas' in document['spec']:
                    say('both the workload and the autoscaler say how many replicas there are')


def settings(documents, place):
    """The server's arguments, with its files under `place`."""
    (_, template), = pods(documents)
    container = template['spec']['containers'][0]
    config_maps = {document['metadata']['name']: document['data']
                   for document in documents if document['kind'] == 'ConfigMap'}
    for volume in template['spec']['volumes']:
        mount, = [mount for mount in container['volumeMounts'] if mount['name'] == volume['name']]
        folder = place / mount['mountPath'].lstrip('/')
        folder.mkdir(parents=True)
        for name, text in config_maps.get(volume.get('configMap', {}).get('name'), {}).items():
            (folder / name).write_text(text.replace('=/', f'={place}/'))
    return [argument.replace('=/', f'={place}/') for argument in container['args']]


def make_secrets(place):
    """What docs/operating.md has the operator make."""
    secrets = place / 'etc/costsd'
    (secrets / 'admin' / 'token').write_text('0123456789abcdef' * 4)
    (secrets / 'admin' / 'token').chmod(0o600)
    subprocess.run(['openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out',
                    str(secrets / 'token-keys' / '2027-01.pem')], check=True, stderr=subprocess.DEVNULL)
    if (secrets / 'tls').exists():
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-days', '2', '-subj', '/CN=costsd', '-addext', 'subjectAltName=DNS:costsd', '-keyout',
                        str(secrets / 'tls/tls.key'), '-out', str(secrets / 'tls/tls.crt')],
                       check=True, stderr=subprocess.DEVNULL)


def check_settings(documents, costsd, place, say):
    arguments = settings(documents, place)
    make_secrets(place)
    (place / 'data').mkdir(exist_ok=True)
    flags = {}
    for argument in arguments:
        file = argument.partition('=')[2]
        for line in pathlib.Path(file).read_text().splitlines():
            if line and not line.startswith('#'):
                name, _, value = line.partition('=')
                flags[name] = value
    (_, template), = pods(documents)
    grace = template['spec']['terminationGracePeriodSeconds']
    wanted = seconds(flags['--drain_delay']) + seconds(flags['--drain_timeout']) + DRAIN_MARGIN
    if grace < wanted:
        say(f'terminationGracePeriodSeconds is {grace}, and a drain takes up to {wanted:.0f} s')
    # Free ports, and no database: everything else as in the cluster.
    others = ['--grpc_listen=127.0.0.1:0', '--rest_listen=127.0.0.1:0', '--admin_listen=127.0.0.1:0']
    if flags['--store'].startswith('postgres:'):
        others.append(f'--store={place}/data/store')
    with subprocess.Popen([costsd, *arguments, *others], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as server:
        started = any(line.strip() == 'ready' for line in server.stdout)
        server.kill()
        if not started:
            say(f'costsd does not start with its settings: {server.stderr.read()}')


def build(tools, overlay):
    return subprocess.run([str(tools / 'kubectl'), 'kustomize', str(overlay)], check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def check(name, text, tools, costsd, place, failures):
    say = lambda what: failures.say(name, what)
    before = failures.count
    documents = list(yaml.safe_load_all(text))
    (place / 'schemas').mkdir()
    schemas = Schemas(tools, place / 'schemas')
    for document in documents:
        schemas.add(document)
    conform = subprocess.run(
        [str(tools / 'kubeconform'), '-strict', '-kubernetes-version', KUBERNETES, '-schema-location',
         f'{place}/schemas/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json'],
        input=text, text=True, stdout=subprocess.PIPE, check=False)
    if conform.returncode != 0:
        say(conform.stdout.strip())
    for document, template in pods(documents):
        for violation in restricted.violations(template['spec']):
            say(f'{document["kind"]} {document["metadata"]["name"]}: {violation}')
    check_references(documents, say)
    (place / 'root').mkdir()
    check_settings(documents, costsd, place / 'root', say)
    if failures.count == before:
        print(f'ok       {name}: {len(documents)} resources')


def check_that_it_can_fail(text, tools, place, failures):
    """kubeconform with these schemas refuses what it should."""
    (place / 'schemas').mkdir()
    schemas = Schemas(tools, place / 'schemas')
    for document in yaml.safe_load_all(text):
        schemas.add(document)
    for right, wrong in (('readOnlyRootFilesystem: true', 'readOnlyRootFileSystem: true'), ('periodSeconds: 5', 'periodSeconds: soon'),
                         ('kind: PodDisruptionBudget', 'kind: PodDisruption'), ('interval: 15s', 'intervall: 15s')):
        if right not in text:
            failures.say('broken manifests', f'there is no {right!r} to break')
            continue
        conform = subprocess.run(
            [str(tools / 'kubeconform'), '-strict', '-kubernetes-version', KUBERNETES, '-schema-location',
             f'{place}/schemas/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json'],
            input=text.replace(right, wrong), text=True, stdout=subprocess.PIPE, check=False)
        if conform.returncode == 0:
            failures.say('broken manifests', f'{wrong!r} was taken')


def main():
    tools, costsd = pathlib.Path(sys.argv[1]), os.path.abspath(sys.argv[2])
    failures = Failures()
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        tree = place / 'kubernetes'
        shutil.copytree(HERE.parent, tree)
        components = sorted(folder.name for folder in (tree / 'components').iterdir())
        for overlay in sorted((tree / 'overlays').iterdir()):
            folder = place / overlay.name
            folder.mkdir()
            check(f'overlays/{overlay.name}', build(tools, overlay), tools, costsd, folder, failures)
            whole = tree / 'overlays' / f'{overlay.name}-whole'
            whole.mkdir()
            (whole / 'kustomization.yaml').write_text(yaml.safe_dump({
                'apiVersion': 'kustomize.config.k8s.io/v1beta1', 'kind': 'Kustomization',
                'namespace': 'instant-costs', 'resources': [f'../{overlay.name}'],
                'components': [f'../../components/{component}' for component in components]}))
            folder = place / whole.name
            folder.mkdir()
            text = build(tools, whole)
            check(f'overlays/{overlay.name} with {", ".join(components)}', text, tools, costsd, folder, failures)
        (place / 'broken').mkdir()
        check_that_it_can_fail(text, tools, place / 'broken', failures)
    sys.exit(1 if failures.count else 0)


if __name__ == '__main__':
    main()
