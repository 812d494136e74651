"""restricted.py finds each thing that the standard forbids."""

import copy
import unittest

from deploy.kubernetes.tests import restricted

GOOD = {
    'securityContext': {'runAsNonRoot': True, 'seccompProfile': {'type': 'RuntimeDefault'}},
    'containers': [{'name': 'c', 'securityContext': {'allowPrivilegeEscalation': False,
                                                     'capabilities': {'drop': ['ALL']}}}],
    'volumes': [{'name': 'v', 'secret': {'secretName': 's'}}],
}

# A path and what it is set to; None: taken away.
BAD = {
    'hostNetwork': (('hostNetwork',), True),
    'hostPID': (('hostPID',), True),
    'hostIPC': (('hostIPC',), True),
    'volume v is a hostPath': (('volumes', 0), {'name': 'v', 'hostPath': {'path': '/'}}),
    'sysctl kernel.msgmax': (('securityContext', 'sysctls'), [{'name': 'kernel.msgmax', 'value': '1'}]),
    'the pod has runAsUser 0': (('securityContext', 'runAsUser'), 0),
    'container c has runAsUser 0': (('containers', 0, 'securityContext', 'runAsUser'), 0),
    'the pod has seLinuxOptions': (('securityContext', 'seLinuxOptions'), {'type': 'spc_t'}),
    'container c has AppArmor': (('containers', 0, 'securityContext', 'appArmorProfile'), {'type': 'Unconfined'}),
    'container c is privileged': (('containers', 0, 'securityContext', 'privileged'), True),
    'lacks allowPrivilegeEscalation': (('containers', 0, 'securityContext', 'allowPrivilegeEscalation'), None),
    'has procMount': (('containers', 0, 'securityContext', 'procMount'), 'Unmasked'),
    'lacks runAsNonRoot': (('securityContext', 'runAsNonRoot'), None),
    'c lacks runAsNonRoot': (('containers', 0, 'securityContext', 'runAsNonRoot'), False),
    'has seccompProfile None': (('securityContext', 'seccompProfile'), None),
    'has seccompProfile Unconfined': (('containers', 0, 'securityContext', 'seccompProfile'), {'type': 'Unconfined'}),
    'does not drop ALL': (('containers', 0, 'securityContext', 'capabilities', 'drop'), ['NET_RAW']),
    'adds capability SYS_ADMIN': (('containers', 0, 'securityContext', 'capabilities', 'add'), ['SYS_ADMIN']),
    'has hostPort': (('containers', 0, 'ports'), [{'containerPort': 1, 'hostPort': 1}]),
    'container i lacks allowPrivilegeEscalation': (('initContainers',), [{'name': 'i'}]),
}


class RestrictedTest(unittest.TestCase):

    def test_good(self):
        self.assertEqual(restricted.violations(GOOD), [])

    def test_bad(self):
        for expected, (path, value) in BAD.items():
            with self.subTest(expected):
                pod = copy.deepcopy(GOOD)
                place = pod
                for step in path[:-1]:
                    place = place[step]
                if value is None:
                    del place[path[-1]]
                else:
                    place[path[-1]] = value
                found = restricted.violations(pod)
                self.assertTrue(any(expected in line for line in found), found)


if __name__ == '__main__':
    unittest.main()
