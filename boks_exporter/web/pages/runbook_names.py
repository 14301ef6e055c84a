"""Which runbook belongs to what is shown: those of the alerts that fire for it."""

from typing import Final

from boks_exporter.report import DomainReport, HostReport

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


def runbook_of_host(domain: DomainReport, host: HostReport) -> str | None:
    """Return the name of a host's runbook; None for a host that is ok."""
    if "was_ahead" in host.get("evidence_timestamp_seconds", {}):
        return "BoksReplicaWasAhead"
    if host["state"] == "unknown":
        if domain["state"] in {"no_master", "several_masters"}:
            return _BY_STATE[domain["state"]]
        if any(host["host"] in form["hosts"] for form in domain["unread_lines"]):
            return "BoksLinesUnrecognised"
    return _BY_STATE.get(host["state"])


def runbook_of_domain(state: str) -> str | None:
    """Return the name of the runbook of a domain's state; None where those of its hosts say more."""
    return _BY_STATE.get(state) if state in {"no_master", "several_masters"} else None
