"""Numbers, bounds, moments and runbooks as they are written on a page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from boks_exporter.errors import FailureReason
from boks_exporter.model import Seconds, Timestamp, Unreachable
from boks_exporter.report import HostReport
from boks_exporter.text.formatting import at_time, in_words, utc_clock
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


UNKNOWN: Final = "\N{EN DASH}"
_DASH: Final = "\N{EN DASH}"
_EARLIEST: Final = 0.0
_LATEST: Final = 253_402_300_799.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: its age or clock time in words, and the machine-readable form where a calendar holds it."""

    text: str
    iso: str | None = None
    title: str = ""


_NO_MOMENT: Final = Moment(UNKNOWN)


def ago(moment: Timestamp | None, now: Timestamp) -> Moment:
    """Write how long ago something was."""
    if moment is None:
        return _NO_MOMENT
    return _moment(moment, f"{in_words(now - moment)} ago" if moment <= now else "just now")


def lasting(since: Timestamp | None, now: Timestamp, *, at_least: bool = False) -> Moment:
    """Write since when something lasts, and for how long."""
    if since is None:
        return _NO_MOMENT
    if not _EARLIEST <= since <= _LATEST:
        return Moment(in_words(max(0.0, now - since)))
    least = "at least " if at_least else ""
    return _moment(since, f"since {least}{at_time(since, now)}, {in_words(max(0.0, now - since))}")


def lasting_for(since: Timestamp | None, now: Timestamp, *, at_least: bool = False) -> Moment:
    """Write for how long something lasts; when it began is in the title."""
    if since is None:
        return _NO_MOMENT
    least = "at least " if at_least else ""
    return _moment(since, f"for {least}{in_words(max(0.0, now - since))}")


def on_clock(moment: Timestamp) -> Moment:
    """Write a point in time by the clock."""
    return _moment(moment, utc_clock(moment)) if _EARLIEST <= moment <= _LATEST else Moment(UNKNOWN)


def _moment(moment: Timestamp, text: str) -> Moment:
    """Add the calendar; a host may print an age of a million years, which no calendar holds."""
    if not _EARLIEST <= moment <= _LATEST:
        return Moment(text)
    return Moment(text, f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}", utc_clock(moment))


def bounds(proven: int | None, possible: int | None) -> str:
    """Write both ends of a bound, such as `0` and `2` with a dash between them; of one that is open, the known end."""
    if proven is None:
        return UNKNOWN if possible is None else f"at most {possible:,}"
    if possible is not None and possible > proven:
        return f"{proven:,}{_DASH}{possible:,}"
    return f"{proven:,}"


def for_seconds(seconds: Seconds | None) -> str:
    """Write a duration; empty where it is not known."""
    return "" if seconds is None else in_words(max(0.0, seconds))
