"""Fast construction of the two facts of which one reply holds thousands.

A frozen dataclass stores every field through `object.__setattr__`, which alone would cost half of the time budget of a
line (bench/parsing.py). Here a row is filled as a mutable object with the same slots, and becomes the fact by one
assignment of its class. The result equals what the fact's own constructor makes, hash and immutability included; a test
compares both, and the slots with the fact's fields.
"""

from boks_exporter.model import ReplicaLine, ReportedStatus, Seconds, Sequence, TableNumber, TableSequence


class _OpenTableSequence:
    __slots__ = ("parenthesised", "sequence", "stamp", "table")
    table: TableNumber
    sequence: Sequence
    parenthesised: Sequence | None
    stamp: Seconds | None


class _OpenReplicaLine:
    __slots__ = ("packets", "raw_status", "server", "since_failure", "since_packet", "since_sync", "status")
    server: str
    since_packet: Seconds | None
    since_failure: Seconds | None
    since_sync: Seconds | None
    packets: int | None
    status: ReportedStatus
    raw_status: str


def table_sequence(
    table: TableNumber, sequence: Sequence, parenthesised: Sequence | None, stamp: Seconds | None
) -> TableSequence:
    """Make a `TableSequence`."""
    row = _OpenTableSequence()
    row.table = table
    row.sequence = sequence
    row.parenthesised = parenthesised
    row.stamp = stamp
    row.__class__ = TableSequence  # type: ignore[assignment]  # the point of this module
    return row  # type: ignore[return-value]  # it is one now


def replica_line(  # noqa: PLR0913, PLR0917  # the fact's own fields, in its own order
    server: str,
    since_packet: Seconds | None,
    since_failure: Seconds | None,
    since_sync: Seconds | None,
    packets: int | None,
    status: ReportedStatus,
    raw_status: str,
) -> ReplicaLine:
    """Make a `ReplicaLine`."""
    row = _OpenReplicaLine()
    row.server = server
    row.since_packet = since_packet
    row.since_failure = since_failure
    row.since_sync = since_sync
    row.packets = packets
    row.status = status
    row.raw_status = raw_status
    row.__class__ = ReplicaLine  # type: ignore[assignment]  # the point of this module
    return row  # type: ignore[return-value]  # it is one now
