"""What a promotion tonight would need, judged for every replica that could be promoted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from boks_exporter.errors import FailureReason
from boks_exporter.failover.facts import FailoverFacts, GateFacts, Witness
from boks_exporter.failover.findings import Finding, Guard, Level
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.preflight import Candidate, candidates
from boks_exporter.model import HostName, Promotion, Reach
from boks_exporter.parsing.operator_facts import DatabaseState, GateReadiness

_SPACE_WARNING_KILOBYTES: Final = 102_400
_SPACE_CRITICAL_KILOBYTES: Final = 10_240
_OWN_CHECKS: Final = {Guard.GATE_NOT_READY, Guard.ODD_FILES, Guard.PARTIAL_DATABASE}
"""Findings of the preflight that have a check of their own here, for hosts that no plan changes, too."""
_KEY_REASONS: Final = {FailureReason.AUTH, FailureReason.HOST_KEY, FailureReason.LOCAL}
_FILES: Final = {
    DatabaseState.ABSENT: "its database is missing",
    DatabaseState.PARTIAL: "a removal of its database, or the undoing, is not at its end",
    DatabaseState.ODD: "files of its database are no plain files",
}
_REACHED: Final = {
    Reach.REFUSED: "is refused at the master's port of",
    Reach.TIMEOUT: "does not reach the master's port of",
    Reach.UNKNOWN: "could not check the master's port of",
}


class CheckState(IntEnum):
    """The result of a check; the value is the exit code of a monitoring plugin."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


_RISING: Final = (CheckState.OK, CheckState.UNKNOWN, CheckState.WARNING, CheckState.CRITICAL)


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One check of a candidate, or of the whole domain."""

    name: str
    state: CheckState
    sentence: str
    host: HostName | None = None


@dataclass(frozen=True, slots=True)
class PromotionCheck:
    """All checks; the candidates are ranked, the best first."""

    items: tuple[CheckItem, ...]
    candidates: tuple[HostName, ...]

    @property
    def state(self) -> CheckState:
        return _worst(self.items)

    def state_of(self, host: HostName) -> CheckState:
        return _worst(item for item in self.items if item.host == host)

    @property
    def ready(self) -> tuple[HostName, ...]:
        """The candidates that could be promoted as they are, the best first."""
        could = {CheckState.OK, CheckState.WARNING}
        return tuple(host for host in self.candidates if self.state_of(host) in could)


def _worst(items: Iterator[CheckItem] | tuple[CheckItem, ...]) -> CheckState:
    return max((item.state for item in items), key=_RISING.index, default=CheckState.OK)


def promotion_check(
    facts: FailoverFacts, limits: FailoverLimits, reach: Mapping[HostName, Witness], outside: tuple[CheckItem, ...] = ()
) -> PromotionCheck:
    """Judge every candidate; `reach` has each one's answer about the running master, `outside` what no host reports."""
    found = tuple(each for each in candidates(facts, limits) if each.promotion is not Promotion.NEVER)
    items = [item for candidate in found for item in _of_candidate(facts, candidate, reach)]
    names = tuple(candidate.host for candidate in found)
    of_all = (each for candidate in found for each in candidate.findings if each.matters and each.host not in names)
    check = PromotionCheck((*items, *dict.fromkeys(map(_of_finding, of_all)), *outside), names)
    return PromotionCheck((*_of_domain(facts, check), *check.items), check.candidates)


def _of_domain(facts: FailoverFacts, check: PromotionCheck) -> Iterator[CheckItem]:
    if check.ready:
        yield CheckItem("candidates", CheckState.OK, f"ready for a promotion: {', '.join(check.ready)}")
    elif any(facts.snapshot.observed()):
        yield CheckItem("candidates", CheckState.CRITICAL, "no replica could be promoted tonight")
    else:
        yield CheckItem("candidates", CheckState.UNKNOWN, "no host of the domain answers")
    masters = facts.snapshot.masters
    if len(masters) == 1:
        yield CheckItem("master", CheckState.OK, f"{masters[0]} is master")
    elif any(facts.snapshot.observed()):
        yield CheckItem("master", CheckState.CRITICAL, facts.health.reason)


def _of_candidate(facts: FailoverFacts, candidate: Candidate, reach: Mapping[HostName, Witness]) -> Iterator[CheckItem]:
    host, gate = candidate.host, facts.gates.get(candidate.host)
    yield from _of_gate(host, gate or GateFacts(host, None, "not asked"))
    if gate and gate.readiness:
        yield from _of_readiness(host, gate.readiness)
    witness = reach.get(host)
    if witness is not None:
        yield _of_witness(witness)
    names = [finding for finding in candidate.findings if finding.guard is Guard.OTHER_HOST and finding.host == host]
    if not names:
        yield CheckItem("name", CheckState.OK, "its machine has the configured name", host)
    for finding in candidate.findings:
        is_name = finding.guard is Guard.OTHER_HOST
        if finding.host == host and (finding.matters or is_name) and finding.guard not in _OWN_CHECKS:
            yield _of_finding(finding, "name" if is_name else "")


def _of_finding(finding: Finding, name: str = "") -> CheckItem:
    """Return the check of a finding: what can be accepted tonight is a warning."""
    state = CheckState.CRITICAL
    if finding.level is Level.UNKNOWN:
        state = CheckState.UNKNOWN
    elif finding.level is Level.NOTE or finding.acceptable:
        state = CheckState.WARNING
    return CheckItem(name or finding.guard, state, finding.sentence, finding.host)


def _of_gate(host: HostName, gate: GateFacts) -> Iterator[CheckItem]:
    if gate.readiness is not None:
        yield CheckItem("key", CheckState.OK, "the operator's key is accepted", host)
        yield CheckItem("gate", CheckState.OK, "the operator's gate answers", host)
        return
    is_key = gate.reason in _KEY_REASONS
    yield CheckItem("key" if is_key else "gate", CheckState.CRITICAL, gate.failure, host)


def _of_readiness(host: HostName, ready: GateReadiness) -> Iterator[CheckItem]:
    for name, is_fine, fine, bad in (
        ("sudo", ready.permitted, "it may become root", "it may not become root"),
        ("boksadm", ready.boksadm, "boksadm is found", "boksadm is not found"),
        ("records", ready.state_writable, "its records can be written", "its directory of records cannot be written"),
        ("session", ready.outlives_session, "daemons outlive the session", "KillUserProcesses ends BoKS's daemons"),
    ):
        if is_fine is None:
            yield CheckItem(name, CheckState.UNKNOWN, f"the gate does not report whether {fine}", host)
        else:
            yield CheckItem(name, CheckState.OK if is_fine else CheckState.CRITICAL, fine if is_fine else bad, host)
    if ready.database is DatabaseState.PRESENT or (ready.database is None and ready.database_present):
        yield CheckItem("files", CheckState.OK, "its database has plain files only", host)
    elif ready.database is None:
        yield CheckItem("files", CheckState.UNKNOWN, "the gate does not report the files of its database", host)
    else:
        yield CheckItem("files", CheckState.CRITICAL, _FILES[ready.database], host)
    yield _of_space(host, ready.free_kilobytes)


def _of_space(host: HostName, free: int | None) -> CheckItem:
    if free is None:
        return CheckItem("space", CheckState.UNKNOWN, "the gate does not report the free space", host)
    state = CheckState.OK
    if free < _SPACE_WARNING_KILOBYTES:
        state = CheckState.CRITICAL if free < _SPACE_CRITICAL_KILOBYTES else CheckState.WARNING
    return CheckItem("space", state, f"{free // 1024} MiB are free in its data directory", host)


def _of_witness(witness: Witness) -> CheckItem:
    if witness.reach is Reach.REACHABLE:
        return CheckItem("witness", CheckState.OK, f"it reaches the master's port of {witness.about}", witness.host)
    state = CheckState.UNKNOWN if witness.reach is Reach.UNKNOWN else CheckState.WARNING
    why = f": {witness.detail}" if witness.detail else ""
    text = f"it {_REACHED[witness.reach]} {witness.about}, which is running: it could not be a witness tonight{why}"
    return CheckItem("witness", state, text, witness.host)
