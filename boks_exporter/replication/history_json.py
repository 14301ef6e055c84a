"""A history as a JSON document for the state file."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from boks_exporter.model import HostName, ReplicaLine, ReportedStatus, Role, Seconds, Sequence, TableNumber
from boks_exporter.replication.discovered import DiscoveredHost
from boks_exporter.replication.evidence_json import (
    clearance_document,
    clearances_of,
    evidence_document,
    evidence_of,
    mapping_of,
    name_of,
    number_of,
    optional_seconds_of,
    optional_time_of,
    table_of,
    term_document,
    term_of,
    time_of,
)
from boks_exporter.replication.history import History, Stamps
from boks_exporter.replication.master_terms import MasterTerm
from boks_exporter.replication.table_history import Step, TableHistory

_KEYS: Final = {
    *("master", "tables", "floors", "roles", "forms"),
    *("evidence", "undecided", "terms", "begun_at", "recorded_at", "discovered", "failing", "unresolved"),
    *("addresses", "stamps", "clearances"),
}
_ADDED: Final[Mapping[str, Any]] = {
    "discovered": {},
    "failing": {},
    "unresolved": {},
    "addresses": {},
    "stamps": [],
    "clearances": [],
}
"""Keys that documents of earlier versions do not have."""
_KEYS_OF_VERSION_1: Final = {"master", "tables", "floors", "roles", "apart"}


def dump(history: History) -> str:
    """Serialise what is kept across a restart; a finding that was seen once is not."""
    return json.dumps(
        {
            "master": history.master,
            "tables": {str(table): _written(known) for table, known in history.tables.items()},
            "floors": {
                host: {str(table): sequence for table, sequence in floor.items()}
                for host, floor in history.floors.items()
            },
            "stamps": _stamps_document(history.stamps),
            "roles": dict(history.roles),
            "forms": dict(history.forms),
            "evidence": {host: evidence_document(known) for host, known in history.evidence.items()},
            "clearances": [clearance_document(entry, at) for entry, at in history.clearances.items()],
            "addresses": dict(history.addresses),
            "undecided": {
                host: {str(table): since for table, since in tables.items()}
                for host, tables in history.undecided.items()
            },
            "terms": {host: term_document(term) for host, term in history.terms.items()},
            "discovered": {
                host: [known.address, known.port, known.named_at, _line_document(known.line), known.unnamed_since]
                for host, known in history.discovered.items()
            },
            "failing": dict(history.failing),
            "unresolved": dict(history.unresolved),
            "begun_at": history.begun_at,
            "recorded_at": history.recorded_at,
        },
        separators=(",", ":"),
    )


def _written(known: TableHistory) -> dict[str, Any]:
    return {
        "stamp": known.stamp,
        "since": known.since,
        "read_at": known.read_at,
        "is_new": known.is_new,
        "is_absent": known.is_absent,
        "went_back_at": known.went_back_at,
        "steps": [(step.sequence, step.at, step.after) for step in known.steps],
    }


def _stamps_document(stamps: Mapping[HostName, Stamps]) -> list[Any]:
    """Write the stamps once for all hosts that have the same."""
    groups: dict[tuple[tuple[TableNumber, Seconds | None], ...], list[HostName]] = defaultdict(list)
    for host, known in stamps.items():
        groups[*known.items()].append(host)
    return [[hosts, {str(table): stamp for table, stamp in known}] for known, hosts in groups.items()]


def restore(text: str) -> History:
    """Parse the output of `dump`; raises ValueError for anything else."""
    kept = mapping_of(json.loads(text), "the history")
    if kept.keys() - {"forms"} == _KEYS_OF_VERSION_1:
        kept = _upgraded(kept)
    if kept.keys() >= _KEYS - _ADDED.keys():
        kept = {**_ADDED, **kept}
    if kept.keys() != _KEYS:
        raise ValueError(f"expected the keys {', '.join(sorted(_KEYS))}, found {', '.join(sorted(kept)) or 'none'}")
    return History(
        tables={
            table_of(table): _history(table, known) for table, known in mapping_of(kept["tables"], "tables").items()
        },
        master=kept["master"] if kept["master"] is None else name_of(kept["master"]),
        floors={host: _floor(host, floor) for host, floor in mapping_of(kept["floors"], "floors").items()},
        stamps=dict(_stamps(kept["stamps"])),
        roles={host: Role(role) for host, role in mapping_of(kept["roles"], "roles").items()},
        forms={form: number_of(rounds, "forms") for form, rounds in mapping_of(kept["forms"], "forms").items()},
        evidence={
            host: evidence_of(found, f"evidence.{host}")
            for host, found in mapping_of(kept["evidence"], "evidence").items()
        },
        clearances=clearances_of(kept["clearances"], "clearances"),
        addresses={name: name_of(found) for name, found in mapping_of(kept["addresses"], "addresses").items()},
        undecided={
            host: {
                table_of(table): time_of(since, f"undecided.{host}.{table}")
                for table, since in mapping_of(tables, f"undecided.{host}").items()
            }
            for host, tables in mapping_of(kept["undecided"], "undecided").items()
        },
        terms={host: term_of(found, f"terms.{host}") for host, found in mapping_of(kept["terms"], "terms").items()},
        discovered={
            host: _discovered(found, f"discovered.{host}")
            for host, found in mapping_of(kept["discovered"], "discovered").items()
        },
        failing=_times(kept["failing"], "failing"),
        unresolved=_times(kept["unresolved"], "unresolved"),
        begun_at=optional_time_of(kept["begun_at"], "begun_at"),
        recorded_at=optional_time_of(kept["recorded_at"], "recorded_at"),
    )


def _times(found: Any, where: str) -> dict[str, float]:
    return {name_of(name): time_of(at, f"{where}.{name}") for name, at in mapping_of(found, where).items()}


def _discovered(found: Any, where: str) -> DiscoveredHost:
    match found:
        case [str(address), int(port), named_at, line, *later] if len(later) < 2:  # noqa: PLR2004 - one, or none yet
            unnamed_since = optional_time_of(later[0] if later else None, where)
            at = time_of(named_at, where)
            return DiscoveredHost(address, number_of(port, where), at, _line(line, where), unnamed_since)
    raise ValueError(f"{where}: expected [address, port, named_at, line, unnamed_since], found {found!r:.60}")


def _line_document(line: ReplicaLine | None) -> list[Any] | None:
    if line is None:
        return None
    ages = (line.since_packet, line.since_failure, line.since_sync)
    return [line.server, *ages, line.packets, line.status, line.raw_status]


def _line(found: Any, where: str) -> ReplicaLine | None:
    """Parse a line of the list; earlier versions stored its last word only."""
    match found:
        case None:
            return None
        case str(word):
            return ReplicaLine("", None, None, None, None, ReportedStatus.OTHER, word)
        case [str(server), packet, failure, sync, packets, str(status), str(word)]:
            return ReplicaLine(
                server,
                optional_seconds_of(packet, where),
                optional_seconds_of(failure, where),
                optional_seconds_of(sync, where),
                None if packets is None else number_of(packets, where),
                ReportedStatus(status),
                word,
            )
    raise ValueError(f"{where}: expected a line of the list, found {found!r:.60}")


def _upgraded(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a document of a version that kept no more than which copies were ahead or diverged, and when.

    What its master had is in the tables.
    """
    apart = mapping_of(kept["apart"], "apart")
    evidence = {
        host: {"leads": {}, "differences": {}, "diverged_since": at, "reload": None} for host, at in apart.items()
    }
    others = {"forms": {}} | {key: value for key, value in kept.items() if key != "apart"}
    times = {"begun_at": None, "recorded_at": None}
    return others | times | {"evidence": evidence, "undecided": {}, "terms": _terms_of_version_1(kept)}


def _terms_of_version_1(kept: Mapping[str, Any]) -> dict[str, Any]:
    tables = {table_of(table): _history(table, known) for table, known in mapping_of(kept["tables"], "tables").items()}
    if kept["master"] is None or not tables:
        return {}
    last = {table: (known.steps[-1].sequence, known.stamp) for table, known in tables.items()}
    read_at = max(known.read_at for known in tables.values())
    return {name_of(kept["master"]): term_document(MasterTerm(read_at, last, last, read_at))}


def _history(table: str, found: Any) -> TableHistory:
    where = f"tables.{table}"
    known = mapping_of(found, where)
    steps = tuple(_step(step, where) for step in _steps(known.get("steps"), where))
    for before, after in pairwise(steps):
        if before.sequence >= after.sequence:
            raise ValueError(f"{where}: sequence {after.sequence} after {before.sequence}: the steps do not rise")
    stamp = known.get("stamp")
    return TableHistory(
        stamp=optional_seconds_of(stamp, f"{where}.stamp"),
        since=time_of(known.get("since"), f"{where}.since"),
        steps=steps,
        read_at=time_of(known.get("read_at"), f"{where}.read_at"),
        is_new=known.get("is_new") is True,
        is_absent=known.get("is_absent") is True,
        went_back_at=optional_time_of(known.get("went_back_at"), f"{where}.went_back_at"),
    )


def _steps(found: Any, where: str) -> list[Any]:
    if not isinstance(found, list) or not found:
        raise ValueError(f"{where}.steps: expected a list of steps, found {found!r:.60}")
    return found


def _step(found: Any, where: str) -> Step:
    match found:
        case [int(sequence), at, after]:
            return Step(
                number_of(sequence, where), time_of(at, where), None if after is None else time_of(after, where)
            )
    raise ValueError(f"{where}.steps: expected [sequence, at, after], found {found!r:.60}")


def _stamps(found: Any) -> Iterator[tuple[HostName, Stamps]]:
    for group in found if isinstance(found, list) else [found]:
        match group:
            case [list(hosts), dict(known)]:
                stamps = {table_of(table): optional_seconds_of(stamp, "stamps") for table, stamp in known.items()}
                yield from ((name_of(host), stamps) for host in hosts)
            case _:
                raise ValueError(f"stamps: expected [hosts, stamps], found {group!r:.60}")


def _floor(host: HostName, found: Any) -> dict[TableNumber, Sequence]:
    where = f"floors.{host}"
    return {table_of(table): number_of(sequence, where) for table, sequence in mapping_of(found, where).items()}
