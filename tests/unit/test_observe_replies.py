"""One reply at a time: which outputs are believed, and what a round carries over to the next."""

from dataclasses import replace

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.model import (
    DiskSpace,
    Garbled,
    Host,
    MasterReport,
    Memory,
    Observed,
    Queue,
    Role,
    Section,
)
from boks_exporter.observe import Knowledge
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.observe.limiter import short_turn
from boks_exporter.observe.rare_facts import EACH_ROUND, RareSections
from boks_exporter.parsing.ignored_lines import IgnoreRule
from boks_exporter.remote.request import Request
from boks_exporter.transport.base import RawReply
from tests.unit.domain_rounds import NUMBERS, answers, silent, snapshot

ROW = "T7 13678d 8:33:46 5053 (5053)\nT9 13678d 8:33:46 7 (7)\n"
KNOWN_HERE = (IgnoreRule(pattern="# .*", reason="known"),)


def section(ending: str, out: str = ROW, errors: str = "", name: str = "sequence") -> Observed:
    """Interpret a reply with one section."""
    lines = [f"|{line}" for line in out.splitlines()] + [f"!{line}" for line in errors.splitlines()]
    body = "".join(f"{line}\n" for line in lines)
    text = f"=boks-gate/1 version=1.0.0\n=section {name}\n{body}=end {name} {ending}\n=done sections=1\n"
    raw = RawReply(text.encode(), b"", 0)
    seen = interpret_reply(Host("R1", "192.0.2.2"), Request((Section(name),)), raw, 1.0, 2.0, KNOWN_HERE)
    assert isinstance(seen, Observed)
    return seen


@pytest.mark.parametrize(
    ("ending", "errors", "more", "reason"),
    [
        ("exit=0", "", "", None),
        ("exit=0", "a warning", "", None),
        ("exit=0", "", "a strange line", None),
        ("exit=1", "", "", None),
        ("exit=1", " ", "", None),
        ("exit=1", "", "# a known line", None),
        ("exit=1", "a warning", "", FailureReason.EXIT_STATUS),
        ("exit=1", "", "a strange line", FailureReason.EXIT_STATUS),
        ("exit=128", "", "", None),
        ("exit=129", "", "", FailureReason.EXIT_STATUS),
        ("timeout=20", "", "", FailureReason.TIMEOUT),
    ],
)
def test_a_failing_status_counts_next_to_anything_strange(
    ending: str, errors: str, more: str, reason: FailureReason | None
) -> None:
    seen = section(ending, f"{ROW}{more}", errors)
    assert [fault.reason for fault in seen.faults] == ([] if reason is None else [reason])
    assert (seen.sequences is None) is (reason is not None)


def test_what_cannot_be_read_is_a_fault_with_its_status_where_it_failed() -> None:
    (parsed,) = section("exit=0", "nonsense").faults
    (failed,) = section("exit=3", "nonsense", "boksdiag: no database\nsecond line").faults
    (signalled,) = section("exit=137").faults
    assert (parsed.reason, failed.reason) == (FailureReason.PARSE, FailureReason.EXIT_STATUS)
    assert [word in failed.detail for word in ("3", "boksdiag: no database", "second line")] == [True, True, False]
    assert "137" in signalled.detail


def test_a_section_that_was_skipped_is_none_and_no_fault() -> None:
    seen = section("skipped=not_master", "")
    assert (seen.sequences, seen.faults) == (None, ())


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("=refused busy\n", 0, FailureReason.BUSY),
        ("=refused busy\n", 75, FailureReason.BUSY),
        ("=refused bad_config\n", 0, FailureReason.PARSE),
        ("=refused bad_config\n", 78, FailureReason.EXIT_STATUS),
        ("Welcome\n", None, FailureReason.PARSE),
    ],
)
def test_a_refusal_is_no_reply(text: str, status: int | None, reason: FailureReason) -> None:
    raw = RawReply(text.encode(), b" \n", status)
    seen = interpret_reply(Host("R1", "192.0.2.2"), Request((Section.ROLE,)), raw, 1.0, 2.0)
    assert isinstance(seen, Garbled)
    assert seen.reason is reason
    assert "stderr" not in seen.detail


# -- from round to round -----------------------------------------------------------------------------------------------

M = answers("M", Role.MASTER, NUMBERS, 30.0)


def test_a_round_records_what_the_next_one_needs() -> None:
    hosts = (Host("M", "192.0.2.1"), Host("R1", "192.0.2.2"), Host("X", "192.0.2.3", discovered=True))
    seen = snapshot(M, silent("R1"), silent("X"), at=30.0, hosts=hosts)
    seen = replace(seen, master_reports=(MasterReport("M", 29.0, 29.1), *seen.master_reports))
    after = Knowledge(masters=("OLD",), last_known_master="OLD").after(seen)
    assert (after.masters, after.last_known_master, after.master_took) == (("M",), "M", 0.25)
    assert (after.silent, [host.name for host in after.discovered]) == ({"R1", "X"}, ["X"])
    assert [report.started_at for report in after.master_reports] == [30.0, 32.0]
    assert after.hosts == {"M", "X"}


def test_while_no_master_answers_the_last_one_is_polled_first() -> None:
    gone = snapshot(silent("M"), answers("R1", Role.REPLICA, NUMBERS), last_master="M")
    assert Knowledge(masters=("M",)).after(gone).masters == ("M",)
    assert Knowledge().after(gone).masters == ()
    assert Knowledge(masters=("M",), master_took=9.0).after(gone).master_took == 0.0


def test_a_second_master_that_is_silent_is_not_polled_first() -> None:
    beside = replace(snapshot(M, silent("N")), seen_beside=frozenset({"N"}))
    assert Knowledge(masters=("M", "N")).after(beside).masters == ("M",)


def test_knowledge_moves_to_new_names() -> None:
    known = Knowledge(
        masters=("M", "N"),
        last_known_master="M",
        discovered=(Host("X", "192.0.2.3"), Host("Y", "192.0.2.4")),
        master_reports=(MasterReport("M", 1.0, 2.0),),
        silent=frozenset({"X", "N"}),
    )
    moved = known.renamed({"M": "main", "X": "rep9"})
    assert (moved.masters, moved.last_known_master, moved.silent) == (("main", "N"), "main", {"rep9", "N"})
    assert ([host.name for host in moved.discovered], moved.master_reports[0].host) == (["Y"], "main")
    assert Knowledge().renamed({"M": "main"}) == Knowledge()
    assert Knowledge().hosts == frozenset()


# -- sections that are polled rarely -----------------------------------------------------------------------------------

RICH = replace(
    answers("R1", Role.REPLICA, NUMBERS),
    memory=Memory(100, 50, None, None),
    queue=Queue(2, 90.0),
    diskspace=DiskSpace(5, None),
)


def test_rare_facts_fill_later_replies_until_two_intervals_have_passed() -> None:
    rare = RareSections(600.0)
    assert rare.request("R1", 0.0) is not EACH_ROUND
    rare.record(RICH)
    due = rare.known["R1"].due_at
    assert 301.0 <= due <= 601.0
    assert rare.request("R1", due - 0.1) is EACH_ROUND
    assert rare.request("R1", due) is not EACH_ROUND
    kept = rare.kept("R1", 1201.25)
    assert (kept[Section.MEMORY], kept[Section.QUEUE], kept[Section.DISKSPACE]) == (
        RICH.memory,
        Queue(2, 1290.0),
        RICH.diskspace,
    )
    assert rare.kept("R1", 1201.35) == rare.kept("R2", 1.0) == {}
    rare.record(RICH)
    assert rare.known["R1"].due_at == 601.0
    rare.follow_clock(5.0)
    assert (rare.known["R1"].due_at, rare.known["R1"].read_at) == (606.0, 6.25)
    assert RareSections().request("R1", 0.0) is not EACH_ROUND


@pytest.mark.parametrize(
    ("queue", "later"), [(None, None), (Queue(0, None), Queue(0, None)), (Queue(1, 5.0), Queue(1, 15.0))]
)
def test_only_an_age_grows(queue: Queue | None, later: Queue | None) -> None:
    rare = RareSections(600.0)
    rare.record(replace(RICH, queue=queue))
    assert rare.kept("R1", 11.25)[Section.QUEUE] == later


@pytest.mark.parametrize(("hosts", "seconds"), [(0, 2.0), (5, 2.0), (6, 2.0 / 1.2), (50, 0.2)])
def test_turns_are_shorter_while_many_hosts_hang(hosts: int, seconds: float) -> None:
    assert short_turn(hosts) == pytest.approx(seconds)
