"""What proves that a copy was replaced by the master's, and what only looks like it."""

from boks_exporter.health import HostVerdict, ReplicaState
from boks_exporter.model import Role
from boks_exporter.replication import dump, restore
from tests.unit.domain_rounds import INTERVAL, STAMP, Numbers, Watch, answers, healthy_round, listed, silent, snapshot

LONG_AGO = 86_400.0


class Rounds:
    """Judges rounds of M and R1, one interval apart; M has had its stamps for a day."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.at = 0.0
        self.judge({7: 100, 9: 50}, {7: 100, 9: 50})
        self.at = LONG_AGO

    def judge(self, master: Numbers, replica: Numbers, *, stamp: float = STAMP, status: str = "OK") -> HostVerdict:
        """Judge R1, whose T9 has this stamp."""
        self.at += INTERVAL
        seen = snapshot(
            answers("M", Role.MASTER, master, self.at),
            answers("R1", Role.REPLICA, replica, self.at + 1.0, stamps={9: stamp}),
            at=self.at,
            second=master,
            lines=(listed("R1", status),),
        )
        return self.watch.judge(seen).host("R1")

    def prove_another_stamp(self) -> None:
        for _ in range(3):
            verdict = self.judge({7: 100, 9: 50}, {7: 100, 9: 50}, stamp=STAMP + 1.0)
        assert verdict.state is ReplicaState.DIVERGED


def test_the_masters_stamp_alone_makes_no_diverged_copy_ok() -> None:
    """No reload was seen: the copy's own data may go on under the master's stamp, over a restart too."""
    rounds = Rounds()
    rounds.prove_another_stamp()
    for _ in range(3):
        verdict = rounds.judge({7: 100, 9: 50}, {7: 100, 9: 50})
        assert (verdict.state, verdict.promotable) == (ReplicaState.UNKNOWN, False)
        rounds.watch.history = restore(dump(rounds.watch.history))


def test_a_reload_after_another_stamp_makes_a_copy_ok() -> None:
    """LOADING, then the master's stamp and number, as after every rebuild."""
    rounds = Rounds()
    rounds.prove_another_stamp()
    rounds.judge({7: 100, 9: 50}, {7: 100, 9: 50}, stamp=STAMP + 1.0, status="LOADING")
    assert rounds.judge({7: 100, 9: 50}, {7: 100, 9: 50}).state is ReplicaState.OK


def test_a_number_that_fell_with_the_stamp_is_a_transferred_table() -> None:
    """A generation of the master's that arrives late begins lower than the one before."""
    rounds = Rounds()
    for _ in range(3):
        rounds.judge({7: 100, 9: 50}, {7: 100, 9: 80}, stamp=STAMP + 1.0)
    assert rounds.judge({7: 100, 9: 50}, {7: 100, 9: 50}).state is ReplicaState.OK


def test_a_reload_before_the_newest_proof_has_repaired_nothing() -> None:
    """LOADING that left the other stamp in place does not excuse a later change of the stamp alone."""
    rounds = Rounds()
    rounds.prove_another_stamp()
    rounds.judge({7: 100, 9: 50}, {7: 100, 9: 50}, stamp=STAMP + 1.0, status="LOADING")
    rounds.prove_another_stamp()
    assert rounds.judge({7: 100, 9: 50}, {7: 100, 9: 50}).state is ReplicaState.UNKNOWN


def test_a_copy_that_is_ahead_once_more_after_a_reload_must_be_reloaded_again() -> None:
    """The level of the lead is the one of the newest copy, not of the copy before the reload."""
    rounds = Rounds()
    assert rounds.judge({7: 100, 9: 50}, {7: 125, 9: 50}).state is ReplicaState.AHEAD
    assert rounds.judge({7: 100, 9: 50}, {7: 103, 9: 50}).state is ReplicaState.AHEAD
    assert rounds.judge({7: 103, 9: 50}, {7: 103, 9: 50}).state is not ReplicaState.OK
    assert rounds.judge({7: 110, 9: 50}, {7: 110, 9: 50}).state is not ReplicaState.OK


def test_a_table_of_the_dead_master_that_no_copy_has_is_remembered() -> None:
    """The most advanced of the copies that are left is not complete."""
    watch = Watch()
    watch.judge(healthy_round({7: 100, 9: 50}, R1={7: 100, 9: 50}))
    verdict = watch.judge(
        snapshot(silent("M", 30.0), answers("R1", Role.REPLICA, {7: 100}, 31.0), at=30.0, last_master="M")
    ).host("R1")
    assert (verdict.state, verdict.promotable) == (ReplicaState.UNKNOWN, None)


def test_a_lower_number_alone_is_no_reload() -> None:
    """Stale files can have lower numbers, too: neither a client phase nor LOADING was seen."""
    rounds = Rounds()
    assert rounds.judge({7: 100, 9: 50}, {7: 125, 9: 50}).state is ReplicaState.AHEAD
    for _ in range(3):
        verdict = rounds.judge({7: 100, 9: 50}, {7: 100, 9: 50})
        assert (verdict.state, verdict.promotable) == (ReplicaState.UNKNOWN, False)
    rounds.judge({7: 100, 9: 50}, {7: 90, 9: 50}, status="LOADING")
    assert rounds.judge({7: 100, 9: 50}, {7: 100, 9: 50}).state is ReplicaState.OK


def test_a_reload_before_the_newest_proof_clears_no_lead() -> None:
    """LOADING that left the copy ahead is no reason to believe a lower number later."""
    rounds = Rounds()
    for status in ("OK", "LOADING", "OK"):
        rounds.judge({7: 100, 9: 50}, {7: 125, 9: 50}, status=status)
    assert rounds.judge({7: 100, 9: 50}, {7: 100, 9: 50}).state is ReplicaState.UNKNOWN
    rounds.judge({7: 100, 9: 50}, {7: 90, 9: 50}, status="LOADING")
    assert rounds.judge({7: 100, 9: 50}, {7: 100, 9: 50}).state is ReplicaState.OK
