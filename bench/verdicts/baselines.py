"""The ways in which it is done today, on the same replies: the list alone, and one comparison of two readings."""

from collections.abc import Iterable
from typing import Final

from bench.verdicts.reading import Reading
from bench.verdicts.truths import Condition, Round
from boks_exporter.simulator.domain.replica_link import Status

TOLERANCES: Final = (0, 10, 100)
OURS: Final = "this exporter"
LIST_ONLY: Final = "list only"
SILENT_SECONDS: Final = 120.0
"""Since the last packet never more than a couple of minutes, says K1256: more counts as lagging there."""


OF_THE_LIST: Final = (Condition.DOWN, Condition.LOADING, Condition.LAGGING, Condition.AHEAD, Condition.DIVERGED)
"""What a reader of the list alone can see there; it shows nothing of the last two."""

OF_THE_DIFFERENCE: Final = (Condition.AHEAD, Condition.LAGGING)


def one_shot(tolerance: int) -> str:
    """Name the one-shot comparison with a tolerance in updates."""
    return f"one shot, ± {tolerance}"


def by_list(look: Round, reading: Reading) -> set[Condition]:
    """Read only `boksdiag list`: status, and the age of the last packet."""
    rows = look.listing.rows if look.listing and look.listing.rows else {}
    row = rows.get(reading.host)
    if row is None or look.listing is None:
        return set()
    if row.status is not Status.OK:
        return {Condition.DOWN if row.status is Status.DOWN else Condition.LOADING}
    silent = row.packet is not None and look.listing.at - row.packet > SILENT_SECONDS
    return {Condition.LAGGING} if silent else set()


def by_difference(look: Round, reading: Reading, tolerance: int) -> set[Condition]:
    """Compare `boksdiag sequence` once, master then replica: any difference beyond the tolerance counts."""
    if look.listing is None or not (reading.arrived and reading.is_readable):
        return set()
    master, own = look.listing.numbers or {}, reading.numbers or {}
    differences = [own[table][0] - master[table][0] for table in master.keys() & own.keys()]
    return set(_named(differences, tolerance))


def _named(differences: list[int], tolerance: int) -> Iterable[Condition]:
    if max(differences, default=0) > tolerance:
        yield Condition.AHEAD
    if min(differences, default=0) < -tolerance:
        yield Condition.LAGGING


def methods(look: Round, reading: Reading, *, is_ok: bool) -> dict[str, bool]:
    """Return of each method whether it finds anything wrong with a replica in this round."""
    found = {OURS: not is_ok, LIST_ONLY: bool(by_list(look, reading))}
    return found | {one_shot(each): bool(by_difference(look, reading, each)) for each in TOLERANCES}
