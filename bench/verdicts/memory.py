"""What an ideal observer could know who sees exactly the replies that arrived at the exporter, and forgets nothing."""

from bisect import bisect_left
from collections.abc import Mapping

from bench.verdicts.reading import Reading
from boks_exporter.model import HostName, Sequence, TableNumber
from boks_exporter.simulator.domain import Boksinit
from boks_exporter.simulator.domain.database import Numbers


class Memory:
    """The instants at which the one master was read since the exporter began to watch, and what replicas had then."""

    def __init__(self) -> None:
        """Know nothing."""
        self.master: HostName | None = None
        self._read_at: list[float] = []
        self._known_at: list[float] = []
        self._hidden: list[frozenset[TableNumber]] = []
        self._carried: Numbers | None = None
        self._changed_at = float("-inf")
        self._stamps: dict[TableNumber, tuple[float, float]] = {}
        self.replicas: dict[HostName, tuple[float, Numbers]] = {}

    def learn(self, master: HostName | None, masters: list[Reading]) -> None:
        """Take the readings of the one master in a round, in order; next to a second one those of the one before."""
        followed = master or self.master
        readings = [each for each in masters if each.host == followed]
        if followed is None or not readings:
            return
        if followed != self.master:
            self._change(followed, readings)
        for reading in readings:
            self._read_at.append(reading.at)
            self._known_at.append(reading.ended)
            self._hidden.append(reading.hidden)
            for table, (_, stamp) in (reading.numbers or {}).items():
                if self._stamps.get(table, (None, 0.0))[0] != stamp:
                    self._stamps[table] = (stamp, reading.ended)

    def _change(self, master: HostName, readings: list[Reading]) -> None:
        """Know of a new master only what it had when it was read as a replica: later numbers may be its own."""
        if self.master is not None:
            known = self.replicas.get(master)
            self._carried = known[1] if known else {}
            self._changed_at = readings[0].at
            if known is None:
                self._stamps = {}
        self.master = master

    def note(self, reading: Reading) -> None:
        """Record a replica's own reading; a master or a client is no longer a replica."""
        if reading.arrived and reading.role is not Boksinit.SERVER:
            self.replicas.pop(reading.host, None)
        elif reading.arrived and reading.is_readable and reading.numbers is not None:
            known = self.replicas.get(reading.host, (0.0, {}))[1]
            hidden = {table: known[table] for table in reading.hidden & known.keys()}
            self.replicas[reading.host] = (reading.at, {**reading.numbers, **hidden})

    def age_at_least(self, table: TableNumber, number: Sequence, written_at: float, now: float) -> float:
        """Return the least age of an update: it was there when the first reading that shows it arrived.

        A number that a new master had not got when it was read as a replica may be its own, given out a second time.
        """
        is_carried = self._carried is None or number <= self._carried.get(table, (-1, 0.0))[0]
        since = written_at if is_carried else max(written_at, self._changed_at)
        index = bisect_left(self._read_at, since)
        while index < len(self._read_at) and table in self._hidden[index]:
            index += 1
        return now - self._known_at[index] if index < len(self._read_at) else 0.0

    def lag_at_least(self, reading: Reading, behind: Mapping[TableNumber, float], now: float) -> float:
        """Return the least age of the oldest update that a replica lacks."""
        numbers = reading.numbers or {}
        ages = (self.age_at_least(table, numbers[table][0] + 1, at, now) for table, at in behind.items())
        return max(ages, default=0.0)

    def stamp_age(self, table: TableNumber, now: float) -> float:
        """Return the least time for which the master has had the table's stamp."""
        return now - self._stamps[table][1] if table in self._stamps else 0.0

    def begins_after(self, at: float) -> bool:
        """Return whether the observer began to watch after an instant."""
        return not self._known_at or self._known_at[0] > at

    def is_new(self, table: TableNumber) -> bool:
        """Return whether the table, or its stamp, came up after the observer had begun to watch."""
        return table in self._stamps and self._stamps[table][1] > self._known_at[0]

    def went_back(self, reading: Reading) -> bool:
        """Return whether a replica has a lower number than when it was read last, or lacks a table that it had."""
        before: Mapping[TableNumber, tuple[int, float]] = self.replicas.get(reading.host, (0.0, {}))[1]
        own = reading.numbers or {}
        return any(
            table not in own or (own[table][1] == stamp and own[table][0] < number)
            for table, (number, stamp) in before.items()
            if table not in reading.hidden
        )
