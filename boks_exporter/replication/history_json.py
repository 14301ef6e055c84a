"""A history as a JSON document for the state file."""

import json
from collections.abc import Mapping
from itertools import pairwise
from math import isfinite
from typing import Any, Final

from boks_exporter.model import HostName, Role, Sequence, TableNumber
from boks_exporter.replication.conditions import Condition
from boks_exporter.replication.history import History
from boks_exporter.replication.table_history import Step, TableHistory

_KEYS: Final = {"master", "tables", "floors", "roles", "apart", "forms"}
_NO_FORMS: Final[Mapping[str, Any]] = {"forms": {}}
"""State files of earlier versions have no forms."""


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
            "roles": dict(history.roles),
            "forms": dict(history.forms),
            "apart": {host: at for (host, what), at in history.lasting.items() if what is Condition.APART},
        },
        separators=(",", ":"),
    )


def _written(known: TableHistory) -> dict[str, Any]:
    return {
        "stamp": known.stamp,
        "since": known.since,
        "read_at": known.read_at,
        "is_new": known.is_new,
        "steps": [(step.sequence, step.at, step.after) for step in known.steps],
    }


def restore(text: str) -> History:
    """Parse the output of `dump`; raises ValueError for anything else."""
    kept = {**_NO_FORMS, **_mapping(json.loads(text), "the history")}
    if kept.keys() != _KEYS:
        message = f"expected the keys {', '.join(sorted(_KEYS))}, found {', '.join(sorted(kept)) or 'none'}"
        raise ValueError(message)
    return History(
        tables={_table(table): _history(table, known) for table, known in _mapping(kept["tables"], "tables").items()},
        master=kept["master"] if kept["master"] is None else _name(kept["master"]),
        floors={host: _floor(host, floor) for host, floor in _mapping(kept["floors"], "floors").items()},
        roles={host: Role(role) for host, role in _mapping(kept["roles"], "roles").items()},
        forms={form: _number(rounds, "forms") for form, rounds in _mapping(kept["forms"], "forms").items()},
        lasting={
            (host, Condition.APART): _time(seen_at, f"apart.{host}")
            for host, seen_at in _mapping(kept["apart"], "apart").items()
        },
    )


def _history(table: str, found: Any) -> TableHistory:
    where = f"tables.{table}"
    known = _mapping(found, where)
    steps = tuple(_step(step, where) for step in _steps(known.get("steps"), where))
    for before, after in pairwise(steps):
        if before.sequence >= after.sequence:
            message = f"{where}: sequence {after.sequence} after {before.sequence}: the steps do not rise"
            raise ValueError(message)
    stamp = known.get("stamp")
    return TableHistory(
        stamp=None if stamp is None else _time(stamp, f"{where}.stamp"),
        since=_time(known.get("since"), f"{where}.since"),
        steps=steps,
        read_at=_time(known.get("read_at"), f"{where}.read_at"),
        is_new=known.get("is_new") is True,
    )


def _steps(found: Any, where: str) -> list[Any]:
    if not isinstance(found, list) or not found:
        message = f"{where}.steps: expected a list of steps, found {found!r:.60}"
        raise ValueError(message)
    return found


def _step(found: Any, where: str) -> Step:
    match found:
        case [int(sequence), at, after]:
            return Step(_number(sequence, where), _time(at, where), None if after is None else _time(after, where))
    message = f"{where}.steps: expected [sequence, at, after], found {found!r:.60}"
    raise ValueError(message)


def _floor(host: HostName, found: Any) -> dict[TableNumber, Sequence]:
    where = f"floors.{host}"
    return {_table(table): _number(sequence, where) for table, sequence in _mapping(found, where).items()}


def _mapping(found: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        message = f"{where}: expected an object, found {found!r:.60}"
        raise ValueError(message)  # noqa: TRY004 - a damaged document is a wrong value, whatever is wrong with it
    return found


def _table(text: str) -> TableNumber:
    if not (text.isascii() and text.isdigit()):
        message = f"expected a table number, found {text!r:.60}"
        raise ValueError(message)
    return int(text)


def _name(found: Any) -> HostName:
    if not isinstance(found, str):
        message = f"expected a host name, found {found!r:.60}"
        raise ValueError(message)  # noqa: TRY004 - as above
    return found


def _number(found: Any, where: str) -> Sequence:
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        message = f"{where}: expected a sequence number, found {found!r:.60}"
        raise ValueError(message)
    return found


def _time(found: Any, where: str) -> float:
    if not isinstance(found, int | float) or isinstance(found, bool) or not isfinite(found):
        message = f"{where}: expected a number of seconds, found {found!r:.60}"
        raise ValueError(message)
    return float(found)
