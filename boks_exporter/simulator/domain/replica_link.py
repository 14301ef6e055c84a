"""A master's link to one replica, as `boksdiag list` shows it."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from boks_exporter.model import Seconds
from boks_exporter.simulator.domain.database import Database

HEARTBEAT: Final[Seconds] = 60.0
"""The longest time between two packets to a replica (K1256: at most a couple of minutes; figure made up)."""

_RETRY: Final[Seconds] = 180.0


class Status(StrEnum):
    """The last column; the spelling of LOADING is not published."""

    OK = "OK"
    LOADING = "LOADING"
    DOWN = "DOWN"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: points in time, None for never."""

    packet: Seconds | None
    failure: Seconds | None
    sync: Seconds | None
    packets: int
    status: Status


@dataclass(slots=True)
class Link:
    """The connection from a master to one replica. `up_at` may lie ahead: the master retries only now and then."""

    phase: Seconds
    packets: int
    up_at: Seconds
    loading_until: Seconds = -math.inf
    broken_at: Seconds | None = None
    last_failure: Seconds | None = None
    last_packet: Seconds | None = None
    last_sync: Seconds | None = None

    def is_up(self, now: Seconds) -> bool:
        """Return whether packets arrive."""
        return self.broken_at is None and now >= self.up_at

    def break_off(self, now: Seconds, database: Database) -> None:
        """Lose every packet from now on."""
        if self.broken_at is None:
            before = self.row(now, database)
            self.last_packet, self.last_sync, self.last_failure = before.packet, before.sync, before.failure
            self.packets += self._sent(now)
            self.broken_at = now

    def restore(self, now: Seconds, up_at: Seconds, loading_until: Seconds, database: Database) -> None:
        """Deliver packets again from `up_at` on."""
        if self.broken_at is not None:
            self.last_failure = self.row(now, database).failure
        self.broken_at, self.up_at, self.loading_until = None, up_at, loading_until
        self.last_sync = up_at if self.last_sync is None else self.last_sync

    def row(self, now: Seconds, database: Database) -> Row:
        """Return the line of the list at an instant."""
        if self.is_up(now):
            written = database.last_write(now)
            sync = max((t for t in (written, self.last_sync) if t is not None), default=None)
            packet = max(self.up_at, self._heartbeat(now), sync if sync is not None else -math.inf)
            status = Status.LOADING if now < self.loading_until else Status.OK
            return Row(packet, self.last_failure, sync, self.packets + self._sent(now), status)
        failure = self._failure(now, database)
        status = Status.OK if failure == self.last_failure and self.broken_at is not None else Status.DOWN
        return Row(self.last_packet, failure, self.last_sync, self.packets, status)

    def _failure(self, now: Seconds, database: Database) -> Seconds | None:
        """Return when a packet was last lost: at the first update or heartbeat after the break, then at each retry."""
        if self.broken_at is None:
            return self.last_failure
        first = self._heartbeat(self.broken_at) + HEARTBEAT
        written = [
            at
            for table in database.tables
            if (writes := database.generation(table, now))
            and (at := writes.written_at(writes.number(self.broken_at) + 1)) is not None
        ]
        first = min([first, *(at for at in written if at > self.broken_at)])
        if now < first:
            return self.last_failure
        return first + (now - first) // _RETRY * _RETRY

    def _heartbeat(self, now: Seconds) -> Seconds:
        return (now - self.phase) // HEARTBEAT * HEARTBEAT + self.phase

    def _sent(self, now: Seconds) -> int:
        return max(0, int((now - self.up_at) / HEARTBEAT))
