"""One bracketed round of a domain."""

import asyncio
from dataclasses import replace

import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Garbled, Host, Observed, Unreachable
from boks_exporter.observe import Knowledge, observe
from boks_exporter.remote.request import EVERY_GATE
from tests.unit.observe_world import KNOWN, Scripted, StillClock, domain, frames, master, replica


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


async def test_without_knowledge_every_host_is_asked_for_its_role_first() -> None:
    """The first round finds the master before it reads, so that even a one-shot poll is bracketed."""
    transport = Scripted({"M": [master(10)], "R1": [replica(10)]})
    snapshot = await observe(domain("R1", "M"), transport, StillClock(), Knowledge())
    assert [(name, len(request.sections)) for name, request in transport.asked] == [
        ("R1", 1),
        ("M", 1),
        ("M", len(EVERY_GATE.sections)),
        ("R1", len(EVERY_GATE.sections)),
        ("M", 2),
    ]
    assert len(snapshot.master_readings) == 2


async def test_a_host_that_fails_is_a_value() -> None:
    """One host's failure costs its own facts only."""
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
    """A host that does not answer costs one time-out in the first round, not two."""
    refused = TransportError(FailureReason.TIMEOUT, "no answer")
    transport = Scripted({"M": [master(10)], "R1": [refused]})
    await observe(domain("M", "R1"), transport, StillClock(), Knowledge())
    assert [name for name, _ in transport.asked].count("R1") == 1


async def test_a_promoted_replica_is_found_although_the_old_master_is_still_expected() -> None:
    """The role is what a host reports, whichever host was master before."""
    dead = TransportError(FailureReason.TIMEOUT, "no answer")
    snapshot = await observe(domain("M", "R1"), Scripted({"M": [dead], "R1": [master(10, ())]}), StillClock(), KNOWN)
    assert snapshot.masters == ("R1",)
    assert snapshot.last_known_master == "R1"
    assert KNOWN.after(snapshot).masters == ("R1",)


async def test_without_a_master_the_last_known_one_is_still_polled_first() -> None:
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
    """There are two masters only if the one polled first still reports it after the other did."""
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
    monkeypatch.setattr("boks_exporter.observe.round.GROUP_SECONDS", (0.01, 0.01, 0.01))
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
    """Cancelling a round cancels its exchanges."""
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


async def test_what_cannot_be_the_name_of_a_host_is_not_connected_to() -> None:
    """A lying master could choose an option, or a command, of a program that an openssh_config starts."""
    odd = ["-oProxyCommand=x", "a$(id)b", "a..b", "x" * 64, "a;b", "a|b", "a%h"]
    good = ["R9", "r-9.example.net", "fe80::9", "192.0.2.9"]
    transport = Scripted({"M": [master(5, [*odd, *good])], **{name: [replica(5)] for name in good}})
    snapshot = await observe(domain("M", discover=True), transport, StillClock(), KNOWN)
    assert [host.name for host in snapshot.hosts] == ["M", *good]
    assert {*snapshot.unresolved} == {*odd}


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
    """A replica missing from its master's list is reported; a removed one is dropped."""
    known = Knowledge(("M",), "M", (Host("R9", "R9.example.net", discovered=True),), frozenset({"R9"}))
    transport = Scripted({"M": [master(10, ())], "R9": [answer]})
    snapshot = await observe(domain("M", discover=True), transport, StillClock(), known)
    assert [host.name for host in snapshot.hosts] == (["M", "R9"] if stays else ["M"])


async def test_a_discovered_host_that_was_named_lately_stays_without_an_answer() -> None:
    """The list of a master that lost it, or that was just replaced, is no reason to look away."""
    known = Knowledge(("M",), "M", (Host("R9", "R9.example.net", discovered=True),))
    gone = TransportError(FailureReason.CONNECT, "refused")
    transport = Scripted({"M": [master(10, ())], "R9": [gone]})
    snapshot = await observe(domain("M", discover=True), transport, StillClock(), known)
    assert [host.name for host in snapshot.hosts] == ["M", "R9"]


async def test_a_configured_host_is_never_replaced_by_a_discovered_one() -> None:
    known = Knowledge(("M",), "M", (Host("R1", "elsewhere.example.net", discovered=True),))
    transport = Scripted({"M": [master(10)], "R1": [replica(10)]})
    snapshot = await observe(domain("M", "R1", discover=True), transport, StillClock(), known)
    assert [(host.name, host.discovered) for host in snapshot.hosts] == [("M", False), ("R1", False)]


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (("r9.example.net", "R9"), ["R9"]),
        (("R9", "r9.example.net", "r9.example.org"), ["R9", "r9.example.net", "r9.example.org"]),
        (("R9.example.net", "r9.example.net"), ["r9.example.net"]),
    ],
)
async def test_a_server_that_is_listed_by_several_names_is_discovered_once(
    listed: tuple[str, ...], found: list[str]
) -> None:
    """Unless two servers have the short name."""
    transport = Scripted({"M": [master(10, listed)], **{name: [replica(10)] for name in found}})
    snapshot = await observe(domain("M", discover=True), transport, StillClock(), KNOWN)
    assert [host.name for host in snapshot.hosts] == ["M", *found]
    if len(found) == 1:
        assert len(snapshot.lines(found[0])) == len(listed)


@pytest.mark.parametrize(
    "own",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "0", "255.255.255.255", "224.0.0.1"),
        *("169.254.169.254", "::1", "::", "::ffff:127.0.0.1", "fe80::1", "ff02::1", "LocalHost", "localhost."),
        *("::127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "x.localhost.", "ip6-localhost", "ip6-loopback"),
    ],
)
async def test_a_list_leads_to_no_address_that_is_no_other_machine(own: str) -> None:
    """A master that lies makes the exporter connect neither to its own machine nor to what serves its network."""
    transport = Scripted({"M": [master(10, (own, "192.0.2.7"))], "192.0.2.7": [replica(10)]})
    found = replace(domain("M", discover=True), address_template="{name}")
    snapshot = await observe(found, transport, StillClock(), KNOWN)
    assert [host.name for host in snapshot.hosts] == ["M", "192.0.2.7"]
