"""The replicas that may succeed a master that does not answer."""

import pytest

from boks_exporter.web.pages import last_master as page
from tests.browser.situations import dead_master
from tests.unit.web_overview_pages import facts_of


def test_the_order_of_successors_does_not_depend_on_wording(monkeypatch: pytest.MonkeyPatch) -> None:
    """The preferred replica comes first, then those that no other is ahead of, then the others."""
    (facts,) = facts_of(dead_master())
    facts.hosts["REPHOST2"]["behind_best_sequences"] = 3
    facts.hosts["REPHOST5"]["behind_best_sequences"] = 4
    monkeypatch.setattr(page, "_has", lambda _: "x")
    shown = page.last_master(facts)
    assert shown is not None
    assert [successor.host for successor in shown.successors] == ["REPHOST5", "REPHOST3", "REPHOST2", "REPHOST4"]
