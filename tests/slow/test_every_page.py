"""Every situation on every page, in light and dark, on phone, tablet and desk, in a real Chromium, with screenshots.

The screenshots are kept under build/screenshots, for people to look at.
"""

from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest

from tests.browser.accessibility import violations
from tests.browser.chromium import Tab, chromium
from tests.browser.situations import SITUATIONS, clock_of
from tests.nonempty import nonempty
from tests.unit.web_serving import Scripted, ready, serving

pytestmark = pytest.mark.timeout(900)

SCREENSHOTS: Final = Path(__file__).resolve().parents[2] / "build" / "screenshots"
WIDTHS: Final = (390, 800, 1280)
PLACES: Final = {"overview": "/", "topology": "/topology", "host": "/hosts/{domain}/{host}"}
FURTHER: Final = {
    "events": "/events",
    "runbooks": "/runbooks/",
    "runbook": "/runbooks/BoksNoMaster",
    "config": "/config",
}
HIDDEN: Final = """[...document.querySelectorAll('h1, h2, .reason, .card p, .card code')].filter(each =>
  each.offsetParent && each.getBoundingClientRect().right > WIDTH + 1).map(each => each.textContent)"""
"""What would have to be scrolled to be read."""

CRUSHED: Final = """[...document.querySelectorAll('h1, h2, h3, th, dt')].filter(each => {
  const range = document.createRange(), text = each.firstChild;
  if (!text || text.nodeType !== Node.TEXT_NODE || !each.offsetParent) return false;
  range.selectNodeContents(text);
  return range.getClientRects().length > 2 + text.length / 6;
}).map(each => each.textContent)"""
"""What is broken into a line for each letter."""


async def _examined(tab: Tab, name: str, place: str, width: int, *, dark: bool) -> list[str]:
    """Take a screenshot and return what is wrong."""
    found = [f"{place} at {width}: {each}" for each in await violations(tab)]
    if overflow := await tab.run(f"document.documentElement.scrollWidth - {width}"):  # a phone's innerWidth grows
        found.append(f"{place} at {width}: {overflow} pixels wider than the window")
    found += [
        f"{place} at {width}: to be scrolled: {text}" for text in await tab.run(HIDDEN.replace("WIDTH", str(width)))
    ]
    found += [f"{place} at {width}: crushed: {text}" for text in await tab.run(CRUSHED)]
    await tab.screenshot(SCREENSHOTS / f"{name}-{place}-{width}-{'dark' if dark else 'light'}.png")
    return found


@pytest.mark.parametrize("name", SITUATIONS)
async def test_a_situation_is_shown_well_everywhere(name: str) -> None:
    views = SITUATIONS[name]()
    bad = next((verdict.host for verdict in views[0].health.hosts if verdict.state != "ok"), "MASTER1")
    domain = quote(views[0].snapshot.domain, safe="")
    places = PLACES if name != "healthy" else PLACES | FURTHER
    wrong: list[str] = []
    async with serving(Scripted(published=ready(*views), clock=clock_of(name))) as visitor, chromium() as tab:
        for dark in (False, True):
            for width in WIDTHS:
                await tab.look(width=width, dark=dark)
                for place, path in places.items():
                    await tab.go(visitor.base + path.format(domain=domain, host=quote(bad, safe="")))
                    wrong += await _examined(tab, name, place, width, dark=dark)
        assert tab.messages == []
        assert all(url.startswith((visitor.base, "data:,", "about:")) for url in nonempty(tab.requests))
    assert wrong == []


async def test_a_host_takes_two_lines_on_a_phone() -> None:
    async with serving(Scripted(published=ready(*SITUATIONS["300-hosts"]()))) as visitor, chromium() as tab:
        await tab.look(width=390)
        await tab.go(f"{visitor.base}/")
        heights = await tab.run(
            "[...document.querySelectorAll('.hosts tbody tr')].map(each => each.getBoundingClientRect().height)"
        )
        line = await tab.run("parseFloat(getComputedStyle(document.body).lineHeight)")
    assert len(heights) == 100
    assert max(heights) < 3.2 * line
