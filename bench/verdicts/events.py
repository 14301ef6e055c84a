"""Apply an event of a generated history to its domain."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from bench.verdicts.event import Event
from boks_exporter.simulator.domain import Boksinit, Fault, SimulatedDomain

_Values: TypeAlias = Mapping[str, Any]


def happen(domain: SimulatedDomain, event: Event) -> None:
    """Apply the event now; no command can be typed on a machine that is off."""
    values = dict(event.parameters)
    if event.fault and event.what == "set":
        domain.set_fault(event.host, event.fault, **values)
    elif event.fault:
        domain.clear_fault(event.host, event.fault)
    elif Fault.MASTER_DEAD not in domain.hosts[event.host].faults:
        _COMMANDS[event.what](domain, event.host, values)


def _stop(domain: SimulatedDomain, host: str, _: _Values) -> None:
    domain.run(host, ("Boot", "-k"))


def _start(domain: SimulatedDomain, host: str, _: _Values) -> None:
    domain.run(host, ("Boot",))


def _convert(domain: SimulatedDomain, host: str, values: _Values) -> None:
    domain.run(host, ("convert", "-v", values["role"]))


def _begin_table(domain: SimulatedDomain, host: str, values: _Values) -> None:
    domain.begin_table(host, values["table"], rate=values["rate"])


def _restore(domain: SimulatedDomain, host: str, values: _Values) -> None:
    domain.restore(host, values["seconds"])


def _rejoin(domain: SimulatedDomain, host: str, values: _Values) -> None:
    """Make a client a replica again (K1456 procedures 3 and 1); kept data files are what K1262 warns of."""
    if domain.hosts[host].role != "client":
        return
    master = values["master"]
    if not values["keeps_data"]:
        domain.remove_data(host)
    domain.run(host, ("convert", "-v", "server"))
    domain.run(master, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host))
    domain.run(master, ("Boot", "-k"))
    domain.run(master, ("Boot",))


def _meet(domain: SimulatedDomain, host: str, _: _Values) -> None:
    """Make every table of two masters have the same number, each by updates of its own."""
    masters = domain.masters()
    if len(masters) != 2 or host not in masters:
        return
    (other,) = (name for name in masters if name != host)
    ours, theirs = (domain.hosts[name].copy.numbers(domain.now) for name in (host, other))
    for table in ours.keys() & theirs.keys():
        domain.write(other, table, ours[table][0] - theirs[table][0])
        domain.write(host, table, theirs[table][0] - ours[table][0])


def _rebuild(domain: SimulatedDomain, host: str, _: _Values) -> None:
    """Replace a replica's data by its master's at once, so that no list shows it as loading."""
    replica = domain.hosts[host]
    if replica.role is not Boksinit.SERVER or replica.source is None:
        return
    source = replica.source
    for fault in (Fault.AHEAD, Fault.DIVERGED):
        replica.faults.pop(fault, None)
    domain.remove_data(host)
    domain.connect()
    if replica.source == source:
        replica.copy.loading = None
        domain.hosts[source].links[host].loading_until = domain.now


_COMMANDS: Final[Mapping[str, Callable[[SimulatedDomain, str, _Values], None]]] = {
    "stop": _stop,
    "start": _start,
    "convert": _convert,
    "rejoin": _rejoin,
    "table": _begin_table,
    "restore": _restore,
    "meet": _meet,
    "rebuild": _rebuild,
}
