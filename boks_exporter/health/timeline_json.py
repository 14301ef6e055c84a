"""A timeline as a JSON document for the state file."""

import json
from collections.abc import Mapping
from typing import Any, Final

from boks_exporter.health.timeline import HostTimeline, LastKnown, StateChange, StateSpan, Timeline
from boks_exporter.model import Role
from boks_exporter.replication.evidence_json import mapping_of, name_of, number_of, optional_time_of, time_of

_KEYS: Final = ("hosts", "domain", "masters", "events", "begun_at", "seen_at", "revision")


def dump_timeline(timeline: Timeline) -> str:
    """Serialise a timeline."""
    return json.dumps(
        {
            "hosts": {
                name: {
                    "spans": _spans(host.spans),
                    "lags": {str(slot): lag for slot, lag in host.lags.items()},
                    "known": _known(host.known),
                }
                for name, host in timeline.hosts.items()
            },
            "domain": _spans(timeline.domain),
            "masters": _spans(timeline.masters),
            "events": [
                [event.at, event.event, event.host, event.was, event.state, event.reason] for event in timeline.events
            ],
            "begun_at": timeline.begun_at,
            "seen_at": timeline.seen_at,
            "revision": timeline.revision,
        },
        separators=(",", ":"),
    )


def _spans(spans: tuple[StateSpan, ...]) -> list[list[float | str]]:
    return [[span.since, span.state] for span in spans]


def _known(known: LastKnown | None) -> list[Any] | None:
    if known is None:
        return None
    return [
        *(known.at, known.role, known.lag, known.lag_possible, known.lag_seconds, known.ahead, known.ahead_possible)
    ]


def restore_timeline(text: str) -> Timeline:
    """Read a timeline; raises ValueError where the text is anything else."""
    document = mapping_of(json.loads(text), "timeline")
    if missing := [key for key in _KEYS if key not in document]:
        raise ValueError(f"timeline: expected the key {missing[0]}")
    hosts = mapping_of(document["hosts"], "hosts")
    shared: dict[tuple[tuple[int, int], ...], Mapping[int, int]] = {}
    return Timeline(
        hosts={name_of(name): _host(mapping_of(host, name), name, shared) for name, host in hosts.items()},
        domain=_read_spans(document["domain"], "domain"),
        masters=_read_spans(document["masters"], "masters"),
        events=tuple(_event(item) for item in _list(document["events"], "events")),
        begun_at=optional_time_of(document["begun_at"], "begun_at"),
        seen_at=optional_time_of(document["seen_at"], "seen_at"),
        revision=time_of(document["revision"], "revision"),
    )


def _host(
    found: Mapping[str, Any], name: str, shared: dict[tuple[tuple[int, int], ...], Mapping[int, int]]
) -> HostTimeline:
    """Read one host; hosts with the same lags share them."""
    slots = mapping_of(found.get("lags"), f"{name}.lags")
    lags = {_slot(slot): number_of(lag, f"{name}.lags") for slot, lag in slots.items()}
    return HostTimeline(
        spans=_read_spans(found.get("spans"), f"{name}.spans"),
        lags=shared.setdefault(tuple(lags.items()), lags),
        known=_read_known(found.get("known"), f"{name}.known"),
    )


def _slot(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"expected the number of a slot, found {text!r:.60}")
    return int(text)


def _read_known(found: Any, where: str) -> LastKnown | None:
    if found is None:
        return None
    at, role, lag, lag_possible, lag_seconds, ahead, ahead_possible = _row(found, 7, where)
    counts = [
        None if count is None else number_of(count, where) for count in (lag, lag_possible, ahead, ahead_possible)
    ]
    return LastKnown(
        at=time_of(at, where),
        role=Role(_text(role, where)),
        lag=counts[0],
        lag_possible=counts[1],
        lag_seconds=optional_time_of(lag_seconds, where),
        ahead=counts[2],
        ahead_possible=counts[3],
    )


def _read_spans(found: Any, where: str) -> tuple[StateSpan, ...]:
    rows = [_row(item, 2, where) for item in _list(found, where)]
    return tuple(StateSpan(time_of(since, where), _text(state, where)) for since, state in rows)


def _event(found: Any) -> StateChange:
    at, event, host, was, state, reason = _row(found, 6, "events")
    return StateChange(
        at=time_of(at, "events"),
        event=_text(event, "events"),
        host=None if host is None else name_of(host),
        was=None if was is None else _text(was, "events"),
        state=_text(state, "events"),
        reason=_text(reason, "events"),
    )


def _row(found: Any, length: int, where: str) -> list[Any]:
    row = _list(found, where)
    if len(row) != length:
        raise ValueError(f"{where}: expected {length} values, found {len(row)}")
    return row


def _list(found: Any, where: str) -> list[Any]:
    if not isinstance(found, list):
        message = f"{where}: expected a list, found {found!r:.60}"
        raise ValueError(message)  # noqa: TRY004 - a damaged document is a wrong value, whatever is wrong with it
    return found


def _text(found: Any, where: str) -> str:
    if not isinstance(found, str):
        message = f"{where}: expected a text, found {found!r:.60}"
        raise ValueError(message)  # noqa: TRY004 - as above
    return found
