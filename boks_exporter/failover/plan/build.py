"""From a procedure's table and the facts to a plan in which every host has its name."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.plan.expected_roles import afterwards
from boks_exporter.failover.plan.steps import REMOVAL, Plan, PlanStep
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.step_template import (
    LAST_LINES,
    ConditionTemplate,
    GateAction,
    HostRole,
    StepTemplate,
    When,
)
from boks_exporter.failover.procedures.tables import RETIRE_AT_CONSOLE, TABLES
from boks_exporter.health import ReplicaState
from boks_exporter.model import HostName, Role
from boks_exporter.remote import operator_requests as op

_NEEDS_MASTER: Final = frozenset(Procedure) - {Procedure.PROMOTE, Procedure.VERIFY}


def make_plan(procedure: Procedure, target: HostName, facts: FailoverFacts) -> Plan:
    """Propose what to do; the guards are asked about it separately."""
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
        excused=_silent(facts) if procedure is not Procedure.VERIFY else (),
        sound=_sound(facts),
        lock_hosts=_lock_hosts(facts, steps),
        afterwards=() if obstacle else tuple(afterwards(procedure, target, master, facts)),
    )


def _silent(facts: FailoverFacts) -> tuple[HostName, ...]:
    """Name the hosts that do not answer, or of which nobody knows what they are."""
    return tuple(host.name for host in facts.snapshot.hosts if facts.role(host.name) is Role.UNKNOWN)


def _sound(facts: FailoverFacts) -> tuple[HostName, ...]:
    """Name the replicas that are OK."""
    return tuple(each.host for each in facts.health.hosts if each.is_replica and each.state is ReplicaState.OK)


def master_for(procedure: Procedure, target: HostName, facts: FailoverFacts) -> HostName | None:
    """Name the master that a plan is about: the present one, but never the host that is retired itself."""
    if procedure is Procedure.PROMOTE:
        return facts.snapshot.last_known_master if facts.snapshot.last_known_master != target else None
    if procedure is Procedure.RETIRE:
        others = [name for name in facts.snapshot.masters if name != target]
        return others[0] if len(others) == 1 else None
    return facts.snapshot.master


def _obstacle(procedure: Procedure, target: HostName, master: HostName | None, facts: FailoverFacts) -> str:
    if facts.host(target) is None:
        return f"{target} is no host of {facts.snapshot.domain}"
    if procedure in _NEEDS_MASTER and master is None:
        masters = facts.snapshot.masters
        said = f"{', '.join(masters)} all say that they are master" if len(masters) > 1 else "no other host is master"
        return f"{procedure} needs one master beside {target}: {said}"
    if procedure in _NEEDS_MASTER and master == target:
        return f"{target} is the master: {procedure} is for another host"
    shm_size = facts.seen(master) if master and procedure in _JOINS else None
    if shm_size is not None and shm_size.environment.shm_size_kilobytes is None:
        return f"SHM_SIZE of {master} could not be read, so it cannot be given to a replica"
    return ""


_JOINS: Final = {Procedure.ADD_REPLICA, Procedure.REBUILD, Procedure.SWITCHOVER, Procedure.FAILBACK}


def _table(procedure: Procedure, target: HostName, facts: FailoverFacts) -> tuple[StepTemplate, ...]:
    """Choose the table; an old master that SSH does not reach is retired at its console."""
    if procedure is Procedure.RETIRE and (facts.readiness(target) is None or facts.seen(target) is None):
        return RETIRE_AT_CONSOLE
    return TABLES[procedure]


def _steps(procedure: Procedure, parts: dict[HostRole, HostName | None], facts: FailoverFacts) -> Iterator[PlanStep]:
    number = 0
    hosts = {part: name or "" for part, name in parts.items()}
    for row in _table(procedure, hosts[HostRole.TARGET], facts):
        if _applies(row, hosts[row.on], facts, wanted_shm_size(facts)):
            number += 1
            yield _step(number, row, hosts, facts)


def wanted_shm_size(facts: FailoverFacts) -> int | None:
    """Tell the present master's SHM_SIZE, which every replica must have."""
    master = facts.snapshot.master
    seen = facts.seen(master) if master else None
    return seen.environment.shm_size_kilobytes if seen else None


def _shm_size(facts: FailoverFacts, host: HostName) -> int | None:
    seen = facts.seen(host)
    return seen.environment.shm_size_kilobytes if seen else None


def _applies(row: StepTemplate, host: HostName, facts: FailoverFacts, shm_size: int | None) -> bool:
    match row.when:
        case When.SHM_SIZE_DIFFERS:
            return shm_size is not None and _shm_size(facts, host) != shm_size
        case When.DATABASE_IS_THERE:
            readiness = facts.readiness(host)
            return readiness is None or readiness.database_present is not False
        case _:
            return True


def _step(number: int, row: StepTemplate, hosts: dict[HostRole, HostName], facts: FailoverFacts) -> PlanStep:
    host = hosts[row.on]
    shm_size, former = wanted_shm_size(facts), _shm_size(facts, host)
    undo = _words(row.undo, former) if row.undo else None
    return PlanStep(
        number=number,
        key=row.key,
        purpose=row.purpose,
        host=host,
        kind=row.kind,
        words=(_words(row.do, shm_size) or ()) if row.do else (),
        needs=tuple(_claims(row.needs, hosts, shm_size)),
        prefers=tuple(_claims(row.prefers, hosts, shm_size)),
        proves=tuple(_claims(row.proves, hosts, shm_size)),
        undo=undo,
        undo_needs=tuple(_claims(row.undo_needs, hosts, shm_size)),
        no_undo="" if undo else "its former SHM_SIZE is not known" if row.undo else row.no_undo,
        point_of_no_return=row.point_of_no_return,
        trusts_exit=row.trusts_exit,
        gives_up=row.gives_up,
        last_line=LAST_LINES.get(row.do) if row.do else None,
        deadline_seconds=row.deadline_seconds,
    )


def _claims(
    abouts: tuple[ConditionTemplate, ...], hosts: dict[HostRole, HostName], shm_size: int | None
) -> Iterator[Claim]:
    for about in abouts:
        number = shm_size if about.kind is ClaimKind.HAS_SHM_SIZE else None
        yield Claim(about.kind, hosts[about.host], hosts[about.other] if about.other else None, number)


def _words(do: GateAction, shm_size: int | None) -> tuple[str, ...] | None:
    match do:
        case GateAction.CONVERT_MASTER:
            return op.convert(op.ConvertTo.MASTER)
        case GateAction.CONVERT_SERVER:
            return op.convert(op.ConvertTo.SERVER)
        case GateAction.CONVERT_CLIENT:
            return op.convert(op.ConvertTo.CLIENT)
        case GateAction.BOOT_STOP:
            return op.boot_stop()
        case GateAction.BOOT_START:
            return op.boot_start()
        case GateAction.SET_SHM_SIZE:
            return None if shm_size is None else op.set_shm_size(shm_size)
        case GateAction.REMOVE_DATABASE:
            return op.remove_database()
        case GateAction.RESTORE_DATABASE:
            return ("restore-database", REMOVAL)


def _lock_hosts(facts: FailoverFacts, steps: tuple[PlanStep, ...]) -> tuple[HostName, ...]:
    """Name whom to lock: what is changed, and every server that can be, so that two operators meet somewhere.

    Two promotions on two machines change two different hosts; only a lock on all servers keeps them apart.
    """
    changed = {step.host for step in steps if step.words}
    if not changed and not any(step.changes for step in steps):
        return ()
    servers = {
        seen.host
        for seen in facts.snapshot.observed()
        if seen.role in {Role.MASTER, Role.REPLICA} and facts.readiness(seen.host) is not None
    }
    return tuple(sorted(changed | servers))
