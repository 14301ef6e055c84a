"""The published answers, rendered and compressed once per round, with the process's own metrics."""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from boks_exporter.exposition import END, DomainView, ExporterInfo, Renderer, status_report
from boks_exporter.report import StatusReport


@dataclass(frozen=True, slots=True)
class ProcessBlocks:
    """The block of metrics in both formats, to be appended to a page; in OpenMetrics before its end."""

    classic: bytes = b""
    openmetrics: bytes = b""


NO_PROCESS: Final = ProcessBlocks()


class ProcessMetrics:
    """The metrics of this process: CPU time, memory, file descriptors and start time."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)

    def blocks(self) -> ProcessBlocks:
        """Render the current values."""
        openmetrics: bytes = generate_openmetrics(self._registry)  # type: ignore[no-untyped-call]  # the library has no types here
        return ProcessBlocks(generate_latest(self._registry), openmetrics.removesuffix(END))


_LEVEL: Final = 1
"""A metrics page shrinks to 1/23; level 5 takes twice the time for 1/25."""
_HEADER: Final = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF))
"""No name, no time, and no system: the same page is the same bytes."""
_LAST_BLOCK: Final = b"\x03\x00"
_SHORTEST_KEPT: Final = 256


class Compressor:
    """Compresses pages; the pieces of the last page are kept."""

    def __init__(self) -> None:
        self._kept: dict[bytes, bytes] = {}

    def compress(self, pages: Iterable[Sequence[bytes]]) -> list[bytes]:
        """Return each page as one gzip member."""
        kept: dict[bytes, bytes] = {}
        compressed = [self._page(pieces, kept) for pieces in pages]
        self._kept = kept
        return compressed

    def _page(self, pieces: Sequence[bytes], kept: dict[bytes, bytes]) -> bytes:
        checksum, length, parts = 0, 0, [_HEADER]
        for piece in pieces:
            checksum, length = zlib.crc32(piece, checksum), length + len(piece)
            parts.append(self._piece(piece, kept))
        parts += [_LAST_BLOCK, checksum.to_bytes(4, "little"), (length & 0xFFFFFFFF).to_bytes(4, "little")]
        return b"".join(parts)

    def _piece(self, piece: bytes, kept: dict[bytes, bytes]) -> bytes:
        found = kept.get(piece) or self._kept.get(piece)
        if found is None:
            stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
            found = stream.compress(piece) + stream.flush(zlib.Z_FULL_FLUSH)
        if len(piece) >= _SHORTEST_KEPT:
            kept[piece] = found
        return found


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
