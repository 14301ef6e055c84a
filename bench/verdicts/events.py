"""Apply an event of a generated history to its domain."""

from bench.verdicts.generated_history import Event
from boks_exporter.simulator.domain import Fault, SimulatedDomain


def happen(domain: SimulatedDomain, event: Event) -> None:
    """Apply the event now; no command can be typed on a machine that is off."""
    values = dict(event.parameters)
    if event.fault is None and Fault.MASTER_DEAD in domain.hosts[event.host].faults:
        return
    match event.what:
        case "set" if event.fault:
            domain.set_fault(event.host, event.fault, **values)
        case "clear" if event.fault:
            domain.clear_fault(event.host, event.fault)
        case "stop":
            domain.run(event.host, ("Boot", "-k"))
        case "start":
            domain.run(event.host, ("Boot",))
        case "convert":
            domain.run(event.host, ("convert", "-v", values["role"]))
        case "rejoin":
            _rejoin(domain, event.host, values["master"], keeps_data=values["keeps_data"])
        case "table":
            domain.begin_table(event.host, values["table"], rate=values["rate"])
        case "restore":
            domain.restore(event.host, values["seconds"])


def _rejoin(domain: SimulatedDomain, host: str, master: str, *, keeps_data: bool) -> None:
    """Make a client a replica again (K1456 procedures 3 and 1); kept data files are what K1262 warns of."""
    if domain.hosts[host].role != "client":
        return
    if not keeps_data:
        domain.remove_data(host)
    domain.run(host, ("convert", "-v", "server"))
    domain.run(master, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host))
    domain.run(master, ("Boot", "-k"))
    domain.run(master, ("Boot",))
