"""What an operator can ask a host without changing it."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from boks_exporter.model import Reach
from boks_exporter.parsing.operator_reply import parse_operator_reply, reach_of
from tests.nonempty import nonempty
from tests.unit.gate_runs import NONCE
from tests.unit.operator_host import DATA, OperatorHost, locked


def test_preflight_shows_what_a_change_needs_and_changes_nothing(tmp_path: Path) -> None:
    """Each line stands for something that a later step rests on."""
    host = OperatorHost(tmp_path)
    (host.tree.var / "LCK").mkdir()
    (host.tree.var / "LCK" / "boks_init").write_text(f"{os.getpid()}\n")
    assert host.op("preflight") == (
        "=section preflight\n|hostname=HERE\n|role=server\n|daemons=running\n|permitted=AS_ROOT\n"
        "|boksadm=yes\n|state=writable\n|lock=none\n|busy=none\n|free_kilobytes=N\n|database=present\n"
        "=end preflight exit=0\n"
    )
    assert (host.ran, list(host.state.iterdir())) == ([], [])


def test_preflight_shows_what_would_be_in_the_way(tmp_path: Path) -> None:
    """No program, no database, a state directory that others can write, a lock, unknown daemons."""
    host = locked(OperatorHost(tmp_path, "client"))
    for name in DATA:
        (host.data / name).unlink()
    host.tree.boksadm.unlink()
    host.state.chmod(0o777)
    assert host.op("preflight") == (
        "=section preflight\n|hostname=HERE\n|role=client\n|daemons=unknown\n|permitted=AS_ROOT\n|boksadm=no\n"
        "|state=unusable\n|lock=R1 alice:console THEN\n|busy=none\n|free_kilobytes=N\n|database=absent\n"
        "=end preflight exit=0\n"
    )


@pytest.mark.parametrize(("pid", "word"), [("4194999", "stopped"), ("", "stopped"), ("SELF", "running")])
def test_daemons_are_judged_by_their_own_pid_file(tmp_path: Path, pid: str, word: str) -> None:
    """A file without a living process means stopped; whether the number is another's is not for the gate to guess."""
    host = OperatorHost(tmp_path)
    (host.tree.var / "LCK").mkdir()
    (host.tree.var / "LCK" / "boks_init").write_text(pid.replace("SELF", str(os.getpid())))
    assert f"|daemons={word}\n" in host.op("preflight")


def test_only_the_master_reports_the_registered_replicas(tmp_path: Path) -> None:
    """On a replica the question is skipped."""
    master, replica = OperatorHost(tmp_path / "m", "master"), OperatorHost(tmp_path / "r")
    assert master.op("registered") == "=section registered\n|REPHOST2\n=end registered exit=0\n"
    assert master.ran == ["hostadm -l -t BOKSREPLICA -S"]
    assert replica.op("registered") == "=section registered\n=end registered skipped=not_master\n"


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """Yield a port that listens and one that does not."""
    with socket.socket() as listening, socket.socket() as closed:
        for each in (listening, closed):
            each.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1], closed.getsockname()[1]


def test_a_witness_distinguishes_a_listening_port_from_a_closed_one(tmp_path: Path, ports: tuple[int, int]) -> None:
    """The answer names the tool that gave it."""
    host = OperatorHost(tmp_path)
    for port, word in zip(ports, ("reachable", "refused"), strict=True):
        reply = host.op(f"reach 127.0.0.1 {port}")
        assert reply == f"=section reach\n|reach={word}\n|tool=ONE\n=end reach exit=0\n"
    assert "|reach=unknown\n" in host.op("reach no-such-host.invalid 22")


PERL_WITHOUT_SOCKET = "#!/bin/sh\nexit 2\n"
TOOLS = {"": ("unknown", "unknown"), "bash": ("reachable", "refused")}


@pytest.mark.parametrize("tool", TOOLS, ids=("none", "one"))
def test_without_a_perl_that_can_connect_another_tool_does(tmp_path: Path, ports: tuple[int, int], tool: str) -> None:
    """What no tool can find out is unknown, never guessed."""
    host = OperatorHost(tmp_path)
    tools = tmp_path / "bin"
    tools.mkdir()
    for program in ("sed", "ps", "awk", "sleep", "tr", "od", "date", "cat", "id", "ls", "timeout"):
        (tools / program).symlink_to(shutil.which(program) or "/missing")
    (tools / "perl").write_text(PERL_WITHOUT_SOCKET)
    (tools / "perl").chmod(0o755)
    if tool:
        (tools / tool).symlink_to(f"/bin/{tool}")
    text = host.gate.read_text()
    host.gate.write_text(text.replace("PATH=/usr/xpg4/bin:/usr/bin:/bin:/usr/sbin:/sbin", f"PATH={tools}"))
    for port, word in nonempty(zip(ports, TOOLS[tool], strict=True)):
        reply = host.begin(f"reach 127.0.0.1 {port}").communicate(timeout=60)[0].decode()
        told_by = "none" if word == "unknown" else tool
        assert reply.splitlines()[2:4] == [f"reach={word}", f"tool={told_by}"]


def test_a_host_that_is_silent_times_out(tmp_path: Path) -> None:
    """A tool that waits too long is ended, and that is an answer."""
    host = OperatorHost(tmp_path, limit=1)
    text = host.gate.read_text()
    assert "\ttool=perl\n" in text
    host.gate.write_text(text.replace("\ttool=perl\n", f'\t"{host.tree.forever}" 60\n', 1))
    raw = host.begin("reach 127.0.0.1 9").communicate(timeout=60)[0]
    assert reach_of(parse_operator_reply(raw, "reach", NONCE)) is Reach.TIMEOUT
    assert host.tree.left_behind() == []


def test_preflight_names_the_change_since_which_the_role_was_not_written(tmp_path: Path) -> None:
    """What is written into ENV by hand after it, or by a change that did not end, leaves no such line."""
    host = locked(OperatorHost(tmp_path, "server"))
    env = host.tree.etc / "ENV"
    assert "unchanged_since" not in host.op("preflight")
    host.op("do R1.1 boot-stop")
    host.op("void R1.2")
    ended = (host.state / "records" / "R1.1" / "exit").stat().st_mtime
    os.utime(env, (ended - 5, ended - 5))
    assert "|busy=none\n|unchanged_since=R1.1\n" in host.op("preflight")
    os.utime(env, (ended + 5, ended + 5))
    assert "unchanged_since" not in host.op("preflight")
    os.utime(env, (ended - 5, ended - 5))
    env.rename(env.with_name("ENV.real"))
    env.symlink_to(env.with_name("ENV.real"))
    assert "unchanged_since" not in host.op("preflight")
