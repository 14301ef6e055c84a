"""The hosts and the configuration of the failover tour, and the check of its end."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from boks_exporter.errors import BoksExporterError
from boks_exporter.model import Seconds
from boks_exporter.simulator.domain import Boksinit, HostPlan, Layout, SimulatedDomain
from boks_exporter.simulator.domain.invariants import Observer

if TYPE_CHECKING:
    from boks_exporter.simulator.server import SimulatedServers

MASTER: Final = "MASTER1"
REPLICAS: Final = ("REPHOST2", "REPHOST3", "REPHOST4")
AGE_SECONDS: Final[Seconds] = 3600.0
_ADDRESS: Final = "127.0.0.{number}"
_TABLES: Final = (0, 1, 2, 6, 7, 31)


class TourError(BoksExporterError):
    """The tour failed; the message names the step."""


def tour_layout() -> Layout:
    """Lay out a small domain without writes, an hour old: the tour shows roles, not numbers."""
    roles = {MASTER: Boksinit.MASTER, **dict.fromkeys(REPLICAS, Boksinit.SERVER)}
    return Layout(
        hosts=tuple(
            HostPlan(name=name, role=role, site="utrecht", address=_ADDRESS.format(number=number))
            for number, (name, role) in enumerate(roles.items(), 2)
        ),
        tables=_TABLES,
        writes_per_second=0.0,
        loading_seconds=20.0,
        epoch=time.time() - AGE_SECONDS,
    )


def tour_config(servers: "SimulatedServers", directory: Path) -> dict[str, Any]:
    """Return the configuration of the exporter and of the commands; JSON is YAML."""
    hosts = [
        {"name": name, "address": servers.address_of(name), "port": servers.port(name), "site": plan.plan.site}
        for name, plan in servers.domain.hosts.items()
    ]
    transport = {
        "kind": "ssh",
        "user": servers.user,
        "identity_files": [str(servers.identity_file)],
        "known_hosts": str(servers.known_hosts),
        "gate": "installed",
        "backoff_initial": "100ms",
        "backoff_limit": "1s",
    }
    failover = {
        "journal": str(directory / "journal.sqlite"),
        "operator": {"user": servers.operator_user, "identity_files": [str(servers.operator_identity_file)]},
        "cool_down": "0s",
    }
    domain = {"name": "demo", "transport": transport, "hosts": hosts, "failover": failover}
    return {
        "poll": {"interval": "2s", "timeout": "1500ms"},
        "state_file": str(directory / "state.sqlite"),
        "domains": [domain],
    }


def check_final_state(domain: SimulatedDomain, observer: Observer) -> None:
    """Check the simulator's own truth, which no command and no exporter sees; raises TourError."""
    truth = domain.truth()
    if observer.breaches:
        raise TourError(f"an invariant was broken: {', '.join(str(breach) for breach in observer.breaches)}")
    if truth.masters != (MASTER,) or not truth.hosts[MASTER].daemons_running:
        message = f"expected {MASTER} as the only master, and running; found {', '.join(truth.masters) or 'none'}"
        raise TourError(message)
    for name in REPLICAS:
        host = truth.hosts[name]
        differs = host.lag or host.ahead or host.wrong_stamps or host.missing_tables
        if host.role is not Boksinit.SERVER or not host.daemons_running or not host.is_fed or differs:
            raise TourError(f"{name} is not a healthy replica: {host}")
