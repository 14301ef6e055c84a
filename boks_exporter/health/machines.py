"""Sentences about several names of one machine."""

from collections.abc import Iterator

from boks_exporter.health.replica_conditions import RoundFacts
from boks_exporter.model import DomainSnapshot, HostName, Observed, possibly_same_machine
from boks_exporter.text.formatting import listed


def second_name(facts: RoundFacts, host: HostName) -> str | None:
    """Describe a configuration error: the name leads to the machine of another name."""
    first = facts.snapshot.second_names.get(host)
    return None if first is None else _one_machine(facts, first, host)


def other_names(facts: RoundFacts, host: HostName) -> Iterator[str]:
    """Yield the same error for the name that is kept."""
    for name, first in facts.snapshot.second_names.items():
        if first == host:
            yield _one_machine(facts, first, name)


def errors(facts: RoundFacts) -> Iterator[str]:
    """Yield every such error of the domain."""
    return (_one_machine(facts, first, name) for name, first in facts.snapshot.second_names.items())


def name_masters(snapshot: DomainSnapshot) -> str:
    """Name several masters; one that does not answer now was last seen as master next to another."""
    silent = snapshot.silent_masters
    reported = [host for host in snapshot.masters if host not in silent]
    if not silent:
        return f"{', '.join(reported)} all report to be master"
    return f"{', '.join(reported)} reports to be master; {', '.join(silent)} was master next to it, and does not answer"


def masters_in_doubt(facts: RoundFacts) -> str:
    """Name the masters that may be one machine; until that is proven, they count as several."""
    masters = [seen for seen in facts.snapshot.observed() if seen.host in facts.snapshot.masters]
    groups = possibly_same_machine(masters)
    return "".join(f"; these may be one machine: {listed(names)}{_ends(facts, names)}" for names in groups)


def _ends(facts: RoundFacts, names: tuple[HostName, ...]) -> str:
    ends = [f"{name} at {seen.endpoint}" for name in names if (seen := _seen(facts, name)) and seen.endpoint]
    return f" ({'; '.join(ends)})" if ends else ""


def _one_machine(facts: RoundFacts, first: HostName, second: HostName) -> str:
    seen = _seen(facts, second)
    at = f" ({seen.endpoint})" if seen and seen.endpoint else ""
    return f"{first} and {second} lead to one machine{at}: configuration error, keep one of the names"


def _seen(facts: RoundFacts, name: HostName) -> Observed | None:
    outcome = facts.snapshot.outcome(name)
    return outcome if isinstance(outcome, Observed) else None
