"""Sentences about the lines that could not be read."""

from collections.abc import Collection, Iterator
from typing import Final

from boks_exporter.report.types import DomainReport
from boks_exporter.text.formatting import listed

_SHOWN_AT_MOST: Final = 5
_EXCERPT: Final = 80


def unread_sentences(domain: DomainReport, hosts: Collection[str] = ()) -> Iterator[str]:
    """Describe each form of line once, of these hosts or of all; the first ones, and the number of the others."""
    forms = [form for form in domain["unread_lines"] if not hosts or not set(form["hosts"]).isdisjoint(hosts)]
    for form in forms[:_SHOWN_AT_MOST]:
        line = form["line"].strip()
        text = repr(line if len(line) <= _EXCERPT else line[:_EXCERPT] + "…")
        yield f"cannot read {text} ({form['section']} of {listed(form['hosts'])})"
    if len(forms) > _SHOWN_AT_MOST:
        yield f"cannot read lines of {len(forms) - _SHOWN_AT_MOST} more forms"
