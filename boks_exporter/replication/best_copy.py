"""The most advanced copy of each table, which is the measure while the master is dead."""

from collections.abc import Mapping
from dataclasses import dataclass

from boks_exporter.model import DomainSnapshot, Observed, Role, Sequence, TableNumber
from boks_exporter.replication.history import History
from boks_exporter.replication.not_compared import hidden_in


@dataclass(frozen=True, slots=True)
class BestCopy:
    """The highest number of each table; `is_certain` unless a line that could not be read may hide a higher one.

    `remembered` are the tables that the last master had.
    """

    numbers: Mapping[TableNumber, Sequence]
    is_certain: bool
    remembered: frozenset[TableNumber] = frozenset()

    def lead_over(self, numbers: Mapping[TableNumber, Sequence]) -> int | None:
        """Return the updates that a copy lacks in its worst table.

        0 only if every number on all servers is known and the copy has every table.
        """
        leads = [max(0, self.numbers[table] - own) for table, own in numbers.items() if table in self.numbers]
        worst = max(leads, default=None)
        is_complete = self.is_certain and (self.numbers.keys() | self.remembered) <= numbers.keys()
        return worst or (worst if is_complete else None)


def best_copy(snapshot: DomainSnapshot, history: History) -> BestCopy:
    """Find the highest numbers on any server that answered and has no evidence against it.

    The servers are read at different instants, so this is exact only while nothing is written, which is the
    case while the master is dead, when it is needed.
    """
    counted = [seen for seen in snapshot.observed() if seen.sequences and _counts(seen, history)]
    best: dict[TableNumber, Sequence] = {}
    for shown in {seen.sequences for seen in counted if seen.sequences}:
        for row in shown.tables:
            best[row.table] = max(best.get(row.table, 0), row.sequence)
    is_certain = not any(_hides(seen, history, best) for seen in counted)
    return BestCopy(best, is_certain, remembered=frozenset(history.tables))


def _counts(seen: Observed, history: History) -> bool:
    return seen.role in {Role.MASTER, Role.REPLICA} and not history.is_apart(seen.host)


def _hides(seen: Observed, history: History, known: Mapping[TableNumber, Sequence]) -> bool:
    shown = seen.sequences
    return (
        shown is not None
        and bool(shown.suspect_lines)
        and any(True for _ in hidden_in(seen.host, shown, history.common_forms, known))
    )
