"""Parser of the stable JSON, for clients of a running exporter."""

import json
from collections.abc import Callable, Collection, Iterator
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, cast, get_args, get_origin, get_type_hints, is_typeddict

from boks_exporter.errors import ParseError
from boks_exporter.report.types import DomainReport, EventReport, EventsReport, StatusReport
from boks_exporter.text.formatting import listed

_SHOWN_AT_MOST: Final = 40

_Where = tuple[Any, ...]
"""A place in the answer: the place around it and the last part of the path. Paths are built only for messages."""

_Check = Callable[[Any, _Where], None]


def read_report(text: str | bytes) -> StatusReport:
    """Parse an exporter's response; raises ParseError where it is not this JSON. Further keys are allowed."""
    return cast("StatusReport", _parsed(text, StatusReport))


def read_events(text: str | bytes) -> list[EventReport]:
    """Parse an exporter's list of changes; raises ParseError where it is not this JSON. Further keys are allowed."""
    return cast("EventsReport", _parsed(text, EventsReport))["events"]


def _parsed(text: str | bytes, wanted: Any) -> Any:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        found = error.doc[error.pos : error.pos + _SHOWN_AT_MOST] or "the end"
        raise ParseError(line=error.lineno, column=error.colno, expected="JSON", found=repr(found)) from error
    except UnicodeDecodeError as error:
        raise ParseError(line=1, column=error.start + 1, expected="JSON in UTF-8", found="other bytes") from error
    _check_of(wanted)(data, ("the answer",))
    return data


@cache
def _check_of(wanted: Any) -> _Check:
    """Return the check of an annotation made of typed dicts, lists, dicts, unions and plain types."""
    if is_typeddict(wanted):
        return _check_of_keys(wanted)
    if get_origin(wanted) is list:
        return _check_of_list(_check_of(get_args(wanted)[0]))
    if get_origin(wanted) is dict:
        return _check_of_dict(_check_of(get_args(wanted)[1]))
    if get_origin(wanted) is UnionType:
        check = _check_of(next(kind for kind in get_args(wanted) if kind is not NoneType))
        return lambda value, where: None if value is None else check(value, where)
    return lambda value, where: None if type(value) is wanted else _expect(value, wanted, where)


def _check_of_keys(wanted: Any) -> _Check:
    checks = [(key, f".{key}", _check_of(kind)) for key, kind in get_type_hints(wanted).items()]

    def check(value: Any, where: _Where) -> None:
        _expect(value, dict, where)
        for key, step, check_value in checks:
            if key in value:
                check_value(value[key], (where, step))
            elif key not in wanted.__optional_keys__:  # added later: an older exporter does not have it
                raise ParseError(line=1, column=1, expected=_path((where, step)), found="no such key")

    return check


def _check_of_list(check_item: _Check) -> _Check:
    def check(value: Any, where: _Where) -> None:
        _expect(value, list, where)
        for index, item in enumerate(value):
            check_item(item, (where, "[", index, "]"))

    return check


def _check_of_dict(check_item: _Check) -> _Check:
    def check(value: Any, where: _Where) -> None:
        _expect(value, dict, where)
        for key, item in value.items():
            check_item(item, (where, ".", key))

    return check


def _expect(value: Any, kind: Any, where: _Where) -> None:
    """Require a plain type; JSON writes a whole number for a float, and its true is no number."""
    fits = isinstance(value, (int, float) if kind is float else kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        expected = f"{_path(where)} as {kind.__name__}"
        raise ParseError(line=1, column=1, expected=expected, found=repr(value)[:_SHOWN_AT_MOST])


def _path(where: _Where) -> str:
    return "".join(_path(part) if isinstance(part, tuple) else str(part) for part in where)


_SHOWN_AT_MOST_UNREAD: Final = 5
_EXCERPT: Final = 80


def unread_sentences(domain: DomainReport, hosts: Collection[str] = ()) -> Iterator[str]:
    """Describe each form of line once, of these hosts or of all; the first ones, and the number of the others."""
    forms = [form for form in domain["unread_lines"] if not hosts or not set(form["hosts"]).isdisjoint(hosts)]
    for form in forms[:_SHOWN_AT_MOST_UNREAD]:
        line = form["line"].strip()
        text = repr(line if len(line) <= _EXCERPT else line[:_EXCERPT] + "…")
        yield f"cannot read {text} ({form['section']} of {listed(form['hosts'])})"
    if len(forms) > _SHOWN_AT_MOST_UNREAD:
        yield f"cannot read lines of {len(forms) - _SHOWN_AT_MOST_UNREAD} more forms"
