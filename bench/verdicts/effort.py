"""Exchanges of a round, and healthy replicas of which it decided that they are not ahead."""

from dataclasses import replace

from bench.verdicts.page import Shown
from bench.verdicts.reading import Reading
from boks_exporter.model import DomainSnapshot
from boks_exporter.replication import undecided_replicas


def effort(snapshot: DomainSnapshot, readings: list[Reading], page: Shown, limit: int) -> dict[str, int]:
    """Count them; `limit` is the number of updates from which a replica is ahead."""
    ok = {host for host, state in page.state.items() if state == "ok"}
    first = set(undecided_replicas(replace(snapshot, closer_readings=()), limit))
    since = min((each.started_at for each in snapshot.closer_readings), default=float("inf"))
    closer = len(snapshot.closer_readings) + sum(each.started_at > since for each in snapshot.master_readings)
    return {
        "rounds": 1,
        "rounds with closer polls": closer > 0,
        "exchanges": len(readings),
        "exchanges of closer polls": closer,
        "healthy": len(ok),
        "healthy, decided by the first readings": len(ok - first),
        "healthy, decided": len(ok - set(undecided_replicas(snapshot, limit))),
    }
