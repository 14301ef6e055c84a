"""The simulated host as files and programs: what is done to one is done to the other."""

import asyncio
import pwd
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from boks_exporter.remote.request import PROTOCOL
from boks_exporter.simulator.domain import Boksinit, Fault
from tests.integration.fleet import Fleet, running_fleet
from tests.sshd.processes import mentioning

HOST = "REPHOST3"


def boksadm(fleet: Fleet, host: str, *words: str) -> "subprocess.CompletedProcess[str]":
    program = fleet.tree.hosts[host].root / "sbin/boksadm"
    return subprocess.run([str(program), *words], capture_output=True, text=True, timeout=120)


def test_a_program_prints_what_the_domain_prints(fleet: Fleet) -> None:
    """Output, errors and status of a command come through unchanged."""
    with fleet.clock.standing_still():
        fleet.do(fleet.tree.write)
        expected = fleet.do(lambda: fleet.domain.run(HOST, ("boksdiag", "sequence")))
        got = boksadm(fleet, HOST, "-S", "boksdiag", "sequence")
    assert (got.stdout, got.stderr, got.returncode) == (expected.stdout.decode(), "", 0)
    got = boksadm(fleet, HOST, "-S", "no-such-command", "with words")
    assert (got.stdout, got.stderr, got.returncode) == ("", "boksadm: no-such-command with words: not found\n", 127)


def test_boksadm_needs_a_command(fleet: Fleet) -> None:
    """Called in any other way it says how it is called."""
    got = boksadm(fleet, HOST, "boksdiag", "list")
    assert (got.returncode, got.stderr) == (64, "usage: boksadm -S COMMAND [ARGUMENT...]\n")


def test_the_other_programs_do_the_same_as_through_boksadm(fleet: Fleet) -> None:
    """`convert`, `Boot` and the others can be called by their own names."""
    root = fleet.tree.hosts["MASTER1"].root / "sbin"
    listed = subprocess.run([str(root / "hostadm"), "-l", "-t", "BOKSREPLICA", "-S"], capture_output=True, text=True)
    assert listed.stdout == boksadm(fleet, "MASTER1", "-S", "hostadm", "-l", "-t", "BOKSREPLICA", "-S").stdout
    assert listed.stdout.splitlines() == ["REPHOST2", "REPHOST3"]


def test_a_conversion_changes_env_on_disk(fleet: Fleet) -> None:
    """What `convert` says and what ENV holds agree, and the way back restores both."""
    env = fleet.tree.hosts[HOST].root / "etc/ENV"
    got = boksadm(fleet, HOST, "-S", "convert", "-v", "client")
    assert got.stdout.splitlines()[-1] == "Conversion from replica to client done."
    assert "BOKSINIT=client\n" in env.read_text()
    boksadm(fleet, HOST, "-S", "convert", "-v", "server")
    assert "BOKSINIT=server\n" in env.read_text()


def test_the_files_follow_the_time(fleet: Fleet) -> None:
    """The numbers on disk grow as the master writes, without anybody asking."""
    sequence = fleet.tree.hosts["MASTER1"].root / "var/data/sequence"
    before = sequence.read_text()
    deadline = time.monotonic() + 10
    while sequence.read_text() == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_database_that_is_removed_by_hand_is_gone(fleet: Fleet) -> None:
    """After `rm *.dat sequence` on a client the domain has no data there, and a new replica loads its copy."""
    data = fleet.tree.hosts[HOST].root / "var/data"
    boksadm(fleet, HOST, "-S", "convert", "-v", "client")
    for file in data.glob("*.dat"):
        file.unlink()
    fleet.do(fleet.tree.write)
    assert (data / "sequence").exists()
    assert not list(data.glob("*.dat"))
    assert fleet.domain.hosts[HOST].copy.database is not None
    (data / "sequence").unlink()
    fleet.do(fleet.tree.write)
    assert fleet.domain.hosts[HOST].copy.database is None
    assert not (data / "sequence").exists()
    boksadm(fleet, HOST, "-S", "convert", "-v", "server")
    fleet.do(fleet.tree.write)
    assert (data / "sequence").exists()
    assert fleet.domain.hosts[HOST].role is Boksinit.SERVER


def test_the_spool_is_as_old_as_what_waits_in_it(fleet: Fleet) -> None:
    """While a replica takes nothing, files pile up on the master; their times tell since when."""
    spool = fleet.tree.hosts["MASTER1"].root / "var/data/master_spool"
    assert list(spool.iterdir()) == []
    fleet.set_fault(HOST, Fault.DOWN)
    fleet.do(lambda: fleet.clock.pass_on(300.0))
    fleet.do(fleet.tree.write)
    ages = sorted(time.time() - file.stat().st_mtime for file in spool.glob("dd_fcom_*"))
    assert 250 < ages[-1] < 400
    assert len(ages) == 6 or len(ages) == 5
    fleet.clear_fault(HOST, Fault.DOWN)
    fleet.do(fleet.tree.write)
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize("fault", [Fault.HANGING, Fault.DOWN])
def test_nothing_is_left_of_a_call_that_was_ended(fleet: Fleet, fault: Fault) -> None:
    """A program that is killed while it waits leaves no process."""
    fleet.set_fault(HOST, fault)
    program = fleet.tree.hosts[HOST].root / "sbin/boksadm"
    process = subprocess.Popen([str(program), "-S", "boksdiag", "sequence"], stdout=subprocess.DEVNULL)
    if fault is Fault.HANGING:
        time.sleep(0.2)
        assert process.poll() is None
        process.kill()
    process.wait(timeout=120)
    assert fleet.programs_running(HOST) == set()


def test_tree_and_servers_leave_nothing() -> None:
    """After the block there is no process, no user and no directory left, even if a command still hung."""
    with running_fleet() as fleet:
        user, directory = fleet.servers.user, fleet.tree.directory
        fleet.set_fault(HOST, Fault.HANGING)
        client = subprocess.Popen(
            fleet.command("ssh", HOST, PROTOCOL),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(f"{PROTOCOL} 0a sequence\n".encode())
        client.stdin.flush()
        while not fleet.is_running(HOST):
            time.sleep(0.05)
    client.wait(timeout=120)
    client.stdout.close()
    with suppress(BrokenPipeError):
        client.stdin.close()
    assert not Path(directory).exists()
    assert user not in {entry.pw_name for entry in pwd.getpwall()}
    assert asyncio.run(mentioning([str(directory)])) == set()
