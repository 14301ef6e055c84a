"""What is fuzzed: each target takes bytes and raises nothing but what its callers expect."""

import asyncio
import atexit
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from boks_exporter.config import DomainSettings, load_text
from boks_exporter.errors import ConfigError, ParseError, TransportError
from boks_exporter.failover.journal import Journal, JournalError
from boks_exporter.health import judge_round
from boks_exporter.knowledge.knowledge_file import KnowledgeError, parse_knowledge
from boks_exporter.model import Host, HostName
from boks_exporter.observe import Knowledge, SystemClock, observe
from boks_exporter.parsing import operator_reply
from boks_exporter.recording.aliases import Aliases
from boks_exporter.recording.scrub import scrub_reply
from boks_exporter.remote.request import Request
from boks_exporter.remote.settings import LocalSettings
from boks_exporter.replication import History
from boks_exporter.replication.history_json import restore
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.replay import ReplayTransport
from boks_exporter.transport.ssh.known_hosts import read_known_hosts
from boks_exporter.web.negotiation import accepts_gzip, format_for
from boks_exporter.web.request_head import checked_head
from boks_exporter.web.security import load_web_config
from tests.unit.parsing_samples import CORPUS, PARSERS, parsed

Run: TypeAlias = Callable[[bytes], object]
ROOT: Final = Path(__file__).parents[2]
SEPARATOR: Final = b"\n--\n"
"""Stands between the replies of two hosts in one input."""
_HOSTS: Final = tuple(Host(name=name, address=name, site="here") for name in ("MASTER1", "REPHOST"))
_DOMAIN: Final = DomainSettings(name="fuzzed", transport=LocalSettings(), hosts=_HOSTS)
_SECTIONS: Final = ("preflight", "do", "lock", "unlock", "registered", "reach", "record")


@dataclass(frozen=True)
class Target:
    """One reader: the inputs that it begins with, and the errors that its callers expect.

    `share` is its part of all executions; readers that open files are slower by a factor of a hundred.
    """

    run: Run
    seeds: Callable[[], Iterator[bytes]]
    declared: tuple[type[Exception], ...]
    share: float = 1.0


def _samples(command: str) -> Iterator[bytes]:
    for file in sorted((CORPUS / command).glob("*.txt")):
        yield file.read_bytes()


_LOOP: Final = asyncio.new_event_loop()
"""One for all inputs: to make one takes longer than to read an input."""
atexit.register(_LOOP.close)


@cache
def _scratch() -> Path:
    memory = Path("/dev/shm")  # noqa: S108 - files that are written a million times
    scratch = Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    return scratch


def _file(name: str, data: bytes) -> Path:
    path = _scratch() / name
    path.write_bytes(data)
    return path


def _parser(command: str) -> Target:
    return Target(lambda data: parsed(command, data), lambda: _samples(command), (ParseError,), 4.0)


def _operator(data: bytes) -> None:
    """Split a reply, then read it as each kind of answer."""
    named = re.search(rb"=section (\w+)", data)
    reply = operator_reply.parse_operator_reply(data, named[1].decode() if named else "do")
    for read in (
        operator_reply.readiness_of,
        operator_reply.registered_of,
        operator_reply.reach_of,
        operator_reply.lock_of,
        operator_reply.record_of,
    ):
        with suppress(ParseError):
            read(reply)


def _operator_seeds() -> Iterator[bytes]:
    for section in _SECTIONS:
        lines = (
            "id=run-20261123.1",
            "role=server",
            "outcome=done",
            "exit=0",
            "T7 5053",
            "owner=alice",
            "daemons=running",
        )
        body = "".join(f"|{line}\n" for line in lines)
        begin = f"=boks-gate/1 version=2 clock=2026-11-23T08:40:12\n=section {section}\n"
        yield f"{begin}{body}=end {section} exit=0\n=done sections=1\n".encode()


class _Replies:
    """A transport whose hosts answer with the given bytes."""

    def __init__(self, replies: dict[HostName, bytes]) -> None:
        self._replies = replies

    async def ask(self, host: Host, request: Request) -> RawReply:
        del request
        return RawReply(self._replies[host.name], b"", 0)


def _round(data: bytes) -> None:
    """Judge a whole round of two hosts, twice, since much is decided in the second."""
    master, _, replica = data.partition(SEPARATOR)
    transport: Any = _Replies({"MASTER1": master, "REPHOST": replica})
    history = History()
    for _ in range(2):
        snapshot = _LOOP.run_until_complete(observe(_DOMAIN, transport, SystemClock(), Knowledge()))
        history = judge_round(snapshot, history, _DOMAIN.thresholds).history


def _round_seeds() -> Iterator[bytes]:
    (whole, *_) = (sample for sample in _samples("reply") if b"=section list" in sample)
    yield whole + SEPARATOR + whole.replace(b"BOKSINIT=master", b"BOKSINIT=server")


def _recording(data: bytes) -> None:
    host = _scratch() / "recording" / "MASTER1"
    host.mkdir(parents=True, exist_ok=True)
    name, _, content = data.partition(b"\n")
    known = ("role.txt", "sequence.txt", "exit.txt", "error.txt", "reply.txt", "reply.after.2.txt")
    file = host / known[len(name) % len(known)]
    file.write_bytes(content)
    try:
        _LOOP.run_until_complete(ReplayTransport(host.parent).ask(_HOSTS[0], Request(())))
    finally:
        file.unlink()


def _web_config(data: bytes) -> None:
    load_web_config(_file("web.yml", data))


def _request_head(data: bytes) -> None:
    checked_head(data)
    text = data.decode("latin-1")
    format_for(text)
    accepts_gzip(text)


@cache
def _journal() -> tuple[Journal, sqlite3.Connection]:
    """Open a journal for reading, and its file for writing."""
    path = _scratch() / "journal.sqlite"
    Journal(path).close()
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous = OFF")
    return Journal(path, is_read_only=True), database


_COLUMNS: Final = {
    "runs": (
        "run, domain, procedure, target, user, sudo_user, terminal, host, pid, reason, fingerprint, plan, outcome, "
        "is_open, started_at, ended_at, message"
    ),
    "readings": "run, host, numbers, read_at, is_final",
    "plans": "fingerprint, domain, basis, shown_at, findings",
    "forks": "run, domain, old_master, new_master, numbers, above, at",
}


def _journal_row(data: bytes) -> None:
    """Put a text into a row of the journal, as another program or a hand might have, and read it."""
    text = data.decode("utf-8", "replace").replace("\0", "")
    run = "run"
    rows = {
        "runs": (run, "d", "promote", "h", "u", "", "", "h", 1, "r", "f", text, "done", 0, 1.0, 2.0, ""),
        "readings": (run, "h", text, 1.0, 0),
        "plans": (run, "d", text, 1.0, text),
        "forks": (run, "d", "a", "b", text, text, 1.0),
    }
    journal, database = _journal()
    database.execute("BEGIN")
    for table, row in rows.items():
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT OR REPLACE INTO {table} ({_COLUMNS[table]}) VALUES ({marks})", row)  # noqa: S608 - words of this module
    database.execute("COMMIT")
    readers: tuple[Callable[[], object], ...] = (
        lambda: journal.run(run),
        lambda: journal.readings(run),
        lambda: journal.shown(run),
        lambda: journal.forks("d"),
    )
    for read in readers:
        with suppress(JournalError):
            read()


def _json_seeds() -> Iterator[bytes]:
    yield (
        b'{"master":"MASTER1","tables":{"7":{"stamp":1.0,"since":2.0,"read_at":3.0,"is_new":false,"steps":[[1,2.0,null],[2,3.0,2.5]]}},'
        b'"floors":{"R":{"7":1}},"roles":{"R":"replica"},"forms":{"x":1},"evidence":{},"undecided":{"R":{"7":1.0}},"terms":{},'
        b'"discovered":{"D":["192.0.2.1",22,1.0,"OK"]},"begun_at":1.0,"recorded_at":2.0}'
    )
    yield b'{"7":[5053,1.5]}'
    yield b'[["master","MASTER1"]]'
    yield b'{"procedure":"promote","domain":"d","target":"h","steps":[],"basis":[],"sound":["a"]}'
    yield from (b"[" * 2000, b'{"":' * 2000)


def _yaml_seeds() -> Iterator[bytes]:
    for file in sorted((ROOT / "docs" / "examples").glob("*.yaml")):
        yield file.read_bytes()


def _web_seeds() -> Iterator[bytes]:
    yield b"tls_server_config:\n  cert_file: a.pem\n  key_file: b.pem\n"
    yield b"basic_auth_users:\n  prom: $2b$04$" + b"abcdefghijklmnopqrstuv" * 2 + b"\n"
    yield b"http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n"


def _knowledge_seeds() -> Iterator[bytes]:
    yield (
        b'{"version":1,"domain":"d","written_at":1.0,"last_known_master":"M","hosts":[],"readings":[],'
        b'"evidence":{"R":["ahead"]},"reached":[]}'
    )


def _one(*texts: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: iter(texts)


TARGETS: Final[dict[str, Target]] = {
    **{command: _parser(command) for command in PARSERS},
    "operator-reply": Target(_operator, _operator_seeds, (ParseError,), 4.0),
    "round": Target(_round, _round_seeds, (), 0.1),
    "scrub": Target(lambda data: scrub_reply(data, Aliases()), lambda: _samples("reply"), (), 0.5),
    "recording": Target(
        _recording, _one(b"a\nBOKSINIT=master\n", b"aaa\n0\n", b"aaaa\ntimeout\n"), (TransportError,), 0.2
    ),
    "configuration": Target(
        lambda data: load_text(data.decode("utf-8", "replace"), "config.yaml", Path("/nonexistent")),
        _yaml_seeds,
        (ConfigError,),
        0.02,
    ),
    "web-configuration": Target(_web_config, _web_seeds, (ConfigError,), 0.05),
    "request-head": Target(
        _request_head,
        _one(b"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: text/plain;q=0.5, */*\r\nAccept-Encoding: gzip;q=0\r\n\r\n"),
        (),
        4.0,
    ),
    "journal-row": Target(_journal_row, _json_seeds, (), 0.05),
    "state-row": Target(
        lambda data: restore(data.decode("utf-8", "replace")), _json_seeds, (ValueError, RecursionError), 2.0
    ),
    "knowledge-file": Target(lambda data: parse_knowledge(data, "file", "d"), _knowledge_seeds, (KnowledgeError,), 2.0),
    "known-hosts": Target(
        lambda data: read_known_hosts((_file("known_hosts", data),)),
        _one(
            b"rephost ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGLOJoXoYZ1k3BMwJyvbCTSMYoGVtZWSUpXQQTTmmx2B\n"
            b"@revoked * ssh-rsa AAAA\n|1|a=|b= ssh-rsa x\n"
        ),
        (),
        0.3,
    ),
}
