"""The pages except the first one: a host, the changes, the runbooks, the configuration."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from boks_exporter.model import DomainName, HostName
from boks_exporter.report.shapes import shown_state
from boks_exporter.web.pages.changes import all_changes
from boks_exporter.web.pages.facts import DomainFacts
from boks_exporter.web.pages.host_facts import host_page
from boks_exporter.web.pages.overview import by_urgency
from boks_exporter.web.pages.page import PageContext, host_path, rendered
from boks_exporter.web.pages.topology import topology

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


_RUNBOOK: Final = re.compile(r"(?P<name>Boks[A-Za-z]+)\.md(?:#.*)?")


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # a megabyte that an exporter whose runbooks are not read goes without

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def as_html(text: str, to_runbooks: str) -> Markup:
    """Render Markdown; `to_runbooks` leads from the page to the runbooks."""
    tokens = _parser().parse(text)
    for token in tokens:
        if token.children:
            token.children = _linked(token.children, to_runbooks)
    return Markup(_parser().renderer.render(tokens, _parser().options, {}))  # noqa: S704 - the parser escapes all text


def _linked(tokens: list["Token"], to_runbooks: str) -> list["Token"]:
    """Turn links to other runbooks into links of these pages, and leave the text of all others."""
    kept, open_links = [], []
    for token in tokens:
        if token.type == "link_open":
            found = _RUNBOOK.fullmatch(str(token.attrGet("href")))
            open_links.append(found is not None)
            if found:
                token.attrSet("href", to_runbooks + found["name"])
                kept.append(token)
        elif token.type == "link_close":
            if open_links.pop():
                kept.append(token)
        else:
            kept.append(token)
    return kept


CHANGES: Final = 200


def host_html(
    domains: Sequence[DomainFacts], frame: PageContext, place: tuple[DomainName, HostName], runbooks: Mapping[str, str]
) -> str | None:
    """Render the page of a host; None where it is not known."""
    domain, name = place
    facts = next((each for each in domains if each.name == domain), None)
    report = facts.hosts.get(name) if facts else None
    if facts is None or report is None:
        return None
    host = host_page(facts, report)
    page = frame.page(f"{host.state.shape} {name}: {host.state.word}", host_path(domain, name), [facts])
    text = runbooks.get(host.runbook or "")
    runbook = as_html(text, f"{page.root}runbooks/") if text else None
    return rendered("host.html", page=page, domain=domain, host=host, runbook=runbook)


def events_html(domains: Sequence[DomainFacts], frame: PageContext) -> str:
    """Render the changes of all domains."""
    page = frame.page(f"{_worst(domains)} Changes", "events", domains)
    return rendered("events.html", page=page, changes=all_changes(list(domains))[:CHANGES], limit=CHANGES)


def runbooks_html(domains: Sequence[DomainFacts], frame: PageContext, runbooks: Mapping[str, str]) -> str:
    """Render the list of runbooks."""
    page = frame.page(f"{_worst(domains)} Runbooks", "runbooks/", refreshes=False)
    return rendered("runbooks.html", page=page, names=[name for name in sorted(runbooks) if name != "README"])


def runbook_html(
    domains: Sequence[DomainFacts], frame: PageContext, name: str, runbooks: Mapping[str, str]
) -> str | None:
    """Render one runbook; None where there is none of that name."""
    if name not in runbooks or name == "README":
        return None
    page = frame.page(f"{_worst(domains)} {name}", f"runbooks/{name}", refreshes=False)
    return rendered("runbook.html", page=page, text=as_html(runbooks[name], f"{page.root}runbooks/"))


def config_html(domains: Sequence[DomainFacts], frame: PageContext, file: Path, text: str) -> str:
    """Render the settings in force."""
    page = frame.page(f"{_worst(domains)} Configuration", "config", refreshes=False)
    return rendered("config.html", page=page, file=str(file), lines=text.splitlines())


def missing_html(frame: PageContext, path: str, text: str) -> str:
    """Render the answer to a page that does not exist."""
    return rendered("missing.html", page=frame.page("? Not found", path, refreshes=False), text=text)


def _worst(domains: Sequence[DomainFacts]) -> str:
    """Return the worst shape, with which every title begins."""
    return min((facts.worst for facts in domains), key=lambda state: state.rank, default=shown_state("unknown")).shape


def topology_html(domains: Sequence[DomainFacts], frame: PageContext, domain: str | None) -> str:
    """Render the maps of all domains, worst first, or of one."""
    shown = [facts for facts in by_urgency(domains) if domain in {None, "", facts.name}]
    page = frame.page(f"{_worst(domains)} Topology", "topology", shown)
    return rendered("topology.html", page=page, maps=[topology(facts) for facts in shown])
