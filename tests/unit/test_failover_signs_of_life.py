"""What shows that the machine of a host is up, and that nothing but a run has changed a host."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.failover.facts import FailoverFacts, GateFacts, Reading, Witness
from boks_exporter.failover.journal_facts import DeclaredLost, JournalView
from boks_exporter.model import Reach, Role
from tests.unit.domain_rounds import silent
from tests.unit.failover_facts import dead_master, host, ready

MUTE = {"M": GateFacts("M", None, "timeout")}
REFUSED = replace(silent("M"), reason=FailureReason.AUTH)

SIGNS: dict[str, tuple[FailoverFacts, bool]] = {
    "none": (dead_master(gates=MUTE), False),
    "it answers": (dead_master(host("M", Role.MASTER)), True),
    "only its operator's gate answers": (dead_master(gates={"M": ready("M", Role.MASTER)}), True),
    "it refuses the login": (dead_master(REFUSED, gates=MUTE), True),
    "a replica reaches it": (dead_master(witnesses=(Witness("R1", Reach.REACHABLE, about="M"),)), True),
    "it refuses a replica": (dead_master(witnesses=(Witness("R1", Reach.REFUSED, about="M"),)), True),
    "a replica reaches another": (dead_master(witnesses=(Witness("R1", Reach.REACHABLE, about="C"),)), False),
}


@pytest.mark.parametrize(("facts", "is_up"), SIGNS.values(), ids=SIGNS)
def test_every_sign_of_life_counts(facts: FailoverFacts, is_up: bool) -> None:
    """And ends a declaration that the host is lost."""
    declared = DeclaredLost("M", "anna", "burnt", facts.seen_at - 60.0)
    known = replace(facts, journal=JournalView(lost={"M": declared}), readings={})
    assert bool(known.sign_of_life("M")) is is_up
    assert known.lost("M") == (None if is_up else declared)


@pytest.mark.parametrize(
    ("declared_at", "read_at", "counts"),
    [(-60.0, -90.0, True), (-60.0, -30.0, False), (0.0, -30.0, True), (60.0, None, False)],
)
def test_a_declaration_counts_unless_a_reading_is_later_or_it_is_from_the_future(
    declared_at: float, read_at: float | None, counts: bool
) -> None:
    facts = dead_master()
    declared = DeclaredLost("M", "anna", "burnt", facts.seen_at + declared_at)
    readings = {} if read_at is None else {"M": Reading("M", {}, facts.seen_at + read_at, "the exporter")}
    known = replace(facts, journal=JournalView(lost={"M": declared}), readings=readings)
    assert (known.lost("M") is not None) is counts


@pytest.mark.parametrize(
    ("gate", "is_unchanged"),
    [
        ({"unchanged_since": "run-1.4"}, True),
        ({"unchanged_since": "run-1.4-undo2"}, True),
        ({"unchanged_since": "run-10.4"}, False),
        ({"unchanged_since": "other.4"}, False),
        ({"unchanged_since": None}, False),
    ],
)
def test_only_the_last_change_of_the_run_itself_proves_that_a_host_is_unchanged(
    gate: dict[str, Any], is_unchanged: bool
) -> None:
    facts = dead_master(gates={"R1": ready("R1", Role.REPLICA, **gate)})
    assert facts.is_unchanged_since("run-1", "R1") is is_unchanged
    assert not facts.is_unchanged_since("run-1", "M")
