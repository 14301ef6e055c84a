"""What every page has: the templates, its title, its place, its links, and how current it is."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from boks_exporter.model import DomainName, HostName, Seconds, Timestamp
from boks_exporter.report.shapes import shown_state
from boks_exporter.text.formatting import utc_clock
from boks_exporter.text.harmless import harmless
from boks_exporter.web.pages.facts import STALE_INTERVALS, DomainFacts

_HERE: Final = "boks_exporter.web.pages"

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Forbids every request to another origin, inline scripts and styles, and framing."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of the package that a page loads."""

    content: bytes
    content_type: str


_TYPES: Final = {"pages.css": "text/css; charset=utf-8", "pages.js": "text/javascript; charset=utf-8"}


@cache
def static_files() -> dict[str, StaticFile]:
    """Read the style sheet and the script."""
    folder = resources.files(_HERE) / "static"
    return {name: StaticFile((folder / name).read_bytes(), kind) for name, kind in _TYPES.items()}


@cache
def static_version() -> str:
    """Return a text that changes with the static files, so that a browser never mixes two versions."""
    content = b"".join(file.content for file in static_files().values())
    return hashlib.sha256(content).hexdigest()[:12]


@cache
def environment() -> Environment:
    """Return the environment of all templates."""
    made = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned,
        auto_reload=False,
    )
    made.filters["sentence"] = _sentence
    made.globals |= {"shown": shown_state, "static_version": static_version()}
    return made


def _sentence(text: str) -> str:
    """Write a reason as a sentence: with a capital, unless a name begins it."""
    first = text.partition(" ")[0]
    return f"{text[:1].upper()}{text[1:]}." if first.isalpha() and first.islower() else f"{text}."


def rendered(template: str, **context: Any) -> str:
    """Render a template."""
    return environment().get_template(template).render(**context)


def _template(name: str) -> str:
    return (resources.files(_HERE) / "templates" / name).read_text(encoding="utf-8")


def _cleaned(value: Any) -> Any:
    """Remove control characters from every text that a template writes, except from markup of the templates."""
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


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
