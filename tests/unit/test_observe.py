"""One bracketed look at a domain."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from boks_exporter.config import DomainSettings
from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.health import Thresholds
from boks_exporter.model import Garbled, Host, Observed, Role, Section, Unreachable
from boks_exporter.observe import Knowledge, observe
from boks_exporter.observe.names import host_named
from boks_exporter.remote.request import Request
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.base import RawReply

LIST_HEADER = (
    "SERVER  SINCE LAST  SINCE LAST  SINCE LAST  COUNT  LAST\n"
    "        PCKT        FAIL        SYNC               STATUS\n"
)


class StillClock:
    """A clock that moves by one second each time it is read, so that every order shows."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> float:
        return 1_700_000_000.0

    def monotonic(self) -> float:
        self.seconds += 1
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def frames(boksinit: str, **sections: str) -> bytes:
    """Write a reply as the gate does; a section not given is skipped."""
    lines = ["=boks-gate/1 version=1.0.0 clock=2026-11-23T08:00:00"]
    texts = {"role": f"BOKSINIT={boksinit}"} | sections
    for name in Section:
        lines.append(f"=section {name}")
        if name in texts:
            lines += [f"|{line}" for line in texts[name].splitlines()]
            lines.append(f"=end {name} exit=0 seconds=0")
        else:
            lines.append(f"=end {name} skipped=not_master")
    lines.append(f"=done sections={len(Section)}")
    return ("\n".join(lines) + "\n").encode()


def master(sequence: int, listed: Sequence[str] = ("R1",)) -> bytes:
    rows = "".join(f"{name} 00:49 04:49 1853521 OK\n" for name in listed)
    return frames("master", sequence=f"T7 13678d 8:33:46 {sequence} ({sequence})", list=LIST_HEADER + rows)


def replica(sequence: int) -> bytes:
    return frames("server", sequence=f"T7 13678d 8:33:46 {sequence} ({sequence})")


Answer = bytes | TransportError | Callable[[], "asyncio.Future[None]"]


@dataclass
class Scripted:
    """A transport that answers each host from its own script; the last answer is repeated."""

    scripts: dict[str, list[bytes | TransportError]]
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    asked: list[tuple[str, Request]] = field(default_factory=list)

    async def ask(self, host: Host, request: Request) -> RawReply:
        self.asked.append((host.name, request))
        if host.name in self.gates:
            await self.gates[host.name].wait()
        script = self.scripts[host.name]
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, TransportError):
            raise answer
        return RawReply(answer, b"", 0)


def domain(*names: str, discover: bool = False) -> DomainSettings:
    return DomainSettings(
        name="prod",
        transport=SshSettings(user="boksmon"),
        discover=discover,
        address_template="{name}.example.net",
        hosts=tuple(Host(name, name.lower()) for name in names),
        thresholds=Thresholds(),
    )


KNOWN = Knowledge(masters=("M",), last_known_master="M")


async def test_the_master_is_read_before_and_after_all_replicas() -> None:
    """The two readings of the master enclose every replica's exchange."""
    transport = Scripted({"M": [master(10), master(12)], "R1": [replica(11)]})
    snapshot = await observe(domain("M", "R1"), transport, StillClock(), KNOWN)
    first, second = snapshot.master_readings
    seen = snapshot.outcome("R1")
    assert isinstance(seen, Observed)
    assert first.finished_at < seen.started_at < seen.finished_at < second.started_at
    assert [reading.sequences.tables[0].sequence for reading in snapshot.master_readings] == [10, 12]
    assert [name for name, _ in transport.asked] == ["M", "R1", "M"]


async def test_without_knowledge_everybody_is_asked_for_the_role_first() -> None:
    """A first look finds the master before it reads, so that even one look is bracketed."""
    transport = Scripted({"M": [master(10)], "R1": [replica(10)]})
    snapshot = await observe(domain("R1", "M"), transport, StillClock(), Knowledge())
    assert [(name, len(request.sections)) for name, request in transport.asked] == [
        ("R1", 1),
        ("M", 1),
        ("M", len(Section)),
        ("R1", len(Section)),
        ("M", 2),
    ]
    assert len(snapshot.master_readings) == 2


async def test_a_host_that_fails_is_a_value() -> None:
    """One host's failure costs its own facts and nobody else's."""
    refused = TransportError(FailureReason.CONNECT, "connection refused")
    snapshot = await observe(
        domain("M", "R1", "R2"), Scripted({"M": [master(10)], "R1": [refused], "R2": [b"hello\n"]}), StillClock(), KNOWN
    )
    unreachable, garbled = snapshot.outcome("R1"), snapshot.outcome("R2")
    assert isinstance(unreachable, Unreachable)
    assert (unreachable.reason, unreachable.detail) == (FailureReason.CONNECT, "connection refused")
    assert isinstance(garbled, Garbled)
    assert garbled.reason is FailureReason.PARSE
    assert garbled.raw == "hello\n"


async def test_a_host_that_failed_the_search_for_the_master_is_not_asked_again() -> None:
    """A host that does not answer costs one time-out in a first look, not two."""
    refused = TransportError(FailureReason.TIMEOUT, "no answer")
    transport = Scripted({"M": [master(10)], "R1": [refused]})
    await observe(domain("M", "R1"), transport, StillClock(), Knowledge())
    assert [name for name, _ in transport.asked].count("R1") == 1


async def test_a_promoted_replica_is_found_although_the_old_master_is_still_expected() -> None:
    """The role is what a host says, whoever was master before."""
    dead = TransportError(FailureReason.TIMEOUT, "no answer")
    snapshot = await observe(domain("M", "R1"), Scripted({"M": [dead], "R1": [master(10, ())]}), StillClock(), KNOWN)
    assert snapshot.masters == ("R1",)
    assert snapshot.last_known_master == "R1"
    assert KNOWN.after(snapshot).masters == ("R1",)


async def test_while_nobody_is_master_the_last_known_one_is_still_asked_first() -> None:
    """A master that comes back is bracketed in the very round in which it is back."""
    dead = TransportError(FailureReason.TIMEOUT, "no answer")
    snapshot = await observe(domain("M", "R1"), Scripted({"M": [dead], "R1": [replica(10)]}), StillClock(), KNOWN)
    assert snapshot.masters == ()
    assert KNOWN.after(snapshot).masters == ("M",)
    assert snapshot.last_known_master == "M"


async def test_two_masters_are_not_bracketed() -> None:
    """With two masters no number can be called the right one, so neither is read again."""
    transport = Scripted({"M": [master(10)], "R1": [master(11, ())], "R2": [replica(10)]})
    snapshot = await observe(domain("M", "R1", "R2"), transport, StillClock(), KNOWN)
    assert snapshot.masters == ("M", "R1")
    assert snapshot.master is None
    assert snapshot.listing is None
    assert [name for name, _ in transport.asked] == ["M", "R1", "R2", "M"]


@pytest.mark.parametrize(
    ("second", "masters"),
    [
        (replica(10), ("R1",)),
        (TransportError(FailureReason.TIMEOUT, "no answer"), ("R1",)),
        (master(10), ("M", "R1")),
    ],
    ids=["handed over", "vanished", "two"],
)
async def test_a_change_of_masters_in_the_middle_of_a_round_is_no_split_brain(
    second: bytes | TransportError, masters: tuple[str, ...]
) -> None:
    """Two are masters at once only if the one asked first still says so after the other did."""
    transport = Scripted({"M": [master(10), second], "R1": [master(11, ())]})
    snapshot = await observe(domain("M", "R1"), transport, StillClock(), KNOWN)
    assert snapshot.masters == masters


async def test_a_master_that_vanishes_between_its_readings_leaves_one_reading() -> None:
    """The first reading stands, the second is missing."""
    gone = TransportError(FailureReason.CHANNEL, "connection lost")
    snapshot = await observe(
        domain("M", "R1"), Scripted({"M": [master(10), gone], "R1": [replica(9)]}), StillClock(), KNOWN
    )
    assert len(snapshot.master_readings) == 1
    assert snapshot.masters == ("M",)


async def test_a_hanging_replica_does_not_widen_the_brackets_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The master is read behind the quick replicas, and once more behind the slow one."""
    monkeypatch.setattr("boks_exporter.observe.round.PATIENCE_SECONDS", 0.01)
    transport = Scripted(
        {"M": [master(10), master(12), master(14)], "R1": [replica(11)], "R2": [replica(13)]}, {"R2": asyncio.Event()}
    )
    look = asyncio.create_task(observe(domain("M", "R1", "R2"), transport, StillClock(), KNOWN))
    while [name for name, _ in transport.asked].count("M") < 2:
        await asyncio.sleep(0)
    transport.gates["R2"].set()
    snapshot = await look
    quick, slow = snapshot.outcome("R1"), snapshot.outcome("R2")
    assert quick
    assert slow
    _, second, third = snapshot.master_readings
    assert quick.finished_at < second.started_at < slow.finished_at < third.started_at


async def test_a_cancelled_round_leaves_nothing_running() -> None:
    """Cancelling a look cancels its exchanges."""
    transport = Scripted({"M": [master(10)], "R1": [replica(10)]}, {"R1": asyncio.Event()})
    look = asyncio.create_task(observe(domain("M", "R1"), transport, StillClock(), KNOWN))
    while len(transport.asked) < 2:
        await asyncio.sleep(0)
    look.cancel()
    with pytest.raises(asyncio.CancelledError):
        await look
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_list_names_hosts_that_the_configuration_does_not() -> None:
    """With discover on, listed names become hosts with the templated address, asked in the same round."""
    transport = Scripted({"M": [master(10, ("R1", "R9"))], "R1": [replica(10)], "R9": [replica(10)]})
    snapshot = await observe(domain("M", "R1", discover=True), transport, StillClock(), KNOWN)
    assert snapshot.hosts[-1] == Host("R9", "R9.example.net", discovered=True)
    assert snapshot.unresolved == ()
    assert KNOWN.after(snapshot).discovered == (snapshot.hosts[-1],)


async def test_a_listed_name_without_a_host_is_unresolved() -> None:
    """With discover off, a name that no host bears is named, not dropped."""
    transport = Scripted({"M": [master(10, ("R1", "R9"))], "R1": [replica(10)]})
    snapshot = await observe(domain("M", "R1"), transport, StillClock(), KNOWN)
    assert snapshot.unresolved == ("R9",)


@pytest.mark.parametrize(
    ("answer", "stays"),
    [(replica(10), True), (frames("client"), False), (TransportError(FailureReason.CONNECT, "refused"), False)],
)
async def test_a_discovered_host_that_fell_off_the_list_stays_while_it_answers_as_a_server(
    answer: bytes | TransportError, *, stays: bool
) -> None:
    """A replica that its master no longer lists is what somebody has to hear about; one taken away is not."""
    known = Knowledge(("M",), "M", (Host("R9", "R9.example.net", discovered=True),))
    transport = Scripted({"M": [master(10, ())], "R9": [answer]})
    snapshot = await observe(domain("M", discover=True), transport, StillClock(), known)
    assert [host.name for host in snapshot.hosts] == (["M", "R9"] if stays else ["M"])


@pytest.mark.parametrize(
    ("server", "found"),
    [
        ("rephost5", "REPHOST5"),
        ("REPHOST5.example.net", "REPHOST5"),
        ("db.example.org", None),
        ("db", "db.example.net"),
        ("192.0.2.7", "byaddress"),
        ("twin", None),
    ],
)
def test_a_listed_name_means_a_host_without_case_and_short_or_qualified(server: str, found: str | None) -> None:
    """A name that fits one host means it; one that fits none or two means none."""
    hosts = [
        Host("REPHOST5", "192.0.2.5"),
        Host("db.example.net", "192.0.2.6"),
        Host("byaddress", "192.0.2.7"),
        Host("twin.example.net", "192.0.2.8"),
        Host("twin.example.org", "192.0.2.9"),
    ]
    host = host_named(server, hosts)
    assert (host.name if host else None) == found


async def test_sections_fail_one_by_one() -> None:
    """A section that was cut, failed or cannot be read is a fault of its own; the others keep their facts."""
    reply = (
        b"=boks-gate/1 version=1.0.0 clock=2026-11-23T08:00:00\n"
        b"=section role\n|BOKSINIT=server\n=end role exit=0\n"
        b"=section sequence\n=end sequence timeout=20\n"
        b"=section list\n=end list skipped=not_master\n"
        b"=section memory\n!dumpbase: not found\n=end memory exit=127\n"
        b"=section errlog\n|nonsense\n=end errlog exit=0\n"
        b"=section queue\n=end queue skipped=not_master\n"
        b"=done sections=6\n"
    )
    snapshot = await observe(domain("M", "R1"), Scripted({"M": [master(10)], "R1": [reply]}), StillClock(), KNOWN)
    seen = snapshot.outcome("R1")
    assert isinstance(seen, Observed)
    assert seen.role is Role.REPLICA
    assert [(fault.section, fault.reason) for fault in seen.faults] == [
        (Section.SEQUENCE, FailureReason.TIMEOUT),
        (Section.MEMORY, FailureReason.EXIT_STATUS),
        (Section.ERRLOG, FailureReason.PARSE),
        (Section.CHECKSUMS, FailureReason.PARSE),
    ]
    assert [fault.section for fault in seen.essential_faults] == [Section.SEQUENCE]


@pytest.mark.parametrize(("stderr", "believed"), [(b"", True), (b"!cannot attach shared memory\n", False)])
async def test_a_failing_status_counts_only_with_a_word_of_complaint(stderr: bytes, *, believed: bool) -> None:
    """BoKS's exit codes are unknown: a clean, complete output is believed whatever the status."""
    reply = (
        b"=boks-gate/1 version=1.0.0 clock=2026-11-23T08:00:00\n=section role\n|BOKSINIT=server\n=end role exit=0\n"
        b"=section sequence\n|T7 13678d 8:33:46 10 (10)\n" + stderr + b"=end sequence exit=1\n=done sections=2\n"
    )
    snapshot = await observe(domain("M", "R1"), Scripted({"M": [master(10)], "R1": [reply]}), StillClock(), KNOWN)
    seen = snapshot.outcome("R1")
    assert isinstance(seen, Observed)
    assert bool(seen.sequences) is believed
    assert any(fault.section is Section.SEQUENCE for fault in seen.faults) is not believed


async def test_a_command_that_a_signal_ended_is_not_believed() -> None:
    """What was killed may have been cut off between two lines, however clean the rest looks."""
    reply = (
        b"=boks-gate/1 version=1.0.0 clock=2026-11-23T08:00:00\n=section role\n|BOKSINIT=server\n=end role exit=0\n"
        b"=section sequence\n|T7 13678d 8:33:46 10 (10)\n=end sequence exit=137\n=done sections=2\n"
    )
    snapshot = await observe(domain("M", "R1"), Scripted({"M": [master(10)], "R1": [reply]}), StillClock(), KNOWN)
    seen = snapshot.outcome("R1")
    assert isinstance(seen, Observed)
    assert seen.sequences is None
    faults = {fault.section: (fault.reason, fault.detail) for fault in seen.faults}
    assert faults[Section.SEQUENCE] == (FailureReason.EXIT_STATUS, "sequence ended with 137")
