"""What changed in a domain, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from boks_exporter.health import StateChange
from boks_exporter.model import HostName
from boks_exporter.report.shapes import Shown, shown_state
from boks_exporter.web.pages.facts import DomainFacts
from boks_exporter.web.pages.wording import Moment, on_clock


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of a host's state, of the domain's state, or of the masters."""

    at: Moment
    moment: float
    domain: str
    host: HostName | None
    what: str
    was: Shown | None
    state: Shown | None
    reason: str


def changes_of(facts: DomainFacts, host: HostName | None = None) -> tuple[Change, ...]:
    """List the changes of a domain, or of one host, newest first."""
    events = reversed(facts.view.timeline.events)
    return tuple(_change(facts.name, event) for event in events if host in {None, event.host})


def all_changes(domains: list[DomainFacts]) -> list[Change]:
    """List the changes of all domains, newest first."""
    return sorted(_each(domains), key=lambda change: -change.moment)


def _each(domains: list[DomainFacts]) -> Iterator[Change]:
    for facts in domains:
        yield from changes_of(facts)


def _change(domain: str, event: StateChange) -> Change:
    is_state = event.event != "masters_changed"
    return Change(
        at=on_clock(event.at),
        moment=event.at,
        domain=domain,
        host=event.host,
        what=event.host or ("domain" if is_state else "masters"),
        was=shown_state(event.was) if is_state and event.was else None,
        state=shown_state(event.state) if is_state else None,
        reason=event.reason,
    )
