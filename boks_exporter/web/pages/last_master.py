"""A domain without a master: which host was it, what each replica had and has, and who can take over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from boks_exporter.errors import FailureReason
from boks_exporter.model import Garbled, HostOutcome, Promotion, Unreachable
from boks_exporter.report import HostReport
from boks_exporter.report.shapes import Shown
from boks_exporter.text.formatting import updates
from boks_exporter.web.pages.facts import DomainFacts
from boks_exporter.web.pages.wording import Moment, ago, bounds, lasting, on_clock

FAILURES = {
    FailureReason.DNS: "its name does not resolve",
    FailureReason.CONNECT: "the connection failed",
    FailureReason.TIMEOUT: "no answer in time",
    FailureReason.HOST_KEY: "its host key is not the known one",
    FailureReason.AUTH: "it refuses our login",
    FailureReason.CHANNEL: "the connection broke",
    FailureReason.EXIT_STATUS: "a command failed on it",
    FailureReason.PARSE: "its answer could not be read",
    FailureReason.TOO_LARGE: "its answer was too large",
    FailureReason.CANCELLED: "the poll was cancelled",
    FailureReason.LOCAL: "a file of the exporter's machine cannot be used",
    FailureReason.RESOURCES: "the exporter has no descriptor or memory left",
    FailureReason.BUSY: "too many polls of it were in progress",
}
"""The reasons of failed polls in words."""


@dataclass(frozen=True, slots=True)
class Successor:
    """A replica that may take over: what it had when there was a master, what it has now, and what is against it."""

    host: str
    site: str
    state: Shown
    is_promotable: bool | None
    had: str
    had_at: Moment
    has: str
    against: tuple[str, ...]
    preference: str


@dataclass(frozen=True, slots=True)
class LastMaster:
    """The last known master and the replicas in the order in which they would take over."""

    host: str | None
    site: str
    since: Moment
    last_seen: Moment
    failure: str
    successors: tuple[Successor, ...]
    commands: tuple[str, ...]


def last_master(facts: DomainFacts) -> LastMaster | None:
    """Collect what the page of a domain without a master shows; None for any other domain."""
    if facts.report["state"] != "no_master":
        return None
    name = facts.view.snapshot.last_known_master
    host = facts.view.snapshot.host(name) if name else None
    known = facts.view.timeline.host(name).known if name else None
    since = facts.view.timeline.since
    replicas = sorted(facts.replicas, key=lambda report: _precedence(facts, report))
    successors = tuple(_successor(facts, report) for report in replicas)
    return LastMaster(
        host=name,
        site=host.site if host else "",
        since=lasting(since, facts.now, at_least=facts.is_at_least(since)),
        last_seen=on_clock(known.at) if known else Moment("before this exporter recorded anything"),
        failure=failure(facts.view.snapshot.outcome(name)) if name else "",
        successors=successors,
        commands=tuple(_commands(facts, successors)),
    )


def _commands(facts: DomainFacts, successors: Sequence[Successor]) -> Iterator[str]:
    """Write the next commands; while a run is open it is looked at, and no second one is begun."""
    has_run = facts.view.operations is not None and facts.view.operations.in_progress
    if has_run:
        yield facts.commands.run("failover history")
    yield facts.commands.run("failover candidates")
    if successors and successors[0].is_promotable and not has_run:
        yield facts.commands.run("failover promote", successors[0].host)


def failure(outcome: HostOutcome | None) -> str:
    """Write why a host could not be polled; empty where it answered."""
    if not isinstance(outcome, Unreachable | Garbled):
        return ""
    return f"{FAILURES.get(outcome.reason, str(outcome.reason))} ({outcome.reason}): {outcome.detail}"


def _successor(facts: DomainFacts, report: HostReport) -> Successor:
    known = facts.view.timeline.host(report["host"]).known
    promotion = _promotion(facts, report)
    return Successor(
        host=report["host"],
        site=report["site"],
        state=facts.state_of(report),
        is_promotable=report["promotable"],
        had=_had(known.lag, known.lag_possible, known.ahead) if known else "was not compared with it",
        had_at=ago(known.at, facts.now) if known else Moment(""),
        has=_has(report),
        against=tuple(report["promotable_reasons"]) or _unknown(report),
        preference="" if promotion is Promotion.NEUTRAL else str(promotion),
    )


def _had(lag: int | None, possible: int | None, ahead: int | None) -> str:
    if ahead:
        return f"was ahead by {updates(ahead)}"
    if lag == 0 and possible == 0:
        return "had every update"
    if lag is None and possible is None:
        return "could not be compared"
    return f"lacked {bounds(lag, possible)} updates"


def _promotion(facts: DomainFacts, report: HostReport) -> Promotion:
    host = facts.view.snapshot.host(report["host"])
    return host.promotion if host else Promotion.NEUTRAL


def _answers(report: HostReport) -> bool:
    return report["state"] not in {"unreachable", "down"}


def _is_most_advanced(report: HostReport) -> bool:
    return _answers(report) and report["behind_best_sequences"] == 0


def _has(report: HostReport) -> str:
    behind = report["behind_best_sequences"]
    if not _answers(report):
        return "does not answer"
    if behind is None:
        return "cannot be compared"
    return f"{updates(behind)} behind the most advanced" if behind else "as advanced as any server that answers"


def _unknown(report: HostReport) -> tuple[str, ...]:
    return () if report["promotable"] else ("too little is known about its copy",)


def _precedence(facts: DomainFacts, report: HostReport) -> tuple[int, int, bool, str]:
    promotable = {True: 0, None: 1, False: 2}[report["promotable"]]
    preference = {Promotion.PREFER: 0, Promotion.NEUTRAL: 1, Promotion.NEVER: 2}[_promotion(facts, report)]
    return promotable, preference, not _is_most_advanced(report), report["host"]
