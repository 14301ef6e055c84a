"""What two requests do to one host at the same moment, and what a crash leaves for the next request."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from boks_exporter.parsing.operator_reply import parse_operator_reply
from tests.integration.shells import fixture_of_shells
from tests.nonempty import nonempty
from tests.unit.gate_runs import NONCE
from tests.unit.operator_host import DATA, OperatorHost, locked

shell = fixture_of_shells()
RACES = 20


def refused(reason: str, section: str = "do") -> str:
    return f"=section {section}\n=end {section} state=refused reason={reason}\n"


def ended(host: OperatorHost, process: "subprocess.Popen[bytes]") -> str:
    out, _ = process.communicate(timeout=60)
    reply = parse_operator_reply(out, "do", NONCE)
    return reply.ending.get("reason") or reply.ending["state"]


def removed_before_converted(host: OperatorHost) -> bool:
    """One after the other, as in a rebuild: the removal had ended when the conversion wrote ENV."""
    ended_at = [path.stat().st_mtime_ns for path in host.tree.root.rglob("removed-*")]
    (env,) = host.tree.root.rglob("ENV")
    return (host.init, host.database()) == ("server", set()) and max(ended_at) <= env.stat().st_mtime_ns


def test_of_two_changes_at_the_same_moment_one_is_made(tmp_path: Path) -> None:
    """Twenty races of `convert server` with `remove-database`: no database is taken from a host that is converted."""
    outcomes = []
    for race in range(RACES):
        host = locked(OperatorHost(tmp_path / str(race), "client"))
        both = [host.begin("do R1.1 convert server"), host.begin("do R1.2 remove-database")]
        outcomes.append(tuple(ended(host, process) for process in both))
        if outcomes[-1] == ("done", "done"):
            assert removed_before_converted(host)
        else:
            assert (host.init, host.database()) in [("server", set(DATA)), ("client", set())]
        assert not (host.state / "change").exists()
    assert set(outcomes) <= {
        ("done", "busy"),
        ("busy", "done"),
        ("done", "not_client"),
        ("partial_database", "done"),
        ("done", "done"),
    }
    assert all(outcome.count("done") == 1 or outcome == ("done", "done") for outcome in nonempty(outcomes))


def test_the_lock_is_looked_at_again_under_the_claim(tmp_path: Path, shell: str) -> None:
    """A request that was on its way while the lock was broken changes nothing."""
    host = locked(OperatorHost(tmp_path, shell=shell))
    text = host.gate.read_text()
    slow = text.replace(
        "work_detached() {", f"work_detached() {{\n\twhile [ -e '{tmp_path}/hold' ]; do sleep 0.1; done", 1
    )
    assert slow != text
    host.gate.write_text(slow)
    (tmp_path / "hold").touch()
    late = host.begin("do R1.1 boot-stop")
    time.sleep(0.5)
    host.op("break-lock R1")
    (tmp_path / "hold").unlink()
    assert ended(host, late) == "not_locked"
    assert host.ran == []


def test_a_void_id_never_runs(tmp_path: Path, shell: str) -> None:
    """However late its request arrives; an id under which something was begun does not become void."""
    host = locked(OperatorHost(tmp_path, shell=shell))
    assert host.op("void R1.1") == "=section void\n=end void state=void\n"
    assert host.op("do R1.1 boot-stop") == refused("void")
    assert host.op("record R1.1") == "=section record\n=end record state=void\n"
    assert host.op("void R1.1") == "=section void\n=end void state=void\n"
    host.settled("do R1.2 boot-start")
    assert host.op("void R1.2") == "=section void\n=end void state=done exit=0 seconds=N repeated=yes\n"
    assert host.ran == ["Boot"]


def test_of_a_request_and_its_voiding_one_wins(tmp_path: Path) -> None:
    """The first request claims the id; the other one gets its record, and both print the same."""
    for race in range(RACES):
        host = locked(OperatorHost(tmp_path / str(race)))
        doing, voiding = host.begin("do R1.1 boot-start"), host.begin("void R1.1")
        done, void = (process.communicate(timeout=60)[0].decode() for process in (doing, voiding))
        if "end void state=void" in void:
            assert "reason=void" in done
            assert host.ran == []
        else:
            assert "end do state=done" in done
            assert host.ran == ["Boot"]


@pytest.mark.parametrize("content", ["", "\n", "R1 ali", "R1 alice\n"])
def test_a_lock_that_a_crash_has_emptied_can_be_taken(tmp_path: Path, shell: str, content: str) -> None:
    """It holds nothing, preflight says so, and one of many gets it."""
    host = OperatorHost(tmp_path, shell=shell)
    host.state.mkdir(mode=0o700)
    (host.state / "lock").write_text(content)
    assert "|lock=none\n" in host.op("preflight")
    asking = [host.begin(f"lock R{number} somebody:there") for number in range(4)]
    replies = [process.communicate(timeout=60)[0].decode() for process in asking]
    assert sum("\nlock=held\n" in reply for reply in replies) == 1
    assert sum("\nlock=other\n" in reply for reply in replies) == 3


def test_a_reused_process_id_does_not_keep_a_host_busy(tmp_path: Path, shell: str) -> None:
    """The worker was killed, and its id is another program's now: its start tells them apart."""
    host = locked(OperatorHost(tmp_path, shell=shell, limit=1))
    host.slow.touch()
    host.begin("do R1.1 boot-stop").communicate(timeout=60)
    until(lambda: host.ran and host.has_pid("R1.1"))
    start = host.record("R1.1") / "start"
    pids = [int(start.read_text().splitlines()[1]), int((host.record("R1.1") / "pid").read_text().split()[0])]
    for pid in pids:
        os.kill(pid, 9)
    host.slow.unlink()
    other = subprocess.Popen(["sleep", "60"])
    try:
        for file in (start, host.state / "change", host.record("R1.1") / "pid"):
            text = file.read_text()
            for pid in pids:
                text = text.replace(str(pid), str(other.pid))
            file.write_text(text)
        assert "state=interrupted" in host.op("record R1.1")
        assert host.settled("do R1.2 boot-start").endswith("state=done exit=0 seconds=N\n")
    finally:
        other.kill()
        other.wait()
    assert host.ran == ["Boot -k", "Boot"]


def test_a_claim_that_a_crash_has_emptied_keeps_no_host_busy(tmp_path: Path) -> None:
    host = locked(OperatorHost(tmp_path))
    (host.state / "change").write_text("")
    assert host.settled("do R1.1 boot-start").endswith("state=done exit=0 seconds=N\n")
    assert host.ran == ["Boot"]


def test_an_emptied_record_is_interrupted_and_never_runs_again(tmp_path: Path) -> None:
    """What began under it is not known."""
    host = locked(OperatorHost(tmp_path))
    host.settled("do R1.1 boot-start")
    for name in ("start", "exit"):
        (host.record("R1.1") / name).write_text("")
    assert "state=interrupted" in host.op("do R1.1 boot-start")
    assert host.ran == ["Boot"]


def change_gate(host: OperatorHost, old: str, new: str) -> str:
    """Change a host's gate; returns what it was."""
    text = host.gate.read_text()
    assert old in text
    host.gate.write_text(text.replace(old, new, 1))
    return text


def stuck_removal(host: OperatorHost) -> str:
    """Cut a removal at its last table; returns the gate that is not stuck."""
    text = change_gate(
        host,
        'mv -f "$1/$name" "$aside/" || return',
        '{ [ "$name" != tab7.dat ] && mv -f "$1/$name" "$aside/"; } || return 9',
    )
    assert "state=done exit=9" in host.settled("do R1.1 remove-database")
    host.gate.write_text(text)
    assert "|database=partial\n" in host.op("preflight")
    return text


def test_a_host_with_half_a_database_is_not_converted_and_gets_it_back(tmp_path: Path, shell: str) -> None:
    """The undoing of a cut removal can be cut, too."""
    host = locked(OperatorHost(tmp_path, "client", shell=shell))
    text = stuck_removal(host)
    change_gate(host, 'mv "$file" "$1/$name" || return', "return 9")
    assert "state=done exit=9" in host.settled("do R1.2 restore-database R1.1")
    assert "|database=partial\n" in host.op("preflight")
    assert host.op("do R1.3 convert server") == refused("partial_database")
    host.gate.write_text(text)
    assert "state=done exit=0" in host.settled("do R1.4 restore-database R1.1")
    assert host.database() == set(DATA)


def test_a_second_removal_ends_what_a_cut_one_has_begun(tmp_path: Path, shell: str) -> None:
    """Nothing is left in its place then, and the undoing finds the files of both."""
    host = locked(OperatorHost(tmp_path, "client", shell=shell))
    stuck_removal(host)
    assert "state=done exit=0" in host.settled("do R1.1-2 remove-database")
    assert "|database=absent\n" in host.op("preflight")
    assert "state=done exit=0" in host.settled("do R1.2 restore-database R1.1-2")
    assert "|database=present\n" in host.op("preflight")
    assert host.database() == set(DATA)


@pytest.mark.parametrize("odd", ["tab7.dat", "sequence"])
def test_preflight_finds_odd_files(tmp_path: Path, odd: str) -> None:
    host = OperatorHost(tmp_path, "client")
    (host.data / odd).unlink()
    (host.data / odd).mkdir()
    assert "|database=odd\n" in host.op("preflight")


def until(holds: Callable[[], object], within: float = 20.0) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
