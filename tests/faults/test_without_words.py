"""No decision depends on wording: with every sentence of the runner replaced by "x", runs end as they do with them."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from boks_exporter.failover.journal import LoggedStep
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs import Proven
from boks_exporter.failover.runner import RunResult, Tools
from boks_exporter.failover.runner.locking import Refusal
from boks_exporter.failover.runner.rollback import RollbackResult
from boks_exporter.failover.runner.send_once import SendResult, StepResult
from tests.faults.cases import Case
from tests.faults.faults import FaultKind
from tests.faults.matrix import run_case
from tests.faults.sampled import sample
from tests.nonempty import nonempty
from tests.runs import test_failover_interrupted as interrupted
from tests.runs import test_rehearsal as rehearsed

_SENTENCE: Final = (StepResult, LoggedStep, Proven, Refusal, SendResult)
_SENTENCES: Final = (RunResult, RollbackResult)
_DRAWN: Final = 14


def _replaced(patch: pytest.MonkeyPatch, kind: Any, field: str, replaced: Callable[[Any], Any]) -> None:
    original = kind.__init__

    def init(self: Any, *given: Any, **named: Any) -> None:
        original(self, *given, **named)
        object.__setattr__(self, field, replaced(getattr(self, field)))

    patch.setattr(kind, "__init__", init)


@pytest.fixture(autouse=True)
def _without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in _SENTENCE:
        _replaced(monkeypatch, kind, "sentence", lambda _: "x")
    for kind in _SENTENCES:
        _replaced(monkeypatch, kind, "sentences", lambda sentences: tuple("x" for _ in sentences))
    _replaced(monkeypatch, Tools, "say", lambda say: lambda _: say("x"))


def test_the_sentences_are_replaced() -> None:
    """Otherwise the tests below would show nothing."""
    story = run_case(Case(Procedure.PROMOTE, 3, "convert-master", FaultKind.NOTHING))
    assert story.sentences
    assert all(sentence.endswith("] x") for sentence in nonempty(story.sentences))


@pytest.mark.parametrize("case", Random(9).sample([*sample(0), *sample(1)], _DRAWN), ids=str)  # noqa: S311 - a sample
def test_a_run_without_words_ends_as_it_must(case: Case) -> None:
    """Nothing is lost, every exit code is true, and the next commands work."""
    story = run_case(case)
    assert (story.breaches, story.wrong) == ([], []), str(case)
    assert story.ended


@pytest.mark.parametrize(
    "scene",
    [
        interrupted.test_two_operators_meet_at_the_hosts,
        interrupted.test_an_aborted_run_leaves_nothing_behind,
        interrupted.test_nothing_is_begun_without_its_entry,
    ],
    ids=lambda scene: scene.__name__,
)
def test_a_scene_without_words_ends_as_it_must(
    scene: Callable[..., None], journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the tests of single runs assert holds without words, too."""
    wanted = scene.__code__.co_varnames[: scene.__code__.co_argcount]
    scene(**{name: {"journals": journals, "monkeypatch": monkeypatch}[name] for name in wanted})


@pytest.mark.parametrize("fault", rehearsed.ONE_OF_EACH_KIND)
def test_a_rehearsal_without_words_runs_the_next_commands(journals: Path, fault: Any) -> None:
    """It reads the next command from the result, and leaves no run open."""
    night = rehearsed.Night(journals, "a registered client")
    rehearsal = rehearsed.virtually(lambda: night.rehearsed(f"{fault.word}@convert-server"))
    assert (rehearsal.happened, rehearsal.breaches, rehearsal.still_open) == (True, (), None)
