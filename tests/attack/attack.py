"""Send generated requests to one gate under one shell, in batches, and judge everything that happened."""

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, count, islice
from pathlib import Path
from typing import Final

from tests.attack import audit, batch
from tests.attack.hosts import AttackedHost
from tests.attack.judge import fault_of_commands, fault_of_reply, faults_of_audit
from tests.attack.oracle import COMMAND, OPERATOR, READING, Verdict, judged
from tests.attack.requests import Attempt, attempts

GATES: Final = (READING, OPERATOR)
ROLES: Final = ("server", "client", "master")
_ROOT: Final = Path(__file__).resolve().parents[2]
_BATCH_REFUSED, _BATCH_ANSWERED = 500, 60
_SIZES: Final = (1, 1, 1, 2, 1, 1, 3, 1, 1, 1, 4)
"""How many requests are sent at the same moment, in turn."""
_SHARE_ANSWERED: Final = 0.04
"""The most of a run that are answered: each of these starts thirty programs, and a refused one four."""
_LOCKING: Final = Attempt(OPERATOR, COMMAND, b"boks-gate/2 1f op lock R1 alice:console\n")
"""Without a lock nothing is changed, so that it is acquired again and again."""
_LOCK_EVERY: Final = 12
Judged = tuple[Attempt, Verdict]


@dataclass
class Figures:
    """What was sent to one gate under one shell, and what came of it."""

    gate: str
    shell: str
    requests: int = 0
    refused: int = 0
    answered: int = 0
    at_the_same_moment: int = 0
    traced: int = 0
    programs: int = 0
    """Programs that strace saw."""
    commands: int = 0
    """Commands of BoKS that were run."""
    faults: list[str] = field(default_factory=list)


def attack(
    gate: str, shell: str, requests: int, seed: int, trace_one_in: int = 1, first: Iterable[Attempt] = ()
) -> Figures:
    """Send requests; those that must be refused apart from the others, so that one audit holds for a whole batch.

    All are audited by a snapshot of the files; all that are answered, and one in so many batches of the others, by
    strace (0: none). Those in `first` are sent before the drawn ones.
    """
    figures = Figures(gate, shell)
    known = ((each, judged(each.gate, each.command, each.stdin)) for each in first)
    drawn = [*islice(chain(known, _sendable(seed, gate)), requests)]
    refused = [each for each in drawn if each[1].touches_nothing]
    answered = [each for each in drawn if not each[1].touches_nothing]
    numbers = count()
    for several, size in ((refused, _BATCH_REFUSED), (answered, _BATCH_ANSWERED)):
        for start in range(0, len(several), size):
            with tempfile.TemporaryDirectory(prefix="attack") as root:
                number = next(numbers)
                host = AttackedHost(Path(root), gate, shell, ROLES[number % len(ROLES)])
                traced = bool(trace_one_in) and (several is answered or number % trace_one_in == 0)
                part = several[start : start + size]
                if several is answered and gate == OPERATOR:
                    part[::_LOCK_EVERY] = [(_LOCKING, judged(OPERATOR, COMMAND, _LOCKING.stdin))] * len(
                        part[::_LOCK_EVERY]
                    )
                _send(host, part, figures, traced=traced)
    return figures


def _sendable(seed: int, gate: str) -> Iterator[Judged]:
    """Leave out what would look up a stranger's name: it would wait for a name server."""
    sent = answered = 0
    for each in attempts(seed, gate):
        verdict = judged(each.gate, each.command, each.stdin)
        if not verdict.touches_nothing:
            looks_up = b" reach " in each.stdin and b" reach 127.0.0.1 " not in each.stdin
            if looks_up or answered > _SHARE_ANSWERED * sent:
                continue
            answered += 1
        sent += 1
        yield each, verdict


def _send(host: AttackedHost, several: list[Judged], figures: Figures, *, traced: bool) -> None:
    groups, before, untouched = list(_groups(several)), host.snapshot(), several[0][1].touches_nothing
    trace = host.tree.root.parent / "trace"
    met = _met(host, groups, audit.command(trace) if traced else None)
    for group, found in zip(groups, met, strict=True):
        _judge_group(group, found, figures)
    if traced:
        seen = audit.read_audit(trace)
        figures.traced += len(several)
        figures.programs += len(seen.programs)
        figures.faults += faults_of_audit(host, figures.gate, seen, touches_nothing=untouched)
    if untouched and host.snapshot() != before:
        figures.faults.append(f"files changed: {sorted(set(host.snapshot().items()) ^ set(before.items()))[:5]}")
    if host.overlapping() and figures.gate == OPERATOR:
        figures.faults.append("two commands of BoKS at the same moment")
    figures.faults += (f"left behind {process}" for process in host.tree.left_behind(within=10))


def _groups(several: list[Judged]) -> Iterator[list[Judged]]:
    rest, turn = iter(several), 0
    while group := list(islice(rest, _SIZES[turn % len(_SIZES)])):
        turn += 1
        yield group


def _met(host: AttackedHost, groups: list[list[Judged]], before: list[str] | None) -> list[batch.GroupMet]:
    sent = [
        [batch.Sent(str(host.gate), host.environment(each.environment, each.command), each.stdin) for each, _ in group]
        for group in groups
    ]
    if before is None:
        return batch.send(host.state, host.ran, sent)
    program = [sys.executable, "-c", "from tests.attack.batch import main; main()", str(host.state), str(host.ran)]
    done = subprocess.run([*before, *program], input=pickle.dumps(sent), stdout=subprocess.PIPE, cwd=_ROOT, check=True)
    met: list[batch.GroupMet] = pickle.loads(done.stdout)  # noqa: S301 - from the process that this one has started
    return met


def _judge_group(group: list[Judged], met: batch.GroupMet, figures: Figures) -> None:
    figures.requests += len(group)
    figures.at_the_same_moment += len(group) if len(group) > 1 else 0
    figures.commands += len(met.ran)
    for (attempt, verdict), reply in zip(group, met.replies, strict=True):
        figures.answered += bool(verdict.answered)
        figures.refused += not verdict.answered
        if fault := fault_of_reply(verdict, reply):
            figures.faults.append(f"{fault}: {attempt}: {reply.status} {reply.out[-300:]!r} {reply.err[:200]!r}")
    if fault := fault_of_commands([verdict for _, verdict in group], met):
        figures.faults.append(f"{fault}: {[attempt for attempt, _ in group]}")
