"""Step 9 of the diagnosis of a replica: BoKS's configuration on the host, and the resources that it needs."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.diagnosis.result import Cause, DiagnosisFacts, DiagnosisStep, Rank, StatementCertainty, StepFinding
from boks_exporter.model import Observed, Role, is_numeric

_LITTLE_MEMORY: Final = 0.3
"""The vendor's own rule of thumb (HS troubleshooting/312)."""
_NO_MEMORY: Final = 0.05
_FULL_BYTES: Final = 1024 * 1024
"""A file system with less is full for a database."""


def configuration(facts: DiagnosisFacts) -> DiagnosisStep:
    """Compare ENV and method.conf with the master's; look at shared memory and disk."""
    own = facts.own
    if own is None:
        return _step(StepFinding.UNKNOWN, f"not known: {facts.host}: {facts.absent}", ())
    causes = (*_disk(facts, own), *_memory(facts, own), *_bridge(facts, own), *_equal(facts, own))
    unknown = tuple(_unknown(facts, own))
    found = "; ".join((*_found(own), *((f"not known: {', '.join(unknown)}",) if unknown else ())))
    return _step(StepFinding.FAULT if causes else StepFinding.UNKNOWN if unknown else StepFinding.FINE, found, causes)


def _step(finding: StepFinding, found: str, causes: tuple[Cause, ...]) -> DiagnosisStep:
    return DiagnosisStep(
        9,
        "BoKS's configuration on the host",
        finding,
        looked_at="three keys of ENV, check sums of method.conf, shared memory, disk",
        found=found,
        means="SHM_SIZE and method.conf must be the same on all servers, and a bridge may accept some masters only",
        certainty=StatementCertainty.READ,
        source="HS troubleshooting/312 and 237, HS hotfix/105",
        next=causes[0].command if causes else "none",
        causes=causes,
    )


def _unknown(facts: DiagnosisFacts, own: Observed) -> Iterator[str]:
    """Name what is judged on a server, or compared with the master's, and was not read."""
    if own.role not in {Role.REPLICA, Role.MASTER}:
        return
    if own.memory is None or not own.memory.total_bytes:
        yield f"shared memory of {facts.host}"
    if own.diskspace is None:
        yield f"free disk space of {facts.host}"
    if facts.is_master or own.role is Role.MASTER:
        return
    for seen, whose in ((own, facts.host), (facts.masters_own, "the master")):
        if seen is None or seen.environment.shm_size_kilobytes is None:
            yield f"SHM_SIZE of {whose}"
        if seen is None or seen.checksums is None:
            yield f"method.conf of {whose}"


def _found(own: Observed) -> Iterator[str]:
    env = own.environment
    yield f"BOKSINIT={env.boksinit or '?'}"
    yield f"SHM_SIZE={env.shm_size_kilobytes or '?'}"
    yield f"BRIDGE_ACCEPT_MASTER_IPS={env.bridge_accept_master_ips or 'not set'}"
    if own.memory and own.memory.total_bytes:
        yield f"{own.memory.free_bytes / own.memory.total_bytes:.0%} of the shared memory free"
    if own.diskspace:
        yield f"{own.diskspace.free_bytes // 1024} kB of disk free"


def _disk(facts: DiagnosisFacts, own: Observed) -> Iterator[Cause]:
    if own.diskspace and own.diskspace.free_bytes < _FULL_BYTES:
        yield Cause(
            Rank.DISK_FULL,
            f"the file system of BoKS's data on {facts.host} is full",
            f"{own.diskspace.free_bytes // 1024} kB free",
            f"on {facts.host}: df -Pk /var/opt/boksm; du -sk /var/opt/boksm/* | sort -n",
            StatementCertainty.INFERRED,
            "df; what BoKS does on a full disk is not public",
        )


def _memory(facts: DiagnosisFacts, own: Observed) -> Iterator[Cause]:
    if not own.memory or not own.memory.total_bytes:
        return
    free = own.memory.free_bytes / own.memory.total_bytes
    if free < _NO_MEMORY:
        yield Cause(
            Rank.SHARED_MEMORY,
            f"BoKS's shared memory on {facts.host} is used up, so updates no longer fit",
            f"{free:.1%} free; below {_LITTLE_MEMORY:.0%} is a warning",
            "the same larger value on every server: /opt/boksm/sbin/boksadm -S cadm -E SHM_SIZE=KILOBYTES; then "
            "Boot -k and Boot",
            StatementCertainty.READ,
            "HS troubleshooting/312",
        )


def _bridge(facts: DiagnosisFacts, own: Observed) -> Iterator[Cause]:
    """Report a master whose address is not admitted; a name or the word BCASTADDR proves nothing.

    The master's address for the exporter may be another than for BoKS, so a replica that is ok accepts it.
    """
    admitted, master = own.environment.admitted_masters, facts.master
    if facts.is_master or facts.report["state"] == "ok":
        return
    if not admitted or master is None or not all(map(is_numeric, admitted | {master["address"]})):
        return
    if master["address"] not in admitted:
        yield Cause(
            Rank.BRIDGE_REFUSES,
            f"{facts.host} accepts no updates from {master['host']} ({master['address']})",
            f"BRIDGE_ACCEPT_MASTER_IPS is {own.environment.bridge_accept_master_ips}",
            f"add the master's address to BRIDGE_ACCEPT_MASTER_IPS in /etc/opt/boksm/ENV of {facts.host}; then Boot -k "
            "and Boot",
            StatementCertainty.INFERRED,
            "HS hotfix/105; that the exporter's address of the master is the one that BoKS uses is inferred",
        )


def _equal(facts: DiagnosisFacts, own: Observed) -> Iterator[Cause]:
    master = facts.masters_own
    if master is None or facts.is_master or facts.report["role"] == "client":
        return
    ours, theirs = own.environment.shm_size_kilobytes, master.environment.shm_size_kilobytes
    if ours is not None and theirs is not None and ours != theirs:
        yield Cause(
            Rank.SETTINGS_DIFFER,
            f"SHM_SIZE of {facts.host} is {ours}, the master's {theirs}: data on the replica may be incomplete",
            "ENV of both",
            f"on {facts.host}: /opt/boksm/sbin/boksadm -S cadm -E SHM_SIZE={theirs}; then Boot -k and Boot",
            StatementCertainty.READ,
            "HS troubleshooting/312",
        )
    sums = [dict(seen.checksums.by_name).get("method.conf") if seen.checksums else None for seen in (own, master)]
    if None not in sums and sums[0] != sums[1]:
        yield Cause(
            Rank.METHODS_DIFFER,
            f"method.conf of {facts.host} is not the master's: its agents are refused",
            f"check sums {sums[0]} and {sums[1]}",
            f"compare /etc/opt/boksm/method.conf of {facts.host} with the master's",
            StatementCertainty.READ,
            "HS troubleshooting/237",
        )
