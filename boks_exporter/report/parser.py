"""Parser of the stable JSON, for clients of a running exporter."""

import json
from types import NoneType, UnionType
from typing import Any, Final, cast, get_args, get_origin, get_type_hints, is_typeddict

from boks_exporter.errors import ParseError
from boks_exporter.report.types import EventReport, EventsReport, StatusReport

_SHOWN_AT_MOST: Final = 40


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
    _check(data, wanted, "the answer")
    return data


def _check(value: Any, wanted: Any, where: str) -> None:
    """Compare a value with an annotation made of typed dicts, lists, dicts, unions and plain types."""
    if is_typeddict(wanted):
        _check_keys(value, wanted, where)
    elif get_origin(wanted) is list:
        for index, item in enumerate(_expected(value, list, where)):
            _check(item, get_args(wanted)[0], f"{where}[{index}]")
    elif get_origin(wanted) is dict:
        for key, item in _expected(value, dict, where).items():
            _check(item, get_args(wanted)[1], f"{where}.{key}")
    elif get_origin(wanted) is UnionType:
        if value is not None:
            _check(value, next(kind for kind in get_args(wanted) if kind is not NoneType), where)
    else:
        _expected(value, wanted, where)


def _check_keys(value: Any, wanted: Any, where: str) -> None:
    found = _expected(value, dict, where)
    for key, kind in get_type_hints(wanted).items():
        path = f"{where}.{key}"
        if key not in found and key in wanted.__optional_keys__:
            continue  # added later: an older exporter does not have it
        if key not in found:
            raise ParseError(line=1, column=1, expected=path, found="no such key")
        _check(found[key], kind, path)


def _expected(value: Any, kind: Any, where: str) -> Any:
    """Require a plain type; JSON writes a whole number for a float, and its true is no number."""
    fits = isinstance(value, (int, float) if kind is float else kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise ParseError(line=1, column=1, expected=f"{where} as {kind.__name__}", found=repr(value)[:_SHOWN_AT_MOST])
    return value
