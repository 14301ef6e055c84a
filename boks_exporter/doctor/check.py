"""One checked condition: what was found, and what to type where it does not hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """The outcome of one check. A check that could not be made is not ok."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report; `about` is a host, `here`, `prometheus` or `alertmanager`."""

    about: str
    name: str
    result: Result
    found: str
    remedy: str = ""


def ok(about: str, name: str, found: str) -> Check:
    """Describe a condition that holds."""
    return Check(about, name, Result.OK, found)


def warning(about: str, name: str, found: str, remedy: str) -> Check:
    """Describe a condition that the exporter can do without."""
    return Check(about, name, Result.WARNING, found, remedy)


def failed(about: str, name: str, found: str, remedy: str) -> Check:
    """Describe a condition without which the exporter does not work."""
    return Check(about, name, Result.FAILED, found, remedy)


def skipped(about: str, name: str, found: str) -> Check:
    """Describe a check that was not made, and why."""
    return Check(about, name, Result.SKIPPED, found)


def is_passed(checks: Iterable[Check]) -> bool:
    """Return whether nothing failed; a skipped check follows from a failed one or from an option."""
    return all(check.result is not Result.FAILED for check in checks)
