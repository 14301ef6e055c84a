"""One look at every domain, for the commands that ask and end."""

import asyncio
from collections.abc import Collection

from boks_exporter.app.connections import Connections
from boks_exporter.app.journal_views import JournalViews
from boks_exporter.config import Settings
from boks_exporter.exposition import DomainView
from boks_exporter.model import DomainName
from boks_exporter.observe import SystemClock
from boks_exporter.poller import DomainWatch


async def look_once(settings: Settings, domains: Collection[DomainName] = ()) -> tuple[DomainView, ...]:
    """Look at the named domains, or at all, once; a single look has no history, so lag in seconds is unknown."""
    async with Connections() as connections:
        opened = await connections.apply_settings(settings)
        clock = SystemClock()
        gate = asyncio.Semaphore(settings.poll.concurrency)
        watches = [
            DomainWatch(domain, transport, clock)
            for name, (domain, transport) in opened.items()
            if not domains or name in domains
        ]
        looks = (watch.run_round(gate, settings.poll.interval_seconds, once=True) for watch in watches)
        journals = JournalViews(clock)
        journals.take(settings)
        return tuple(journals.joined(await asyncio.gather(*looks)))
