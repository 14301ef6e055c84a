"""A BoKS host made of files with an operator gate, and commands that write down that they were run."""

import os
import re
import subprocess
import time
from pathlib import Path

from boks_exporter.remote.gate import GateKind
from boks_exporter.remote.request import PROTOCOL
from tests.unit.gate_runs import NONCE, install_gate
from tests.unit.gate_tree import Tree

BOKSADM = """\
[ "$1" = -S ] || exit 98
shift
here=${0%/*}
echo "$*" >>"$here/ran"
[ ! -e "$here/slow" ] || { echo begun; while [ -e "$here/slow" ]; do sleep 0.05; done; }
case "$*" in
'convert -v '*)
	echo 'Stopping daemons...'
	sed "s/^BOKSINIT=.*/BOKSINIT=$3/" "$here/etc/ENV" >"$here/etc/ENV.new" && mv "$here/etc/ENV.new" "$here/etc/ENV"
	echo 'Conversion done.'
	;;
'hostadm -l -t BOKSREPLICA -S') echo REPHOST2 ;;
'Boot -k') echo '=done sections=1'; echo 'one daemon was slow' >&2; exit 3 ;;
esac
"""
"""Convert changes ENV; `slow` next to it holds every command up; `ran` lists what was run, once for each time."""

DATA = ("sequence", "tab1.dat", "tab7.dat")
LOCKED = "R1"
HELD = f"|lock=held\n|run={LOCKED}\n|owner=alice:console\n|since=THEN\n"

VOLATILE = (
    (re.compile(r"^\|hostname=.*$", re.MULTILINE), "|hostname=HERE"),
    (re.compile(r"^\|free_kilobytes=\d+$", re.MULTILINE), "|free_kilobytes=N"),
    (re.compile(r"^\|permitted=(yes|no)$", re.MULTILINE), "|permitted=AS_ROOT"),
    (re.compile(r"^\|since=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$", re.MULTILINE), "|since=THEN"),
    (re.compile(r"^\|lock=(\S+ \S+) \S+$", re.MULTILINE), r"|lock=\1 THEN"),
    (re.compile(r"^\|tool=\S+$", re.MULTILINE), "|tool=ONE"),
    (re.compile(r"^(=end .*) seconds=\d{1,2}\b", re.MULTILINE), r"\1 seconds=N"),
)


class OperatorHost:
    """One host; `op` asks its gate as the operator's key does."""

    def __init__(self, root: Path, init: str = "server", *, shell: str = "/bin/sh", limit: int = 8) -> None:
        self.tree = Tree(root / "host", init)
        self.tree.boksadm_is(BOKSADM)
        for name in DATA:
            (self.data / name).write_text(f"{name} of {init}\n")
        self.state = root / "state"
        self.gate = install_gate(
            self.tree,
            root / "gate",
            GateKind.OPERATOR,
            shell=shell,
            limit=limit,
            settings=f"gate_state='{self.state}'\n",
        )

    @property
    def data(self) -> Path:
        return self.tree.var / "data"

    @property
    def slow(self) -> Path:
        """Holds every command up as long as it is there."""
        return self.tree.root / "slow"

    @property
    def ran(self) -> list[str]:
        """What BoKS's commands were really run with."""
        file = self.tree.root / "ran"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def init(self) -> str:
        env = (self.tree.etc / "ENV").read_text()
        return next(line for line in env.splitlines() if line.startswith("BOKSINIT=")).partition("=")[2]

    def database(self, where: str = "") -> set[str]:
        folder = self.data / where
        return {path.name for path in folder.iterdir() if path.name in DATA} if folder.is_dir() else set()

    def begin(self, line: str, *before: str) -> "subprocess.Popen[bytes]":
        """Start a request and do not wait for it."""
        process = subprocess.Popen(
            [*before, self.gate],
            env={"SSH_ORIGINAL_COMMAND": PROTOCOL},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdin
        process.stdin.write(f"{PROTOCOL} {NONCE} op {line}\n".encode())
        process.stdin.close()
        process.stdin = None
        return process

    def op(self, line: str, *before: str) -> str:
        """Ask, and give what stands between the first frame and the last, without what differs from run to run."""
        process = self.begin(line, *before)
        out, err = process.communicate(timeout=60)
        assert err == b""
        return whole(out)

    def settled(self, line: str) -> str:
        """Ask again for as long as it runs, as the runner does; whose request it was is left out."""
        while "state=running" in (reply := self.op(line)):
            time.sleep(0.1)
        return reply.replace(" repeated=yes", "")

    def record(self, step: str) -> Path:
        return self.state / "records" / step

    def has_pid(self, step: str) -> bool:
        """Whether the worker has written its command's process id, which it does while the command runs."""
        pid = self.record(step) / "pid"
        return pid.exists() and pid.read_text().endswith("\n")


def locked(host: OperatorHost) -> OperatorHost:
    """Take a host's lock, without which nothing is changed."""
    assert host.op(f"lock {LOCKED} alice:console") == f"=section lock\n{HELD}=end lock exit=0\n"
    return host


def whole(out: bytes) -> str:
    """Render a reply without its nonce and what differs from run to run: `|` marks output, `!` errors."""
    opening, *lines, last = out.decode().removesuffix("\n").split("\n")
    assert opening.startswith(f"={NONCE} {PROTOCOL} version=2.1.2 ")
    assert last == f"={NONCE} done sections=1"
    text = rendered(lines)
    for pattern, word in VOLATILE:
        text = pattern.sub(word, text)
    return text


def rendered(lines: list[str]) -> str:
    mark, shown = "|", []
    for line in lines:
        frame = line.removeprefix(f"={NONCE} ")
        if frame.startswith("errors ") and frame != line:
            mark = "!"
        else:
            shown.append(f"={frame}\n" if frame != line else f"{mark}{line}\n")
    return "".join(shown)


def ask(host: OperatorHost, line: str, *, command: str = PROTOCOL) -> tuple[str, int]:
    """Send any request line; the reply without its nonce, and the status."""
    result = subprocess.run(
        [host.gate],
        env={b"SSH_ORIGINAL_COMMAND": os.fsencode(command)},
        input=os.fsencode(line) + b"\n",
        capture_output=True,
        timeout=60,
    )
    return result.stdout.decode(errors="replace").replace(f"={NONCE} ", "="), result.returncode
