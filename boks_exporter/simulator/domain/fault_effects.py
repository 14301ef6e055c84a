"""What each fault does to a host when it is set, and what is undone when it is cleared."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit
from boks_exporter.simulator.domain.replica_data import Loading

if TYPE_CHECKING:
    from boks_exporter.simulator.domain.domain import SimulatedDomain

Parameters: TypeAlias = Mapping[str, Any]
Effect: TypeAlias = "Callable[[SimulatedDomain, SimulatedHost, Parameters], None]"

_DAY: Final = 86400


def _stop(domain: "SimulatedDomain", host: SimulatedHost, _: Parameters) -> None:
    domain.stop_daemons(host)


def _start(domain: "SimulatedDomain", host: SimulatedHost, _: Parameters) -> None:
    """Start unless another fault still holds the daemons back."""
    if not host.faults.keys() & {Fault.DOWN, Fault.MASTER_DEAD}:
        domain.start_daemons(host)


def _load(domain: "SimulatedDomain", host: SimulatedHost, parameters: Parameters) -> None:
    host.must_load = True
    domain.connect()
    if parameters.get("from_scratch"):
        host.copy.loading = Loading(domain.now, domain.now + domain.layout.loading_seconds)


def _loaded(domain: "SimulatedDomain", host: SimulatedHost, _: Parameters) -> None:
    host.must_load = True
    domain.connect()


def _pace(domain: "SimulatedDomain", host: SimulatedHost, _: Parameters) -> None:
    domain.follow(host)


def _stick(domain: "SimulatedDomain", host: SimulatedHost, parameters: Parameters) -> None:
    for table in domain.tables_or_busiest(host, parameters):
        host.copy.stick(table, domain.now)


def _unstick(domain: "SimulatedDomain", host: SimulatedHost, _: Parameters) -> None:
    for table in tuple(host.copy.stuck):
        host.copy.unstick(table, domain.now)


def _add(domain: "SimulatedDomain", host: SimulatedHost, parameters: Parameters) -> None:
    for table in domain.tables_or_busiest(host, parameters):
        host.copy.surplus[table] = host.copy.surplus.get(table, 0) + int(parameters.get("by", 2))


def _take_away(_: "SimulatedDomain", host: SimulatedHost, __: Parameters) -> None:
    host.copy.surplus.clear()


def _restamp(domain: "SimulatedDomain", host: SimulatedHost, parameters: Parameters) -> None:
    numbers = host.copy.numbers(domain.now)
    for table in domain.tables_or_busiest(host, parameters):
        if table in numbers:
            host.copy.stamps[table] = numbers[table][1] - float(parameters.get("days", 300)) * _DAY


def _stamp_back(_: "SimulatedDomain", host: SimulatedHost, __: Parameters) -> None:
    host.copy.stamps.clear()


def _remove_tables(domain: "SimulatedDomain", host: SimulatedHost, parameters: Parameters) -> None:
    host.copy.absent |= set(domain.tables_or_busiest(host, parameters))


def _bring_tables_back(_: "SimulatedDomain", host: SimulatedHost, __: Parameters) -> None:
    host.copy.absent.clear()


def _promote(domain: "SimulatedDomain", host: SimulatedHost, _: Parameters) -> None:
    domain.promote(host)


def _back_to_replica(domain: "SimulatedDomain", host: SimulatedHost, _: Parameters) -> None:
    domain.demote(host, Boksinit.SERVER)
    domain.start_daemons(host)


OF_REPLICAS: Final = frozenset({Fault.DIVERGED, Fault.AHEAD, Fault.WRONG_STAMP, Fault.MISSING_TABLE})
"""Faults of a copy, which only a replica has."""

SET: Final[Mapping[Fault, Effect]] = {
    Fault.DOWN: _stop,
    Fault.MASTER_DEAD: _stop,
    Fault.LOADING: _load,
    Fault.SLOW: _pace,
    Fault.DIVERGED: _stick,
    Fault.AHEAD: _add,
    Fault.WRONG_STAMP: _restamp,
    Fault.MISSING_TABLE: _remove_tables,
    Fault.TWO_MASTERS: _promote,
}

CLEARED: Final[Mapping[Fault, Effect]] = {
    Fault.DOWN: _start,
    Fault.MASTER_DEAD: _start,
    Fault.LOADING: _loaded,
    Fault.SLOW: _pace,
    Fault.DIVERGED: _unstick,
    Fault.AHEAD: _take_away,
    Fault.WRONG_STAMP: _stamp_back,
    Fault.MISSING_TABLE: _bring_tables_back,
    Fault.TWO_MASTERS: _back_to_replica,
}
