"""What one part of a round does: a turn, a closer reading, a further section, the facts of one reply."""

import asyncio
from dataclasses import replace

import pytest

from boks_exporter.config import CloserPolls
from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, Observed, Section
from boks_exporter.observe import Knowledge, RoundOptions, observe
from boks_exporter.observe.clock import Stopwatch
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.observe.limiter import Turn
from boks_exporter.observe.one_poll import with_further_sections
from boks_exporter.observe.polls import Polls
from boks_exporter.observe.rare_facts import EACH_ROUND
from boks_exporter.parsing.boksdiag_list import parse_list
from boks_exporter.parsing.boksdiag_sequence import parse_sequence
from boks_exporter.parsing.diskspace import parse_diskspace
from boks_exporter.parsing.memory import parse_memory
from boks_exporter.parsing.ports import parse_ports
from boks_exporter.parsing.processes import parse_processes
from boks_exporter.remote.request import Request
from boks_exporter.transport.base import RawReply
from tests.unit.observe_world import KNOWN, LIST_HEADER, Scripted, StillClock, domain, master, replica

R1 = Host("R1", "192.0.2.2")
GONE = TransportError(FailureReason.CHANNEL, "connection lost")
FACTS = {
    Section.SEQUENCE: (parse_sequence, "sequences", "T7 13678d 8:33:46 5053 (5053)\n"),
    Section.LIST: (parse_list, "replicas", f"{LIST_HEADER}R1 00:49 04:49 1853521 OK\n"),
    Section.MEMORY: (parse_memory, "memory", "Total: 96\nFree: 47\n"),
    Section.PROCESSES: (parse_processes, "processes", "boks_init=running pid_file=match\n"),
    Section.DISKSPACE: (parse_diskspace, "diskspace", "free_kilobytes=2\n"),
    Section.PORTS: (parse_ports, "ports", "192.0.2.1 6500 reachable\n"),
}
TEXTS = {name: text for name, (_, _, text) in FACTS.items()}


class Turns:
    """Counts the turns that are taken."""

    taken = 0

    async def acquire(self) -> None:
        self.taken += 1

    def release(self) -> None:
        self.taken -= 1


@pytest.mark.parametrize("seconds", [0.0, 3600.0], ids=["over before the poll", "not over"])
async def test_a_turn_is_given_back_once(seconds: float) -> None:
    turns, given_back = Turns(), asyncio.Event()
    async with Turn(turns, lambda: seconds, given_back.set):
        assert turns.taken == 1
        if not seconds:
            await given_back.wait()
            assert turns.taken == 0
    assert turns.taken == 0


def reply(*names: Section, texts: dict[Section, str], cut: str = "") -> bytes:
    """Write the gate's reply with these sections."""
    lines = ["=boks-gate/1 version=9.0.0"]
    for name in names:
        lines += [f"=section {name}", *(f"|{line}" for line in texts.get(name, "").splitlines())]
        lines.append(f"=end {name} exit=0{cut}")
    return "\n".join([*lines, f"=done sections={len(names)}", ""]).encode()


def test_each_section_has_its_own_fact() -> None:
    seen = interpret_reply(R1, Request(tuple(FACTS)), RawReply(reply(*FACTS, texts=TEXTS), b"", 0), 1.0, 2.0)
    assert isinstance(seen, Observed)
    assert seen.faults == ()
    found = {field: getattr(seen, field) for _, field, _ in FACTS.values()}
    assert found == {field: parse(text) for parse, field, text in FACTS.values()}
    assert len({type(fact) for fact in found.values()}) == len(FACTS)


@pytest.mark.parametrize("name", [Section.SEQUENCE, Section.LIST, Section.MEMORY])
def test_rows_that_were_cut_off_are_no_fact(name: Section) -> None:
    raw = RawReply(reply(name, texts=TEXTS, cut=" cut=bytes"), b"", 0)
    seen = interpret_reply(R1, Request((name,)), raw, 1.0, 2.0)
    assert isinstance(seen, Observed)
    reasons = [] if name is Section.MEMORY else [FailureReason.TOO_LARGE]
    assert [fault.reason for fault in seen.faults] == reasons
    assert (getattr(seen, FACTS[name][1]) is None) is bool(reasons)


@pytest.mark.parametrize("answer", [GONE, b"Welcome\n"], ids=["no answer", "no reply"])
async def test_a_further_section_that_fails_leaves_what_was_read(answer: bytes | TransportError) -> None:
    raw = RawReply(reply(Section.SEQUENCE, texts=TEXTS), b"", 0)
    seen = interpret_reply(R1, Request((Section.SEQUENCE,)), raw, 1.0, 2.0)
    assert isinstance(seen, Observed)
    wanted = (Section.PORTS,)
    assert await with_further_sections(domain("R1"), Scripted({"R1": [answer]}), R1, seen, wanted) is seen
    transport = Scripted({"R1": [reply(Section.PORTS, texts=TEXTS)]})
    more = await with_further_sections(domain("R1"), transport, R1, seen, wanted)
    assert (more.sequences, more.ports) == (seen.sequences, parse_ports(TEXTS[Section.PORTS]))
    assert [section.name for section in more.reply.sections] == [Section.SEQUENCE, Section.PORTS]


async def test_a_replica_that_is_gone_in_its_closer_poll_costs_this_poll_only() -> None:
    """The master's readings leave a lead of one open, so that the replica is read again."""
    script = {"M": [master(10), master(12)], "R1": [replica(12), GONE]}
    transport, options = Scripted({**script}), RoundOptions(CloserPolls.ALWAYS)
    snapshot = await observe(domain("M", "R1"), transport, StillClock(), KNOWN, options=options)
    assert [name for name, _ in transport.asked].count("R1") > 1
    assert snapshot.closer_readings == ()
    assert isinstance(snapshot.outcome("R1"), Observed)


async def test_a_bug_in_a_closer_poll_is_raised() -> None:
    class Broken(Scripted):
        async def ask(self, host: Host, request: Request) -> RawReply:
            if [name for name, _ in self.asked].count("R1") and host.name == "R1":
                raise ZeroDivisionError
            return await super().ask(host, request)

    transport = Broken({"M": [master(10), master(12)], "R1": [replica(12)]})
    with pytest.raises(ZeroDivisionError):
        await observe(domain("M", "R1"), transport, StillClock(), KNOWN, options=RoundOptions(CloserPolls.ALWAYS))


async def test_a_master_that_is_in_the_configuration_no_more_is_not_polled() -> None:
    transport = Scripted({"M": [master(10)], "R1": [replica(10)]})
    known = replace(KNOWN, masters=("GONE", "M"))
    snapshot = await observe(domain("M", "R1"), transport, StillClock(), known)
    assert [name for name, _ in transport.asked] == ["M", "R1", "M"]
    assert snapshot.master == "M"


@pytest.mark.parametrize(("listed", "stays"), [(("R9",), True), ((), False)])
async def test_a_discovered_host_that_the_list_names_again_stays(listed: tuple[str, ...], *, stays: bool) -> None:
    known = Knowledge(("M",), "M", (Host("R9", "R9.example.net", discovered=True),), frozenset({"R9"}))
    transport = Scripted({"M": [master(10, listed)], "R9": [GONE]})
    snapshot = await observe(domain("M", discover=True), transport, StillClock(), known)
    assert [host.name for host in snapshot.hosts] == (["M", "R9"] if stays else ["M"])


async def test_hosts_that_did_not_answer_the_last_time_are_polled_last() -> None:
    transport = Scripted({"M": [master(10)], **{name: [replica(10)] for name in ("R1", "R2", "R3")}})
    await observe(domain("M", "R1", "R2", "R3"), transport, StillClock(), replace(KNOWN, silent=frozenset({"R1"})))
    assert [name for name, _ in transport.asked] == ["M", "R2", "R3", "R1", "M"]


def test_the_list_is_that_of_the_masters_last_reply() -> None:
    polls = Polls(
        domain("M", "R1"), Scripted({}), Stopwatch.start(StillClock()), Turns(), {"M": Host("M", "m"), "R1": R1}
    )
    for listed in (("R1",), ()):
        raw = RawReply(master(10, listed), b"", 0)
        polls.outcomes["M"] = interpret_reply(Host("M", "m"), EACH_ROUND, raw, 1.0, 2.0)
        listing = polls.listing()
        assert listing is not None
        assert tuple(entry.host for entry in listing.entries) == listed
