"""The facts, and the few questions that they answer themselves."""

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.model import (
    Environment,
    Host,
    Reply,
    Role,
    Section,
    SectionFault,
    SectionReply,
)
from tests.unit.domain_rounds import answers, healthy_round, listed, silent, snapshot


@pytest.mark.parametrize(
    ("boksinit", "role"),
    [
        ("master", Role.MASTER),
        ("server", Role.REPLICA),
        ("client", Role.CLIENT),
        ("SERVER", Role.REPLICA),
        ("replica", Role.UNKNOWN),
        ("", Role.UNKNOWN),
        (None, Role.UNKNOWN),
    ],
)
def test_server_means_replica(boksinit: str | None, role: Role) -> None:
    """A word that is not known is not guessed at."""
    assert Environment(boksinit).role is role


def test_a_reply_finds_its_sections() -> None:
    """By name."""
    section = SectionReply(Section.LIST, "text", exit_status=0)
    reply = Reply("1.0.0", None, (section,))
    assert reply.section(Section.LIST) is section
    assert reply.section(Section.ROLE) is None


def test_only_role_sequence_and_list_are_essential() -> None:
    """Without the others a host can be judged all the same."""
    faults = tuple(SectionFault(section, FailureReason.PARSE, "") for section in Section)
    seen = answers("R1", Role.REPLICA, None, faults=faults)
    assert [fault.section for fault in seen.essential_faults] == [Section.ROLE, Section.SEQUENCE, Section.LIST]


def test_a_snapshot_knows_its_masters() -> None:
    """None, one and several are three situations."""
    one = healthy_round({7: 1}, R1={7: 1})
    none = snapshot(silent("M"), answers("R1", Role.REPLICA, {7: 1}))
    two = snapshot(answers("M", Role.MASTER, {7: 1}, 0.0), answers("N", Role.MASTER, {7: 1}))
    assert [(seen.masters, seen.master) for seen in (one, none, two)] == [(("M",), "M"), ((), None), (("M", "N"), None)]
    assert one.outcome("R1") is one.outcomes[1]
    assert one.outcome("X") is None
    assert [seen.host for seen in none.observed()] == ["R1"]


def test_skew_is_the_time_between_the_masters_readings() -> None:
    """From the end of the first to the beginning of the last; not known without a second."""
    assert healthy_round({7: 1}).skew == 1.75
    assert snapshot(answers("M", Role.MASTER, {7: 1}, 0.0)).skew is None
    assert snapshot(silent("M")).skew is None


def test_listed_names_without_a_host_are_unresolved() -> None:
    """And none where there is no list."""
    seen = snapshot(
        answers("M", Role.MASTER, {7: 1}, 0.0), lines=(listed("M"), listed("X")), hosts=(Host("M", "192.0.2.1"),)
    )
    assert seen.unresolved == ("X",)
    assert snapshot(silent("M")).unresolved == ()
