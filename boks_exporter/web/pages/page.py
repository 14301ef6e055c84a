"""What every page has: its title, its place, its links, and how current it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from boks_exporter.model import DomainName, HostName, Seconds, Timestamp
from boks_exporter.text.formatting import utc_clock
from boks_exporter.web.pages.facts import STALE_INTERVALS, DomainFacts

_REFRESH_SECONDS: Final = (5, 300)
"""The shortest and the longest time after which a page without a script loads itself again."""


@dataclass(frozen=True, slots=True)
class NavLink:
    """One entry of the navigation."""

    path: str
    text: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The frame of a page. `root` leads from its place to the first page, through any proxy and prefix."""

    title: str
    root: str
    links: tuple[NavLink, ...]
    version: str
    clock: str
    interval: Seconds
    age: str
    """Seconds since the round that is shown; empty on a page that shows none."""
    freshness: str
    is_stale: bool
    stale_text: str
    refresh: int | None

    @staticmethod
    def host_path(domain: DomainName, host: HostName) -> str:
        """Return the path of a host's page, below the first page."""
        return host_path(domain, host)


def host_path(domain: DomainName, host: HostName) -> str:
    """Return the path of a host's page, below the first page."""
    return f"hosts/{quote(domain, safe='')}/{quote(host, safe='')}"


@dataclass(frozen=True, slots=True)
class PageContext:
    """What is the same on every page of one answer."""

    version: str
    telemetry: str
    now: Timestamp

    def page(self, title: str, path: str, shown: Sequence[DomainFacts] = (), *, refreshes: bool = True) -> PageFrame:
        """Build the frame of the page at `path`, which shows these domains."""
        oldest = min(shown, key=lambda facts: facts.round_at - facts.interval, default=None)
        age = max(0.0, self.now - oldest.round_at) if oldest else 0.0
        interval = oldest.interval if oldest else 30.0
        is_stale = oldest is not None and age > STALE_INTERVALS * interval
        return PageFrame(
            title=title,
            root="../" * path.count("/") or "./",
            links=self._links(path),
            version=self.version,
            clock=f"Page of {utc_clock(self.now)}.",
            interval=interval,
            age=f"{age:.1f}" if oldest else "",
            freshness=f"{age:.0f} s old" if oldest else "",
            is_stale=is_stale,
            stale_text=(
                f"This page is stale: what it shows is {age:.0f} s old, and a round is due every {interval:g} s."
                if is_stale
                else ""
            ),
            refresh=round(min(max(interval, _REFRESH_SECONDS[0]), _REFRESH_SECONDS[1])) if refreshes else None,
        )

    def _links(self, path: str) -> tuple[NavLink, ...]:
        places = (
            ("", "Hosts"),
            ("topology", "Topology"),
            ("events", "Events"),
            ("runbooks/", "Runbooks"),
            (self.telemetry.removeprefix("/"), "Metrics"),
            ("api/v1/status", "API"),
            ("config", "Configuration"),
        )
        return tuple(NavLink(place or "./", text, is_current=place == path) for place, text in places)
