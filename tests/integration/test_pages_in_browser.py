"""The pages in a real Chromium: live, without the script, by keyboard, and before axe-core.

All situations at all widths, with screenshots, are in tests/slow.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from boks_exporter.exposition import DomainView
from tests.browser.accessibility import violations
from tests.browser.chromium import Tab, chromium
from tests.browser.situations import NOW, dead_master, down, healthy, many, odd_names
from tests.unit.web_serving import Scripted, Visitor, ready, serving

LOOKED_AT = (
    ("/", 1280, False),
    ("/?domain=bank", 390, True),
    ("/hosts/harbour/REPHOST4", 390, True),
    ("/topology?domain=harbour", 1280, False),
    ("/?domain=a/%3Cb%3E+%C3%A9", 390, False),
)
HEADING = "(document.querySelector('h1')?.textContent ?? '')"
ROWS = "[...document.querySelectorAll('.hosts tbody th')].map(each => each.textContent.trim())"


@asynccontextmanager
async def browsing(*views: DomainView, clock: float = NOW) -> AsyncIterator[tuple[Tab, Visitor, Scripted]]:
    scripted = Scripted(published=ready(*views), clock=clock)
    async with serving(scripted) as visitor, chromium() as tab:
        yield tab, visitor, scripted
        assert tab.messages == []
        assert {url for url in tab.requests if not url.startswith((visitor.base, "data:,", "about:"))} == set()


async def test_pages_are_accessible_and_fit_in_light_and_dark_on_desk_and_phone() -> None:
    async with browsing(dead_master(), many(120, bad=6), odd_names()) as (tab, visitor, _):
        for path, width, dark in LOOKED_AT:
            await tab.look(width=width, dark=dark)
            await tab.go(visitor.base + path)
            assert await violations(tab) == [], path
            assert await tab.run("document.documentElement.scrollWidth") <= width, path  # a phone's innerWidth grows


async def test_a_page_follows_the_rounds_in_place_and_keeps_what_a_visitor_does() -> None:
    async with browsing(healthy()) as (tab, visitor, scripted):
        await tab.go(f"{visitor.base}/")
        await tab.run("window.isTheSame = true; document.getElementById('q').focus()")
        assert "All 5 replicas are healthy." in await tab.run(HEADING)
        scripted.published = ready(down())
        await tab.until(f"{HEADING}.includes('need attention')")
        await tab.until("document.title.startsWith('\N{BLACK SQUARE}')")
        assert await tab.run("window.isTheSame && document.activeElement.id") == "q"
        await tab.run(
            "const q = document.getElementById('q'); q.value = 'rephost4';"
            "q.dispatchEvent(new Event('input', {bubbles: true})); 0"
        )
        await tab.until(f"JSON.stringify({ROWS}) === '[\"REPHOST4\"]'")
        scripted.published = ready(healthy())
        await tab.until(f"{HEADING}.includes('All 5')")
        assert await tab.run(ROWS) == ["REPHOST4"]
        assert "q=rephost4" in await tab.run("location.search")


async def test_a_page_that_gets_no_round_shows_that_it_is_stale_and_recovers() -> None:
    """Also when the exporter is gone, or the stream broke without an error, as after a machine's sleep."""
    view = healthy()
    quick = replace(view, counters=replace(view.counters, interval_seconds=1.0))
    async with browsing(quick, clock=view.snapshot.finished_at) as (tab, visitor, scripted):
        silent = "window.EventSource = class { addEventListener() {} close() {} }"
        await tab.send("Page.addScriptToEvaluateOnNewDocument", source=silent)
        await tab.go(f"{visitor.base}/")
        assert 'role="alert" hidden>' in (await visitor.text("/"))[1]  # the server sends it as current
        scripted.clock += 600
        await tab.until("!document.getElementById('stale').hidden")
        assert "stale" in await tab.run("document.getElementById('stale').textContent")
        assert await tab.run("document.getElementById('hosts').className") == "old"
        scripted.published, scripted.clock = ready(down()), NOW
        await tab.until(f"{HEADING}.includes('need attention') && document.getElementById('stale').hidden")


async def test_a_page_without_the_script_is_complete_and_loads_itself_again() -> None:
    view = down()
    quick = replace(view, counters=replace(view.counters, interval_seconds=1.0))
    async with browsing(quick, clock=view.snapshot.finished_at) as (tab, visitor, scripted):
        await tab.scripts(run=False)
        await tab.go(f"{visitor.base}/?state=not-ok")
        assert await tab.run(ROWS) == ["REPHOST", "REPHOST4"]
        scripted.published = ready(healthy())
        await tab.until(f"{HEADING}.includes('All 5')")


async def test_everything_is_reached_by_keyboard() -> None:
    async with browsing(down()) as (tab, visitor, _):
        await tab.go(f"{visitor.base}/")
        focused = []
        for _ in range(80):
            await tab.press("Tab")
            focused.append(
                await tab.run(
                    "(each => each.id || each.getAttribute('href') || each.className || each.name || each.tagName)"
                    "(document.activeElement)"
                )
            )
        assert focused[0] == "#main"
        wanted = {"./topology", "./hosts/harbour/REPHOST", "./runbooks/BoksReplicaDown", "q", "state", "scroll"}
        assert wanted <= {*focused}
        await tab.go(f"{visitor.base}/hosts/harbour/REPHOST")
        await tab.run("document.querySelector('a.brand').focus()")
        await tab.press("Enter")
        await tab.until("location.pathname === '/'")
