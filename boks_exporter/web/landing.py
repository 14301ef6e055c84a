"""The HTML overview: one plain table per domain, without scripts or further files."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import Final

from boks_exporter.model import Timestamp
from boks_exporter.report import DomainReport, HostReport, unread_sentences
from boks_exporter.text.formatting import between, in_words, utc_clock
from boks_exporter.web.paths import Paths
from boks_exporter.web.published import Published

_UNKNOWN: Final = "&ndash;"
_COLUMNS: Final = ("Host", "Site", "Role", "State", "Lag", "Ahead", "Last packet", "Reason")
_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 1rem/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 80rem; padding: 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .2rem; }
nav a { display: inline-block; padding: .3rem .8rem .3rem 0; }
main { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid #8886; }
th { white-space: nowrap; } td { min-width: 3rem; } td:last-child { min-width: 16rem; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
b, time { white-space: nowrap; }
.bad { color: #b00020; } .warn { color: #8a5300; }
@media (prefers-color-scheme: dark) { .bad { color: #ff8a80; } .warn { color: #ffc06a; } }
@media (max-width: 45rem) {
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: block; padding: .5rem 0; border-bottom: 1px solid #8886; }
  th, td, td:last-child, td.n { display: flex; gap: .5rem; padding: .1rem 0; border: 0; text-align: left; }
  td::before { content: attr(data-label); flex: 0 0 6.5rem; opacity: .75; } td:empty { display: none; }
}
"""
_GOOD: Final = {"ok"}
_WARNING: Final = {"loading", "lagging", "unlisted", "unknown", "degraded"}

_EARLIEST: Final = 0.0

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'"
)
"""Forbids loading, scripts and framing; allows the one style sheet by its hash."""


def landing_page(published: Published, paths: Paths, now: Timestamp) -> str:
    """Render the page; ages are relative to `now`."""
    domains = published.report["domains"]
    body = "".join(_domain(domain, now) for domain in domains) or "<p>No round has ended yet.</p>\n"
    links = ((paths.telemetry, "Metrics"), (paths.status, "Status as JSON"), ("/-/healthy", "Health"))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_title(domains)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>boks_exporter {escape(published.version)}</h1>\n"
        f"<nav>{''.join(_link(*link) for link in (*links, ('/-/ready', 'Readiness')))}</nav>\n"
        f"<main>\n{body}</main>\n<p>{_UNKNOWN} means unknown. Lag and ahead are in updates; 0-2 means at most 2. "
        f"State at {utc_clock(now)}; this page does not refresh itself.</p>\n</body>\n</html>\n"
    )


def _title(domains: list[DomainReport]) -> str:
    """List the domains that are not ok in the title of the browser's tab."""
    bad = [f"{domain['domain']} {_words(domain['state'])}" for domain in domains if domain["state"] not in _GOOD]
    return escape(f"{', '.join(bad)} · BoKS" if bad else "BoKS replication")


def _link(path: str, text: str) -> str:
    """Link relative to this page, which works behind any proxy and prefix."""
    return f'<a href="{escape(path.removeprefix("/"))}">{text}</a> '


def _domain(domain: DomainReport, now: Timestamp) -> str:
    head = "".join(f'<th scope="col"{_aligned(name)}>{name}</th>' for name in _COLUMNS)
    rows = "".join(_row(host, now) for host in domain["hosts"])
    return (
        f"<section>\n<h2>{escape(domain['domain'])}: {_state(domain['state'])}</h2>\n"
        f"<p>{escape(domain['reason'])}. Last round {_ago(domain['last_round_timestamp_seconds'], now)}.</p>\n"
        f"{''.join(_maintenance(domain, now))}"
        f"{''.join(_unread(domain))}"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</section>\n"
    )


def _unread(domain: DomainReport) -> Iterator[str]:
    """List the forms of line that could not be read."""
    yield from (f"<p>{escape(text[0].upper() + text[1:])}.</p>\n" for text in unread_sentences(domain))


def _maintenance(domain: DomainReport, now: Timestamp) -> Iterator[str]:
    """List the hosts under maintenance; their alerts are inhibited."""
    if domain["maintenance"] is None:
        yield "<p>Maintenance is unknown: the failover journal cannot be read.</p>\n"
    for window in domain["maintenance"] or ():
        until, text = window["until_timestamp_seconds"], f"{window['owner']}: {window['reason']}"
        if until > now:
            yield (
                f"<p>{escape(window['host'])} is <b>under maintenance</b> until {_moment(until, utc_clock(until))}, "
                f"{escape(text)}</p>\n"
            )


def _row(host: HostReport, now: Timestamp) -> str:
    lag = _number(host["lag_sequences"], host.get("lag_possible_sequences"))
    if host["lag_seconds"]:
        lag += f", {in_words(host['lag_seconds'])}"
    cells = (
        escape(host["site"]),
        escape(host["role"]),
        _state(host["state"]),
        lag,
        _number(host["ahead_sequences"], host.get("ahead_possible_sequences")),
        _ago(host["last_packet_timestamp_seconds"], now),
        escape(host["reason"]),
    )
    data = (
        f'<td data-label="{name}"{_aligned(name)}>{cell}</td>' for name, cell in zip(_COLUMNS[1:], cells, strict=True)
    )
    return f'<tr><th scope="row">{escape(host["host"])}</th>{"".join(data)}</tr>\n'


def _aligned(column: str) -> str:
    return ' class="n"' if column in {"Lag", "Ahead"} else ""


def _number(value: int | None, possible: int | None) -> str:
    return _UNKNOWN if value is None else between(value, possible)


def _state(state: str) -> str:
    """Format a state as a word; the colour only repeats it."""
    words = escape(_words(state))
    if state in _GOOD:
        return f"<b>{words}</b>"
    return f'<b class="{"warn" if state in _WARNING else "bad"}">{words}</b>'


def _words(state: str) -> str:
    return state.replace("_", " ")


def _ago(moment: Timestamp | None, now: Timestamp) -> str:
    if moment is None:
        return _UNKNOWN
    age = f"{in_words(now - moment)} ago" if moment <= now else "just now"
    if moment < _EARLIEST:
        # A host may print an age of a million years, which datetime cannot represent.
        return age
    return _moment(moment, age)


def _moment(moment: Timestamp, text: str) -> str:
    return f'<time datetime="{_utc(moment):%Y-%m-%dT%H:%M:%SZ}" title="{utc_clock(moment)}">{text}</time>'


def _utc(moment: Timestamp) -> datetime:
    return datetime.fromtimestamp(moment, UTC)
