"""Steps 6, 7 and 8 of the diagnosis of a replica: communication, node keys, and its definition in the database."""

from typing import Final

from boks_exporter.diagnosis.copy_steps import not_defined
from boks_exporter.diagnosis.result import Cause, DiagnosisFacts, DiagnosisStep, Rank, StatementCertainty, StepFinding
from boks_exporter.model import Observed, PortCheck, Reach, Section

_SHUT: Final = frozenset({Reach.REFUSED, Reach.TIMEOUT})


def communication(facts: DiagnosisFacts) -> DiagnosisStep:
    """Step 6: whether the host reaches the master's ports; cadm is named and not run."""
    checks = facts.own.ports.checks if facts.own and facts.own.ports else ()
    into_master = _base_checks(checks)
    causes = (_shut(facts, into_master),) if into_master and all(each.reach in _SHUT for each in into_master) else ()
    if checks:
        found = "; ".join(f"{each.address}:{each.port} {each.reach}" for each in checks)
    else:
        found = f"not known: {facts.why_unknown(facts.host, Section.PORTS)}"
    is_known = any(each.reach is Reach.REACHABLE for each in into_master)
    master = facts.master["host"] if facts.master else "the master"
    return DiagnosisStep(
        6,
        "communication",
        StepFinding.FAULT if causes else StepFinding.FINE if is_known else StepFinding.UNKNOWN,
        looked_at=f"four ports of the master, from {facts.host}; cadm was not run, its output is not public",
        found=found,
        means="the first port is the way into the master, the second servc; the third and fourth are listened on by "
        "replicas and agents, so it says little that a master refuses them",
        certainty=StatementCertainty.READ,
        source="HS reference/238",
        next=causes[0].command if causes else f"on {master}: /opt/boksm/sbin/boksadm -S checkdomain -h {facts.host}",
        causes=causes,
    )


def _base_checks(checks: tuple[PortCheck, ...]) -> tuple[PortCheck, ...]:
    """Return the check of the first port of each address."""
    first: dict[str, PortCheck] = {}
    for check in sorted(checks, key=lambda each: each.port):
        first.setdefault(check.address, check)
    return tuple(first.values())


def _shut(facts: DiagnosisFacts, into_master: tuple[PortCheck, ...]) -> Cause:
    met = ", ".join(f"{each.address}:{each.port} {each.reach}" for each in into_master)
    refused = any(each.reach is Reach.REFUSED for each in into_master)
    blocked = "a firewall, a route or a wrong address between them"
    reason = "BoKS does not listen on the master, or the address is not the master's" if refused else blocked
    return Cause(
        Rank.MASTER_PORT,
        f"{facts.host} cannot reach the master's port: {reason}",
        met,
        f"on {facts.host}: compare /etc/opt/boksm/bcastaddr and the base port in /etc/services with the master's; then "
        "check the network",
        StatementCertainty.READ,
        "HS reference/238",
    )


def node_keys(facts: DiagnosisFacts) -> DiagnosisStep:
    """Step 7: node keys, which are compared by a person because a monitor never reads a key."""
    check = _check_value(facts.own)
    found = (
        f"hostkey -c on {facts.host} prints {check}"
        if check
        else f"not known: {facts.why_unknown(facts.host, Section.HOSTKEY)}"
    )
    return DiagnosisStep(
        7,
        "node keys",
        StepFinding.MANUAL,
        looked_at="the check value of the node key; the keys themselves are never read",
        found=found,
        means="the node key of the host must be the one that the master has for it",
        certainty=StatementCertainty.READ,
        source="HS troubleshooting/309; the check value from PUP",
        next=f"compare hostkey -g -h {facts.host} on the master with hostkey on {facts.host}; copy neither",
    )


def _check_value(seen: Observed | None) -> str:
    part = seen.reply.section(Section.HOSTKEY) if seen else None
    lines = part.stdout.split() if part and part.exit_status == 0 else []
    return " ".join(lines[:4])


def definition(facts: DiagnosisFacts) -> DiagnosisStep:
    """Step 8: whether the master's database has the host as a replica."""
    registered = _registered(facts.masters_own)
    is_replica = facts.report["role"] in {"replica", "unknown"} and not facts.is_master
    master = facts.master["host"] if facts.master else None
    causes: tuple[Cause, ...] = ()
    if registered is None:
        finding = StepFinding.UNKNOWN
        found = f"not known: {facts.why_unknown(master, Section.REGISTERED) if master else 'no master is known'}"
    elif _has(registered, facts):
        finding, found = StepFinding.FINE, f"{master} has {facts.host} as a replica"
    elif is_replica:
        finding, found = (StepFinding.FAULT, f"{master} has {', '.join(registered)} as replicas, and not {facts.host}")
        causes = (not_defined(facts, f"hostadm on {master} does not list it"),)
    else:
        finding, found = StepFinding.FINE, f"{facts.host} is no replica, and {master} does not have it as one"
    return DiagnosisStep(
        8,
        "the replica's definition in the database",
        finding,
        looked_at="hostadm -l -t BOKSREPLICA -S on the master",
        found=found,
        means="the master sends its updates to the hosts of the type BOKSREPLICA only",
        certainty=StatementCertainty.INFERRED,
        source="HS reference/472 for the command; the form of its output is inferred",
        next=causes[0].command if causes else "none",
        causes=causes,
    )


def _registered(seen: Observed | None) -> tuple[str, ...] | None:
    """Read the first word of each line; None where the section was not answered, failed or printed nothing."""
    part = seen.reply.section(Section.REGISTERED) if seen else None
    if part is None or part.exit_status != 0:
        return None
    return tuple(words[0] for line in part.stdout.splitlines() if (words := line.split())) or None


def _has(registered: tuple[str, ...], facts: DiagnosisFacts) -> bool:
    """Compare without case, and by the short name where either name is short."""
    mine = {name.casefold() for name in (facts.host, facts.report["address"], _machine(facts.own)) if name}
    for name in map(str.casefold, registered):
        short = name.partition(".")[0]
        if mine & {name, short} or name in {own.partition(".")[0] for own in mine}:
            return True
    return False


def _machine(seen: Observed | None) -> str:
    return (seen.reply.machine or "") if seen else ""
