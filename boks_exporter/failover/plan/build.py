"""A plan of steps with named hosts and written-out requests, built from a procedure's table and the facts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.step import HostRole, ProcedureStep, StepKind, When
from boks_exporter.failover.procedures.tables import RETIRE_AT_CONSOLE, TABLES
from boks_exporter.health import ReplicaState
from boks_exporter.model import DomainName, HostName, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps of one procedure for one target. Without steps, `obstacle` states the reason.

    `master` is the present one, or the one that a promotion replaces. The role of `excused` hosts was unknown when the
    plan was made: they may stay unreachable. `healthy` replicas were OK then, and have to be OK afterwards.
    `lock_hosts` are locked on the hosts.
    """

    procedure: Procedure
    domain: DomainName
    target: HostName
    master: HostName | None
    steps: tuple[ProcedureStep, ...]
    obstacle: str = ""
    excused: tuple[HostName, ...] = ()
    healthy: tuple[HostName, ...] = ()
    lock_hosts: tuple[HostName, ...] = ()
    afterwards: tuple[str, ...] = ()

    @property
    def changed_hosts(self) -> tuple[HostName, ...]:
        """The hosts that its steps change through the gate, each once."""
        return tuple(dict.fromkeys(step.host for step in self.steps if step.words))

    @property
    def concerned_hosts(self) -> tuple[HostName, ...]:
        """The hosts that its steps change, through the gate or at the console."""
        return tuple(dict.fromkeys(step.host for step in self.steps if step.changes))

    @property
    def fenced_hosts(self) -> tuple[HostName, ...]:
        return tuple(step.host for step in self.steps if step.kind is StepKind.FENCE)

    def step(self, number: int) -> ProcedureStep:
        return self.steps[number - 1]


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


def make_plan(procedure: Procedure, target: HostName, facts: FailoverFacts) -> Plan:
    """Return the plan of a procedure for a target; guards judge it separately."""
    master = master_for(procedure, target, facts)
    obstacle = _obstacle(procedure, target, master, facts)
    steps = () if obstacle else tuple(_steps(procedure, {HostRole.TARGET: target, HostRole.MASTER: master}, facts))
    return Plan(
        procedure=procedure,
        domain=facts.snapshot.domain,
        target=target,
        master=master,
        steps=steps,
        obstacle=obstacle,
        excused=tuple(host.name for host in facts.snapshot.hosts if facts.role(host.name) is Role.UNKNOWN),
        healthy=tuple(each.host for each in facts.health.hosts if each.is_replica and each.state is ReplicaState.OK),
        lock_hosts=_lock_hosts(facts, steps),
        afterwards=() if obstacle else tuple(afterwards(procedure, target, master, facts)),
    )


def master_for(procedure: Procedure, target: HostName, facts: FailoverFacts) -> HostName | None:
    """Return the master that a plan is about: the present one, but never the host that is retired."""
    if procedure is Procedure.PROMOTE:
        return facts.snapshot.last_known_master if facts.snapshot.last_known_master != target else None
    if procedure is Procedure.RETIRE:
        others = [name for name in facts.snapshot.masters if name != target]
        return others[0] if len(others) == 1 else None
    return facts.snapshot.master


def _obstacle(procedure: Procedure, target: HostName, master: HostName | None, facts: FailoverFacts) -> str:
    if facts.host(target) is None:
        return f"{target} is no host of {facts.snapshot.domain}"
    if procedure is Procedure.PROMOTE:
        return ""
    if master is None:
        masters = facts.snapshot.masters
        text = (
            f"{', '.join(masters)} all report that they are master" if len(masters) > 1 else "no other host is master"
        )
        return f"{procedure} needs one master besides {target}: {text}"
    if master == target:
        return f"{target} is the master: {procedure} is for another host"
    if procedure is not Procedure.RETIRE and _shm_size(facts, master) is None:
        return f"SHM_SIZE of {master} could not be read, so it cannot be given to a replica"
    return ""


def _table(procedure: Procedure, target: HostName, facts: FailoverFacts) -> tuple[ProcedureStep, ...]:
    """Return the table; an old master that SSH does not reach is retired at its console."""
    if procedure is Procedure.RETIRE and (facts.readiness(target) is None or facts.seen(target) is None):
        return RETIRE_AT_CONSOLE
    return TABLES[procedure]


def _steps(
    procedure: Procedure, roles: dict[HostRole, HostName | None], facts: FailoverFacts
) -> Iterator[ProcedureStep]:
    hosts: dict[str, HostName] = {role: name or "" for role, name in roles.items()}
    wanted, number = wanted_shm_size(facts), 0
    for template in _table(procedure, hosts[HostRole.TARGET], facts):
        step = template.with_hosts(hosts)
        former = _shm_size(facts, step.host)
        if _applies(step, facts, wanted):
            number += 1
            yield replace(step.with_shm_size(wanted, former), number=number)


def wanted_shm_size(facts: FailoverFacts) -> int | None:
    """Return the present master's SHM_SIZE, which every replica must have."""
    master = facts.snapshot.master
    seen = facts.seen(master) if master else None
    return seen.environment.shm_size_kilobytes if seen else None


def _shm_size(facts: FailoverFacts, host: HostName) -> int | None:
    seen = facts.seen(host)
    return seen.environment.shm_size_kilobytes if seen else None


def _applies(step: ProcedureStep, facts: FailoverFacts, shm_size: int | None) -> bool:
    match step.when:
        case When.SHM_SIZE_DIFFERS:
            return shm_size is not None and _shm_size(facts, step.host) != shm_size
        case When.DATABASE_IS_THERE:
            readiness = facts.readiness(step.host)
            return readiness is None or readiness.database_present is not False
        case When.IS_FENCED:
            return facts.has_fence and step.host in facts.possible_masters
        case _:
            return True


def _lock_hosts(facts: FailoverFacts, steps: tuple[ProcedureStep, ...]) -> tuple[HostName, ...]:
    """Return the hosts to lock: those that are changed, and every server that can be locked.

    Two promotions on two machines change two different hosts; only a lock on all servers keeps them apart.
    """
    changed = {step.host for step in steps if step.words}
    if not any(step.changes for step in steps):
        return ()
    servers = {
        seen.host
        for seen in facts.snapshot.observed()
        if seen.role in {Role.MASTER, Role.REPLICA} and facts.readiness(seen.host) is not None
    }
    return tuple(sorted(changed | servers))
