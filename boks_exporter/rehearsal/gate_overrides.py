"""Per-host gate answers that the twin's state cannot reproduce."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.model import DomainSnapshot, HostName, Observed
from boks_exporter.parsing.operator_facts import Daemons

_WORDS: Final[dict[str, dict[bool | None, str]]] = {
    "permitted": {False: "no", None: "unknown"},
    "boksadm": {False: "no", None: "unknown"},
    "state": {False: "unusable", None: "unknown"},
    "database": {None: "unknown"},
}


def gate_overrides(facts: FailoverFacts, name: HostName) -> Iterator[tuple[str, str]]:
    """Yield the keys of a gate's reply that are fixed whatever the twin's state."""
    for witness in facts.witnesses:
        if witness.host == name:
            yield "reach", witness.reach
    ready = facts.readiness(name)
    if ready is None:
        return
    if ready.hostname:
        yield "hostname", ready.hostname
    if ready.daemons is Daemons.UNKNOWN:
        yield "daemons", "unknown"
    if ready.free_kilobytes is not None:
        yield "free_kilobytes", str(ready.free_kilobytes)
    answers = {
        "permitted": ready.permitted,
        "boksadm": ready.boksadm,
        "state": ready.state_writable,
        "database": ready.database_present,
    }
    yield from ((key, _WORDS[key][value]) for key, value in answers.items() if value in _WORDS[key])


def failure_detail(snapshot: DomainSnapshot, name: HostName) -> str:
    """Return why a host did not answer."""
    outcome = snapshot.outcome(name)
    return "it was not asked" if outcome is None or isinstance(outcome, Observed) else outcome.detail
