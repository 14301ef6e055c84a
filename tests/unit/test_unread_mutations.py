"""Rows mutated at random: whatever becomes of the row of a bad replica, it is never OK."""

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.errors import FailureReason, ParseError
from boks_exporter.health import ReplicaState, Thresholds, judge_once
from boks_exporter.model import DomainSnapshot, Host, MasterReading, Observed, Role, Section, SectionFault
from boks_exporter.observe.host_matching import listing_of
from boks_exporter.parsing.boksdiag_list import parse_list
from boks_exporter.parsing.boksdiag_sequence import parse_sequence
from tests.unit.domain_rounds import answers
from tests.unit.hypothesis_budget import tried

SEQUENCE = "T7 13678d 8:33:46 5053 (5053)\nT9 13178d 11:05:23 7919 (7919)\nT15 13178d 11:03:16 1865 (1865)\n"
GOOD_ROW, BAD_ROW = "T9 13178d 11:05:23 7919 (7919)", "T9 13178d 11:05:23 1919 (1919)"
LIST = "R1 00:49 523D 5:19:20 04:49 1853521 OK\nR2 00:49 04:50 726768 OK\nR3 00:49 04:50 726768 OK\n"
LISTED_OK, LISTED_DOWN = "R2 00:49 04:50 726768 OK", "R2 02:59 02:13 11:44 148342 DOWN"
HOSTS = tuple(Host(name, "192.0.2.1") for name in ("M", "R1", "R2", "R3"))

_CHARACTERS = sorted(set(string.printable) - set(string.digits))
ODD = st.sampled_from([*_CHARACTERS, "\x1b[31m", "\xa0", "\u202f", "\u0661", "\uff19"])
PIECES = st.lists(ODD, max_size=3).map("".join)
EDITS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3), PIECES), min_size=1, max_size=6)
"""Positions, how many characters go, and what comes instead; no digits, which could make the good number."""

Edits = list[tuple[int, int, str]]


def edited(row: str, edits: Edits) -> str:
    for at, gone, instead in edits:
        start = at % (len(row) + 1)
        row = row[:start] + instead + row[start + gone :]
    return row


def printing(host: str, role: Role, at: float, sequence: str, printed_list: str | None = None) -> Observed:
    """Make the answer of a host that prints these texts, as it is interpreted."""
    seen = replace(answers(host, role, None, at), replicas=parse_list(printed_list) if printed_list else None)
    try:
        return replace(seen, sequences=parse_sequence(sequence))
    except ParseError as error:
        return replace(seen, faults=(SectionFault(Section.SEQUENCE, FailureReason.PARSE, str(error)),))


def state_of_r2(sequences: dict[str, str], printed_list: str) -> ReplicaState:
    """Judge one round in which these hosts print another sequence than the healthy one."""
    master = printing("M", Role.MASTER, 0.0, sequences.get("M", SEQUENCE), printed_list)
    replicas = [printing(name, Role.REPLICA, 1.0, sequences.get(name, SEQUENCE)) for name in ("R1", "R2", "R3")]
    shown = master.sequences
    snapshot = DomainSnapshot(
        domain="bank",
        hosts=HOSTS,
        outcomes=(master, *replicas),
        started_at=0.0,
        finished_at=3.0,
        master_readings=tuple(MasterReading("M", at, at + 0.25, shown) for at in (0.0, 2.0)) if shown else (),
        listing=listing_of(master, HOSTS),
    )
    return judge_once(snapshot, Thresholds()).health.host("R2").state


def test_the_domain_without_mutations_is_healthy() -> None:
    """So that the properties below are about the mutated row."""
    assert state_of_r2({}, LIST) is ReplicaState.OK


@tried(150)
@given(edits=EDITS)
def test_a_replica_that_lags_in_a_mutated_row_is_never_ok(edits: Edits) -> None:
    """Its number is six thousand too small, whatever is left of the row."""
    text = SEQUENCE.replace(GOOD_ROW, edited(BAD_ROW, edits))
    assert state_of_r2({"R2": text}, LIST) is not ReplicaState.OK


@tried(150)
@given(edits=EDITS)
def test_a_replica_that_lags_behind_a_mutated_row_of_the_master_is_never_ok(edits: Edits) -> None:
    """The master's number is six thousand larger than the replica's, whatever is left of the master's row."""
    small = SEQUENCE.replace(GOOD_ROW, BAD_ROW)
    text = SEQUENCE.replace(GOOD_ROW, edited(GOOD_ROW, edits))
    assert state_of_r2({"M": text, "R2": small}, LIST) is not ReplicaState.OK


@pytest.mark.parametrize("others", ["", f"{LISTED_OK}\n"], ids=["alone", "after a healthy row"])
@tried(150)
@given(edits=EDITS)
def test_a_replica_that_is_down_in_a_mutated_row_is_never_ok(others: str, edits: Edits) -> None:
    """The list shows DOWN; next to a healthy row of R2, a row without its name is another server's."""
    row = edited(LISTED_DOWN, edits)
    if others and "R2" not in row.split():
        row = f"R2 {row}"
    text = LIST.replace(f"{LISTED_OK}\n", f"{others}{row}\n")
    assert state_of_r2({}, text) is not ReplicaState.OK
