"""Evidence and masters' terms as parts of the JSON document of a history, and its checked values."""

from collections.abc import Mapping
from sys import float_info
from typing import Any, Final

from boks_exporter.model import HostName, Sequence, TableNumber, Timestamp
from boks_exporter.replication.evidence import Clearance, Condition, CopyEvidence, Difference, Lead, Reload
from boks_exporter.replication.master_terms import Marks, MasterTerm

_EARLIEST: Final = -1e10
_LATEST: Final = 2.5e11


def mapping_of(found: Any, where: str) -> Mapping[str, Any]:
    """Return an object."""
    if not isinstance(found, dict):
        message = f"{where}: expected an object, found {found!r:.60}"
        raise ValueError(message)  # noqa: TRY004 - a damaged document is a wrong value, whatever is wrong with it
    return found


def table_of(text: str) -> TableNumber:
    """Return the table number that a key holds."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"expected a table number, found {text!r:.60}")
    return int(text)


def name_of(found: Any) -> HostName:
    """Return a host name."""
    if not isinstance(found, str):
        message = f"expected a host name, found {found!r:.60}"
        raise ValueError(message)  # noqa: TRY004 - as above
    return found


def number_of(found: Any, where: str) -> Sequence:
    """Return a sequence number."""
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise ValueError(f"{where}: expected a sequence number, found {found!r:.60}")
    return found


def seconds_of(found: Any, where: str) -> float:
    """Return a finite number of seconds."""
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if not is_number or not -float_info.max <= found <= float_info.max:
        raise ValueError(f"{where}: expected a number of seconds, found {found!r:.60}")
    return float(found)


def time_of(found: Any, where: str) -> float:
    """Return a time that a calendar has, in seconds since 1970."""
    at = seconds_of(found, where)
    if not _EARLIEST <= at <= _LATEST:
        raise ValueError(f"{where}: expected seconds since 1970, found {found!r:.60}")
    return at


def optional_seconds_of(found: Any, where: str) -> float | None:
    """Return a number of seconds or None."""
    return None if found is None else seconds_of(found, where)


def optional_time_of(found: Any, where: str) -> float | None:
    """Return a time or None."""
    return None if found is None else time_of(found, where)


def evidence_document(known: CopyEvidence) -> dict[str, Any]:
    """Write the evidence against one copy."""
    return {
        "leads": {
            str(table): {
                "since": lead.since,
                "proven_at": lead.proven_at,
                "amount": lead.amount,
                "level": lead.level,
                "passed_at": lead.passed_at,
                "by_writing": lead.by_writing,
            }
            for table, lead in known.leads.items()
        },
        "differences": {
            str(table): {
                "condition": difference.condition,
                "since": difference.since,
                "proven_at": difference.proven_at,
                "stamp": difference.stamp,
                "ended_at": difference.ended_at,
            }
            for table, difference in known.differences.items()
        },
        "diverged_since": known.diverged_since,
        "reload": known.reload and {"since": known.reload.since, "below": sorted(known.reload.below)},
    }


def evidence_of(found: Any, where: str) -> CopyEvidence:
    """Parse what `evidence_document` wrote."""
    known = mapping_of(found, where)
    leads, differences = mapping_of(known.get("leads"), f"{where}.leads"), known.get("differences")
    return CopyEvidence(
        leads={table_of(table): _lead(lead, f"{where}.leads.{table}") for table, lead in leads.items()},
        differences={
            table_of(table): _difference(difference, f"{where}.differences.{table}")
            for table, difference in mapping_of(differences, f"{where}.differences").items()
        },
        diverged_since=optional_time_of(known.get("diverged_since"), f"{where}.diverged_since"),
        reload=None if known.get("reload") is None else _reload(known["reload"], f"{where}.reload"),
    )


def _lead(found: Any, where: str) -> Lead:
    known = mapping_of(found, where)
    return Lead(
        since=time_of(known.get("since"), f"{where}.since"),
        proven_at=time_of(known.get("proven_at"), f"{where}.proven_at"),
        amount=number_of(known.get("amount"), f"{where}.amount"),
        level=number_of(known.get("level"), f"{where}.level"),
        passed_at=optional_time_of(known.get("passed_at"), f"{where}.passed_at"),
        by_writing=known.get("by_writing") is True,
    )


def _difference(found: Any, where: str) -> Difference:
    known = mapping_of(found, where)
    return Difference(
        condition=Condition(str(known.get("condition"))),
        since=time_of(known.get("since"), f"{where}.since"),
        proven_at=time_of(known.get("proven_at"), f"{where}.proven_at"),
        stamp=optional_seconds_of(known.get("stamp"), f"{where}.stamp"),
        ended_at=optional_time_of(known.get("ended_at"), f"{where}.ended_at"),
    )


def _reload(found: Any, where: str) -> Reload:
    known = mapping_of(found, where)
    below = known.get("below")
    if not isinstance(below, list):
        message = f"{where}.below: expected a list of table numbers, found {below!r:.60}"
        raise ValueError(message)  # noqa: TRY004 - a damaged document is a wrong value, whatever is wrong with it
    tables = frozenset(number_of(table, f"{where}.below") for table in below)
    return Reload(time_of(known.get("since"), f"{where}.since"), tables)


def clearance_document(entry: Clearance, at: Timestamp) -> list[Any]:
    """Write an entry that clears evidence, with its time by the exporter's clock."""
    return [entry.host, entry.at, entry.owner, entry.reason, entry.of_copy, at]


def clearances_of(found: Any, where: str) -> dict[Clearance, Timestamp]:
    """Parse a list of what `clearance_document` wrote."""
    return dict(_clearance(entry, where) for entry in (found if isinstance(found, list) else [found]))


def _clearance(found: Any, where: str) -> tuple[Clearance, Timestamp]:
    match found:
        case [str() | None as host, written_at, str(owner), str(reason), bool(of_copy), at]:
            return Clearance(host, time_of(written_at, where), owner, reason, of_copy), time_of(at, where)
    raise ValueError(f"{where}: expected [host, at, owner, reason, of_copy, time], found {found!r:.60}")


def term_document(term: MasterTerm) -> dict[str, Any]:
    """Write one host's term as master."""
    return {
        "since": term.since,
        "first": _marks_document(term.first),
        "last": _marks_document(term.last),
        "read_at": term.read_at,
        "beside": None if term.beside is None else _marks_document(term.beside),
        "beside_since": term.beside_since,
        "replaced": term.replaced,
        "forked": None if term.forked is None else _marks_document(term.forked),
        "forked_at": term.forked_at,
    }


def term_of(found: Any, where: str) -> MasterTerm:
    """Parse what `term_document` wrote."""
    known = mapping_of(found, where)
    return MasterTerm(
        since=time_of(known.get("since"), f"{where}.since"),
        first=_marks(known.get("first"), f"{where}.first"),
        last=_marks(known.get("last"), f"{where}.last"),
        read_at=time_of(known.get("read_at"), f"{where}.read_at"),
        beside=None if known.get("beside") is None else _marks(known["beside"], f"{where}.beside"),
        beside_since=optional_time_of(known.get("beside_since"), f"{where}.beside_since"),
        replaced=None if known.get("replaced") is None else name_of(known["replaced"]),
        forked=None if known.get("forked") is None else _marks(known["forked"], f"{where}.forked"),
        forked_at=optional_time_of(known.get("forked_at"), f"{where}.forked_at"),
    )


def _marks_document(marks: Marks) -> dict[str, Any]:
    return {str(table): [number, stamp] for table, (number, stamp) in marks.items()}


def _marks(found: Any, where: str) -> Marks:
    return {table_of(table): _mark(mark, f"{where}.{table}") for table, mark in mapping_of(found, where).items()}


def _mark(found: Any, where: str) -> tuple[int, float | None]:
    match found:
        case [int(number), stamp]:
            return number_of(number, where), optional_seconds_of(stamp, where)
    raise ValueError(f"{where}: expected [sequence, stamp], found {found!r:.60}")
