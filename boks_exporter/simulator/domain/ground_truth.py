"""What is really so at an instant, whoever can or cannot see it."""

from collections.abc import Mapping
from dataclasses import dataclass

from boks_exporter.model import HostName, Seconds, TableNumber
from boks_exporter.simulator.domain.faults import Connectivity
from boks_exporter.simulator.domain.layout import Boksinit
from boks_exporter.simulator.domain.replica_link import Status


@dataclass(frozen=True, slots=True)
class HostTruth:
    """One host. What relates it to a master is None where there is not exactly one working master, or for no replica.

    `lag` and `ahead` hold the tables of equal stamps in which it differs. `oldest_missing` is the age of the oldest
    update that it lacks, 0.0 with none; `link` is what the master's list shows of it, None where it is not listed.
    """

    role: Boksinit
    daemons_running: bool
    connectivity: Connectivity
    is_fed: bool
    lag: Mapping[TableNumber, int] | None = None
    ahead: Mapping[TableNumber, int] | None = None
    oldest_missing: Seconds | None = None
    wrong_stamps: tuple[TableNumber, ...] | None = None
    missing_tables: tuple[TableNumber, ...] | None = None
    link: Status | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """The domain. `masters` are the hosts whose ENV says master and which are switched on."""

    now: Seconds
    masters: tuple[HostName, ...]
    hosts: Mapping[HostName, HostTruth]
