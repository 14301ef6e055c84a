"""What was proven of a copy lasts until something disproves it."""

import pytest

from boks_exporter.health import DomainState, GroupVerdict, HostVerdict, ReplicaState
from boks_exporter.model import Host, Role
from boks_exporter.replication import EvidenceKind, dump, restore
from tests.unit.domain_rounds import (
    INTERVAL,
    STAMP,
    Numbers,
    Watch,
    answers,
    healthy_round,
    listed,
    silent,
    snapshot,
)

AHEAD, DIVERGED, LOADING, OK, UNKNOWN = (
    *(ReplicaState.AHEAD, ReplicaState.DIVERGED, ReplicaState.LOADING),
    *(ReplicaState.OK, ReplicaState.UNKNOWN),
)
LOADS = (listed("R1", "LOADING"), listed("R2"))


class Rounds:
    """Judges rounds of M, R1 and R2, one interval apart."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.at = 0.0

    def judge(self, first: int, second: int, r1: Numbers | None, *lines: object) -> HostVerdict:
        """Judge R1 where M has these numbers of T7 before and after; R2 is as far as M."""
        self.at += INTERVAL
        outcomes = [answers("M", Role.MASTER, {7: first, 9: 50}, self.at)]
        if r1 is None:
            outcomes.append(answers("R1", Role.CLIENT, None, self.at + 1.0))
        else:
            outcomes.append(answers("R1", Role.REPLICA, r1, self.at + 1.0))
        outcomes.append(answers("R2", Role.REPLICA, {7: first, 9: 50}, self.at + 1.0))
        hosts = tuple(Host(name, "192.0.2.1", site="delft" if name == "R1" else "") for name in ("M", "R1", "R2"))
        known = lines or (listed("R1"), listed("R2"))
        seen = snapshot(*outcomes, at=self.at, second={7: second, 9: 50}, lines=known, hosts=hosts)
        self.health = self.watch.judge(seen)
        return self.health.host("R1")

    def judge_r1(self, first: int, second: int, number: int, *lines: object) -> HostVerdict:
        """Judge R1 with this number of T7."""
        return self.judge(first, second, {7: number, 9: 50}, *lines)

    def restart(self) -> None:
        """Restart the exporter with its state file."""
        self.watch.history = restore(dump(self.watch.history))

    @property
    def kinds(self) -> set[EvidenceKind]:
        return set(self.watch.history.evidence_of("R1").kinds)


def passed() -> Rounds:
    """R1 was ahead by 2 in T7, and the master has passed it."""
    rounds = Rounds()
    assert rounds.judge_r1(100, 101, 103).state is AHEAD
    assert rounds.judge_r1(110, 111, 103).state is UNKNOWN
    return rounds


def test_a_lead_lasts_while_the_number_is_inside_the_bracket() -> None:
    """Two updates ahead in a busy table: a number between both readings disproves nothing."""
    rounds = Rounds()
    verdicts = [rounds.judge_r1(100 + 10 * n, 101 + 10 * n + n % 2 * 4, 103 + 10 * n) for n in range(6)]
    assert [verdict.state for verdict in verdicts] == [AHEAD] * 6
    assert [verdict.promotable for verdict in verdicts] == [False] * 6
    assert rounds.kinds == {EvidenceKind.AHEAD}


def test_a_lead_lasts_over_a_restart_and_an_outage_of_the_master() -> None:
    rounds = Rounds()
    rounds.judge_r1(100, 101, 103)
    rounds.restart()
    at = rounds.at = rounds.at + INTERVAL
    dead = rounds.watch.judge(
        snapshot(
            silent("M", at),
            answers("R1", Role.REPLICA, {7: 103, 9: 50}, at + 1.0),
            answers("R2", Role.REPLICA, {7: 101, 9: 50}, at + 1.0),
            at=at,
        )
    )
    assert (dead.host("R1").state, dead.host("R1").promotable) == (AHEAD, False)
    assert dead.host("R2").promotable is True
    assert rounds.judge_r1(102, 105, 103).state is AHEAD


def test_a_lead_that_the_master_has_passed_is_unknown_and_not_ok() -> None:
    rounds = passed()
    verdict = rounds.judge_r1(110, 110, 110)
    assert verdict.state is UNKNOWN
    assert verdict.reason == (
        "was ahead by 2 updates in T7 (host group to host) until 00:01 UTC; its copy has not been reloaded since, and "
        "equal numbers do not prove equal data"
    )
    assert (verdict.promotable, len(verdict.promotable_reasons)) == (False, 1)
    assert set(verdict.proven) == {EvidenceKind.WAS_AHEAD}
    assert rounds.health.sites[0].verdict is GroupVerdict.SITE_WITHOUT_REPLICA
    assert rounds.health.state is DomainState.DEGRADED


def test_a_reload_clears_it_once_the_table_was_below_and_reached_the_master() -> None:
    rounds = passed()
    rounds.restart()
    assert rounds.judge(110, 110, None).state is UNKNOWN
    assert rounds.judge(112, 112, {9: 50}, *LOADS).state is LOADING
    assert rounds.judge_r1(112, 112, 5, *LOADS).state is LOADING
    assert rounds.judge_r1(112, 112, 111).state is UNKNOWN
    verdict = rounds.judge_r1(112, 112, 112)
    assert (verdict.state, verdict.promotable, verdict.proven) == (OK, True, {})


@pytest.mark.parametrize("phase", ["client", "loading", "stamp"])
def test_no_phase_alone_clears_it(phase: str) -> None:
    """A conversion that leaves stale files goes through all of them with the same numbers."""
    rounds = passed()
    if phase == "client":
        rounds.judge(112, 112, None)
    elif phase == "loading":
        rounds.judge_r1(112, 112, 112, *LOADS)
    else:
        other = answers("R1", Role.REPLICA, {7: 112, 9: 50}, rounds.at + 31.0, stamps={7: STAMP - 5})
        master = answers("M", Role.MASTER, {7: 112, 9: 50}, rounds.at + 30.0)
        rounds.watch.judge(snapshot(master, other, at=rounds.at + 30.0, second={7: 112, 9: 50}, lines=(listed("R1"),)))
        rounds.at += INTERVAL
    assert rounds.judge_r1(112, 112, 112).state is UNKNOWN


def test_a_stale_copy_that_is_ahead_after_a_reload_must_be_reloaded_again() -> None:
    rounds = passed()
    rounds.judge_r1(112, 112, 5, *LOADS)
    assert rounds.judge_r1(112, 112, 115).state is DIVERGED
    assert rounds.judge_r1(120, 120, 120).state is DIVERGED
    rounds.judge_r1(120, 120, 5, *LOADS)
    assert rounds.judge_r1(120, 120, 120).state is OK


def test_ahead_once_more_after_it_was_passed_is_diverged() -> None:
    """And stays so, whatever the numbers are later."""
    rounds = passed()
    assert rounds.judge_r1(110, 110, 113).state is DIVERGED
    assert rounds.judge_r1(120, 120, 120).state is DIVERGED
    assert rounds.kinds == {EvidenceKind.WAS_AHEAD, EvidenceKind.DIVERGED}


def test_a_lag_beyond_the_threshold_makes_it_diverged() -> None:
    rounds = passed()
    states = [rounds.judge_r1(120, 120, 110).state for _ in range(6)]
    assert (states[0], states[-1]) == (UNKNOWN, DIVERGED)
    assert rounds.judge_r1(120, 120, 120).state is DIVERGED


def test_becoming_the_master_clears_it() -> None:
    rounds = passed()
    at = rounds.at + INTERVAL
    seen = snapshot(
        silent("M", at),
        answers("R1", Role.MASTER, {7: 111, 9: 50}, at),
        answers("R2", Role.REPLICA, {7: 111, 9: 50}, at + 1.0),
        at=at,
        second={7: 111, 9: 50},
        lines=(listed("R2"),),
    )
    health = rounds.watch.judge(seen)
    assert health.host("R2").state is OK
    assert not rounds.watch.history.is_apart("R1")


# -- a change of masters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_restarted", [False, True])
def test_others_are_judged_from_the_fork_point(*, is_restarted: bool) -> None:
    """R2 had 105 when R1 was promoted with 103: it is ahead, even if it is not read before R1 has passed it."""
    watch = Watch()
    watch.judge(healthy_round({7: 105}, at=0.0, R1={7: 103}, R2={7: 105}))
    if is_restarted:
        watch.history = restore(dump(watch.history))
    promoted = answers("R1", Role.MASTER, {7: 103}, 30.0)
    watch.judge(snapshot(silent("M", 30.0), promoted, silent("R2", 31.0), at=30.0, second={7: 103}, lines=()))
    later = answers("R1", Role.MASTER, {7: 120}, 60.0)
    follows = answers("R2", Role.REPLICA, {7: 120}, 61.0)
    lines = (listed("R2"),)
    health = watch.judge(snapshot(silent("M", 60.0), later, follows, at=60.0, second={7: 120}, lines=lines))
    assert (health.host("R2").state, health.host("R2").promotable) == (UNKNOWN, False)
    assert health.host("R2").reason.startswith("was ahead by 2 updates in T7")


def _split(watch: Watch, at: float, m: int, n: int) -> None:
    one, other = answers("M", Role.MASTER, {7: m}, at), answers("N", Role.MASTER, {7: n}, at)
    watch.judge(snapshot(one, other, at=at))


def test_what_a_second_master_wrote_is_evidence_when_it_is_a_replica_again() -> None:
    """Both wrote equally many, so the numbers are equal, and the contents are not."""
    watch = Watch()
    watch.judge(healthy_round({7: 100}, at=0.0, N={7: 100}))
    _split(watch, 30.0, 100, 100)
    _split(watch, 60.0, 104, 104)
    watch.history = restore(dump(watch.history))
    back = healthy_round({7: 104}, at=90.0, N={7: 104})
    verdict = watch.judge(back).host("N")
    assert (verdict.state, verdict.promotable) == (UNKNOWN, False)
    assert verdict.reason.startswith("wrote 4 updates in T7 (host group to host) next to the master until 00:01 UTC")


def test_the_reason_names_the_first_master_and_what_each_wrote() -> None:
    watch = Watch()
    watch.judge(healthy_round({7: 100}, at=0.0, N={7: 100}))
    _split(watch, 30.0, 100, 100)
    one, other = answers("M", Role.MASTER, {7: 107}, 60.0), answers("N", Role.MASTER, {7: 103}, 60.0)
    health = watch.judge(snapshot(one, other, at=60.0))
    assert health.state is DomainState.SEVERAL_MASTERS
    assert health.reason == (
        "M, N all report to be master; M since 00:00 UTC, N since 00:00 UTC; next to each other M wrote 7 updates, "
        "N wrote 3 updates"
    )


# -- bounds -----------------------------------------------------------------------------------------------------------


def test_an_undecided_bound_changes_no_verdict_and_is_shown() -> None:
    rounds = Rounds()
    assert rounds.judge_r1(100, 103, 102).reason == (
        "listed as OK, at most 2 ahead in T7 (host group to host), not decided in this poll"
    )
    verdict = rounds.judge_r1(110, 113, 112)
    assert verdict.reason == ("listed as OK, at most 2 ahead in T7 (host group to host), not decided since 00:00 UTC")
    assert (verdict.state, verdict.evidence, verdict.promotable) == (OK, (), True)
    assert rounds.judge_r1(120, 123, 120).reason == "listed as OK, nothing ahead"


def test_a_bound_that_is_undecided_for_long_is_a_finding() -> None:
    rounds = Rounds()
    verdicts = [rounds.judge_r1(100 + 10 * n, 103 + 10 * n, 102 + 10 * n) for n in range(62)]
    assert {verdict.state for verdict in verdicts} == {OK}
    assert [len(verdict.evidence) for verdict in verdicts[58:]] == [0, 0, 1, 1]
    assert verdicts[-1].evidence == (
        "whether it is ahead in T7 (host group to host) has not been decided for 30 min 31 s: by at most 2 updates",
    )
