"""The effect of each fault on a host when it is set, and when it is cleared."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from boks_exporter.model import Seconds, TableNumber
from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit
from boks_exporter.simulator.domain.replica_data import Loading
from boks_exporter.simulator.domain.roles import demote, promote, start_daemons, stop_daemons
from boks_exporter.simulator.domain.state import SimulatedState
from boks_exporter.simulator.domain.update_flow import connect, follow

Parameters: TypeAlias = Mapping[str, Any]
Effect: TypeAlias = Callable[[SimulatedState, SimulatedHost, Parameters], None]

_DAY: Final = 86400
_EMPTY_SECONDS: Final[Seconds] = 8.0
"""Longer than a round of the demo."""


def set_fault(state: SimulatedState, host: SimulatedHost, fault: Fault, parameters: Parameters) -> None:
    """Set a fault on a host; one that is set already is cleared first."""
    _undo(state, host, fault)
    host.faults[fault] = parameters
    if fault in _SET and (fault not in _OF_REPLICAS or host.role is Boksinit.SERVER):
        _SET[fault](state, host, parameters)
    connect(state)


def clear_fault(state: SimulatedState, host: SimulatedHost, fault: Fault) -> None:
    """End a fault; one that is not set changes nothing."""
    if _undo(state, host, fault):
        is_reloaded = fault in _RELOADED and host.role is Boksinit.SERVER
        if is_reloaded:
            _reload(state, host)
        connect(state)
        if is_reloaded:
            _wait_for_the_first_table(state, host)


def _undo(state: SimulatedState, host: SimulatedHost, fault: Fault) -> bool:
    if fault not in host.faults:
        return False
    parameters = host.faults.pop(fault)
    if fault in _CLEARED:
        _CLEARED[fault](state, host, parameters)
    return True


def _tables(host: SimulatedHost, parameters: Parameters) -> Iterable[TableNumber]:
    """Return the tables that a fault is about: those that it names, or the busiest one."""
    if "tables" in parameters:
        return tuple(parameters["tables"])
    return tuple(host.copy.database.busiest())[:1] if host.copy.database else ()


def _stop(state: SimulatedState, host: SimulatedHost, _: Parameters) -> None:
    stop_daemons(state, host)


def _start(state: SimulatedState, host: SimulatedHost, _: Parameters) -> None:
    """Start unless another fault still holds the daemons back."""
    if not host.faults.keys() & {Fault.DOWN, Fault.MASTER_DEAD}:
        start_daemons(state, host)


def _load(state: SimulatedState, host: SimulatedHost, parameters: Parameters) -> None:
    host.must_load = True
    connect(state)
    if parameters.get("from_scratch"):
        host.copy.loading = Loading(state.now, state.now + state.layout.loading_seconds)


def _loaded(state: SimulatedState, host: SimulatedHost, _: Parameters) -> None:
    host.must_load = True
    connect(state)


def _pace(state: SimulatedState, host: SimulatedHost, _: Parameters) -> None:
    follow(state, host)


def _stick(state: SimulatedState, host: SimulatedHost, parameters: Parameters) -> None:
    for table in _tables(host, parameters):
        host.copy.stick(table, state.now)


def _unstick(state: SimulatedState, host: SimulatedHost, _: Parameters) -> None:
    for table in tuple(host.copy.stuck):
        host.copy.unstick(table, state.now)


def _add(state: SimulatedState, host: SimulatedHost, parameters: Parameters) -> None:
    by, numbers = int(parameters.get("by", 2)), host.copy.numbers(state.now)
    for table in _tables(host, parameters):
        host.copy.surplus[table] = host.copy.surplus.get(table, 0) + by
        if table in numbers:
            host.copy.add_own(table, numbers[table][0], numbers[table][0] + by)


def _take_away(_: SimulatedState, host: SimulatedHost, __: Parameters) -> None:
    host.copy.surplus.clear()
    host.copy.own.clear()


def _reload(state: SimulatedState, host: SimulatedHost) -> None:
    """Load the whole copy of a replica again, which removes what is wrong in it."""
    host.must_load = True
    host.copy.loading = Loading(state.now, state.now + state.layout.loading_seconds)


def _wait_for_the_first_table(state: SimulatedState, host: SimulatedHost) -> None:
    """Leave the host without any file of a database for a while, as a rebuild does."""
    source = state.hosts.get(host.source or "")
    if source and host.copy.loading:
        loading, link = host.copy.loading, source.links[host.name]
        host.copy.loading = Loading(loading.begun + _EMPTY_SECONDS, loading.ends + _EMPTY_SECONDS)
        link.loading_until += _EMPTY_SECONDS
        follow(state, host)


def _restamp(state: SimulatedState, host: SimulatedHost, parameters: Parameters) -> None:
    numbers = host.copy.numbers(state.now)
    for table in _tables(host, parameters):
        if table in numbers:
            host.copy.stamps[table] = numbers[table][1] - float(parameters.get("days", 300)) * _DAY


def _stamp_back(_: SimulatedState, host: SimulatedHost, __: Parameters) -> None:
    host.copy.stamps.clear()


def _remove_tables(_: SimulatedState, host: SimulatedHost, parameters: Parameters) -> None:
    host.copy.absent |= set(_tables(host, parameters))


def _bring_tables_back(_: SimulatedState, host: SimulatedHost, __: Parameters) -> None:
    host.copy.absent.clear()


def _promote(state: SimulatedState, host: SimulatedHost, _: Parameters) -> None:
    promote(state, host)


def _back_to_replica(state: SimulatedState, host: SimulatedHost, _: Parameters) -> None:
    demote(state, host, Boksinit.SERVER)
    start_daemons(state, host)


_OF_REPLICAS: Final = frozenset({Fault.DIVERGED, Fault.AHEAD, Fault.WRONG_STAMP, Fault.MISSING_TABLE})
"""Faults of a replica's data."""
_RELOADED: Final = frozenset({Fault.AHEAD, Fault.WRONG_STAMP})
"""Faults that end with a reload of the copy."""

_SET: Final[Mapping[Fault, Effect]] = {
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

_CLEARED: Final[Mapping[Fault, Effect]] = {
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
