"""The message of every exception of the package."""

import re

from boks_exporter import errors
from boks_exporter.errors import (
    BoksExporterError,
    ConfigError,
    FailureReason,
    ListenError,
    ParseError,
    Problem,
    TransportError,
)


def test_a_parse_error_shows_place_expectation_and_finding() -> None:
    """Line and column count from 1."""
    error = ParseError(line=3, column=7, expected="a duration", found="'soon'")
    assert str(error) == "line 3, column 7: expected a duration, found 'soon'"
    assert (error.line, error.column, error.expected, error.found) == (3, 7, "a duration", "'soon'")


def test_a_transport_error_shows_its_reason_first() -> None:
    """The reason is the label of the metric, the detail is for people."""
    error = TransportError(FailureReason.HOST_KEY, "the key has changed")
    assert str(error) == "host_key: the key has changed"
    assert (error.reason, error.detail) == (FailureReason.HOST_KEY, "the key has changed")


def test_a_config_error_lists_all_problems() -> None:
    """Each reads like a compiler's message, with as much of the place as is known."""
    problems = (
        Problem("a.yaml", 3, "poll.interval", "expected a duration"),
        Problem("a.yaml", 4, "", "found a tab"),
        Problem("a.yaml", None, "domains", "expected at least one"),
    )
    error = ConfigError(problems)
    assert str(error) == (
        "a.yaml:3: poll.interval: expected a duration\na.yaml:4: found a tab\na.yaml: domains: expected at least one"
    )
    assert error.problems == problems


def test_a_listen_error_shows_the_address() -> None:
    """And why, with what to do."""
    error = ListenError("127.0.0.1:80", "permission denied; choose a port above 1023")
    assert str(error) == "cannot listen on 127.0.0.1:80: permission denied; choose a port above 1023"
    assert (error.address, error.reason) == ("127.0.0.1:80", "permission denied; choose a port above 1023")


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """Every exception of the module is in it, whatever other modules derive that happen to be loaded."""
    drawn = set(re.findall(r"^[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE))
    ours = {name for name, found in vars(errors).items() if isinstance(found, type) and issubclass(found, Exception)}
    assert drawn == ours - {BoksExporterError.__name__}
