"""The trial of the verdicts in small: no false alarm and no miss, and it reports those that are made on purpose."""

import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from bench.verdicts.baselines import OURS, one_shot
from bench.verdicts.copies import Fault, Said
from bench.verdicts.detection import DELAYS, EXCHANGES, GOAL_ROUNDS, cells
from bench.verdicts.detection_table import of_the_goal, p99
from bench.verdicts.event import MASTER, Event
from bench.verdicts.generated_history import Story, story
from bench.verdicts.hidden_rows import Disguise
from bench.verdicts.score import Kind, Scores
from bench.verdicts.table import document, failures
from bench.verdicts.trial import play_one, play_silently, trial
from bench.verdicts.truths import Condition
from boks_exporter.health import Thresholds
from boks_exporter.model import Sequence
from boks_exporter.replication.brackets import Bracket
from boks_exporter.simulator.domain import Fault as Incident
from tests.nonempty import nonempty
from tests.virtual.virtual_transport import Network

pytestmark = pytest.mark.timeout(600)

PAGE = Path(__file__).parents[2] / "docs" / "verdicts.md"


CELLS = tuple(cell for cell in cells() if cell.has_goal and cell.exchange == EXCHANGES[1] and cell.delay != DELAYS[1])


@pytest.fixture(scope="module")
def scores() -> Scores:
    return trial(seed=5, histories=40, processes=2, chosen=CELLS[:: len(CELLS) // 8])


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


def test_copies_are_wrong_in_all_three_ways(scores: Scores) -> None:
    """Some are reported, some are shown by no number, and their causes are counted."""
    said = scores.copies.said
    assert min(said[Said.REPORTED], said[Said.OK_INVISIBLE], sum(scores.copies.delays.values())) > 0
    assert sum(scores.copies.causes.values()) == said[Said.OK_INVISIBLE]


def test_a_lead_is_shown_within_three_rounds(scores: Scores) -> None:
    """Where less than one update is in flight; at once where nothing is written."""
    assert len(scores.shown) > 7
    assert p99(of_the_goal(scores.shown)) <= GOAL_ROUNDS
    idle = nonempty([runs for cell, runs in scores.shown.items() if cell.rate == 0])
    assert {run for runs in idle for run in runs} == {1}


def passed_lead() -> Story:
    """Generate a history in which a frozen table is 60 updates ahead, and the master passes it in half a minute."""
    healthy = story(5, 0)
    hosts = tuple(replace(host, delay_seconds=0.1, batch_seconds=0.0) for host in healthy.layout.hosts[:3])
    return replace(
        healthy,
        layout=replace(healthy.layout, hosts=hosts, tables=(7,), writes_per_second=2.0, bursts=1.0),
        network=Network(),
        interval=15.0,
        timeout=7.5,
        thresholds=Thresholds(lag_seconds=300.0),
        events=(
            Event(100.0, "set", hosts[1].name, Incident.AHEAD, (("by", 60),)),
            Event(100.0, "set", hosts[1].name, Incident.DIVERGED),
        ),
    )


def test_an_exporter_that_forgets_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a busy master has passed would be OK again."""
    assert play_silently(passed_lead()).copies.faults == {}
    monkeypatch.setattr("boks_exporter.health.judgement.proven", lambda *_: {})
    assert play_silently(passed_lead()).copies.faults[Fault.BACK_TO_OK] > 0


def test_an_exporter_that_overlooks_lines_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of the master that cannot be read would be a table that does not exist."""
    disguise = Disguise(MASTER, "brackets", table=7)
    printed = passed_lead()
    printed = replace(
        printed,
        layout=replace(printed.layout, tables=(7, 8)),
        events=(Event(100.0, "disguise", MASTER, None, (("disguise", disguise),)),),
    )
    assert play_silently(printed).copies.faults == {}
    monkeypatch.setattr("boks_exporter.replication.comparison.not_compared", lambda *_: ())
    assert play_silently(printed).copies.faults[Fault.OK_UNREAD] > 0


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
        index
        for index in range(1000)
        if (printed := story(5, index)).is_sound and printed.layout.writes_per_second > 20
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
    reached = ("false positives on healthy replication", "false positives in all", "false negatives in all", *Fault)
    for figure in reached:
        assert re.search(rf"^\| {figure}[^|]*\| 0 \| 0 \|$", page, re.MULTILINE)
