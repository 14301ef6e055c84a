"""Tables that cannot be read, in guards and proofs: unknown, never yes and never a table that is missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Guard, Level
from boks_exporter.failover.journal import Journal
from boks_exporter.failover.journal_facts import DeclaredLost, JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.preflight import candidates
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.proofs import Certainty, prove
from boks_exporter.model import Listed, Observed, Role, SequenceReport, UnreadEntry, UnreadLine
from tests.unit.domain_rounds import listed
from tests.unit.failover_claims import NO, UNKNOWN, YES, taken
from tests.unit.failover_facts import dead_master, found, host, sound_domain
from tests.unit.test_failover_journal import run

HIDDEN = UnreadLine(2, "T9 13678d 0:00:00 50 LOCKED", is_row=True, tables=(9,))


def hiding(name: str, role: Role = Role.REPLICA, line: UnreadLine = HIDDEN, number: int = 100) -> Observed:
    """Make the answer of a server whose T9 cannot be read."""
    shown = host(name, role, {7: number}, at=0.0 if role is Role.MASTER else 1.0)
    tables = shown.sequences.tables if shown.sequences else ()
    return replace(shown, sequences=SequenceReport(tables, (line,)))


@pytest.mark.parametrize("line", [HIDDEN, UnreadLine(2, "?????")], ids=["a row", "a line in place of the row"])
@pytest.mark.parametrize("name", ["R1", "R2"])
def test_a_promotion_waits_for_a_table_that_cannot_be_read(name: str, line: UnreadLine) -> None:
    """The candidate's or another's line may hide updates that would be lost; an operator may accept that by name."""
    out = JournalView(lost={"M": DeclaredLost("M", "anna", "burnt", 1.0)})
    facts = dead_master(hiding(name, line=line), journal=out)
    findings = [each for each in found(Procedure.PROMOTE, "R1", facts) if each.matters]
    assert [(each.guard, each.level, each.host, each.acceptable) for each in findings] == [
        (Guard.UNREAD_TABLES, Level.UNKNOWN, name, True)
    ]
    assert "T9" in findings[0].sentence
    assert line.text in findings[0].sentence


def test_what_another_server_hides_puts_no_copy_below_one_that_is_behind() -> None:
    """R2 lacks 56 updates at least, and R1 none in any table that could be read."""
    ranking = candidates(dead_master(hiding("R2", number=44)), FailoverLimits())
    assert [(each.host, each.behind_best) for each in ranking] == [("R1", None), ("R2", 56)]


@pytest.mark.parametrize("name", ["R1", "R2"])
def test_a_copy_that_hides_a_table_itself_ranks_last(name: str) -> None:
    first, last = candidates(dead_master(hiding(name)), FailoverLimits())
    assert (last.host, last.is_measured, first.is_measured) == (name, False, True)


@pytest.mark.parametrize("hidden", [hiding("R1"), hiding("M", Role.MASTER)], ids=["of the copy", "of the master"])
def test_a_copy_is_not_removed_while_a_table_cannot_be_read(hidden: Observed) -> None:
    """Its numbers may be the only ones of their kind."""
    findings = found(Procedure.REBUILD, "R1", sound_domain(hidden))
    unread = [(each.level, each.host) for each in findings if each.guard is Guard.UNREAD_TABLES]
    assert unread == [(Level.UNKNOWN, hidden.host)]
    assert Guard.UPDATES_ONLY_HERE not in {each.guard for each in findings if each.level is Level.REFUSE}


IN_R1, IN_R2, IN_M = sound_domain(hiding("R1")), sound_domain(hiding("R2")), sound_domain(hiding("M", Role.MASTER))
ALONE = {name: dead_master(hiding(name)) for name in ("R1", "R2")}


@pytest.mark.parametrize(
    ("claim", "facts", "other"),
    [
        (ClaimKind.IS_EQUAL, IN_R1, "M"),
        (ClaimKind.IS_EQUAL, IN_M, "M"),
        (ClaimKind.IS_QUIET, IN_R1, "M"),
        (ClaimKind.IS_AS_ADVANCED, ALONE["R1"], "R2"),
        (ClaimKind.IS_AS_ADVANCED, IN_R2, "R2"),
        (ClaimKind.IS_BEST, ALONE["R1"], "M"),
        (ClaimKind.IS_BEST, ALONE["R2"], "M"),
    ],
)
def test_what_cannot_be_read_proves_nothing_until_it_is_accepted(
    claim: ClaimKind, facts: FailoverFacts, other: str
) -> None:
    """Unknown with the table and the line; accepted by its name, the other tables decide."""
    proven = prove(Claim(claim, "R1", other), facts, taken())
    assert proven.truth is UNKNOWN
    assert "T9" in proven.sentence
    assert HIDDEN.text in proven.sentence
    assert prove(Claim(claim, "R1", other), facts, taken(Guard.UNREAD_TABLES)).truth is YES


@pytest.mark.parametrize("claim", [ClaimKind.IS_EQUAL, ClaimKind.IS_AS_ADVANCED])
def test_no_acceptance_of_unread_tables_covers_a_difference_in_another_table(claim: ClaimKind) -> None:
    """What is proven to be missing stays missing."""
    facts = sound_domain(hiding("R1", number=90))
    assert prove(Claim(claim, "R1", "M"), facts, taken(Guard.UNREAD_TABLES)).truth is NO


def test_a_reading_with_unread_tables_is_not_kept_as_final(tmp_path: Path) -> None:
    """The line may have hidden more than was read, and a kept reading has no lines."""
    reading = dead_master(hiding("R1")).reading("R1")
    assert reading is not None
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [], [])
        journal.remember("r1", reading)
        journal.remember("r1", replace(reading, host="R2", unread=()))
        assert [journal.readings("r1")[name].is_final for name in ("R1", "R2")] == [False, True]


def test_a_line_that_the_configuration_ignores_is_accepted_again_in_each_run() -> None:
    """Judging goes on without its table; whether a copy may be lost is asked by name."""
    ignored = replace(HIDDEN, ignored="locked by the nightly export")
    for facts in (sound_domain(hiding("R2", line=ignored)), dead_master(hiding("R2", line=ignored))):
        procedure = Procedure.SWITCHOVER if facts.snapshot.masters else Procedure.PROMOTE
        unread = [each for each in found(procedure, "R1", facts) if each.guard is Guard.UNREAD_TABLES]
        assert [(each.level, each.host) for each in unread] == [(Level.UNKNOWN, "R2")]
    equal = Claim(ClaimKind.IS_EQUAL, "R2", "M")
    facts = sound_domain(hiding("R2", line=ignored))
    assert prove(equal, facts, taken()).truth is UNKNOWN
    assert prove(equal, facts, taken(Guard.UNREAD_TABLES)).truth is YES


@pytest.mark.parametrize(
    ("lines", "hosts", "truth"),
    [
        ((), ("R1",), UNKNOWN),
        ((), (), UNKNOWN),
        (("OK",), ("R1",), UNKNOWN),
        (("DOWN",), ("R1",), NO),
        (("OK",), (), YES),
    ],
    ids=["no row and a line that names it", "no row and a line", "a second row", "proven worse", "a stray line"],
)
def test_a_row_of_the_list_that_cannot_be_read_is_not_known(
    lines: tuple[str, ...], hosts: tuple[str, ...], truth: Certainty
) -> None:
    """Neither listed nor unlisted."""
    facts = sound_domain()
    assert facts.snapshot.listing
    entries = tuple(Listed(listed("R1", status), "R1") for status in lines)
    unread = (UnreadEntry(UnreadLine(9, "R1 ????? ?????", is_row=True), hosts),)
    listing = replace(facts.snapshot.listing, entries=entries, unread=unread)
    changed = replace(facts, snapshot=replace(facts.snapshot, listing=listing))
    assert prove(Claim(ClaimKind.IS_LISTED_OK, "R1", "M"), changed, taken()).truth is truth
