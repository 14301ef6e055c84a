"""The published answers, rendered and compressed once per round."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final

from boks_exporter.exposition import END, DomainView, ExporterInfo, Renderer, status_report
from boks_exporter.report import StatusReport
from boks_exporter.web.compression import Compressor
from boks_exporter.web.process_metrics import NO_PROCESS, ProcessBlocks


@dataclass(frozen=True)
class Body:
    """One answer: plain in pieces, and compressed."""

    pieces: tuple[bytes, ...]
    gzipped: bytes

    @cached_property
    def plain(self) -> bytes:
        """The whole answer, put together once for all who want it uncompressed."""
        return b"".join(self.pieces)


@dataclass(frozen=True)
class Published:
    """All answers of one point in time; `is_ready` if every domain was polled by then."""

    classic: Body
    openmetrics: Body
    views: tuple[DomainView, ...]
    version: str
    is_ready: bool

    @cached_property
    def report(self) -> StatusReport:
        """The status report, made when it is asked for."""
        return status_report(self.views)

    @cached_property
    def json(self) -> Body:
        """The status report as JSON."""
        text = _object(self.report, partial(_array, write=partial(_object, write=_list_or_value)))
        return compressed(text.encode("utf-8", "replace") + b"\n")


# The encoder keeps the interpreter until it is done, 50 ms for 1,000 hosts: each host is encoded by itself.
_value: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _object(value: Mapping[str, Any], write: Callable[[Any], str]) -> str:
    return f"{{{','.join([f'{_value(key)}:{write(of_key)}' for key, of_key in value.items()])}}}"


def _array(values: Iterable[Any], write: Callable[[Any], str]) -> str:
    return f"[{','.join(map(write, values))}]"


def _list_or_value(value: Any) -> str:
    return _array(value, _value) if isinstance(value, list) else _value(value)


class Preparation:
    """Prepares the answers of one round after the other; what has not changed since the last is used again."""

    def __init__(self) -> None:
        self._renderer = Renderer()
        self._compressor = Compressor()

    def prepare(
        self,
        views: Sequence[DomainView],
        exporter: ExporterInfo,
        process: ProcessBlocks = NO_PROCESS,
        *,
        is_ready: bool,
    ) -> Published:
        """Prepare all answers; run it in a thread, since hundreds of hosts take a noticeable time."""
        families = self._renderer.render(views, exporter).families
        classic = tuple(piece for family in families for piece in (family.classic_head, family.body))
        openmetrics = tuple(piece for family in families for piece in (family.openmetrics_head, family.body))
        pages = ((*classic, process.classic), (*openmetrics, process.openmetrics, END))
        of_classic, of_openmetrics = map(Body, pages, self._compressor.compress(pages))
        return Published(of_classic, of_openmetrics, views=tuple(views), version=exporter.version, is_ready=is_ready)


def prepare(
    views: Sequence[DomainView], exporter: ExporterInfo, process: ProcessBlocks = NO_PROCESS, *, is_ready: bool
) -> Published:
    """Prepare all answers of one point in time."""
    return Preparation().prepare(views, exporter, process, is_ready=is_ready)


def compressed(plain: bytes) -> Body:
    """Compress an answer."""
    return Body((plain,), *Compressor().compress([(plain,)]))
