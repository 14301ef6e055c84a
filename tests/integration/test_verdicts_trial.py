"""The trial of the verdicts in small: no false alarm, no miss, and it would tell if there were any."""

import re
from itertools import islice
from pathlib import Path

import pytest

from bench.verdicts.baselines import one_shot
from bench.verdicts.generated_history import story
from bench.verdicts.score import Kind, Scores
from bench.verdicts.scorer import OURS
from bench.verdicts.table import document, failures
from bench.verdicts.trial import play_one, trial
from bench.verdicts.truths import Condition
from boks_exporter.model import Sequence
from boks_exporter.replication.brackets import Bracket

pytestmark = pytest.mark.timeout(600)

PAGE = Path(__file__).parents[2] / "docs" / "verdicts.md"


@pytest.fixture(scope="module")
def scores() -> Scores:
    return trial(seed=5, histories=40, processes=2)


def test_no_figure_is_missed(scores: Scores) -> None:
    """Neither a false positive nor a false negative, no late report, no lag in seconds beyond an interval."""
    assert failures(scores) == []
    assert scores.examples == []


def test_the_naive_comparison_cries_wolf_on_the_same_histories(scores: Scores) -> None:
    """Otherwise the histories would prove nothing."""
    for tolerance in (0, 10):
        for kind in (Condition.AHEAD, Condition.LAGGING):
            assert scores.healthy_alarms[one_shot(tolerance), kind] > 0


def test_enough_goes_wrong_to_be_found(scores: Scores) -> None:
    """Of ten conditions nine at least are there and are reported."""
    found = {kind for (way, kind), counted in scores.counts.items() if way == OURS and counted[Kind.TRUE_POSITIVE]}
    assert len(found) >= len(Condition) - 1


def test_the_same_seed_gives_the_same_sums() -> None:
    """Whatever was played before."""
    once, again = Scores(), Scores()
    for each in (once, again):
        for index in (3, 12):
            each.add(play_one(9, index))
    assert document(once, 9, 2) == document(again, 9, 2)


def test_an_exporter_that_compares_with_the_first_reading_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the bracket broken, a busy and healthy domain raises false alarms, and the trial reports them."""

    def ahead_of_the_first(bracket: Bracket, sequence: Sequence) -> int | None:
        return None if bracket.lower is None else max(0, sequence - bracket.lower)

    monkeypatch.setattr(Bracket, "ahead", ahead_of_the_first)
    healthy = (
        index for index in range(1000) if (told := story(5, index)).is_sound and told.layout.writes_per_second > 20
    )
    scores = Scores()
    for index in islice(healthy, 3):
        scores.add(play_one(5, index))
    assert any(failure.startswith("ahead: ") for failure in failures(scores))


def test_an_exporter_that_is_blind_for_stamps_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is never reported is counted as missed."""
    monkeypatch.setattr("boks_exporter.health.reasons.is_confirmed", lambda *_: False)
    stamped = (
        index
        for index in range(1000)
        if any(event.what == "set" and event.fault == "wrong_stamp" for event in story(5, index).events)
    )
    scores = Scores()
    for index in islice(stamped, 6):
        scores.add(play_one(5, index))
    assert any(re.match(r"diverged: 0 false positives, [1-9]", failure) for failure in failures(scores))


def test_the_page_is_what_the_trial_writes() -> None:
    """Its words are the trial's, and its figures those that were to be reached."""
    page = PAGE.read_text(encoding="utf-8")
    histories, seed = map(int, re.search(r"^## The figures: (\d+) histories, seed (\d+)$", page, re.MULTILINE).groups())
    assert histories >= 2000

    def words(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith(("|", "A round took"))]

    assert words(page) == words(document(Scores(), seed, histories))
    for figure in ("false positives on healthy replication", "false positives in all", "false negatives in all"):
        assert re.search(rf"^\| {figure}[^|]*\| 0 \| 0 \|$", page, re.MULTILINE)
