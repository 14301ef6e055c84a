"""What the operator gate does at midnight, behind links, at its limits, and to what is another run's."""

import subprocess
from pathlib import Path

import pytest

from tests.unit.gate_processes import wait_until
from tests.unit.operator_host import DATA, HELD, OperatorHost, locked

DONE = "state=done exit=0"
DATE = """\
#!/bin/sh
PATH=/bin:/usr/bin
[ "$*" = "-u +%Y %j %H %M %S" ] || { echo 2026-12-31T23:59:59; exit; }
(set -C && date +%s >"${0%/*}/begun") 2>/dev/null
while at=$(cat "${0%/*}/begun") && [ -z "$at" ]; do :; done
after=$(($(date +%s) - at))
[ "$after" -gt 0 ] || exec echo "2026 365 23 59 59"
printf '2027 001 00 %02d %02d\\n' $((after / 60)) $((after % 60))
"""
"""Its first second is the last one of a year."""


@pytest.fixture
def host(tmp_path: Path) -> OperatorHost:
    return locked(OperatorHost(tmp_path, "client"))


def changed(host: OperatorHost, old: str, new: str) -> None:
    text = host.gate.read_text()
    assert text.count(old) == 1
    host.gate.write_text(text.replace(old, new))


def held_up(host: OperatorHost, before: str) -> Path:
    """Make the gate wait before a line while the returned file is there; `hold.reached` says that it waits."""
    hold = host.tree.root / "hold"
    hold.touch()
    changed(host, before, f">'{hold}.reached'; while [ -e '{hold}' ]; do sleep 0.05; done\n{before}")
    return hold


def test_a_change_over_midnight_takes_seconds(tmp_path: Path) -> None:
    """No time is negative, and following a command that still runs ends."""
    host = locked(OperatorHost(tmp_path, limit=3))
    host.slow.touch()
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "date").write_text(DATE)
    (tools / "date").chmod(0o755)
    changed(host, "PATH=/usr/xpg4/bin:", f"PATH={tools}:/usr/xpg4/bin:")
    try:
        gate = host.begin("do R1.1 boot-stop")
        said = gate.communicate(timeout=120)[0].decode()
    finally:
        host.slow.unlink()
    assert "state=running" in said
    assert 0 <= int(said.partition("seconds=")[2].split()[0]) <= 60


@pytest.mark.parametrize("line", ["reach 127.0.0.1 65535", "freeze 604800 alice:console why"])
def test_the_largest_numbers_are_accepted(tmp_path: Path, line: str) -> None:
    assert "exit=0" in OperatorHost(tmp_path).op(line)


def test_what_the_gate_keeps_is_its_own(host: OperatorHost) -> None:
    """No other user can read or write its directory of state, or what is in it."""
    host.settled("do R1.1 boot-start")
    assert {path.stat().st_mode & 0o77 for path in (host.state, *host.state.rglob("*"))} == {0}


@pytest.mark.parametrize("missing", [(), ("setsid",), ("setsid", "perl")])
def test_what_a_change_starts_has_the_memory_that_its_login_has(host: OperatorHost, missing: tuple[str, ...]) -> None:
    """BoKS's daemons run on with it: the limit of the gate's own shells is not theirs."""
    for tool in missing:
        changed(host, f"command -v {tool} >", f"command -v no-{tool} >")
    host.tree.boksadm_is("ulimit -S -v\n")
    own = subprocess.run(["sh", "-c", "ulimit -S -v"], capture_output=True, text=True, check=True).stdout
    assert host.settled("do R1.1 boot-start").startswith(f"=section do\n|{own}=end ")


def test_a_lock_that_another_run_gets_while_one_is_given_back_stays(host: OperatorHost) -> None:
    """The one that gives it back has read it before."""
    before = 'mv -f "$gate_state/lock" "$mine"'
    hold = held_up(host, before)
    late = host.begin("unlock R1")
    wait_until(Path(f"{hold}.reached").exists)
    (host.state / "lock").write_text("R2 bob:laptop 2026-12-01T00:00:00\n")
    hold.unlink()
    assert b"lock=other" in late.communicate(timeout=60)[0]
    assert (host.state / "lock").read_text().startswith("R2 bob:laptop ")


def test_another_runs_lock_is_not_even_touched(host: OperatorHost) -> None:
    """While it was moved, a third run could get it."""
    before = (host.state / "lock").stat().st_ctime_ns
    assert host.op("unlock R2") == f"=section unlock\n{HELD.replace('held', 'other')}=end unlock exit=1\n"
    assert (host.state / "lock").stat().st_ctime_ns == before


def test_an_id_that_became_void_while_its_request_was_on_its_way_runs_nothing(host: OperatorHost) -> None:
    hold = held_up(host, 'reason=$(objection "$@")')
    late = host.begin("do R1.1 boot-stop")
    wait_until(Path(f"{hold}.reached").exists)
    assert "state=void" in host.op("void R1.1")
    hold.unlink()
    assert b"reason=void" in late.communicate(timeout=60)[0]
    assert "state=void" in host.op("record R1.1")
    wait_until(lambda: not (host.state / "change").exists())
    assert host.ran == []


def test_an_exit_status_appears_whole(host: OperatorHost) -> None:
    """It gets its name once it is written: a link under that name is replaced, not followed."""
    host.record("R1.1").mkdir(parents=True)
    (host.record("R1.1") / "exit").symlink_to(host.tree.root / "elsewhere")
    assert DONE in host.settled("do R1.1 boot-start")
    assert not (host.tree.root / "elsewhere").exists()
    assert (host.record("R1.1") / "exit").read_text() == "0\n"


def test_no_link_is_followed_on_restoring(host: OperatorHost) -> None:
    """Neither as the only directory of a run nor next to a real one."""
    elsewhere = host.tree.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "tab9.dat").write_text("not ours")
    assert DONE in host.settled("do R1.1 remove-database")
    for name in ("removed-R1.9", "removed-R2.1"):
        (host.data / name).symlink_to(elsewhere)
    assert "reason=nothing_there" in host.op("do R1.2 restore-database R2.1")
    assert DONE in host.settled("do R1.3 restore-database R1.1")
    assert (host.database(), [path.name for path in elsewhere.iterdir()]) == (set(DATA), ["tab9.dat"])
