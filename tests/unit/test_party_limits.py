"""Each row of "what each party can send": accepted at its bound, refused or cut beyond it."""

import asyncio
import threading
import unicodedata
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from boks_exporter.config import load_text
from boks_exporter.config.strict_yaml import MAX_DEPTH
from boks_exporter.errors import ConfigError, FailureReason, TransportError
from boks_exporter.model import Unreachable
from boks_exporter.observe import observe
from boks_exporter.parsing.boksdiag_sequence import parse_sequence
from boks_exporter.parsing.text_lines import KEPT_RAW, MOST_READ
from boks_exporter.poller import StateFile, state_database
from boks_exporter.text.harmless import harmless
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.host_text import MESSAGE_CHARACTERS, cleaned, cleaned_reply
from boks_exporter.transport.ssh import SshTransport, flood
from boks_exporter.transport.ssh.received import LOGIN_BYTES, limited_login
from boks_exporter.transport.ssh.resolver import Resolver
from scripts.party_limits import LIMITS
from tests.attack.oracle import COMMAND, OPERATOR, READING, judged
from tests.unit import web_party_limits
from tests.unit.observe_world import KNOWN, Scripted, StillClock, domain, master, replica
from tests.unit.poller_world import Watched, World
from tests.unit.ssh_servers import ROLE, Keys, failure, ssh_server
from tests.unit.test_poller import for_seconds
from tests.unit.test_poller_state_file import kept, written


async def reply(directory: Path, _: pytest.MonkeyPatch) -> None:
    keys = Keys.make(directory)
    size = 0

    async def answer(process: Any) -> None:
        process.stdout.write(b"=boks-gate/1".ljust(size - 1, b"x") + b"\n")
        process.exit(0)

    async with ssh_server(keys, answer) as server:
        transport = SshTransport(keys.settings(max_reply_bytes=2000), timeout_seconds=20, interval_seconds=30)
        size = 2000
        assert len((await transport.ask(server.host, ROLE)).stdout) == size
        size = 2001
        assert (await failure(transport, server.host)).reason is FailureReason.TOO_LARGE
        await transport.aclose()


async def budget(_: Path, __: pytest.MonkeyPatch) -> None:
    kept_open: Any = SimpleNamespace(total=0, received=deque())
    kept_open.total_received = lambda: kept_open.total
    peer: Any = SimpleNamespace(kept=kept_open, candidate=None)
    counted = flood.Budget(1000, 30.0)
    found = []
    for now, kept_open.total in enumerate((0, 1000, 1001)):
        found.append([*counted.exceeded([peer], float(now))])
    assert found == [[], [], [(peer, kept_open)]]
    assert counted.error().reason is FailureReason.TOO_LARGE


async def login(_: Path, __: pytest.MonkeyPatch) -> None:
    async with limited_login(lambda: LOGIN_BYTES):
        await asyncio.sleep(0)
    with pytest.raises(TransportError) as failed:
        async with limited_login(lambda: LOGIN_BYTES + 1):
            await asyncio.sleep(60)
    assert failed.value.reason is FailureReason.TOO_LARGE


async def poll_time(_: Path, __: pytest.MonkeyPatch) -> None:
    def outcome(seconds: float) -> object:
        watched = Watched(World(takes={"R1": seconds}))
        watched.take()
        watched.run(for_seconds(100.0))
        assert watched.beginnings() == [0.0, 30.0, 60.0, 90.0]
        return watched.view.snapshot.outcome("R1")

    within, beyond = await asyncio.to_thread(outcome, 20.0), await asyncio.to_thread(outcome, 40.0)
    assert not isinstance(within, Unreachable)
    assert isinstance(beyond, Unreachable)
    assert beyond.reason is FailureReason.TIMEOUT


async def lines(_: Path, __: pytest.MonkeyPatch) -> None:
    row = "T7 13678d 8:33:46 5053 (5053)"
    for number, skipped in ((MOST_READ, False), (MOST_READ + 1, True)):
        report = parse_sequence("\n".join([row, *["rubbish"] * (number - 1)]))
        assert [row.table for row in report.tables] == [7]
        assert sum(line.stands_for for line in report.unread_lines) == number - 1
        assert (report.unread_lines[-1].stands_for > number - 1 - KEPT_RAW) is skipped


async def characters(_: Path, __: pytest.MonkeyPatch) -> None:
    format_characters = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in {"Cc", "Cf"}]
    unseen = "".join(each for each in format_characters if each not in VISIBLE and each not in "\t\n\r")
    assert set(cleaned(unseen)) == {"?"}
    assert set(cleaned_reply(RawReply(unseen.encode(), b"", 0)).stdout) == {ord("?")}
    assert set(harmless(f"{unseen}\t\n\r")) == {" "}
    assert cleaned("é漢☃") == harmless("é漢☃") == "é漢☃"


async def message(_: Path, __: pytest.MonkeyPatch) -> None:
    assert cleaned("x" * MESSAGE_CHARACTERS) == "x" * MESSAGE_CHARACTERS
    assert cleaned("x" * (MESSAGE_CHARACTERS + 1)) == "x" * MESSAGE_CHARACTERS + "…"


async def discovered(_: Path, __: pytest.MonkeyPatch) -> None:
    names = ["A", "B", "C"]
    scripts: dict[str, Any] = {"M": [master(5, names)], **{name: [replica(5)] for name in names}}
    for limit in (3, 2):
        limited = replace(domain("M", discover=True), discovered_limit=limit)
        snapshot = await observe(limited, Scripted(scripts), StillClock(), KNOWN)
        assert [host.name for host in snapshot.hosts] == ["M", *names[:limit]]
        assert snapshot.unresolved == tuple(names[limit:])


async def listed_address(_: Path, __: pytest.MonkeyPatch) -> None:
    names = ["1.0.0.0", "223.255.255.255", "128.0.0.1", "0.255.255.255", "224.0.0.0", "127.255.255.255"]
    scripts: dict[str, Any] = {"M": [master(5, names)], **{name: [replica(5)] for name in names}}
    found = replace(domain("M", discover=True), address_template="{name}")
    snapshot = await observe(found, Scripted(scripts), StillClock(), KNOWN)
    assert [host.name for host in snapshot.hosts] == ["M", *names[:3]]
    assert snapshot.unresolved == tuple(names[3:])


async def lookup(_: Path, __: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    resolver = Resolver(limit=0.1, lookup=lambda *_: held.wait(30) and [])
    with pytest.raises(Exception, match="no answer from the resolver"):
        await resolver.addresses("silent", 22)
    held.set()


async def configuration(_: Path, __: pytest.MonkeyPatch) -> None:
    def problem(depth: int) -> str:
        with pytest.raises(ConfigError) as caught:
            load_text("[" * depth + "]" * depth, "config.yaml", Path())
        return str(caught.value)

    assert "nested too deeply" not in problem(MAX_DEPTH)
    assert "nested too deeply" in problem(MAX_DEPTH + 1)


async def state_file(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = directory / "state.sqlite"
    written(path, bank=kept(5))
    size = path.stat().st_size
    monkeypatch.setattr(state_database, "MAX_BYTES", size)
    written(path, bank=kept(6))
    names = {f"{number}": 1.0 for number in range(5000)}
    large = kept(7)
    with structlog.testing.capture_logs() as logged:
        written(path, bank=replace(large, history=replace(large.history, unresolved=names)))
    assert [line["event"] for line in logged] == ["state_file_unusable"]
    assert path.stat().st_size <= size
    assert StateFile(path).load("bank").history.tables[7].steps[-1].sequence == 6


async def gate_request(_: Path, __: pytest.MonkeyPatch) -> None:
    """By the oracle, against which tests/attack compares the gates."""
    for gate, line in ((READING, b"boks-gate/2 0a role"), (OPERATOR, b"boks-gate/2 0a op preflight")):
        assert not judged(gate, COMMAND, line.ljust(400) + b"\n").refused
        assert judged(gate, COMMAND, line.ljust(401) + b"\n").refused
        assert judged(gate, COMMAND, line + b"\t\n").refused


VISIBLE = {chr(code) for first, last in ((0x600, 0x8FF), (0x11000, 0x13FFF)) for code in range(first, last)} - {
    "\u061c"
}
"""Signs of Arabic, Syriac, Kaithi and Egyptian that are printed, though they are format characters."""
CHECKS: dict[str, Callable[[Path, pytest.MonkeyPatch], Awaitable[None]]] = {
    "reply": reply,
    "flood": budget,
    "login": login,
    "poll time": poll_time,
    "lines": lines,
    "characters": characters,
    "message": message,
    "discovered": discovered,
    "listed address": listed_address,
    "lookup": lookup,
    "configuration": configuration,
    "state file": state_file,
    "head": web_party_limits.head,
    "body": web_party_limits.body,
    "request time": web_party_limits.request_time,
    "connections": web_party_limits.connections,
    "passwords": web_party_limits.passwords,
    "debug": web_party_limits.debug,
    "gate request": gate_request,
}


@pytest.mark.parametrize("name", [limit.name for limit in LIMITS])
async def test_a_limit_holds(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await CHECKS[name](tmp_path, monkeypatch)
