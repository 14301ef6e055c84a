"""A round compared with the round before: its snapshot continued, and state changes as log events."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from boks_exporter.exposition import DomainView
from boks_exporter.model import DomainSnapshot, distinct_masters


def continued(before: DomainSnapshot, read: DomainSnapshot) -> DomainSnapshot:
    """Add the outcomes and readings of the round before where a round has none yet.

    An earlier reading of a replica keeps the readings of the master that bracket it.
    """
    outcomes = {outcome.host: outcome for outcome in before.outcomes} | {each.host: each for each in read.outcomes}
    hosts = {host.name: host for host in (*before.hosts, *read.hosts)}
    known = [outcomes[name] for name in hosts if name in outcomes]
    masters = {seen.host for seen in distinct_masters(known)}
    listing = read.listing or (before.listing if before.listing and before.listing.master in masters else None)
    reports = dict.fromkeys(each for each in (*before.master_reports, *read.master_reports) if each.host in masters)
    readings = {id(each): each for each in (*before.master_readings, *read.master_readings)}
    return replace(
        read,
        hosts=tuple(hosts.values()),
        outcomes=tuple(known),
        master_readings=tuple(sorted(readings.values(), key=lambda reading: reading.started_at)),
        listing=listing if len(masters) == 1 else None,
        master_reports=tuple(reports),
        last_known_master=next(iter(masters)) if len(masters) == 1 else read.last_known_master,
    )


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
