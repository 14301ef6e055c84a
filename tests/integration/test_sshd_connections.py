"""Kept connections over real sshd: the loop of protocol 2, replacement make before break, and keys that do too much."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncssh
import pytest
import structlog

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Observed, Section
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.remote.request import EVERY_GATE, ROLE_ONLY
from boks_exporter.remote.settings import GateMode, SshSettings
from boks_exporter.simulator.domain import Fault
from boks_exporter.transport.ssh import SshTransport
from tests.integration.fleet import Fleet
from tests.sshd.processes import end, mentioning

GATE_1 = Path(__file__).parents[1] / "gates" / "gate-1.sh"
OLD, NEW, SENT = "REPHOST2", "REPHOST3", "CLIENT1"
PATIENCE = 120.0


@asynccontextmanager
async def open_transport(
    settings: SshSettings, timeout: float = 20.0, interval: float = 30.0
) -> AsyncIterator[SshTransport]:
    transport = SshTransport(settings, timeout_seconds=timeout, interval_seconds=interval)
    try:
        yield transport
    finally:
        await transport.aclose()


@pytest.fixture
def new_gate(fleet: Fleet) -> Iterator[str]:
    """A host with the gate of protocol 2; OLD has the one of protocol 1 meanwhile."""
    gate = fleet.tree.hosts[OLD].gate
    before = gate.read_text(encoding="utf-8")
    gate.write_text(GATE_1.read_text(encoding="utf-8"), encoding="utf-8")
    for name in (OLD, NEW):
        fleet.call(fleet.servers.restart(name))
    yield NEW
    gate.write_text(before, encoding="utf-8")


async def eventually(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.02)


def count(fleet: Fleet, host: str, text: str) -> int:
    """Count lines of sshd's log since its last start."""
    return fleet.servers.daemons[host].log.count(text)


async def sections(transport: SshTransport, fleet: Fleet, name: str) -> dict[Section, bool]:
    """Poll a host; return which sections were read, and that none failed."""
    host = fleet.host(name)
    outcome = interpret_reply(host, EVERY_GATE, await transport.ask(host, EVERY_GATE), 0.0, 1.0)
    assert isinstance(outcome, Observed), outcome
    assert outcome.faults == ()
    return {section: bool(outcome.reply.section(section)) for section in EVERY_GATE.sections}


async def failure(transport: SshTransport, fleet: Fleet, name: str) -> TransportError:
    with pytest.raises(TransportError) as failed:
        await transport.ask(fleet.host(name), ROLE_ONLY)
    return failed.value


@contextmanager
def authorized(fleet: Fleet, host: str, lines: str) -> Iterator[None]:
    daemon = fleet.servers.daemons[host]
    file = daemon.directory / "authorized_keys"
    before = file.read_text(encoding="utf-8")
    daemon.write_authorized_keys(lines)
    try:
        yield
    finally:
        daemon.write_authorized_keys(before)


# -- the loop ---------------------------------------------------------------------------------------------------------


async def test_gates_of_both_protocols_and_a_sent_one_work_side_by_side(fleet: Fleet, new_gate: str) -> None:
    """The same sections come from each; in the loop all polls share one session, otherwise each has its own."""
    sent = fleet.ssh_settings(
        identity_files=(fleet.servers.shell_identity_file,), gate=GateMode.SENT, paths=fleet.tree.paths(SENT)
    )
    async with open_transport(fleet.ssh_settings()) as installed, open_transport(sent) as without:
        for _ in range(3):
            found = [await sections(installed, fleet, OLD), await sections(installed, fleet, new_gate)]
            assert found[0] == found[1] == await sections(without, fleet, SENT)
        assert [count(fleet, host, "Starting session") for host in (OLD, new_gate)] == [4, 1]
        assert [count(fleet, host, "Accepted publickey") for host in (OLD, new_gate)] == [1, 1]


async def test_a_loop_that_ended_between_two_polls_is_no_failure(fleet: Fleet, new_gate: str) -> None:
    """The gate's process is gone; the next poll opens another channel on the same connection."""
    async with open_transport(fleet.ssh_settings()) as transport:
        await sections(transport, fleet, new_gate)
        gate = str(fleet.tree.hosts[new_gate].gate)
        await asyncio.to_thread(lambda: fleet.call(end(fleet.call(mentioning([gate])))))
        await sections(transport, fleet, new_gate)
        assert transport.reconnects(new_gate) == 0


async def test_a_command_that_hangs_in_the_loop_costs_its_poll_and_no_other(fleet: Fleet, new_gate: str) -> None:
    """Its late reply is never read as the reply to another request."""
    async with open_transport(fleet.ssh_settings(), timeout=1.0) as transport:
        await sections(transport, fleet, new_gate)
        await asyncio.to_thread(fleet.set_fault, new_gate, Fault.HANGING)
        with pytest.raises(TransportError) as failed:
            await transport.ask(fleet.host(new_gate), EVERY_GATE)
        assert failed.value.reason is FailureReason.TIMEOUT
        await asyncio.to_thread(fleet.clear_fault, new_gate, Fault.HANGING)
        assert (await sections(transport, fleet, new_gate))[Section.SEQUENCE]


async def test_a_restart_of_sshd_between_polls_is_no_failure_in_the_loop(fleet: Fleet, new_gate: str) -> None:
    """The connection is replaced within the next exchange."""
    async with open_transport(fleet.ssh_settings()) as transport:
        await sections(transport, fleet, new_gate)
        await asyncio.to_thread(fleet.call, fleet.servers.restart(new_gate))
        await sections(transport, fleet, new_gate)
        assert transport.reconnects(new_gate) == 1


async def test_a_loop_leaves_nothing_behind_when_the_exporter_ends(fleet: Fleet, new_gate: str) -> None:
    """The gate ends with its connection."""
    async with open_transport(fleet.ssh_settings()) as transport:
        await sections(transport, fleet, new_gate)
    await eventually(lambda: not fleet.programs_running(new_gate))


# -- make before break ------------------------------------------------------------------------------------------------


async def test_an_old_connection_is_closed_only_when_the_new_one_has_answered(fleet: Fleet, new_gate: str) -> None:
    """At its age the host gets a second login; the poll after it uses it, and then the first one ends."""
    settings = fleet.ssh_settings(connection_age_seconds=0.01)
    async with open_transport(settings) as transport:
        await sections(transport, fleet, new_gate)
        await asyncio.sleep(0.05)
        await sections(transport, fleet, new_gate)
        await eventually(lambda: count(fleet, new_gate, "Accepted publickey") == 2)
        assert count(fleet, new_gate, "Received disconnect") == 0
        await sections(transport, fleet, new_gate)
        await eventually(lambda: count(fleet, new_gate, "Received disconnect") >= 1)


@pytest.mark.parametrize("host", [OLD, NEW])
async def test_a_host_that_refuses_new_logins_keeps_its_connection_and_is_reported(
    fleet: Fleet, new_gate: str, host: str
) -> None:
    """The figures stay current; at the hard maximum the connection ends, and the host is unreachable (auth)."""
    del new_gate
    settings = fleet.ssh_settings(
        connection_age_seconds=0.01, connection_limit_seconds=4.0, backoff_initial_seconds=150.0
    )
    async with open_transport(settings) as transport:
        await sections(transport, fleet, host)
        with authorized(fleet, host, "# no key\n"), structlog.testing.capture_logs() as logs:
            await asyncio.sleep(0.05)
            await sections(transport, fleet, host)
            await eventually(lambda: transport.is_login_refused(host))
            await sections(transport, fleet, host)
            assert [log["reason"] for log in logs if log["event"] == "connection_not_replaced"] == ["auth"]
            await asyncio.sleep(4.0)
            assert (await failure(transport, fleet, host)).reason is FailureReason.AUTH
            assert not transport.is_login_refused(host)


async def test_a_session_that_no_longer_works_is_replaced_after_two_failed_polls(fleet: Fleet, new_gate: str) -> None:
    """The kept session answers with an exit status while a fresh login works: the third poll is good again."""
    host = fleet.host(OLD)
    del new_gate
    async with open_transport(fleet.ssh_settings()) as transport:
        await sections(transport, fleet, OLD)
        gate = fleet.tree.hosts[OLD].gate
        text = gate.read_text(encoding="utf-8")
        try:
            gate.write_text("#!/bin/sh\nexit 7\n", encoding="utf-8")
            assert [(await transport.ask(host, EVERY_GATE)).exit_status for _ in range(2)] == [7, 7]
        finally:
            gate.write_text(text, encoding="utf-8")
        await eventually(lambda: count(fleet, OLD, "Accepted publickey") >= 2)
        await sections(transport, fleet, OLD)
        assert transport.reconnects(OLD) == 1


# -- keys and algorithms ----------------------------------------------------------------------------------------------


async def test_a_key_without_its_forced_command_is_a_security_failure(fleet: Fleet) -> None:
    """The key gives a shell: nothing is read, the failure says so, and a repair is found by the next poll."""
    settings = fleet.ssh_settings(identity_files=(fleet.servers.shell_identity_file,))
    async with open_transport(settings) as transport:
        with structlog.testing.capture_logs() as logs:
            failures = [await failure(transport, fleet, OLD) for _ in range(2)]
        assert {each.reason for each in failures} == {FailureReason.EXIT_STATUS}
        assert failures[0].detail.startswith("SECURITY: ")
        assert transport.is_unrestricted(OLD)
        assert [log["event"] for log in logs] == ["key_without_forced_command"]


async def test_a_missing_gate_is_not_taken_for_a_key_without_forced_command(fleet: Fleet) -> None:
    """The forced command is there and its program is not: that is a reply with an exit status."""
    gate = fleet.tree.hosts[OLD].gate
    gate.rename(gate.with_suffix(".away"))
    try:
        async with open_transport(fleet.ssh_settings()) as transport:
            reply = await transport.ask(fleet.host(OLD), ROLE_ONLY)
            assert (reply.exit_status, transport.is_unrestricted(OLD)) == (127, False)
    finally:
        gate.with_suffix(".away").rename(gate)


@pytest.mark.parametrize("host", [OLD, NEW])
async def test_a_missing_sudo_rule_is_reported_with_its_cause_first_and_the_lines_to_add(
    fleet: Fleet, new_gate: str, host: str
) -> None:
    """Gates of both protocols: sudo's own words come first, then the rule for this login."""
    del new_gate
    configuration = fleet.tree.hosts[host].gate.with_name("boks-gate.conf")
    before = configuration.read_text(encoding="utf-8")
    configuration.write_text(before.replace("PREFIX=none", "PREFIX=sudo"), encoding="utf-8")
    try:
        async with open_transport(fleet.ssh_settings()) as transport:
            failed = await failure(transport, fleet, host)
    finally:
        configuration.write_text(before, encoding="utf-8")
    assert failed.reason is FailureReason.EXIT_STATUS
    assert failed.detail.startswith(f"sudo on {host}: a password is required")
    assert f"{fleet.servers.user} ALL=(root) NOPASSWD: " in failed.detail


# -- jump hosts -------------------------------------------------------------------------------------------------------


async def test_a_jump_host_that_forbids_forwarding_is_named_with_what_to_change(fleet: Fleet) -> None:
    """The gate's key is restricted: the login to the jump host is good, the way on is forbidden."""
    jump = fleet.host(SENT)
    async with open_transport(fleet.ssh_settings(jump_host=f"{jump.address}:{jump.port}")) as transport:
        failed = await failure(transport, fleet, OLD)
    assert failed.reason is FailureReason.CONNECT
    assert failed.detail.startswith(f"jump host {jump.address}:{jump.port}: forwarding to ")


async def test_a_host_that_a_jump_host_cannot_reach_is_distinguished_from_a_forbidden_one(fleet: Fleet) -> None:
    """The jump host may forward, and nothing listens behind it."""
    jump = fleet.host(SENT)
    settings = fleet.ssh_settings(
        identity_files=(fleet.servers.shell_identity_file,), jump_host=f"{jump.address}:{jump.port}"
    )
    await asyncio.to_thread(fleet.set_fault, OLD, Fault.REFUSED)
    async with open_transport(settings) as transport:
        failed = await failure(transport, fleet, OLD)
    assert failed.reason is FailureReason.CONNECT
    assert failed.detail.startswith(f"jump host {jump.address}:{jump.port}: it cannot connect to ")


async def test_several_jump_hosts_are_passed_in_their_order(fleet: Fleet) -> None:
    """`a,b` of the configuration goes through a to b, over real sshd."""
    first, second = fleet.host(SENT), fleet.host("MASTER1")
    for name in (SENT, "MASTER1"):
        await asyncio.to_thread(fleet.call, fleet.servers.restart(name))
    settings = fleet.ssh_settings(
        identity_files=(fleet.servers.shell_identity_file,),
        gate=GateMode.SENT,
        paths=fleet.tree.paths(OLD),
        jump_host=f"{first.address}:{first.port},{second.address}:{second.port}",
    )
    async with open_transport(settings) as transport:
        await sections(transport, fleet, OLD)
    assert [count(fleet, name, "Accepted publickey") for name in (SENT, "MASTER1")] == [1, 1]


# -- what a login prints ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", [OLD, NEW])
@pytest.mark.parametrize("text", [r"\\033]0;title\\007", "Welcome: ", r"two\\nlines"])
async def test_a_text_without_a_line_end_before_the_reply_hides_nothing(
    fleet: Fleet, new_gate: str, host: str, text: str
) -> None:
    """A terminal title or a profile's text is unread; with the installed gate of either protocol."""
    del new_gate
    key = asyncssh.read_private_key(fleet.servers.identity_file).export_public_key("openssh").decode()
    line = f"restrict,command=\"printf '{text}'; exec {fleet.tree.hosts[host].gate}\" {key}"
    with authorized(fleet, host, line):
        async with open_transport(fleet.ssh_settings()) as transport:
            for _ in range(2):
                await sections(transport, fleet, host)
