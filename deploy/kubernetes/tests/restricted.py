"""Kubernetes' Pod Security Standard "restricted", as its documentation lists it.

A pod's specification in, what it breaks out, a line each. Only Linux pods; init and
ephemeral containers are containers.
"""

VOLUMES = {'configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'}
SECCOMP = {'RuntimeDefault', 'Localhost'}
SYSCTLS = {'kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start',
           'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_local_reserved_ports',
           'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl',
           'net.ipv4.tcp_keepalive_probes'}
SELINUX = {'', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'}


def violations(pod):
    found = []
    of_pod = pod.get('securityContext') or {}
    for host in ('hostNetwork', 'hostPID', 'hostIPC'):
        if pod.get(host):
            found.append(f'{host} is true')
    for volume in pod.get('volumes') or []:
        for kind in set(volume) - {'name'} - VOLUMES:
            found.append(f'volume {volume["name"]} is a {kind}')
    for sysctl in of_pod.get('sysctls') or []:
        if sysctl['name'] not in SYSCTLS:
            found.append(f'sysctl {sysctl["name"]}')
    found += _context('the pod', of_pod)
    containers = [container for kind in ('containers', 'initContainers', 'ephemeralContainers')
                  for container in pod.get(kind) or []]
    for container in containers:
        found += _container(container, of_pod)
    return found


def _context(who, context):
    found = []
    if context.get('runAsUser') == 0:
        found.append(f'{who} has runAsUser 0')
    options = context.get('seLinuxOptions') or {}
    if options.get('type', '') not in SELINUX or options.get('user') or options.get('role'):
        found.append(f'{who} has seLinuxOptions {options}')
    if (context.get('windowsOptions') or {}).get('hostProcess'):
        found.append(f'{who} is a Windows host process')
    profile = (context.get('appArmorProfile') or {}).get('type', 'RuntimeDefault')
    if profile not in SECCOMP:
        found.append(f'{who} has AppArmor profile {profile}')
    return found


def _container(container, of_pod):
    who = f'container {container["name"]}'
    own = container.get('securityContext') or {}
    found = _context(who, own)
    if own.get('privileged'):
        found.append(f'{who} is privileged')
    if own.get('allowPrivilegeEscalation') is not False:
        found.append(f'{who} lacks allowPrivilegeEscalation: false')
    if own.get('procMount', 'Default') != 'Default':
        found.append(f'{who} has procMount {own["procMount"]}')
    if own.get('runAsNonRoot', of_pod.get('runAsNonRoot')) is not True:
        found.append(f'{who} lacks runAsNonRoot: true')
    seccomp = (own.get('seccompProfile') or of_pod.get('seccompProfile') or {}).get('type')
    if seccomp not in SECCOMP:
        found.append(f'{who} has seccompProfile {seccomp}')
    capabilities = own.get('capabilities') or {}
    if 'ALL' not in (capabilities.get('drop') or []):
        found.append(f'{who} does not drop ALL capabilities')
    for added in set(capabilities.get('add') or []) - {'NET_BIND_SERVICE'}:
        found.append(f'{who} adds capability {added}')
    for port in container.get('ports') or []:
        if port.get('hostPort'):
            found.append(f'{who} has hostPort {port["hostPort"]}')
    return found
