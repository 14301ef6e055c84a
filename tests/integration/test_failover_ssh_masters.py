"""Every change of masters from the command line: OpenSSH's own sshd, the real gate in front of BoKS, real sudo."""

import pytest

from tests.integration.terminal import At, quiet_layout

pytestmark = pytest.mark.timeout(300)


def test_switchover(at: At) -> None:
    """The replica takes over, the old master becomes its replica, and each change was made once."""
    terminal = at(quiet_layout())
    terminal.register("MASTER1")
    shown = terminal.apply("switchover", "REPHOST2")
    assert "MASTER1| Conversion from master to client done." in shown
    assert "REPHOST2| Conversion from replica to master done." in shown
    terminal.insist_on("REPHOST2", "MASTER1", "REPHOST3")
    assert terminal.begun("MASTER1") == [
        "boot-stop",
        "convert client",
        "boot-stop",
        "remove-database",
        "convert server",
        "boot-stop",
        "boot-start",
    ]
    assert terminal.begun("REPHOST2") == ["convert master", "boot-stop", "boot-start"]
    assert terminal.begun("REPHOST3") == []


def test_failback_waits_for_the_registration_of_the_temporary_master(at: At) -> None:
    """The original takes over; the temporary master comes back once an administrator has changed its type."""
    terminal = at(quiet_layout("MASTER1", master="REPHOST2"))
    with terminal.at_keyboard("failback", "MASTER1") as keyboard:
        keyboard.wait_for("To go on, type MASTER1")
        keyboard.type("MASTER1")
        keyboard.wait_for("REPHOST2 is not registered as BOKSREPLICA: change its type in the database of MASTER1")
        terminal.register("REPHOST2")
        assert keyboard.end() == 0, keyboard.screen
    terminal.insist_on("MASTER1", "REPHOST2")


def test_promote_when_the_master_is_dead(at: At) -> None:
    """A replica becomes master next to a machine that is off; the other replica follows it."""
    terminal = at(quiet_layout())
    terminal.power_off("MASTER1")
    # Without a state file no host is known to have been master: the operator answers for each that is unreachable.
    unknown = ("behind_last_master", "old_master_unproven", "hosts_not_asked=MASTER1")
    accepted = tuple(word for name in unknown for word in ("--accept", name))
    shown = terminal.apply("promote", "REPHOST2", *accepted, "--reason", "its machine is off: seen at its console")
    assert "Conversion from replica to master done." in shown
    assert terminal.begun("REPHOST2") == ["convert master"]
    terminal.insist_on("REPHOST2", "REPHOST3")


def test_retire_where_ssh_reaches_the_old_master(at: At) -> None:
    """BoKS is stopped on it, so the steps are made over SSH; its database lies aside."""
    terminal = at(quiet_layout())
    terminal.promoted_without_us("REPHOST2")
    terminal.return_with_boks_stopped("MASTER1")
    shown = terminal.apply("retire", "MASTER1", "--accept", "fork_point_unknown", "--reason", "promoted by hand")
    assert "MASTER1| Conversion from master to client done." in shown
    assert str(terminal.fleet.domain.hosts["MASTER1"].role) == "client"
    assert terminal.begun("MASTER1") == ["convert client", "boot-stop", "remove-database", "boot-start"]
    assert len(terminal.fleet.tree.hosts["MASTER1"].aside()) == 1
    terminal.insist_on("REPHOST2", "REPHOST3")
