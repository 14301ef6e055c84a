"""Which form of an answer a client wants, by its Accept and Accept-Encoding headers (RFC 9110, 12.5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Format(StrEnum):
    """The two forms of a metrics page, by their content type."""

    CLASSIC = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


_OFFERED: Final = (
    (Format.CLASSIC, "text/plain", {"0.0.4", None}),
    (Format.OPENMETRICS, "application/openmetrics-text", {"1.0.0", None}),
)


@dataclass(frozen=True, slots=True)
class _Range:
    """One element of a list with weights, such as `text/plain;version=0.0.4;q=0.5`."""

    name: str
    version: str | None
    weight: float
    position: int


def format_for(accept: str) -> Format:
    """Choose the form that the client weighs most; of equals the one it names first, without any choice the classic."""
    ranges = list(_ranges(accept))
    best, best_rank = Format.CLASSIC, (0.0, 0, 0)
    for offered, name, versions in _OFFERED:
        matching = [item for item in ranges if item.version in versions and _breadth(item.name, name) is not None]
        if not matching:
            continue
        # The narrowest range that matches decides the weight, wherever it stands.
        item = min(matching, key=lambda item: (_breadth(item.name, name) or 0, -item.weight))
        rank = (item.weight, -(_breadth(item.name, name) or 0), -item.position)
        if rank > best_rank and item.weight > 0:
            best, best_rank = offered, rank
    return best


def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether the client takes gzip; the coding's own weight counts before that of `*`."""
    weights = {item.name: item.weight for item in _ranges(accept_encoding)}
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _breadth(pattern: str, name: str) -> int | None:
    """Tell how wide a range is that takes the name in: itself, its kind, everything; None if it does not."""
    kind = name.partition("/")[0]
    return {name: 0, f"{kind}/*": 1, "*/*": 2}.get(pattern)


def _ranges(header: str) -> Iterator[_Range]:
    for position, element in enumerate(header.lower().split(",")):
        name, *parameters = (part.strip() for part in element.split(";"))
        given = dict(_parameter(parameter) for parameter in parameters)
        if name:
            yield _Range(name, given.get("version"), _weight(given.get("q", "1")), position)


def _parameter(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key.strip(), value.strip().strip('"')


def _weight(text: str) -> float:
    """Read a weight; one that cannot be read makes its element count for nothing."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
