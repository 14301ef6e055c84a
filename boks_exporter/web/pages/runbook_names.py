"""Which runbook belongs to what is shown: those of the alerts that fire for it."""

from typing import Final

from boks_exporter.errors import FailureReason
from boks_exporter.model import Unreachable
from boks_exporter.report import HostReport
from boks_exporter.web.pages.facts import DomainFacts

_BY_STATE: Final = {
    "down": "BoksReplicaDown",
    "diverged": "BoksReplicaDiverged",
    "ahead": "BoksReplicaAhead",
    "unreachable": "BoksHostUnreachable",
    "lagging": "BoksReplicaLagging",
    "unlisted": "BoksReplicaUnlisted",
    "loading": "BoksReplicaLoadingLong",
    "unknown": "BoksDataStale",
    "no_master": "BoksNoMaster",
    "several_masters": "BoksSeveralMasters",
}


_BY_FAILURE: Final = {FailureReason.HOST_KEY: "BoksHostKeyRefused", FailureReason.AUTH: "BoksLoginRefused"}


def runbook_of_host(facts: DomainFacts, host: HostReport) -> str | None:
    """Return the name of a host's runbook; None for a host that is ok."""
    domain, state = facts.report, host["state"]
    if facts.state_of(host).state == "no_master":
        return _BY_STATE["no_master"]
    if "was_ahead" in host.get("evidence_timestamp_seconds", {}):
        return "BoksReplicaWasAhead"
    if state == "unreachable":
        return _of_unreachable(facts, host)
    if state == "unknown":
        if domain["state"] in {"no_master", "several_masters"}:
            return _BY_STATE[domain["state"]]
        if any(host["host"] in form["hosts"] for form in domain["unread_lines"]):
            return "BoksLinesUnrecognised"
    return _BY_STATE.get(state)


def _of_unreachable(facts: DomainFacts, host: HostReport) -> str:
    """Return the runbook of the failure; where no host answers, the fault is at the exporter's end."""
    outcome = facts.view.snapshot.outcome(host["host"])
    if isinstance(outcome, Unreachable) and outcome.reason in _BY_FAILURE:
        return _BY_FAILURE[outcome.reason]
    is_alone = any(each["state"] != "unreachable" for each in facts.hosts.values())
    return _BY_STATE["unreachable"] if is_alone else "BoksExporterReachesNoHost"
