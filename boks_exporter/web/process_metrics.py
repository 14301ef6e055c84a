"""The `process_*` metrics that every Prometheus exporter has, from prometheus_client."""

from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from boks_exporter.exposition import END


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
