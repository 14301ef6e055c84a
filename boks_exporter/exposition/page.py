"""A page in both formats at once, of blocks that are kept until their numbers change.

prometheus_client writes the same bytes, one format at a time and many times slower, which would hold up a daemon with
hundreds of hosts. The tests compare both.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from boks_exporter.exposition.domain_view import DomainView, ExporterInfo
from boks_exporter.exposition.metric_spec import MetricSpec
from boks_exporter.exposition.samples import LabelValues, pieces
from boks_exporter.exposition.specs import SPECS
from boks_exporter.exposition.text_format import (
    classic_head,
    grouped,
    label_text,
    lines_of,
    number_text,
    openmetrics_head,
    series_text,
)

END: Final = b"# EOF\n"
"""The last line of a page in OpenMetrics."""

_TEMPLATES_KEPT: Final = 1024

_Key: TypeAlias = tuple[str, LabelValues]
_HEADS: Final = [(spec.name, classic_head(spec).encode(), openmetrics_head(spec).encode()) for spec in SPECS]


@dataclass(frozen=True, slots=True)
class FamilyText:
    """One metric: what differs between the formats in front of it, and the lines that both have."""

    name: str
    classic_head: bytes
    openmetrics_head: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One page of several metrics."""

    families: tuple[FamilyText, ...]

    @property
    def classic(self) -> bytes:
        """The page in Prometheus's text format 0.0.4."""
        return b"".join(part for family in self.families for part in (family.classic_head, family.body))

    @property
    def openmetrics(self) -> bytes:
        """The page in OpenMetrics 1.0.0."""
        parts = (part for family in self.families for part in (family.openmetrics_head, family.body))
        return b"".join((*parts, END))


def render(views: Iterable[DomainView], exporter: ExporterInfo) -> Page:
    """Render all views."""
    return Renderer().render(views, exporter)


class _SeriesTwiceError(Exception):
    """Two samples may be of one series, of which a page has the first only."""


@dataclass(slots=True)
class _Block:
    """The lines of several samples of one metric and host, with their last labels and numbers."""

    last: tuple[str, ...]
    values: tuple[float, ...]
    text: str


class Renderer:
    """Renders pages one after the other; what it keeps is that of the last page. Not for several threads at once."""

    def __init__(self) -> None:
        self._lines: dict[_Key, str] = {}
        self._blocks: dict[_Key, _Block] = {}

    def render(self, views: Iterable[DomainView], exporter: ExporterInfo) -> Page:
        """Render all views."""
        shown = tuple(views)
        try:
            bodies = self._bodies(shown, exporter)
        except _SeriesTwiceError:
            bodies = {family[0].name: [*lines_of(family)] for family in grouped(shown, exporter)}
        return Page(tuple(FamilyText(*head, "".join(bodies[head[0]]).encode()) for head in _HEADS if head[0] in bodies))

    def _bodies(self, views: tuple[DomainView, ...], exporter: ExporterInfo) -> dict[str, list[str]]:
        """Write the lines of each metric; raises where two hosts may have the same labels."""
        bodies: dict[str, list[str]] = defaultdict(list)
        lines: dict[_Key, str] = {}
        blocks: dict[_Key, _Block] = {}
        for piece in pieces(views, exporter):
            spec, labels = piece[0], piece[1]
            key = (spec.name, labels)
            if len(piece) == 3:  # noqa: PLR2004 - one sample
                if key in lines:
                    continue
                lines[key] = beginning = self._lines.get(key) or _printable_series(spec, labels)
                bodies[spec.name].append(f"{beginning}{number_text(piece[2])}\n")
            elif piece[2]:
                if key in blocks:
                    raise _SeriesTwiceError
                blocks[key] = block = self._block(key, spec, piece[2], piece[3])
                bodies[spec.name].append(block.text)
        self._lines, self._blocks = lines, blocks
        return bodies

    def _block(self, key: _Key, spec: MetricSpec, last: tuple[str, ...], values: tuple[float, ...]) -> _Block:
        """Return a block as it was where its numbers are the same."""
        block = self._blocks.get(key)
        if block is None or block.last != last or block.values != values:
            block = _Block(last, values, _block_text(spec, key[1], last, values))
        return block


def _block_text(spec: MetricSpec, labels: LabelValues, last: tuple[str, ...], values: tuple[float, ...]) -> str:
    """Write the lines of a block."""
    template = _template(spec, len(labels), last)
    for number, label in enumerate(labels):
        _demand_printable((label,))
        template = template.replace(_place(number), label_text(label).replace("%", "%%"))
    return template % tuple(map(number_text, values))


@lru_cache(maxsize=_TEMPLATES_KEPT)
def _template(spec: MetricSpec, shared: int, last: tuple[str, ...]) -> str:
    """Write lines without their numbers and with marks in the places of their first labels: hosts share them."""
    _demand_printable(last)
    series = (series_text(spec, (*map(_place, range(shared)), label)) for label in last)
    return "".join(f"{each.replace('%', '%%')}%s\n" for each in series)


def _place(number: int) -> str:
    """Return the mark of a label that hosts do not share, which no printable text contains."""
    return f"\0{number}\0"


def _printable_series(spec: MetricSpec, labels: LabelValues) -> str:
    """Write a line up to its number; what no page can contain is replaced, which may make two labels equal."""
    _demand_printable(labels)
    return series_text(spec, labels)


def _demand_printable(labels: LabelValues) -> None:
    if not all(map(str.isprintable, labels)):
        raise _SeriesTwiceError
