"""The roles of all hosts after a plan was carried out."""

from collections.abc import Iterator

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import HostName, Role


def afterwards(procedure: Procedure, target: HostName, master: HostName | None, facts: FailoverFacts) -> Iterator[str]:
    """Write the expected role of each host in a line."""
    changed = _changed(procedure, target, master, facts)
    for host in facts.snapshot.hosts:
        before = _now(facts, host.name)
        after = changed.get(host.name, before)
        yield f"{host.name}: {after}" + ("" if after == before else f" (now: {before})")


def _now(facts: FailoverFacts, host: HostName) -> str:
    return facts.role(host) if facts.seen(host) else "unreachable"


def _changed(
    procedure: Procedure, target: HostName, master: HostName | None, facts: FailoverFacts
) -> dict[HostName, str]:
    match procedure:
        case Procedure.PROMOTE:
            old = {master: "unreachable; retire it before it boots"} if master and facts.seen(master) is None else {}
            return {**old, target: Role.MASTER}
        case Procedure.RETIRE:
            return {target: "client without a database; add-replica makes it a replica"}
        case Procedure.ADD_REPLICA:
            return {target: Role.REPLICA}
        case Procedure.REBUILD:
            return {target: "replica with the master's data"}
        case _:
            return {target: Role.MASTER, **({master: Role.REPLICA} if master else {})}
