"""Looks, and changes of replicas, from the command line: OpenSSH's own sshd, the real gate before BoKS, real sudo."""

import pytest

from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.domain.invariants import Invariant
from tests.integration.terminal import At, quiet_layout

pytestmark = pytest.mark.timeout(300)


def test_candidates_plan_and_verify_change_nothing(at: At) -> None:
    """They show the present state, and no host has a lock, a record or another role afterwards."""
    terminal = at(quiet_layout())
    terminal.register("MASTER1")
    code, shown = terminal("candidates")
    assert code == 0, shown
    ranked = [line for line in shown.splitlines() if line.startswith(("1.", "2.", "3."))]
    assert ranked == [
        "1. REPHOST2: free, 0 updates behind the best, promotion neutral",
        "2. REPHOST3: free, 0 updates behind the best, promotion neutral",
    ]
    assert shown.splitlines()[-1].startswith("next: boks-exporter failover switchover REPHOST2 --config.file ")
    code, shown = terminal("switchover", "REPHOST3")
    assert code == 0, shown
    assert "sends   boks-gate/1 op do RUN.1 " not in shown
    assert shown.rstrip().splitlines()[-1].startswith("  boks-exporter failover switchover REPHOST3 --apply ")
    code, shown = terminal("verify")
    assert code == 0, shown
    assert [line.split()[0] for line in shown.splitlines()] == ["yes", "yes", "yes"]
    written = [path.name for host in terminal.fleet.tree.hosts.values() for path in host.state.rglob("*")]
    assert set(written) <= {"polls"}, "the gate counts its polls there, and keeps nothing else"
    terminal.insist_on("MASTER1", "REPHOST2", "REPHOST3")


def test_add_replica(at: At) -> None:
    """A client becomes a replica with the master's SHM_SIZE."""
    terminal = at(quiet_layout(client="CLIENT1"))
    terminal.fleet.domain.hosts["CLIENT1"].shm_size_kilobytes = 8000
    terminal.register("CLIENT1")
    terminal.apply("add-replica", "CLIENT1")
    terminal.insist_on("MASTER1", "REPHOST2", "REPHOST3", "CLIENT1")
    assert terminal.fleet.domain.hosts["CLIENT1"].shm_size_kilobytes == 16000


def test_verify_names_a_replica_that_is_ahead_and_rebuild_repairs_it(at: At) -> None:
    """It is taken apart and loads the master's database; its own, which is the most advanced, lies aside."""
    terminal = at(quiet_layout())
    terminal.fleet.set_fault("REPHOST3", Fault.AHEAD, by=3)
    code, shown = terminal("verify")
    assert code == 22, shown
    assert "REPHOST3 by 3 in T" in shown
    assert "failover rebuild fixes each" in shown
    accepted = ("--accept", "updates_only_here", "--reason", "they came from a test")
    shown = terminal.apply("rebuild", "REPHOST3", *accepted)
    assert "REPHOST3| Conversion from replica to client done." in shown
    terminal.insist_on("MASTER1", "REPHOST2", "REPHOST3", broken=(Invariant.LAST_COPY_MOVED_ASIDE,))
    (aside,) = terminal.fleet.tree.hosts["REPHOST3"].aside()
    assert (aside / "sequence").exists()
