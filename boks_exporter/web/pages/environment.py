"""Templates and static files of the package; every text is cleaned and escaped."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from boks_exporter.report.shapes import shown_state
from boks_exporter.text.harmless import harmless

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
