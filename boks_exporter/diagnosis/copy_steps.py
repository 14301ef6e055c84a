"""Steps 1 and 3 of the diagnosis of a replica: the master's list and the numbers, and a forced download."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.diagnosis.result import Cause, DiagnosisFacts, DiagnosisStep, Rank, StatementCertainty, StepFinding
from boks_exporter.model import Section
from boks_exporter.report import HostReport
from boks_exporter.text.formatting import between, in_words

BOKSADM: Final = "/opt/boksm/sbin/boksadm -S"
RESTART: Final = f"{BOKSADM} Boot -k; {BOKSADM} Boot"
"""BoKS as a whole: restarting boks_master alone could hang the replication (HS hotfix/442)."""

_UNDECIDED_UPDATES: Final = 10
"""Fewer are under way on a busy master at any time; the limit of the alerts."""
_UNDECIDED: Final = "; one poll does not show how old these updates are: diagnose again in some minutes"
_REPLACED: Final = frozenset({"ahead", "diverged"})


def listed(facts: DiagnosisFacts) -> DiagnosisStep:
    """Step 1: the master's list, and the numbers that it does not show."""
    causes, report = tuple(_causes(facts)), facts.report
    is_doubtful = report["lag_seconds"] is None and (report["lag_sequences"] or 0) > _UNDECIDED_UPDATES
    is_fine = facts.master is not None and report["state"] == "ok" and not is_doubtful
    finding = StepFinding.FAULT if causes else StepFinding.FINE if is_fine else StepFinding.UNKNOWN
    master = facts.master["host"] if facts.master else "the master"
    return DiagnosisStep(
        1,
        "boksdiag list",
        finding,
        looked_at=f"boksdiag list on {master}, boksdiag sequence on {master} and on {facts.host}",
        found=f"{report['state']}: {report['reason']}{_numbers(facts, report)}{_UNDECIDED if is_doubtful else ''}",
        means="the list shows whether packets arrive; only the numbers show whether the data are the master's",
        certainty=StatementCertainty.READ,
        source="K1256 for the list, K1456 for the numbers",
        next=causes[0].command if causes else facts.commands.run("diagnose", facts.host) if is_doubtful else "none",
        causes=causes,
    )


def _numbers(facts: DiagnosisFacts, report: HostReport) -> str:
    """Write what the list and the comparison show besides the verdict."""
    if facts.is_master or report["role"] == "client":
        return ""
    word = report["reported_status_word"]
    parts = [f"listed as {word}" if word else "not listed"]
    packet = report["last_packet_timestamp_seconds"]
    if packet is not None:
        age = max(0.0, facts.domain["last_round_timestamp_seconds"] - packet)
        parts.append(f"last packet {in_words(age)} before")
    for name, proven, possible in (
        ("lag", report["lag_sequences"], report.get("lag_possible_sequences")),
        ("ahead", report["ahead_sequences"], report.get("ahead_possible_sequences")),
    ):
        parts.append(f"{name} {'?' if proven is None else between(proven, possible)}")
    if missing := report["missing_tables"]:
        parts.append(f"missing {', '.join(missing)}")
    return f" ({'; '.join(parts)})"


def _causes(facts: DiagnosisFacts) -> Iterator[Cause]:
    yield from _of_the_domain(facts)
    yield from _of_the_copy(facts)
    yield from _of_the_list(facts)
    yield from _of_the_role(facts)
    yield from _of_what_is_not_read(facts)


def _of_what_is_not_read(facts: DiagnosisFacts) -> Iterator[Cause]:
    """Yield that the host or the master answers, and does not print the numbers or the list."""
    for seen, sections in ((facts.own, (Section.SEQUENCE,)), (facts.masters_own, (Section.SEQUENCE, Section.LIST))):
        for fault in seen.faults if seen else ():
            if fault.section in sections:
                host = facts.host if seen is facts.own else facts.domain["masters"][0]
                yield Cause(
                    Rank.NOT_COMPARED,
                    f"boksdiag {fault.section} on {host} prints nothing that can be read",
                    fault.detail,
                    f"on {host}: {BOKSADM} boksdiag {fault.section}",
                    StatementCertainty.INFERRED,
                    "the gate's reply; a program that hangs, is replaced, or prints another form",
                )


def _of_the_copy(facts: DiagnosisFacts) -> Iterator[Cause]:
    """Yield what the numbers, or their absence, show."""
    report, host = facts.report, facts.host
    match report["state"]:
        case "unreachable":
            yield Cause(
                Rank.HOST_UNREACHABLE,
                f"{host} does not answer the exporter",
                report["reason"],
                facts.commands.run("doctor", host),
                StatementCertainty.READ,
                "the exporter's own connection; whether BoKS runs there is not known from it",
            )
        case "ahead":
            yield Cause(
                Rank.AHEAD,
                f"{host} has updates that the master does not have: stale *.dat and sequence files of a conversion "
                "between roles, or a master that was restored or replaced",
                report["reason"],
                facts.commands.run("failover rebuild", host),
                StatementCertainty.READ,
                "K1262 for stale files; a restored master is inferred",
            )
        case "diverged":
            yield Cause(
                Rank.DIVERGED,
                f"the data of {host} are no copy of the master's",
                report["reason"],
                facts.commands.run("failover rebuild", host),
                StatementCertainty.READ,
                "K1262",
            )
        case "lagging":
            yield Cause(
                Rank.LAGGING,
                f"{host} applies updates more slowly than the master writes them, or the way to it is slow",
                report["reason"],
                facts.commands.run("status"),
                StatementCertainty.INFERRED,
                "HS best-practices/258: a slow replica slows the replication to all",
            )


def _of_the_list(facts: DiagnosisFacts) -> Iterator[Cause]:
    """Yield what the master's list says of the replica."""
    report, host = facts.report, facts.host
    match report["state"]:
        case "loading":
            yield Cause(
                Rank.LOADING,
                f"{host} was restarted and is loading its copy",
                report["reason"],
                facts.commands.run("status"),
                StatementCertainty.READ,
                "K1256",
            )
        case "unlisted":
            yield not_defined(facts, report["reason"])
        case "down":
            yield Cause(
                Rank.DOWN,
                f"the master cannot send its updates to {host}",
                report["reason"],
                f"on {host}: {RESTART}",
                StatementCertainty.READ,
                "K1256: DOWN is down or dead",
            )


def _of_the_role(facts: DiagnosisFacts) -> Iterator[Cause]:
    """Yield that the host has another role than the master's list says."""
    report, host = facts.report, facts.host
    if report["role"] == "client" and report["reported_status"]:
        yield Cause(
            Rank.ROLE,
            f"{host} was converted to a client, and the master still lists it as a replica",
            report["reason"],
            facts.commands.run("failover add-replica", host),
            StatementCertainty.READ,
            "K1456: BOKSINIT says the role",
        )


def not_defined(facts: DiagnosisFacts, because: str) -> Cause:
    """Describe a replica that the master's database does not have."""
    return Cause(
        Rank.NOT_DEFINED,
        f"the database does not have {facts.host} as a replica, so the master sends it no updates",
        because,
        facts.commands.run("failover add-replica", facts.host),
        StatementCertainty.READ,
        "K1456: the type of a replica is BOKSREPLICA, and the master's BoKS is restarted after a change",
    )


def _of_the_domain(facts: DiagnosisFacts) -> Iterator[Cause]:
    domain = facts.domain
    if domain["state"] == "several_masters":
        yield Cause(
            Rank.SEVERAL_MASTERS,
            f"{' and '.join(domain['masters'])} are masters at the same time",
            domain["reason"],
            facts.commands.run("failover conflict"),
            StatementCertainty.READ,
            "K1456: one master holds the database",
        )
    if domain["state"] == "no_master":
        yield Cause(
            Rank.NO_MASTER,
            "no host is master: no replica receives updates",
            domain["reason"],
            facts.commands.run("failover candidates"),
            StatementCertainty.READ,
            "HS best-practices/257",
        )


def download(facts: DiagnosisFacts) -> DiagnosisStep:
    """Step 3: a forced download, which is named and never run."""
    report = facts.report
    needed = report["state"] in _REPLACED or bool(report["missing_tables"])
    found = f"{facts.host} is {report['state']}" + (": its copy has to be replaced" if needed else "")
    plan = facts.commands.run("failover rebuild", facts.host)
    return DiagnosisStep(
        3,
        "a forced download of the database",
        StepFinding.MANUAL,
        looked_at="nothing was downloaded: a diagnosis changes nothing, and the command for it is not public",
        found=found,
        means="a copy that has other data than the master does not repair itself; one that only lags does",
        certainty=StatementCertainty.READ if needed else StatementCertainty.INFERRED,
        source="K1256 for the step, K1262 for the way around it: client, remove the database, replica again",
        next=f"{plan} shows the plan, and changes nothing" if needed else "none",
    )
