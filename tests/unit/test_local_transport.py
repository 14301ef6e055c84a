"""The local transport: the real gate on this machine, in front of a tree of files."""

import asyncio
from pathlib import Path

import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote.request import EVERY_GATE, READING, Request
from boks_exporter.remote.settings import LocalSettings
from boks_exporter.transport import local
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.local import LocalTransport
from tests.unit.gate_expected import MASTER
from tests.unit.gate_runs import NONCE, steady
from tests.unit.gate_tree import STUBBORN, Tree

HOST = Host("MASTER1", "localhost")
SEQUENCE = Request((Section.SEQUENCE,))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "host")


def transport(tree: Tree, *, timeout: float = 30.0, limit: int = 8, max_reply_bytes: int = 4_194_304) -> LocalTransport:
    return LocalTransport(
        LocalSettings(paths=tree.paths(limit=limit), max_reply_bytes=max_reply_bytes), timeout_seconds=timeout
    )


def shown(raw: RawReply) -> str:
    assert raw.nonce
    return steady(raw.stdout.replace(raw.nonce.encode(), NONCE.encode()))


async def test_this_machine_answers_as_any_host_does(tree: Tree) -> None:
    """A look brings the whole reply of the gate, its errors and its exit status."""
    raw = await transport(tree).ask(HOST, EVERY_GATE)
    assert (shown(raw), raw.stderr, raw.exit_status) == (MASTER, b"", 0)


async def test_only_what_is_asked_comes(tree: Tree) -> None:
    """The request's words reach the gate."""
    raw = await transport(tree).ask(HOST, READING)
    assert [section.name for section in parse_reply(raw.stdout, raw.nonce).sections] == [Section.ROLE, Section.SEQUENCE]


async def test_a_refusal_is_a_reply(tree: Tree) -> None:
    """An exit status other than 0 is told, not raised."""
    raw = await transport(tree).ask(HOST, Request(()))
    assert (shown(raw), raw.exit_status) == ("=refused no_section\n", 64)


async def test_polls_can_go_on_concurrently(tree: Tree) -> None:
    """Several hosts that are all this machine do not get into each other's way."""
    asked = transport(tree)
    replies = await asyncio.gather(*(asked.ask(HOST, EVERY_GATE) for _ in range(4)))
    assert {shown(raw) for raw in replies} == {MASTER}


async def test_a_time_out_ends_everything_that_was_started(tree: Tree) -> None:
    """When the deadline is over, the gate's whole process group ends, however stubborn its members are."""
    tree.boksadm_is(STUBBORN)
    with pytest.raises(TransportError, match=r"timeout: no complete reply within 0\.5 s") as failure:
        await transport(tree, timeout=0.5).ask(HOST, SEQUENCE)
    assert failure.value.reason is FailureReason.TIMEOUT
    assert tree.left_behind() == []


@pytest.mark.parametrize("where", ["", " >&2"])
async def test_output_without_end_fails_its_section_only(tree: Tree, where: str) -> None:
    """Endless output costs no memory here and leaves no process; the gate ends it on its own."""
    tree.boksadm_is(f'echo "${{0}}"; exec yes "$0"{where}\n')
    raw = await transport(tree, limit=1).ask(HOST, READING)
    role, sequence = parse_reply(raw.stdout, raw.nonce).sections
    assert role.exit_status == 0
    # A limit of time or of memory ends it, whichever comes first: then the shell that held the errors dies of a signal.
    assert sequence.timed_out or not sequence.is_whole or (sequence.exit_status or 0) > 128
    assert tree.left_behind() == []


async def test_a_reply_over_the_limit_ends_the_poll(tree: Tree) -> None:
    tree.boksadm_is('echo "$0"; sed "s/.*/&&&&&&&&/;s/.*/&&&&&&&&/" "$0" "$0"\n')
    with pytest.raises(TransportError) as failure:
        await transport(tree, max_reply_bytes=1000).ask(HOST, SEQUENCE)
    assert failure.value.reason is FailureReason.TOO_LARGE
    assert tree.left_behind() == []


async def test_too_many_errors_of_the_shell_itself_end_the_poll(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output outside the gate's frames is limited as well."""
    monkeypatch.setattr(local, "sent_script", lambda _paths, _line: b"yes >&2\n")
    with pytest.raises(TransportError, match="too_large: the reply is larger than 1000 bytes"):
        await transport(tree, max_reply_bytes=1000).ask(HOST, SEQUENCE)


async def test_cancelling_ends_everything_that_was_started(tree: Tree) -> None:
    """After a cancelled poll no process keeps running."""
    begun = tree.root / "begun"
    tree.boksadm_is(f": >'{begun}'\n{STUBBORN}")
    look = asyncio.create_task(transport(tree).ask(HOST, SEQUENCE))
    async with asyncio.timeout(120):
        while not begun.exists():
            await asyncio.sleep(0.01)
    look.cancel()
    with pytest.raises(asyncio.CancelledError):
        await look
    assert tree.left_behind() == []


async def test_a_script_that_is_not_read_to_its_end_is_no_error(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """The output of a shell that ends early is its reply."""
    monkeypatch.setattr(local, "sent_script", lambda _paths, _line: b"exit 3\n" + b"#" * 1_000_000)
    raw = await transport(tree).ask(HOST, SEQUENCE)
    assert (raw.stdout, raw.exit_status) == (b"", 3)


async def test_a_machine_without_processes_is_a_failure_of_the_poll(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full process table is a failure, not a crash."""

    async def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(asyncio.get_running_loop(), "subprocess_exec", refuse)
    with pytest.raises(TransportError, match="channel: /bin/sh cannot be started: Resource temporarily unavailable"):
        await transport(tree).ask(HOST, SEQUENCE)


async def test_the_exporters_environment_does_not_reach_the_gate(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets in the exporter's environment are not passed on."""
    monkeypatch.setenv("BOKS_EXPORTER_SECRET", "hunter2")
    tree.boksadm_is("/usr/bin/env\n")
    raw = await transport(tree).ask(HOST, SEQUENCE)
    assert b"\nPATH=" in raw.stdout
    assert b"hunter2" not in raw.stdout


def test_its_repr_shows_the_directory(tree: Tree) -> None:
    """A debugger shows the directory."""
    assert repr(transport(tree)) == f"<LocalTransport {tree.etc}>"
