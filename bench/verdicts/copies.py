"""What was said of copies that are wrong by the identity of their updates: what a number showed, and what none did."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from boks_exporter.model import HostName

PATIENCE_ROUNDS: Final = 3
"""A copy that a reading has shown to be wrong is not called OK later than this many rounds afterwards."""


class Fault(StrEnum):
    """What must never be said."""

    OK_AFTER_SHOWN = "OK although it was shown, after the detection delay"
    BACK_TO_OK = "OK again while the cause lasted"
    OK_UNREAD = "OK although a row of the replica, of its master or of the list could not be read"
    FORGOTTEN = "a discovered host disappeared"


class Said(StrEnum):
    """What was said of a wrong copy in one round."""

    REPORTED = "reported"
    """Ahead, diverged, or another state with evidence."""
    NOT_OK = "not OK, for another reason"
    OK_SHOWN = "OK, within three rounds after it was shown"
    OK_INVISIBLE = "OK, and no reading could show it"
    OPEN = "the truth is open: no master, or several"


@dataclass(slots=True)
class CopyScores:
    """The sums of one or of many histories."""

    said: Counter[str] = field(default_factory=Counter)
    causes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Verdicts OK that no reading could contradict, by origin and reason."""
    reported_unseen: Counter[str] = field(default_factory=Counter)
    """Copies that were reported although no number had shown them, by origin."""
    delays: Counter[int] = field(default_factory=Counter)
    """Rounds from the first reading that shows a wrong copy to the first report."""
    methods: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """Verdicts on wrong copies by each method, and whether it found anything wrong."""
    faults: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, other: "CopyScores") -> None:
        """Add the sums of other histories."""
        for name in ("said", "causes", "reported_unseen", "delays", "methods", "faults"):
            getattr(self, name).update(getattr(other, name))
        self.examples = (self.examples + other.examples)[:40]

    def fail(self, fault: Fault, place: str) -> None:
        """Count what must never be said."""
        self.faults[fault] += 1
        self.examples.append(f"{fault}: {place}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is true of one replica in one round, and what was said; `reason` is why no reading shows it."""

    host: HostName
    round: int
    is_wrong: bool | None
    is_shown: bool
    state: str
    is_proven: bool
    origin: str
    reason: str
    place: str


@dataclass(slots=True)
class _Episode:
    shown_in: int | None = None
    is_reported: bool = False
    was_shown_before: bool = False
    """Shown to an exporter that has lost its state file since."""


class Copies:
    """The wrong copies of one history."""

    def __init__(self, scores: CopyScores) -> None:
        """Begin with none."""
        self._scores = scores
        self._episodes: dict[HostName, _Episode] = {}

    def forget(self, host: HostName) -> None:
        """End what was known of a host that is no replica."""
        self._episodes.pop(host, None)

    def state_lost(self) -> None:
        """Begin again for an exporter that has lost its state file."""
        for episode in self._episodes.values():
            episode.was_shown_before |= episode.shown_in is not None or episode.is_reported
            episode.shown_in, episode.is_reported = None, False

    def judge(self, verdict: Verdict) -> None:
        """Sort one verdict."""
        if verdict.is_wrong is None:
            self._scores.said[Said.OPEN] += verdict.host in self._episodes
            return
        if not verdict.is_wrong:
            self.forget(verdict.host)
            return
        episode = self._episodes.setdefault(verdict.host, _Episode())
        if verdict.is_shown and episode.shown_in is None:
            episode.shown_in = verdict.round
        if verdict.state == "ok":
            self._scores.said[self._ok(episode, verdict)] += 1
        elif verdict.state in {"ahead", "diverged"} or verdict.is_proven:
            self._scores.said[Said.REPORTED] += 1
            self._reported(episode, verdict)
        else:
            self._scores.said[Said.NOT_OK] += 1

    def _reported(self, episode: _Episode, verdict: Verdict) -> None:
        if episode.is_reported:
            return
        episode.is_reported = True
        if episode.shown_in is None:
            self._scores.reported_unseen[verdict.origin] += 1
        else:
            self._scores.delays[verdict.round - episode.shown_in] += 1

    def _ok(self, episode: _Episode, verdict: Verdict) -> Said:
        if episode.is_reported:
            self._scores.fail(Fault.BACK_TO_OK, verdict.place)
            return Said.OK_SHOWN
        if episode.shown_in is not None:
            if verdict.round - episode.shown_in > PATIENCE_ROUNDS:
                self._scores.fail(Fault.OK_AFTER_SHOWN, verdict.place)
            return Said.OK_SHOWN
        reason = "it was shown before the exporter lost its state file" if episode.was_shown_before else verdict.reason
        self._scores.causes[verdict.origin, reason] += 1
        return Said.OK_INVISIBLE
