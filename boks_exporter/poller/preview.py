"""The snapshot of a round that still waits for some hosts."""

from dataclasses import replace

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
