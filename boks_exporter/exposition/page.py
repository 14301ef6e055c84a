"""A page in both formats at once, of blocks that are kept until their numbers change.

prometheus_client writes the same bytes, one format at a time and many times slower, which would hold up a daemon with
hundreds of hosts. The tests compare both.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from boks_exporter.exposition.domain_view import DomainView, ExporterInfo
from boks_exporter.exposition.families import grouped
from boks_exporter.exposition.metric_spec import MetricSpec
from boks_exporter.exposition.samples import LabelValues, pieces
from boks_exporter.exposition.specs import SPECS
from boks_exporter.exposition.text_format import (
    classic_head,
    lines_of,
    number_text,
    openmetrics_head,
    series_text,
)

END: Final = b"# EOF\n"
"""The last line of a page in OpenMetrics."""

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
    """The lines of several samples of one metric and host, without their numbers, and with the last ones."""

    last: tuple[str, ...]
    template: str
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
        _demand_distinct([view.snapshot.domain for view in views])
        for view in views:
            _demand_distinct([host.name for host in view.snapshot.hosts])
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
        if block is None or block.last != last:
            series = (_printable_series(spec, (*key[1], label)) for label in last)
            block = _Block(last, "".join(f"{each.replace('%', '%%')}%s\n" for each in series), (), "")
        if block.values != values or not block.text:
            block.values, block.text = values, block.template % tuple(map(number_text, values))
        return block


def _demand_distinct(names: list[str]) -> None:
    if len(set(names)) != len(names):
        raise _SeriesTwiceError


def _printable_series(spec: MetricSpec, labels: LabelValues) -> str:
    """Write a line up to its number; what no page can contain is replaced, which may make two labels equal."""
    if not all(map(str.isprintable, labels)):
        raise _SeriesTwiceError
    return series_text(spec, labels)
