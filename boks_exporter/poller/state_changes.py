"""State changes between two views as log events: a line per change, none per round."""

from collections.abc import Iterator
from typing import TypeAlias

from boks_exporter.exposition import DomainView

Change: TypeAlias = tuple[str, dict[str, str | None]]


def changes(before: DomainView | None, after: DomainView) -> Iterator[Change]:
    """Yield each change of the domain's state, of its masters and names, and of a host's state."""
    yield from _domain(before, after)
    states = {verdict.host: verdict.state for verdict in before.health.hosts} if before else {}
    for verdict in after.health.hosts:
        was = states.get(verdict.host)
        if was != verdict.state:
            facts = {"host": verdict.host, "state": str(verdict.state), "reason": verdict.reason}
            yield "host_state_changed", {**facts, "was": str(was) if was else None}


def _domain(before: DomainView | None, after: DomainView) -> Iterator[Change]:
    was = before.health.state if before else None
    if was != after.health.state:
        facts = {"state": str(after.health.state), "reason": after.health.reason}
        yield "domain_state_changed", {**facts, "was": str(was) if was else None}
    known = before.snapshot.second_names if before else {}
    for name, first in after.snapshot.second_names.items():
        if known.get(name) != first:
            yield "one_machine_under_two_names", {"host": first, "second_name": name}
    masters_before = before.snapshot.masters if before else ()
    if before and masters_before != after.snapshot.masters:
        yield (
            "masters_changed",
            {"masters": ",".join(after.snapshot.masters) or None, "were": ",".join(masters_before) or None},
        )
