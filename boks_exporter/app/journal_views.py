"""Add the journals' failover activity to the views of domains."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from boks_exporter.config import Settings
from boks_exporter.exposition import DomainView
from boks_exporter.failover.journal.clearances import clearances
from boks_exporter.failover.journal.errors import JournalError
from boks_exporter.failover.journal.metrics_reader import read_operations
from boks_exporter.model import DomainName
from boks_exporter.observe import Clock
from boks_exporter.replication import Clearance


class JournalViews:
    """The journals of all domains that have one; read for every page."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._paths: dict[DomainName, Path] = {}
        self._with_failover: set[DomainName] = set()

    def __repr__(self) -> str:
        return f"<JournalViews of {', '.join(self._paths) or 'nothing'}>"

    def apply_settings(self, settings: Settings) -> None:
        """Apply a configuration."""
        # Without a section failover there can be maintenance windows, and the journal need not exist.
        self._paths = {domain.name: settings.journal_of(domain) for domain in settings.domains}
        self._with_failover = {domain.name for domain in settings.domains if domain.failover}

    async def clearances(self, domain: DomainName) -> tuple[Clearance, ...]:
        """Return what clears evidence in a domain; none where the journal cannot be read."""
        path = self._paths.get(domain)
        try:
            return await asyncio.to_thread(clearances, path, domain) if path else ()
        except (JournalError, OSError):
            return ()

    def joined(self, views: Sequence[DomainView]) -> list[DomainView]:
        """Return the views with failover activity; it reads files, so call it in a thread."""
        return [self._joined(view) for view in views]

    def _joined(self, view: DomainView) -> DomainView:
        path = self._paths.get(view.snapshot.domain)
        if path is None or not (view.snapshot.domain in self._with_failover or _is_there(path)):
            return view
        return replace(view, operations=read_operations(path, view.snapshot.domain, self._clock.now()))


def _is_there(path: Path) -> bool:
    """Return whether a file is known to exist; in a directory that cannot be read it is not."""
    with suppress(OSError):
        return path.exists()
    return False
