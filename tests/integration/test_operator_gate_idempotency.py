"""A change happens exactly once, whatever becomes of the connection, the gate or the host."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.nonempty import nonempty
from tests.unit.operator_host import OperatorHost

STOP = "do R1.1 boot-stop"
OUTPUT = "|=done sections=1\n!one daemon was slow\n"
DONE = f"{OUTPUT}=end do state=done exit=3 seconds=N"


@contextmanager
def operated(root: Path, shell: str = "/bin/sh") -> Iterator[OperatorHost]:
    """Yield a host that is locked for R1, on which no process may be left at the end."""
    host = OperatorHost(root, limit=1, shell=shell)
    host.op("lock R1 alice:console")
    yield host
    host.slow.unlink(missing_ok=True)
    assert host.tree.left_behind() == []


@pytest.fixture
def host(tmp_path: Path) -> Iterator[OperatorHost]:
    with operated(tmp_path) as host:
        yield host


def until(holds: Callable[[], object], within: float = 20.0) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "the condition was never met"
        time.sleep(0.02)


def begun(host: OperatorHost, line: str = STOP) -> "subprocess.Popen[bytes]":
    """Start a change that is held up, and wait until its command runs."""
    host.slow.touch()
    gate = host.begin(line)
    until(lambda: host.ran and host.has_pid("R1.1"))
    return gate


def worker(host: OperatorHost, step: str = "R1.1") -> int:
    return int((host.record(step) / "start").read_text().splitlines()[1])


def end(gate: "subprocess.Popen[bytes]") -> None:
    """Kill a gate with its whole process group, and forget it."""
    os.killpg(gate.pid, signal.SIGKILL)
    gate.communicate(timeout=120)


def test_a_repeated_request_is_answered_from_the_record(host: OperatorHost) -> None:
    """Word for word, for as long as the record is there, also when the lock is gone."""
    assert host.settled(STOP) == f"=section do\n{DONE}\n"
    host.op("unlock R1")
    assert host.op(STOP) == f"=section do\n{DONE} repeated=yes\n"
    assert host.op("record R1.1") == f"=section record\n{DONE.replace('end do', 'end record')} repeated=yes\n"
    assert host.ran == ["Boot -k"]


def test_an_id_belongs_to_one_request(host: OperatorHost) -> None:
    """Another change under the same id is refused, whether the first has ended or not."""
    host.settled(STOP)
    refused = "=section do\n=end do state=refused reason=other_request\n"
    assert host.op("do R1.1 boot-start") == refused
    assert host.op("do R1.1 convert client") == refused
    assert host.ran == ["Boot -k"]


def test_concurrent_equal_requests_run_one_command(host: OperatorHost) -> None:
    """Eight ask at once, and one claims the id."""
    host.slow.touch()
    asking = [host.begin(STOP) for _ in range(8)]
    replies = [gate.communicate(timeout=60)[0].decode() for gate in asking]
    assert all("state=running" in reply for reply in nonempty(replies))
    until(lambda: host.ran)
    host.slow.unlink()
    assert host.settled(STOP) == f"=section do\n|begun\n{DONE}\n"
    assert host.ran == ["Boot -k"]


def test_a_long_command_is_reported_as_running_and_asked_for_again(host: OperatorHost) -> None:
    """The gate waits for its limit only; what was printed so far comes at once."""
    begun(host).communicate(timeout=120)
    still = "|begun\n=end {0} state=running seconds=N repeated=yes\n"
    assert host.op(STOP) == "=section do\n" + still.format("do")
    assert host.op("record R1.1") == "=section record\n" + still.format("record")
    host.slow.unlink()
    until((host.record("R1.1") / "exit").exists)
    assert host.op(STOP) == f"=section do\n|begun\n{DONE} repeated=yes\n"
    assert host.ran == ["Boot -k"]


@pytest.mark.parametrize("how", ["the reader goes away", "the gate is killed", "its group hangs up"])
def test_the_command_outlives_its_connection(host: OperatorHost, how: str) -> None:
    """It continues detached, ends in its own time, and the next request returns its result."""
    gate = begun(host)
    with gate:
        assert gate.stdout is not None
        if how == "the reader goes away":
            gate.stdout.close()
        else:
            os.killpg(gate.pid, signal.SIGHUP if how.endswith("hangs up") else signal.SIGKILL)
        gate.wait(timeout=120)
    assert "state=running" in host.op(STOP)
    host.slow.unlink()
    until((host.record("R1.1") / "exit").exists)
    assert host.op(STOP) == f"=section do\n|begun\n{DONE} repeated=yes\n"
    assert host.ran == ["Boot -k"]


def test_while_one_change_runs_no_other_begins(host: OperatorHost) -> None:
    """Not even under the same lock, nor after it was broken and acquired again."""
    end(begun(host))
    busy = "=section do\n=end do state=refused reason=busy\n"
    assert host.op("do R1.2 boot-start") == busy
    host.op("break-lock R1")
    host.op("lock R2 bob:laptop")
    assert host.op("do R2.1 boot-start") == busy
    assert "|busy=R1.1\n" in host.op("preflight")
    host.slow.unlink()
    until((host.record("R1.1") / "exit").exists)
    assert host.settled("do R2.1 boot-start").endswith("state=done exit=0 seconds=N\n")
    assert host.ran == ["Boot -k", "Boot"]


def test_a_command_that_dies_with_its_host_is_interrupted(host: OperatorHost) -> None:
    """Neither done nor to be run again under that id: somebody must look first."""
    end(begun(host))
    for pid in (worker(host), int((host.record("R1.1") / "pid").read_text().split()[0])):
        os.kill(pid, signal.SIGKILL)
    until(lambda: "state=interrupted" in host.op("record R1.1"))
    host.slow.unlink()
    assert host.op(STOP) == "=section do\n|begun\n=end do state=interrupted seconds=N repeated=yes\n"
    assert host.settled("do R1.2 boot-start").endswith("state=done exit=0 seconds=N\n")
    assert host.ran == ["Boot -k", "Boot"]


def test_after_a_reboot_no_other_process_passes_for_the_command(host: OperatorHost) -> None:
    """Process numbers start again with each boot, so the boot is recorded with them."""
    end(begun(host))
    start = host.record("R1.1") / "start"
    lines = start.read_text().splitlines()
    assert lines[0] == "R1.1 boot-stop"
    start.write_text("\n".join([*lines[:2], "another boot ", *lines[3:]]) + "\n")
    assert host.op("record R1.1").endswith("=end record state=interrupted seconds=N repeated=yes\n")
    host.slow.unlink()


def test_when_only_the_keeper_of_the_record_dies_the_command_still_counts(host: OperatorHost) -> None:
    """While it runs it is reported as running; once it has ended, its result is reported as unknown."""
    end(begun(host))
    os.kill(worker(host), signal.SIGKILL)
    assert "state=running" in host.op("record R1.1")
    assert "reason=busy" in host.op("do R1.2 boot-start")
    host.slow.unlink()
    until(lambda: "state=interrupted" in host.op("record R1.1"))
    assert host.op("record R1.1").startswith("=section record\n|begun\n|=done sections=1\n!one daemon was slow\n")


def test_a_record_that_is_no_record_is_not_believed(host: OperatorHost) -> None:
    """An exit status that is no number is none."""
    host.settled(STOP)
    (host.record("R1.1") / "exit").write_text("fine\n")
    assert "state=interrupted" in host.op(STOP)


def test_only_the_output_of_old_records_is_forgotten(host: OperatorHost) -> None:
    """Two hundred keep theirs; of the others the outcome stays, so that no id ever runs twice."""
    for number in range(205):
        old = host.record(f"R0.{number}")
        old.mkdir(parents=True)
        (old / "start").write_text(f"R0.{number} boot-stop\n1\n\nmark\n\n")
        (old / "exit").write_text("0\n")
        (old / "out").write_text("said\n")
        os.utime(old, (1_000_000 + number, 1_000_000 + number))
    host.op(STOP)
    until(lambda: not (host.record("R0.5") / "out").exists())
    kept = [number for number in range(205) if (host.record(f"R0.{number}") / "out").exists()]
    assert kept == list(range(6, 205))
    assert host.op("do R0.0 boot-stop") == "=section do\n=end do state=done exit=0 seconds=N repeated=yes\n"
    assert host.ran == ["Boot -k"]


def test_a_flood_of_output_is_cut_in_the_reply(host: OperatorHost) -> None:
    """Two thousand lines are told; errors are told for fifty lines of five hundred characters."""
    flood = '[ "$1" = -S ]; seq 1 5000; for n in $(seq 1 90); do printf "%0600d\\n" $n >&2; done\n'
    host.tree.boksadm_is(flood)
    reply = host.settled("do R1.1 boot-start").splitlines()
    assert [line for line in reply if line.startswith("|")] == [f"|{number}" for number in range(1, 2001)]
    assert [len(line) for line in reply if line.startswith("!")] == [len("!") + 500 + len(" [cut]")] * 50
    assert reply[-1] == "=end do state=done exit=0 seconds=N"


def test_output_cannot_play_with_a_terminal_or_forge_a_frame(host: OperatorHost) -> None:
    """Every line is prefixed, control characters are question marks, a last line without its end is whole."""
    host.tree.boksadm_is("printf '=end do state=done exit=0\\nA\\033[2JB\\rC\\n\\nlast'\nexit 9\n")
    assert host.settled("do R1.1 boot-start") == (
        "=section do\n|=end do state=done exit=0\n|A?[2JB C\n|\n|last\n=end do state=done exit=9 seconds=N\n"
    )


def test_a_command_inherits_nothing_of_the_connection(host: OperatorHost) -> None:
    """Its own files for output, an empty input, a usual umask, the root directory, and no signal ignored."""
    host.tree.boksadm_is(
        "umask; pwd; wc -c; env | sort; sed -n 's/^SigIgn:\\t*//p' /proc/self/status; ls /proc/self/fd\n"
    )
    lines = [line[1:] for line in host.settled("do R1.1 boot-start").splitlines() if line.startswith("|")]
    assert lines[:3] == ["0022", "/", "0"]
    shown = {line.partition("=")[0] for line in lines[3:] if "=" in line}
    assert shown - {"PWD", "OLDPWD", "_", "SHLVL"} == {"PATH", "HOME", "LC_ALL", "UNIX95"}
    ignored = next(line for line in lines if len(line) == 16 and "=" not in line)
    assert int(ignored, 16) & (1 << (signal.SIGHUP - 1) | 1 << (signal.SIGTERM - 1) | 1 << (signal.SIGPIPE - 1)) == 0
    assert {line for line in lines if line.isdigit() and len(line) == 1} - {"0"} == {"1", "2", "3"}


@pytest.mark.parametrize("shell", ["dash", "busybox", "ksh93", "mksh", "bash"])
def test_under_every_shell_a_change_runs_once_and_outlives_its_gate(tmp_path: Path, shell: str) -> None:
    """The whole life of a change: refused, begun, orphaned, running, ended, repeated; and a database moved aside."""
    program = shutil.which(shell)
    assert program, f"{shell} is not installed: run scripts/setup-system"
    link = tmp_path / shell / "sh"
    link.parent.mkdir()
    link.symlink_to(program)
    with operated(tmp_path, str(link)) as host:
        assert host.op("do R2.1 boot-stop") == "=section do\n=end do state=refused reason=not_locked\n"
        end(begun(host))
        assert host.op(STOP) == "=section do\n|begun\n=end do state=running seconds=N repeated=yes\n"
        host.slow.unlink()
        until((host.record("R1.1") / "exit").exists)
        assert host.op(STOP) == f"=section do\n|begun\n{DONE} repeated=yes\n"
        assert host.settled("do R1.2 convert client").endswith(
            "\n|Conversion done.\n=end do state=done exit=0 seconds=N\n"
        )
        assert host.settled("do R1.3 remove-database").endswith("state=done exit=0 seconds=N\n")
        assert host.op("do R1.4 convert master") == "=section do\n=end do state=refused reason=no_database\n"
        assert host.settled("do R1.5 restore-database R1.3").endswith("state=done exit=0 seconds=N\n")
        assert host.op("unlock R1") == "=section unlock\n|lock=none\n=end unlock exit=0\n"
        assert host.ran == ["Boot -k", "convert -v client"]


@pytest.mark.parametrize("missing", ["setsid", "setsid perl"])
def test_without_setsid_a_change_is_detached_all_the_same(tmp_path: Path, missing: str) -> None:
    """By perl, or else by ignoring the hang-up: AIX, Solaris and HP-UX have no setsid."""
    with operated(tmp_path) as host:
        text = host.gate.read_text()
        for tool in missing.split():
            assert f"command -v {tool} >" in text
            text = text.replace(f"command -v {tool} >", f"command -v no-{tool} >")
        host.gate.write_text(text)
        gate = begun(host)
        os.killpg(gate.pid, signal.SIGHUP)
        gate.communicate(timeout=120)
        assert "state=running" in host.op(STOP)
        host.slow.unlink()
        until((host.record("R1.1") / "exit").exists)
        assert host.op(STOP) == f"=section do\n|begun\n{DONE} repeated=yes\n"
