"""The configuration file that the demo's exporter runs on."""

import json
from collections.abc import Iterator

from boks_exporter.simulator.domain import Boksinit, HostPlan
from boks_exporter.simulator.server import SimulatedServers

DOMAIN = "demo"

_HEAD = """\
# Written by boks-exporter demo, and removed when it ends.
poll:
  interval: 5s   # a monitoring system of your own needs no more than every 30s
  timeout: 4s

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
    thresholds:   # short, so that the demo need not be watched for minutes
      lag_age: 10s
      stamp_age: 5s
      missing_age: 5s
    hosts:
"""

_HOST = """\
      - name: {name}
        address: {address}
        port: {port}
        site: {site}
        section: {section}
        promotion: {promotion}
"""


def config_text(servers: SimulatedServers) -> str:
    """Write the file for the served domain: every host named, host keys verified, the gate as forced command."""
    head = _HEAD.format(
        domain=DOMAIN,
        user=servers.user,
        identity_file=json.dumps(str(servers.identity_file)),
        known_hosts=json.dumps(str(servers.known_hosts)),
    )
    return head + "".join(_hosts(servers))


def _hosts(servers: SimulatedServers) -> Iterator[str]:
    for plan in servers.domain.layout.hosts:
        yield _HOST.format(
            name=plan.name,
            address=servers.address,
            port=servers.port(plan.name),
            site=plan.site,
            section=plan.section,
            promotion=_promotion(plan),
        )


def _promotion(plan: HostPlan) -> str:
    """Prefer the replicas beside the master: somebody can go there."""
    return "neutral" if plan.role is Boksinit.MASTER or plan.section == "edge" else "prefer"
