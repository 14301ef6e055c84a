"""The bed's hosts and addresses: a master and eight replicas in three sites, and a fourth site that watches them."""

from typing import Final

from boks_exporter.model import HostName
from boks_exporter.simulator.domain import Boksinit, HostPlan, Layout

SITES: Final = ("utrecht", "rotterdam", "groningen")
WATCHERS: Final = "watchers"
"""The site of the exporter, Prometheus and Alertmanager; its only host has the same name."""

MASTER: Final[HostName] = "MASTER1"
SLOW_LINE: Final[HostName] = "REPHOST8"
"""The host whose line can be delayed."""

DOMAIN: Final = "bed"
EXPORTER_PORT: Final = 16500
PROMETHEUS_PORT: Final = 9090
ALERTMANAGER_PORT: Final = 9093
RANGE: Final = "10.77.0.0/16"

_TABLES: Final = (0, 1, 2, 5, 6, 7, 9, 15, 16, 17)
_FIRST_NUMBER: Final = 11
_HOSTS_PER_SITE: Final = 3

LAYOUT: Final = Layout(
    hosts=tuple(
        HostPlan(
            name=f"REPHOST{number}" if number else MASTER,
            role=Boksinit.SERVER if number else Boksinit.MASTER,
            site=SITES[number // _HOSTS_PER_SITE],
            section="core",
            delay_seconds=0.1,
        )
        for number in range(len(SITES) * _HOSTS_PER_SITE)
    ),
    tables=_TABLES,
    writes_per_second=4.0,
)
HOSTS: Final[tuple[HostName, ...]] = tuple(plan.name for plan in LAYOUT.hosts)
SITE_OF: Final = {plan.name: plan.site for plan in LAYOUT.hosts}


def hosts_at(site: str) -> tuple[HostName, ...]:
    return tuple(name for name in HOSTS if SITE_OF[name] == site)


def site_number(site: str) -> int:
    return len(SITES) + 1 if site == WATCHERS else SITES.index(site) + 1


def address(host: HostName, move: int = 0) -> str:
    """Return a host's address; `move` is how often it has moved."""
    if host == WATCHERS:
        return f"10.77.{site_number(WATCHERS)}.{_FIRST_NUMBER}"
    place = hosts_at(SITE_OF[host]).index(host)
    return f"10.77.{site_number(SITE_OF[host])}.{_FIRST_NUMBER + place + 10 * (move % 20)}"


def dns_name(host: HostName) -> str:
    return f"{host.lower()}.bed"
