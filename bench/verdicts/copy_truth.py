"""Whether a copy is wrong by the identity of its updates, whether a reading shows it, and where that comes from."""

from collections.abc import Iterable, Mapping

from bench.verdicts.copies import Verdict
from bench.verdicts.event import Event
from bench.verdicts.page import Shown
from bench.verdicts.reading import Reading
from bench.verdicts.truths import Claim, Condition, Round, is_above
from boks_exporter.model import HostName
from boks_exporter.simulator.domain import Boksinit, Fault, SimulatedDomain

_OF_ONE_COPY = {
    Fault.AHEAD: "updates of its own",
    Fault.DIVERGED: "updates of its own",
    Fault.WRONG_STAMP: "another generation",
    Fault.MISSING_TABLE: "a missing table",
    Fault.TWO_MASTERS: "two masters",
}
_OF_ALL_COPIES = {"convert": "a change of masters", "restore": "a master restored from a backup"}


class Origins:
    """The last event that can have made each copy wrong."""

    def __init__(self) -> None:
        """Start with none."""
        self._origins: dict[HostName, str] = {}

    def note_event(self, domain: SimulatedDomain, event: Event) -> None:
        """Record an event."""
        if event.what in _OF_ALL_COPIES:
            self._origins |= dict.fromkeys(domain.hosts, _OF_ALL_COPIES[event.what])
        elif event.what == "set" and event.fault in _OF_ONE_COPY:
            hosts = domain.hosts if event.fault is Fault.TWO_MASTERS else (event.host,)
            self._origins |= dict.fromkeys(hosts, _OF_ONE_COPY[event.fault])

    def of(self, host: HostName) -> str:
        """Return the origin of what is wrong with a copy."""
        return self._origins.get(host, "another event")


def verdict_of(
    look: Round, reading: Reading, closer: Iterable[Reading], claims: Mapping[Condition, Claim], page: Shown
) -> Verdict:
    """Put the truth of one replica in one round next to what the page says; its origin is filled in by the caller."""
    real = reading.apart
    shown = any(claims[kind].holds and claims[kind].can_show for kind in (Condition.AHEAD, Condition.DIVERGED))
    shown = shown or any(_shows_lead(look, each) for each in closer)
    state = page.state.get(reading.host) or ("ok" if page.up.get(reading.host) else "unreachable")
    is_open = real is None or not look.is_steady_or_unread(reading)
    return Verdict(
        host=reading.host,
        round=0,
        is_wrong=None if is_open or real is None else bool(real.excess or real.foreign or real.lost),
        is_shown=shown,
        state=state,
        is_proven=reading.host in page.proven,
        origin="",
        reason=_reason(reading),
        place=f"state {state}; {reading.host} at {reading.at:.1f} s",
    )


def _shows_lead(look: Round, reading: Reading) -> bool:
    if not (look.master and reading.apart and reading.arrived and reading.role is Boksinit.SERVER):
        return False
    return look.is_steady(reading) and is_above(look, reading, reading.apart.ahead)


def _reason(reading: Reading) -> str:
    """Return why no number shows what is wrong."""
    real = reading.apart
    if real is None:
        return ""
    if reading.hidden:
        return "a row could not be read"
    if real.excess and any(table in real.excess for table in real.ahead):
        return "ahead by no more than the master wrote until it was read again"
    if real.excess:
        return "the master had as many updates, or more"
    return "the master's table was too young, or the list was not read"
