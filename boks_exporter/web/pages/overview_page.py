"""The first page as HTML, for what a visitor asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from boks_exporter.report.shapes import Shown
from boks_exporter.web.pages.facts import DomainFacts
from boks_exporter.web.pages.host_rows import NOT_OK, HostQuery, Sort
from boks_exporter.web.pages.overview import by_urgency, overview, title
from boks_exporter.web.pages.page import PageContext, rendered
from boks_exporter.web.pages.situation import situation

_OTHERS: Final = 10
_TABS: Final = 6
"""The domains above the first sentence; the others follow on request, since most are healthy."""
_LONGEST_TEXT: Final = 200
_DESCENDING_FIRST: Final = {Sort.LAG, Sort.AHEAD}
_COLUMNS: Final[tuple[tuple[str, Sort | None, str], ...]] = (
    ("Host", Sort.HOST, ""),
    ("Site, role", Sort.SITE, "where"),
    ("State", Sort.STATE, "state"),
    ("Lag", Sort.LAG, "n lag"),
    ("Ahead", Sort.AHEAD, "n ahead"),
    ("Tables", None, "tables"),
    ("Last packet, last poll", Sort.PACKET, "times"),
    ("24 hours: states, lag", None, "day"),
    ("Reason", None, "reason"),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One domain in the navigation."""

    domain: str
    state: Shown
    href: str
    is_current: bool
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """The head of one column; `order` is how the rows are sorted by it now."""

    text: str
    css: str
    href: str
    order: str


def host_query(query: Mapping[str, str]) -> HostQuery:
    """Read the query of the page; invalid parts are ignored."""
    sort = query.get("sort", "")
    return HostQuery(
        text=query.get("q", "").strip()[:_LONGEST_TEXT],
        state=query.get("state", ""),
        site=query.get("site", ""),
        role=query.get("role", ""),
        sort=Sort(sort) if sort in {*Sort} else Sort.STATE,
        is_descending=query.get("order") == "desc",
        shows_all=query.get("all") == "yes",
    )


def overview_page(domains: Sequence[DomainFacts], frame: PageContext, query: Mapping[str, str]) -> str:
    """Render the page of one domain: the one asked for, or the worst."""
    ordered = by_urgency(domains)
    chosen = next((facts for facts in ordered if facts.name == query.get("domain")), ordered[0] if ordered else None)
    wanted = host_query(query)
    tabs = [_tab(facts, is_current=facts is chosen) for facts in ordered]
    here = {"domain": query["domain"]} if query.get("domain") and chosen else {}
    return rendered(
        "overview.html",
        page=frame.page(title(ordered), "", [chosen] if chosen else []),
        tabs=tabs[:_TABS],
        more_tabs=tabs[_TABS:],
        others=[tab for tab in tabs if not tab.is_current and tab.state.state != "ok"][:_OTHERS],
        view=overview(chosen, wanted) if chosen else None,
        wanted=wanted,
        names_domain=bool(here),
        columns=[_column(text, sort, css, wanted, here) for text, sort, css in _COLUMNS],
        all_href=_href(replace(wanted, shows_all=True), here),
        all_bad_href=_href(HostQuery(state=NOT_OK, shows_all=True), here),
    )


def _tab(facts: DomainFacts, *, is_current: bool) -> Tab:
    return Tab(facts.name, facts.worst, f"?{urlencode({'domain': facts.name})}", is_current, situation(facts))


def _column(text: str, sort: Sort | None, css: str, wanted: HostQuery, here: Mapping[str, str]) -> Column:
    if sort is None:
        return Column(text, css, "", "")
    is_current = wanted.sort is sort
    is_descending = not wanted.is_descending if is_current else sort in _DESCENDING_FIRST
    order = ("descending" if wanted.is_descending else "ascending") if is_current else ""
    href = _href(replace(wanted, sort=sort, is_descending=is_descending), here)
    return Column(text, css, href, order)


def _href(wanted: HostQuery, here: Mapping[str, str]) -> str:
    """Write a link to the same page with other wishes."""
    given = {
        **here,
        "q": wanted.text,
        "state": wanted.state,
        "site": wanted.site,
        "role": wanted.role,
        "sort": "" if wanted.sort is Sort.STATE else str(wanted.sort),
        "order": "desc" if wanted.is_descending else "",
        "all": "yes" if wanted.shows_all else "",
    }
    return f"./?{urlencode({name: value for name, value in given.items() if value})}"
