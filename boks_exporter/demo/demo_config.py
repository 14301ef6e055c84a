"""The configuration file of the demo's exporter."""

import json
import socket
from collections.abc import Iterator

from boks_exporter.simulator.domain import Boksinit, HostPlan, SimulatedDomain
from boks_exporter.simulator.server import SimulatedServers

DOMAIN = "demo"

_HEAD = """\
# Written by boks-exporter demo, and removed when it ends.
poll:
  interval: 5s   # in production 30s is enough
  timeout: 4s

state_file: {state_file}   # failover needs it to know a dead master

domains:
  - name: {domain}
    transport:
      kind: ssh
      user: {user}
      identity_files: [{identity_file}]
      known_hosts: {known_hosts}
      gate: installed
      backoff_initial: 5s
      backoff_limit: 15s
    thresholds:   # short, so that faults show within seconds
      lag_age: 10s
      stamp_age: 5s
      missing_age: 5s
{failover}    hosts:
"""

_FAILOVER = """\
    failover:   # the key that may change the hosts; the exporter does not use it
      journal: {journal}
      operator:
        user: {user}
        identity_files: [{identity_file}]
"""

_HOST = """\
      - name: {name}
        address: {address}
        port: {port}
        site: {site}
        section: {section}
        promotion: {promotion}
"""


def can_have_gates(domain: SimulatedDomain) -> bool:
    """Return whether every host can listen on its own address, which the operator's gates need."""
    try:
        for plan in domain.layout.hosts:
            with socket.socket() as probe:
                probe.bind((plan.address, 0))
    except OSError:
        return False
    return True


def config_text(servers: SimulatedServers) -> str:
    """Return the file for the served domain: every host named, host keys verified, the gate as forced command."""
    head = _HEAD.format(
        domain=DOMAIN,
        user=servers.user,
        identity_file=json.dumps(str(servers.identity_file)),
        known_hosts=json.dumps(str(servers.known_hosts)),
        state_file=json.dumps(str(servers.identity_file.with_name("state.sqlite"))),
        failover=_failover(servers),
    )
    return head + "".join(_hosts(servers))


def _failover(servers: SimulatedServers) -> str:
    """Return the failover section, for hosts with the operator's gate."""
    if servers.operators is None:
        return ""
    return _FAILOVER.format(
        journal=json.dumps(str(servers.identity_file.with_name("journal.sqlite"))),
        user=servers.operator_user,
        identity_file=json.dumps(str(servers.operator_identity_file)),
    )


def _hosts(servers: SimulatedServers) -> Iterator[str]:
    for plan in servers.domain.layout.hosts:
        yield _HOST.format(
            name=plan.name,
            address=servers.address_of(plan.name),
            port=servers.port(plan.name),
            site=plan.site,
            section=plan.section,
            promotion=_promotion(plan),
        )


def _promotion(plan: HostPlan) -> str:
    """Prefer the replicas at the master's site."""
    return "neutral" if plan.role is Boksinit.MASTER or plan.section == "edge" else "prefer"
