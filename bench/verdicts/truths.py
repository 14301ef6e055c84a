"""Which conditions really hold of a replica in a round, and which of them the replies can show at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bench.verdicts.ground_truth_recorder import status_of
from bench.verdicts.memory import Memory
from bench.verdicts.reading import Apart, Reading
from boks_exporter.health import Thresholds
from boks_exporter.model import HostName, Sequence, TableNumber
from boks_exporter.simulator.domain.replica_link import Row, Status


class Condition(StrEnum):
    """What can be wrong; the first ones are states of a replica, in order of precedence."""

    UNREACHABLE = "unreachable"
    DOWN = "down"
    DIVERGED = "diverged"
    AHEAD = "ahead"
    LOADING = "loading"
    LAGGING = "lagging"
    UNLISTED = "unlisted"
    MISSING = "missing table"
    SAMPLES_AHEAD = "boks_replica_ahead_sequences > 0"
    SAMPLES_DOWN = 'boks_replica_reported_status{status="down"}'
    SAMPLES_NOT_UP = "boks_host_up == 0"
    SPLIT_BRAIN = "split brain"
    NO_MASTER = "no master"


STATES: Final = (
    *(Condition.UNREACHABLE, Condition.DOWN, Condition.DIVERGED, Condition.AHEAD),
    *(Condition.LOADING, Condition.LAGGING, Condition.UNLISTED),
)
"""Those that are states of a replica, of which a verdict names the gravest."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether a condition holds (None: cannot be said), whether the replies can show it, and since when it holds.

    `is_late` marks one that cannot be shown although the replies of an undisturbed exporter would have shown it.
    """

    holds: bool | None
    can_show: bool = True
    since: float | None = None
    is_late: bool = True


NO = Claim(holds=False)
OPEN = Claim(holds=None)


@dataclass(frozen=True, slots=True)
class Round:
    """What arrived in one round. `master` is the host that alone said it is master, and was read as such."""

    master: HostName | None
    master_readings: list[Reading]
    listing: Reading | None
    unseen_rows: Mapping[HostName, Row] | None
    """What the one real master would list now, where its list did not arrive."""
    memory: Memory
    thresholds: Thresholds
    interval: float
    given_twice: Mapping[TableNumber, Sequence]
    """Up to which number each table's updates were given out a second time, after a restore of the master."""

    def before(self, reading: Reading) -> Reading | None:
        """Find the last reading of the master that had ended when the replica was asked."""
        found = [each for each in self.master_readings if each.ended <= reading.began]
        return found[-1] if found else None

    def after(self, reading: Reading) -> Reading | None:
        """Find the first reading of the master that began when the replica had answered."""
        return next((each for each in self.master_readings if each.began >= reading.ended), None)

    def is_steady_or_unread(self, reading: Reading) -> bool:
        """Return whether there was one master, and it is the one that the exporter sees, if it sees one."""
        return len(reading.masters) == 1 and (self.master is None or self.is_steady(reading))

    def hidden_from(self, reading: Reading) -> frozenset[TableNumber]:
        """Return the tables whose rows could not be read in a replica's reading, or in the master's around it."""
        around = (reading, self.before(reading), self.after(reading))
        return frozenset(table for each in around if each for table in each.hidden)

    def is_steady(self, reading: Reading) -> bool:
        """Return whether the master that the exporter sees was the only one at all instants that count here."""
        instants = [reading, *self.master_readings]
        return all(each.masters == (self.master,) for each in instants)


def claims_of(
    look: Round, reading: Reading, closer: Iterable[Reading] = (), *, is_doubtful: bool
) -> Mapping[Condition, Claim]:
    """Judge one replica in one round. Where only a closer poll showed it ahead, the master was restored in between.

    A copy that was wrong before (`is_doubtful`) may rightly be called ahead, diverged or unknown after its numbers are
    the master's again: what it shows now does not prove its contents.
    """
    claims = {Condition.UNREACHABLE: Claim(holds=not reading.arrived)}
    claims |= _by_list(look, reading)
    doubts = {kind: OPEN for kind in (Condition.AHEAD, Condition.DIVERGED) if is_doubtful}
    is_read = reading.arrived and reading.is_readable
    if reading.apart is None or (look.master and not look.is_steady(reading)):
        return claims | dict.fromkeys(_BY_NUMBERS, OPEN)
    is_loading = claims[Condition.LOADING].holds is not False
    found = _by_numbers(look, reading, reading.apart, is_read=is_read, is_loading=is_loading)
    if any(each.apart and is_above(look, each, each.apart.ahead) for each in closer):
        doubts |= dict.fromkeys((Condition.AHEAD, Condition.SAMPLES_AHEAD), OPEN)
    return claims | found | {kind: doubt for kind, doubt in doubts.items() if not found[kind].holds}


_BY_NUMBERS = (
    *(Condition.AHEAD, Condition.LAGGING, Condition.DIVERGED, Condition.MISSING),
    Condition.SAMPLES_AHEAD,
)


def _by_list(look: Round, reading: Reading) -> dict[Condition, Claim]:
    """Return what the master's list shows of it; there is no other source."""
    kinds = (Condition.DOWN, Condition.SAMPLES_DOWN, Condition.LOADING, Condition.UNLISTED)
    if look.listing is None or look.listing.rows is None:
        claims = {kind: _behind_the_curtain(look, reading.host, kind) for kind in kinds}
        return claims | ({Condition.LOADING: OPEN} if reading.arrived and look.memory.went_back(reading) else {})
    status = status_of(look.listing.rows, reading.host)
    loading = Claim(holds=status is Status.LOADING)
    if reading.arrived and not loading.holds and look.memory.went_back(reading):
        loading = OPEN
    return {
        Condition.DOWN: Claim(holds=status is Status.DOWN),
        Condition.SAMPLES_DOWN: Claim(holds=status is Status.DOWN),
        Condition.LOADING: loading,
        Condition.UNLISTED: Claim(holds=status is None, can_show=reading.arrived),
    }


def _behind_the_curtain(look: Round, host: HostName, kind: Condition) -> Claim:
    """Return what the one real master would have shown in a poll."""
    if look.unseen_rows is None:
        return Claim(holds=None, can_show=False)
    status = status_of(look.unseen_rows, host)
    held = {
        Condition.DOWN: Status.DOWN,
        Condition.SAMPLES_DOWN: Status.DOWN,
        Condition.LOADING: Status.LOADING,
        Condition.UNLISTED: None,
    }
    return Claim(holds=status is held[kind], can_show=False)


def _by_numbers(
    look: Round, reading: Reading, real: Apart, *, is_read: bool, is_loading: bool
) -> dict[Condition, Claim]:
    """Return its true numbers against the master's of the same instant."""
    went_back = look.memory.went_back(reading)
    hidden = look.hidden_from(reading)
    ahead = _above(look, reading, real.ahead, is_read=is_read)
    lagging = _lagging(look, reading, real, is_read=is_read and not went_back)
    numbers = reading.numbers or {}
    if any(numbers[table][0] < look.given_twice.get(table, 0) for table in real.behind.keys() & numbers.keys()):
        lagging = OPEN
    diverged = OPEN if is_loading or went_back else _diverged(look, reading, real, ahead, lagging, is_read=is_read)
    if _is_late(look, reading, real):
        lagging = diverged = OPEN
    if hidden:  # what is missing, of another generation or late may be in the rows that could not be read
        lagging, diverged = (each if not each.holds else replace(each, can_show=False) for each in (lagging, diverged))
    return {
        Condition.AHEAD: ahead,
        Condition.LAGGING: lagging,
        Condition.DIVERGED: diverged,
        Condition.MISSING: _missing(look, reading, real, is_read=is_read),
        Condition.SAMPLES_AHEAD: _above(look, reading, {**real.ahead, **real.above}, is_read=is_read),
    }


def _is_late(look: Round, reading: Reading, real: Apart) -> bool:
    """Return whether a table or its new generation is still under way when it has long been due: late, but not lost."""
    limits = look.thresholds
    late = any(reading.at - since >= limits.stamp_seconds - 1 for since in real.outdated.values())
    under_way = (since for table, since in real.lacking.items() if table not in real.lost)
    return late or any(reading.at - since >= limits.missing_seconds - 1 for since in under_way)


def _above(look: Round, reading: Reading, tables: Mapping[TableNumber, Sequence], *, is_read: bool) -> Claim:
    """Return whether tables have more than the master's, and still have when the master is read again."""
    return Claim(holds=bool(tables), can_show=bool(look.master) and is_read and is_above(look, reading, tables))


def is_above(look: Round, reading: Reading, tables: Mapping[TableNumber, Sequence]) -> bool:
    """Return whether a table that can be read on both sides has more than the master's next reading."""
    after = look.after(reading)
    numbers = after.numbers if after and after.numbers else {}
    return any(
        table in numbers and table not in reading.hidden and own > numbers[table][0] for table, own in tables.items()
    )


def _lagging(look: Round, reading: Reading, real: Apart, *, is_read: bool) -> Claim:
    if not real.behind:
        return NO
    limit = look.thresholds.lag_seconds
    age = reading.at - min(real.behind.values())
    read = {table: at for table, at in real.behind.items() if table not in reading.hidden}
    proven = look.memory.lag_at_least(reading, read, reading.began)
    return Claim(
        holds=age >= limit,
        can_show=is_read and look.master is not None and look.before(reading) is not None and proven >= limit,
        since=reading.at - (age - limit),
        is_late=age - limit > 1.5 * look.interval or not is_read or look.memory.begins_after(reading.at - age),
    )


def _diverged(look: Round, reading: Reading, real: Apart, ahead: Claim, lagging: Claim, *, is_read: bool) -> Claim:
    both_ways = bool(ahead.holds and lagging.holds)
    shows_stamps = _is_old(look, reading, real, real.foreign, look.thresholds.stamp_seconds)
    shows_lost = look.before(reading) is not None and _is_old(
        look, reading, real, real.lost, look.thresholds.missing_seconds
    )
    shows_both = both_ways and ahead.can_show and lagging.can_show
    return Claim(
        holds=bool(real.foreign or real.lost or both_ways),
        can_show=is_read and look.listing is not None and (shows_stamps or shows_lost or shows_both),
    )


def _is_old(look: Round, reading: Reading, real: Apart, tables: frozenset[int], limit: float) -> bool:
    """Return whether the master is known to have had one of the tables for so long that healthy replicas have it.

    A replica that waits for updates may wait for the table as well, if the table is not older than they are.
    """
    read = {table: at for table, at in real.behind.items() if table not in reading.hidden}
    waits = look.memory.lag_at_least(reading, read, reading.at)
    limits = {table: limit + (waits if look.memory.is_new(table) else 0.0) for table in tables}
    return any(look.memory.stamp_age(table, reading.at) >= limit for table, limit in limits.items())


def _missing(look: Round, reading: Reading, real: Apart, *, is_read: bool) -> Claim:
    before = look.before(reading) if look.master and is_read else None
    known = before.numbers if before and before.numbers else {}
    can_show = not look.hidden_from(reading) and any(table in known for table in real.lacking)
    return Claim(holds=bool(real.lacking), can_show=can_show)
