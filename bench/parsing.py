"""Measure the cost of parsing per line, compared with a plain regular expression that builds the same facts.

Run `python bench/parsing.py`. The goal is at most 2 microseconds a line for both commands, and 0.3 seconds for a reply
of 1 MiB in which no line is valid, during which no other host is polled. Processor time is measured,
not time on the wall, and the best of many short runs counts: whatever else the machine does can only slow a run down.
So a goal that is missed is tried for longer, up to ten seconds. It exits 1 if a goal is missed all the same.
"""

import random
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from boks_exporter.errors import ParseError
from boks_exporter.model import ReplicaLine, ReplicaList, ReportedStatus, SequenceReport, TableSequence
from boks_exporter.parsing.boksdiag_list import parse_list
from boks_exporter.parsing.boksdiag_sequence import parse_sequence
from boks_exporter.parsing.reply import parse_reply

GOAL_MICROSECONDS: Final = 2.0
GOAL_RUBBISH_SECONDS: Final = 0.3
RUBBISH_RUNS: Final = 5
MEBIBYTE: Final = 1 << 20
REPLICAS: Final = 60
TABLES: Final = 30
RUNS: Final = 100
MOST_RUNS: Final = 1000
SECONDS_PER_RUN: Final = 0.01

_HEADER: Final = (
    "SERVER          SINCE LAST   SINCE LAST      SINCE LAST   COUNT     LAST\n"
    "                PCKT         FAIL            SYNC                   STATUS\n"
)
_ROW: Final = re.compile(
    r"(?P<server>\S+)\s+(?P<packet>(?:\d+D )?[\d:]+)\s+(?:(?P<failure>(?:\d+D )?[\d:]+)\s+)?"
    r"(?P<sync>(?:\d+D )?[\d:]+)\s+(?P<count>\d+)\s+(?P<status>\S+)"
)
_TABLE: Final = re.compile(r"T(?P<table>\d+) (?P<stamp>\d+d [\d:]+) (?P<sequence>\d+) \((?P<parenthesised>\d+)\)")


def plain_seconds(text: str) -> float:
    """Parse a duration as a simple script does."""
    days, _, clock = text.rpartition(" ")
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return float(total + 86_400 * int(days[:-1] or 0) if days else total)


def plain_list(text: str) -> ReplicaList:
    """Parse a list with one regular expression: no columns, no unread lines, no unknown words."""
    return ReplicaList(
        tuple(
            ReplicaLine(
                server=match["server"],
                since_packet=plain_seconds(match["packet"]),
                since_failure=plain_seconds(match["failure"]) if match["failure"] else None,
                since_sync=plain_seconds(match["sync"]),
                packets=int(match["count"]),
                status=ReportedStatus(match["status"].lower()),
                raw_status=match["status"],
            )
            for line in text.splitlines()[2:]
            if (match := _ROW.fullmatch(line))
        )
    )


def plain_sequence(text: str) -> SequenceReport:
    """Parse a sequence with one regular expression: no unread lines, no other forms."""
    return SequenceReport(
        tuple(
            TableSequence(
                table=int(match["table"]),
                sequence=int(match["sequence"]),
                parenthesised=int(match["parenthesised"]),
                stamp=plain_seconds(match["stamp"]),
            )
            for line in text.splitlines()
            if (match := _TABLE.fullmatch(line))
        )
    )


def a_list(chance: random.Random) -> str:
    """Print the list of a large domain, in which most replicas have failed at some time."""
    rows = []
    for number in range(REPLICAS):
        failure = f"{chance.randrange(600)}D {chance.randrange(24)}:{chance.randrange(60):02}:{chance.randrange(60):02}"
        shown = failure if chance.random() < 0.7 else ""
        seconds = f"{chance.randrange(60):02}"
        rows.append(
            f"REPHOST{number:<9}00:{seconds}        {shown:<16}04:{seconds}        {chance.randrange(10**7):<9} OK\n"
        )
    return _HEADER + "".join(rows)


def a_sequence(chance: random.Random) -> str:
    """Print the sequences of a server with all tables known to be in use."""
    return "".join(
        f"T{table} {chance.choice((13178, 13678))}d {chance.randrange(24)}:03:16 {number} ({number})\n"
        for table in range(TABLES)
        for number in [chance.randrange(10**6)]
    )


@dataclass(frozen=True)
class Contest:
    """One command's output, and two parsers for it."""

    command: str
    text: str
    ours: Callable[[str], object]
    plain: Callable[[str], object]

    @property
    def lines(self) -> int:
        """Count the lines."""
        return self.text.count("\n")


def microseconds_a_line(contest: Contest, parse: Callable[[str], object]) -> float:
    """Return the best of several runs, each long enough for the clock; repeats while the goal is missed."""
    best = float("inf")
    for run in range(MOST_RUNS):
        if run >= RUNS and (best <= GOAL_MICROSECONDS * contest.lines / 1e6 or parse is contest.plain):
            break
        parses = 0
        began = time.process_time()
        while (took := time.process_time() - began) < SECONDS_PER_RUN:
            parse(contest.text)
            parses += 1
        best = min(best, took / parses)
    return best / contest.lines * 1e6


def seconds_for_rubbish() -> float:
    """Return the best of several parses of a reply of the maximum size, with the shortest possible lines."""
    raw = b"=boks-gate/1 version=1.0.0\n=section list\n%b=end list exit=0\n=done sections=1\n"
    raw %= b"|x\n" * (MEBIBYTE // 3)
    best = float("inf")
    for _ in range(RUBBISH_RUNS):
        began = time.process_time()
        (section,) = parse_reply(raw).sections
        try:
            parse_list(section.stdout)
        except ParseError:
            best = min(best, time.process_time() - began)
    return best


def main() -> int:
    """Run both comparisons, print the table, and return whether the goals are met."""
    chance = random.Random(1)
    contests = (
        Contest("boksdiag list", a_list(chance), parse_list, plain_list),
        Contest("boksdiag sequence", a_sequence(chance), parse_sequence, plain_sequence),
    )
    print(f"{'command':<18} {'lines':>5} {'us/line':>8} {'plain regex us/line':>20} {'ratio':>6}  goal")
    missed = False
    for contest in contests:
        assert contest.ours(contest.text) == contest.plain(contest.text), "the two ways must read the same"
        ours = microseconds_a_line(contest, contest.ours)
        plain = microseconds_a_line(contest, contest.plain)
        met = ours <= GOAL_MICROSECONDS
        missed |= not met
        print(
            f"{contest.command:<18} {contest.lines:>5} {ours:>8.2f} {plain:>20.2f} {ours / plain:>6.2f}  "
            f"{'met' if met else 'MISSED'}: at most {GOAL_MICROSECONDS} us/line"
        )
    rubbish = seconds_for_rubbish()
    missed |= rubbish > GOAL_RUBBISH_SECONDS
    print(
        f"1 MiB of rubbish takes {rubbish:.2f} s  "
        f"{'MISSED' if rubbish > GOAL_RUBBISH_SECONDS else 'met'}: at most {GOAL_RUBBISH_SECONDS} s"
    )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
