"""How states are shown."""

import pytest

from boks_exporter.health import DomainState, ReplicaState
from boks_exporter.report.shapes import SHAPES, STATES, Tone, shown_state, worst_first, worst_of


@pytest.mark.parametrize("state", [*ReplicaState, *DomainState])
def test_every_state_has_a_shape_a_word_and_a_place(state: str) -> None:
    shown = shown_state(state)
    assert state in STATES
    assert shown.shape == SHAPES[shown.tone]
    assert shown.word == state.replace("_", " ")


def test_ok_is_the_best_and_alone_has_its_shape() -> None:
    tones = {state: shown_state(state).tone for state in STATES}
    assert [state for state, tone in tones.items() if tone is Tone.OK] == ["ok"]
    assert max(shown_state(state).rank for state in STATES) == shown_state("ok").rank


def test_a_state_that_is_not_known_is_no_good_one() -> None:
    assert shown_state("brand_new").tone is Tone.AWAY
    assert shown_state("brand_new").word == "brand new"


def test_the_worst_is_first_then_names_in_alphabetical_order() -> None:
    given = [("b", "ok"), ("a", "ok"), ("d", "lagging"), ("c", "down"), ("B2", "down")]
    assert worst_first(given) == ["B2", "c", "d", "a", "b"]


@pytest.mark.parametrize(
    ("domain", "hosts", "worst"),
    [
        ("degraded", ["ok", "lagging", "down"], "down"),
        ("degraded", ["lagging"], "lagging"),
        ("degraded", ["ok"], "degraded"),
        ("no_master", ["down", "unknown"], "no_master"),
        ("ok", ["ok"], "ok"),
        ("ok", [], "ok"),
    ],
)
def test_the_worst_of_a_domain_is_that_of_its_hosts_where_these_explain_it(
    domain: str, hosts: list[str], worst: str
) -> None:
    assert worst_of(domain, hosts).state == worst
