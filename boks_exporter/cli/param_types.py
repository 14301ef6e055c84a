"""Parameter types of the command line."""

from collections.abc import Callable
from typing import Any, Final

import click

from boks_exporter.errors import InstallationError
from boks_exporter.text.harmless import harmless
from boks_exporter.text.units import duration

_LONGEST_SECTION: Final = 3600.0


class Duration(click.ParamType[float]):
    """A duration such as `30s`; a bare number is in seconds, as in other monitoring plugins."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            seconds = duration(f"{value}s" if str(value).isdecimal() else value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds <= 0:
            self.fail("expected a duration longer than 0s", param, ctx)
        return seconds


class WholeSeconds(Duration):
    """A duration in whole seconds, as in the gate's configuration."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = super().convert(value, param, ctx)
        if not seconds.is_integer() or seconds > _LONGEST_SECTION:
            self.fail(f"expected whole seconds between 1s and 1h, found {value!r}", param, ctx)
        return seconds


class Checked(click.ParamType[Any]):
    """A text with a parse function, whose ValueError becomes the message."""

    def __init__(self, name: str, read: Callable[[str], object]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._read(value) if isinstance(value, str) else value
        except (ValueError, InstallationError) as error:
            self.fail(str(error), param, ctx)


def _listen_address(value: str) -> str:
    from boks_exporter.web.listen import host_and_port

    host_and_port(value)
    return value


def _http_url(value: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or parts.username or parts.query or parts.fragment:
        raise ValueError(f"expected a URL such as http://prometheus:9090, without user and password, found {value!r}")
    return value


def _not_empty(value: str) -> str:
    if not harmless(_utf8(value)).strip():
        raise ValueError("expected a text, found none")
    return value


def _utf8(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"expected a text in UTF-8, found {value!a}") from None
    return value


DURATION = Duration()
WHOLE_SECONDS = WholeSeconds()
LISTEN_ADDRESS = Checked("address", _listen_address)
HTTP_URL = Checked("url", _http_url)
WORDS = Checked("text", _not_empty)
UTF8 = Checked("text", _utf8)
