"""Ways to run the real gates of protocol 2 on a host made of files."""

import os
import re
import select
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from boks_exporter.model import Reply
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote.gate import SENT_COMMAND, GateKind, gate_text, sent_script
from boks_exporter.remote.request import PROTOCOL
from tests.unit.gate_tree import EVERYTHING, Tree

NONCE = "5f3c9a0b12345678"

_PATIENCE_SECONDS = 120
_OPENING = re.compile(r"\A=boks-gate/2 version=2\.1\.2( host=[A-Za-z0-9._-]+)? clock=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\n")
_OWNER = re.compile(r"^\|oldest=-[rwx-]{9}[.+]? +\d+ +\S+ +\S+ +", re.MULTILINE)
_MARKER = "# -- the sender's settings are inserted here --\n"


def install_gate(
    tree: Tree,
    directory: Path,
    kind: GateKind = GateKind.READING,
    *,
    shell: str = "/bin/sh",
    limit: int = 8,
    settings: str = "",
) -> Path:
    """Install a gate whose built-in paths are the tree's, so that no file of root's is needed next to it."""
    defaults = (
        f"gate_shell='{shell}'\ngate_etc='{tree.etc}'\ngate_var='{tree.var}'\ngate_boksadm='{tree.boksadm}'\n"
        f"gate_limit={limit}\ngate_state='{directory}/state'\ngate_operator=yes\n{settings}"
    )
    directory.mkdir(parents=True, exist_ok=True)
    gate = directory / f"{kind}.sh"
    gate.write_text(gate_text(kind).replace(_MARKER, defaults, 1).replace("#!/bin/sh\n", f"#!{shell}\n", 1))
    gate.chmod(0o755)
    return gate


def run_gate(
    gate: Path, stdin: bytes, *, command: str = PROTOCOL, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a gate as sshd runs a forced command."""
    environment = {os.fsencode(key): os.fsencode(value) for key, value in (env or {}).items()}
    environment[b"SSH_ORIGINAL_COMMAND"] = os.fsencode(command)
    return subprocess.run(
        [gate], env=environment, input=stdin, capture_output=True, start_new_session=True, timeout=60, check=False
    )


def ask(gate: Path, words: str = EVERYTHING) -> Reply:
    """Send one request of protocol 2."""
    return parse_reply(run_gate(gate, f"{PROTOCOL} {NONCE} {words}\n".encode()).stdout, NONCE)


def run_sent(
    tree: Tree, words: str = EVERYTHING, *, sh: str = "/bin/sh", limit: int = 8
) -> subprocess.CompletedProcess[bytes]:
    """Send the gate, as the exporter does where none is installed."""
    script = sent_script(tree.paths(limit=limit), f"{PROTOCOL} {NONCE} {words}")
    command = [sh, *SENT_COMMAND.split()[1:]]
    return subprocess.run(command, input=script, capture_output=True, start_new_session=True, timeout=120)


def run_installed(
    gate: Path, words: str = EVERYTHING, *, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Send one request to an installed gate."""
    return run_gate(gate, f"{PROTOCOL} {NONCE} {words}\n".encode(), env=env)


def steady(raw: bytes) -> str:
    """Render a reply without its nonce and what differs from run to run: `|` marks output, `!` errors."""
    mark, shown = "|", []
    for line in raw.decode().removesuffix("\n").split("\n"):
        frame = line.removeprefix(f"={NONCE} ")
        if frame != line:
            mark = "!" if frame.startswith("errors ") else "|"
        if frame == line or not frame.startswith("errors "):
            shown.append(f"={frame}" if frame != line else f"{mark}{line}")
    text = "".join(f"{line}\n" for line in shown)
    return _OWNER.sub("|oldest=… ", _OPENING.sub("=opening\n", text))


class Channel:
    """One channel to a gate that is kept open from request to request."""

    def __init__(self, command: Iterable[str | Path], stdin: bytes = b"") -> None:
        self.process = subprocess.Popen(
            list(command),
            env={"SSH_ORIGINAL_COMMAND": PROTOCOL},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.write(stdin)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def read(self, end: bytes) -> bytes:
        """Read until a reply ends so; what the gate wrote so far where it ends before."""
        assert self.process.stdout
        raw = b""
        while not raw.endswith(end):
            readable, _, _ = select.select([self.process.stdout], [], [], _PATIENCE_SECONDS)
            assert readable, f"waited for {end!r}, found {raw!r}"
            if not (chunk := os.read(self.process.stdout.fileno(), 65536)):
                break
            raw += chunk
        return raw

    def ask_raw(self, words: str, nonce: str) -> bytes:
        self.write(f"{PROTOCOL} {nonce} {words}\n".encode())
        return self.read_reply(words, nonce)

    def read_reply(self, words: str, nonce: str) -> bytes:
        count = len(words.split()) - (2 if words.startswith("loop ") else 0)
        return self.read(f"={nonce} done sections={count}\n".encode())

    def ask_busy(self, words: str, nonce: str) -> bytes:
        """Send a request that is refused."""
        self.write(f"{PROTOCOL} {nonce} {words}\n".encode())
        return self.read(b" refused busy\n")

    def ask(self, words: str, nonce: str) -> Reply:
        return parse_reply(self.ask_raw(words, nonce), nonce)

    def close(self) -> int:
        """End the connection, and wait for the gate's end."""
        assert self.process.stdin
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        return self.wait()

    def wait(self) -> int:
        """Wait for the gate's end by itself."""
        status = self.process.wait(timeout=120)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        return status
