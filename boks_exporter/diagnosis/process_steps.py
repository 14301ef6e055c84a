"""Steps 2, 4 and 5 of the diagnosis of a replica: error logs, processes and the master's queue."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.diagnosis.copy_steps import RESTART
from boks_exporter.diagnosis.result import Cause, DiagnosisFacts, DiagnosisStep, Rank, StatementCertainty, StepFinding
from boks_exporter.exposition.expected_processes import OF_MASTERS, expected_processes
from boks_exporter.failover.error_log import known_bad_lines
from boks_exporter.model import HostName, Observed, Role, Section
from boks_exporter.text.formatting import in_words

_OLD_FILE_SECONDS: Final = 600.0
"""As the alert about the queue has it; no limit is published."""

_LINES_SHOWN: Final = 3


def error_logs(facts: DiagnosisFacts) -> DiagnosisStep:
    """Step 2: known fragments in the last lines of the error logs."""
    found: list[str] = []
    unknown: list[str] = []
    causes: list[Cause] = []
    for host in _servers(facts):
        seen = facts.seen.get(host)
        if seen is None or seen.errlog is None:
            unknown.append(facts.why_unknown(host, Section.ERRLOG))
            continue
        bad = known_bad_lines(seen.errlog)
        causes += (_of_line(facts, host, line) for line in bad)
        text = "; ".join(bad[:_LINES_SHOWN]) or "no known trouble"
        found.append(f"{host}: {text} in the last {len(seen.errlog.tail)} of {seen.errlog.lines} lines")
    return DiagnosisStep(
        2,
        "error logs on the replica and the master",
        _finding(causes, unknown),
        looked_at="the last 30 lines of $BOKS_var/boks_errlog",
        found="; ".join((*found, *(f"not known: {each}" for each in unknown))),
        means="'Checksum mismatch' is a wrong node key, 'Cannot encrypt message' a wrong host key; of other lines the "
        "meaning is not public",
        certainty=StatementCertainty.READ,
        source="HS troubleshooting/037 and 309",
        next=causes[0].command if causes else f"on {facts.host}: tail -n 30 /var/opt/boksm/boks_errlog",
        causes=tuple(causes),
    )


def _of_line(facts: DiagnosisFacts, host: HostName, line: str) -> Cause:
    """Describe the cause that a known line names; an own node key is that of the host, whose log has the line."""
    text = line.casefold()
    because = f"the error log of {host}: {line}"
    replica = facts.host if not facts.is_master else host
    if "checksum mismatch" in text or "cannot encrypt" in text:
        return Cause(
            Rank.NODE_KEY,
            f"the node key of {replica} is not the one that the master has for it",
            because,
            f"compare without printing them elsewhere: hostkey -g -h {replica} on the master, hostkey on {replica}",
            StatementCertainty.READ,
            "HS troubleshooting/037 and 309",
        )
    if "shared memory" in text:
        return Cause(
            Rank.SHARED_MEMORY,
            f"BoKS's shared memory on {host} is too small, so updates no longer fit",
            because,
            f"on {host}: /opt/boksm/sbin/boksadm -S dumpbase -m",
            StatementCertainty.INFERRED,
            "HS troubleshooting/312",
        )
    return Cause(
        Rank.BRIDGE_REFUSES,
        f"the bridge of {host} refuses the address of the master",
        because,
        f"on {host}: grep BRIDGE_ACCEPT_MASTER_IPS /etc/opt/boksm/ENV; cat /etc/opt/boksm/bcastaddr",
        StatementCertainty.INFERRED,
        "HS hotfix/105",
    )


def processes(facts: DiagnosisFacts) -> DiagnosisStep:
    """Step 4: the processes that sites check."""
    found: list[str] = []
    unknown: list[str] = []
    causes: list[Cause] = []
    for host in _servers(facts):
        seen = facts.seen.get(host)
        if seen is None or seen.processes is None:
            unknown.append(facts.why_unknown(host, Section.PROCESSES))
            continue
        missing = _missing(seen)
        text = f"{', '.join(missing)} missing" if missing else "all run"
        found.append(f"{host}: {text}{_stale(seen)}")
        causes += _lost(facts, host, missing)
    return DiagnosisStep(
        4,
        "are all replication processes running",
        _finding(causes, unknown),
        looked_at="the programs in the host's list of processes, and the pid files in $BOKS_var/LCK",
        found="; ".join((*found, *(f"not known: {each}" for each in unknown))),
        means="an update goes boks_master, spool, boks_drainmast, bridge servm, port 6502, bridge servm.r, boks_servm, "
        "shared memory, boks_servc; which bridges run on a master is not known",
        certainty=StatementCertainty.READ,
        source="SYS and BR1 for the processes; the chain is assembled from several sources (medium)",
        next=causes[0].command if causes else "none",
        causes=tuple(causes),
    )


def _missing(seen: Observed) -> tuple[str, ...]:
    """Name the processes that should run and do not; of a master's bridges it is not known which should."""
    certain = {"boks_init", *OF_MASTERS}
    return tuple(
        name
        for name, is_running in expected_processes(seen)
        if not is_running and (seen.role is not Role.MASTER or name in certain)
    )


def _stale(seen: Observed) -> str:
    stale = seen.processes.stale_pid_files if seen.processes else ()
    return f" (stale pid files of {', '.join(stale)})" if stale else ""


def _lost(facts: DiagnosisFacts, host: HostName, missing: tuple[str, ...]) -> Iterator[Cause]:
    if not missing:
        return
    is_of_other = host != facts.host or facts.is_master
    rank = Rank.MASTER_PROCESS if is_of_other else Rank.PROCESS_MISSING
    what = f"{', '.join(missing)} {'does' if len(missing) == 1 else 'do'} not run on {host}"
    if "boks_init" in missing:
        rank, what = Rank.DAEMONS_STOPPED, f"BoKS is stopped on {host}: boks_init does not run"
    yield Cause(
        rank,
        what,
        f"the list of processes of {host}",
        f"on {host}: {RESTART}",
        StatementCertainty.READ,
        "SYS and BR1; HS hotfix/442: never restart boks_master alone",
    )


def queue(facts: DiagnosisFacts) -> DiagnosisStep:
    """Step 5: the master's queue."""
    master = facts.master["host"] if facts.master else None
    seen = facts.masters_own
    causes: list[Cause] = []
    found = "no master is known"
    if master is not None and seen is not None and seen.queue is not None:
        age = seen.queue.oldest_age
        found = f"{seen.queue.files} files in the spool" + (f", the oldest {in_words(age)} old" if age else "")
        if seen.queue.files and age is not None and age > _OLD_FILE_SECONDS:
            causes.append(_waiting(master, found))
        found += _raw_queue(seen)
    elif master is not None:
        found = f"not known: {facts.why_unknown(master, Section.QUEUE)}"
    is_known = seen is not None and seen.queue is not None
    return DiagnosisStep(
        5,
        "the master's queue",
        StepFinding.FAULT if causes else StepFinding.FINE if is_known else StepFinding.UNKNOWN,
        looked_at="$BOKS_var/data/master_spool/dd_fcom_*, and boksdiag fque -master as it is printed",
        found=found,
        means="files that stay in the spool are updates that no process takes; the form of fque is not public, so it "
        "is shown and not judged",
        certainty=StatementCertainty.READ,
        source="HS hotfix/003 and 004: a growing spool means that the bridge is too slow",
        next=causes[0].command if causes else "none",
        causes=tuple(causes),
    )


def _waiting(master: HostName, found: str) -> Cause:
    return Cause(
        Rank.QUEUE,
        f"the queue of {master} is not processed",
        found,
        f"on {master}: ps -ef | grep -E 'boks_drainmast|boks_bridge'; /opt/boksm/sbin/boksadm -S boksdiag fque -master",
        StatementCertainty.READ,
        "HS hotfix/003 and 004",
    )


def _raw_queue(seen: Observed) -> str:
    part = seen.reply.section(Section.FQUE)
    lines = [line.strip() for line in part.stdout.splitlines() if line.strip()] if part else []
    if not lines:
        return ""
    more = f" and {len(lines) - _LINES_SHOWN} more lines" if len(lines) > _LINES_SHOWN else ""
    return f"; fque prints: {' | '.join(lines[:_LINES_SHOWN])}{more}"


def _servers(facts: DiagnosisFacts) -> tuple[HostName, ...]:
    """Name the host and its master, each once."""
    master = facts.master["host"] if facts.master else None
    return tuple(dict.fromkeys(name for name in (facts.host, master) if name is not None))


def _finding(causes: list[Cause], unknown: list[str]) -> StepFinding:
    if causes:
        return StepFinding.FAULT
    return StepFinding.UNKNOWN if unknown else StepFinding.FINE
