"""Interpretation of one host's reply, and matching of listed names."""

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.model import Garbled, Host, Observed, Role, Section
from boks_exporter.observe import SystemClock, observe
from boks_exporter.observe.clock import Stopwatch
from boks_exporter.observe.host_matching import Names
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.remote.request import EVERY_GATE
from boks_exporter.transport.base import RawReply
from tests.unit.observe_world import KNOWN, Scripted, StillClock, domain, master


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
    host = Names(iter(hosts)).host(server)
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
    """BoKS's exit codes are unknown: a clean, complete output is accepted whatever the status."""
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
    """The output of a killed command may have been cut between two lines."""
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


EXPECTED = "the reply is not the gate's: line 1, column 1: expected the gate's first frame, '=boks-gate/1 version=…'"


@pytest.mark.parametrize(
    ("raw", "reason", "detail"),
    [
        (
            RawReply(b"", b"gate.sh: not found\nsecond line\n", 127),
            FailureReason.EXIT_STATUS,
            f"exit status 127, {EXPECTED}, found the end of the reply; stderr: gate.sh: not found",
        ),
        (
            RawReply(b"Welcome to R1\n", b"", 0),
            FailureReason.PARSE,
            f"{EXPECTED}, found 'Welcome to R1'",
        ),
    ],
    ids=["no gate", "a banner"],
)
def test_an_answer_that_is_no_reply_shows_what_came_instead(raw: RawReply, reason: FailureReason, detail: str) -> None:
    """The detail names the exit status where there is one, and the first line of stderr."""
    seen = interpret_reply(Host("R1", "192.0.2.2"), EVERY_GATE, raw, 1.0, 2.0)
    assert seen == Garbled("R1", 1.0, 2.0, reason, detail, raw.stdout.decode())


async def test_times_of_a_round_never_go_back() -> None:
    """A clock that is set in the middle of a round must not turn before into after."""

    class SetClock(StillClock):
        def now(self) -> float:
            return 1_700_000_000.0 - self.seconds * 10

    clock = SetClock()
    watch = Stopwatch.start(clock)
    times = [watch.now() for _ in range(3)]
    assert [time - watch.started_at for time in times] == [1.0, 2.0, 3.0]


async def test_the_machines_clock_is_a_clock() -> None:
    """Unix time, a time that never goes back, and waiting."""
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.0)
    assert clock.monotonic() >= before
    assert clock.now() > 1_700_000_000.0
