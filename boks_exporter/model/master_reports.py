"""When hosts reported to be master, and whether that proves several masters at the same time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import permutations

from boks_exporter.model.hosts import HostName, Timestamp


@dataclass(frozen=True, slots=True)
class MasterReport:
    """One poll in which a host reported to be master."""

    host: HostName
    started_at: Timestamp
    finished_at: Timestamp


def are_proven(reports: Iterable[MasterReport], masters: Collection[HostName]) -> bool:
    """Return whether two of these hosts were master at the same time.

    One was master before another was read as master, and is master again in a poll that began after that. Where both
    are polled at the same time, both must be master again in polls that began after the first ones. Anything less may
    be a change of masters between two polls.
    """
    known = [report for report in reports if report.host in masters]
    by_host = {host: [report for report in known if report.host == host] for host in masters}
    return any(_encloses(by_host[one], by_host[other]) for one, other in permutations(masters, 2)) or any(
        _both_again(by_host[one], by_host[other]) for one, other in permutations(masters, 2)
    )


def _encloses(one: list[MasterReport], other: list[MasterReport]) -> bool:
    return any(
        before.finished_at <= between.started_at and between.finished_at <= after.started_at
        for between in other
        for before in one
        for after in one
    )


def _both_again(one: list[MasterReport], other: list[MasterReport]) -> bool:
    if not one or not other:
        return False
    first_ended = max(min(report.finished_at for report in reports) for reports in (one, other))
    return all(max(report.started_at for report in reports) >= first_ended for reports in (one, other))
