"""Value types of the configuration file, each with validation and JSON Schema."""

import difflib
import ipaddress
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from boks_exporter.text.units import DURATION_PATTERN, SIZE_PATTERN, duration, shown, size

_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?")
_DOMAIN: Final = re.compile(r"(?!\.\.?$)[^\x00-\x1f\x7f]+")
"""A browser removes dots from a path, so that no page of such a domain could be opened."""
_REMOTE_PATH: Final = re.compile(r"/[^\x00-\x1f\x7f]*")
_PORT: Final = r"(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"
_ONE_JUMP: Final = (
    r"([^@\s,:/]+@)?(\[[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?\]|[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)" + f"(:{_PORT})?"
)
JUMP_ROUTE: Final = re.compile(f"{_ONE_JUMP}(,{_ONE_JUMP})*")
_ALGORITHM: Final = re.compile(r"\+?[a-z0-9][A-Za-z0-9._@-]*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SMALLEST_REPLY, _LARGEST_REPLY = 1024, 1024**3
_LONGEST_SECTION_SECONDS: Final = 3600
_LISTED_AT_MOST: Final = 8
_UNRELATED_LINES: Final = (
    *("", "You have new mail.", "~"),
    *(f"T{table} 13178d 11:05:23 1919 (1919)" for table in range(100)),
    *(f"REPHOST 00:49 136D 22:21:35 04:49 526392 {status}" for status in ("OK", "LOADING", "DOWN")),
)
"""Lines of which no pattern for one form matches any: rows that can be read among them."""

_Meaning = TypeVar("_Meaning")


def host_text(value: str) -> str:
    """Validate a host name or address; raises ValueError."""
    with suppress(ValueError):
        return str(ipaddress.ip_address(value)) if ":" in value else _matching(_HOST, value)
    raise ValueError(f"expected a host name or address of letters, digits, dots and hyphens, found {shown(value)}")


def _matching(pattern: re.Pattern[str], value: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError
    return value


def _checked(pattern: re.Pattern[str], expected: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"expected {expected}, found {shown(value)}")
        return value

    return AfterValidator(check)


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError("expected a duration longer than 0s")
    return value


def _whole_seconds(value: object) -> int:
    seconds = duration(value)
    if not seconds.is_integer() or not 1 <= seconds <= _LONGEST_SECTION_SECONDS:
        raise ValueError("expected whole seconds between 1s and 1h")
    return int(seconds)


def _reply_size(value: int) -> int:
    if not _SMALLEST_REPLY <= value <= _LARGEST_REPLY:
        raise ValueError("expected a size between 1KiB and 1GiB")
    return value


def _template(value: str) -> str:
    if value.count("{name}") != 1 or set("{}") & set(value.replace("{name}", "")):
        raise ValueError(f"expected {{name}} exactly once and no other braces, found {shown(value)}")
    with suppress(ValueError):
        host_text(value.replace("{name}", "x"))
        return value
    raise ValueError(f"expected a host name or address after {{name}} is replaced, found {shown(value)}")


def _line_pattern(value: str) -> str:
    """Reject what cannot be compiled, and what would ignore every line."""
    try:
        pattern = re.compile(value)
    except re.error as error:
        raise ValueError(f"expected a regular expression, found {shown(value)}: {error}") from None
    other = next(filter(pattern.fullmatch, _UNRELATED_LINES), None)
    if other is not None:
        message = f"expected a pattern for one form of line, found one that matches {shown(other)}, too: {shown(value)}"
        raise ValueError(message)
    return value


def file_path(value: object) -> Path:
    """Validate a path; the message never repeats the value, which may be the secret itself."""
    if isinstance(value, str) and value and not _CONTROL.search(value) and "-----BEGIN" not in value:
        return Path(value)
    raise ValueError("expected the path of a file or directory; secrets belong in separate files")


def choice(kind: type[StrEnum]) -> BeforeValidator:
    """Accept an enum's value as a plain text, which pydantic's strict mode refuses."""
    return BeforeValidator(one_of({member.value: member for member in kind}))


def one_of(meanings: Mapping[str, _Meaning]) -> Callable[[object], _Meaning]:
    """Return a validator that accepts the names of a closed set; a set too large to list has an example and a hint."""
    names = [name for name in meanings if name]

    def read(value: object) -> _Meaning:
        if isinstance(value, str) and value in meanings:
            return meanings[value]
        if len(names) <= _LISTED_AT_MOST:
            message = f"expected {' or '.join(filter(None, (', '.join(names[:-1]), names[-1])))}, found {shown(value)}"
        else:
            close = difflib.get_close_matches(str(value), names, n=1)
            hint = f'; did you mean "{close[0]}"?' if close else ""
            message = f"expected one of {len(names)} names such as {names[-1]}, found {shown(value)}{hint}"
        raise ValueError(message)

    return read


def _text(kind: str, pattern: str, **more: Any) -> WithJsonSchema:
    """JSON Schema of a text; `x-kind` is its name in the documentation."""
    return WithJsonSchema({"type": "string", "pattern": pattern, "x-kind": kind, **more})


_NOT_ZERO: Final = f"^(?=.*[1-9]){DURATION_PATTERN}$"
_HOST_OR_IPV6: Final = f"^({_HOST.pattern}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%.+)?)$"

Duration = Annotated[
    float, BeforeValidator(duration), _text("duration", f"^(?=.){DURATION_PATTERN}$", examples=["30s", "5m", "1h30m"])
]
PositiveDuration = Annotated[
    float,
    AfterValidator(_positive),
    BeforeValidator(duration),
    _text("duration", _NOT_ZERO, examples=["30s", "5m", "1h30m"]),
]
WholeSeconds = Annotated[int, BeforeValidator(_whole_seconds), _text("duration", _NOT_ZERO, examples=["20s", "1m"])]
ReplySize = Annotated[
    int,
    AfterValidator(_reply_size),
    BeforeValidator(size),
    _text("size", f"^{SIZE_PATTERN}$", examples=["512KiB", "4MiB"]),
]
LinePattern = Annotated[str, AfterValidator(_line_pattern), _text("regular expression", r"^[^\x00-\x1f\x7f]+$")]
HostText = Annotated[str, AfterValidator(host_text), _text("host name or address", _HOST_OR_IPV6)]
AddressTemplate = Annotated[str, AfterValidator(_template), _text("text with {name}", r"^[^{}]*\{name\}[^{}]*$")]
JumpHost = Annotated[
    str,
    _checked(JUMP_ROUTE, "[user@]host[:port], several separated by commas"),
    _text("[user@]host[:port]", f"^{JUMP_ROUTE.pattern}$"),
]
AlgorithmName = Annotated[
    str,
    _checked(_ALGORITHM, "the name of an SSH algorithm, with + in front of it to add it to the safe ones"),
    _text("SSH algorithm", f"^{_ALGORITHM.pattern}$"),
]
RemotePath = Annotated[
    str,
    _checked(_REMOTE_PATH, "an absolute path on the BoKS hosts"),
    _text("absolute path on the hosts", f"^{_REMOTE_PATH.pattern}$"),
]
FilePath = Annotated[Path, BeforeValidator(file_path), _text("path", r"^[^\x00-\x1f\x7f]+$")]
HookWord = Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[^\x00]+$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
DomainName = Annotated[
    Name,
    _checked(_DOMAIN, "a name other than . and .."),
    _text("text", f"^{_DOMAIN.pattern}$", minLength=1, maxLength=200),
]
GroupName = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
