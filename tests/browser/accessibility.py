"""axe-core's judgement on a page."""

from functools import cache
from importlib import resources
from typing import Any

from tests.browser.chromium import Tab

_RUN = """axe.run(document, {resultTypes: ["violations"]}).then(result => result.violations.map(
  each => each.id + ": " + each.nodes.map(node => node.target + " " + node.failureSummary).join(" | ")))"""


@cache
def _axe() -> str:
    return (resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")


async def violations(tab: Tab) -> list[Any]:
    """Return what axe-core finds on the open page."""
    await tab.run(f"{_axe()};0")
    found: list[Any] = await tab.run(_RUN)
    return found
