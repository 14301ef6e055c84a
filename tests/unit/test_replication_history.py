"""The recorded past of the master's numbers, and the age of a missing update."""

import pytest

from boks_exporter.model import Host, Role
from boks_exporter.replication import Clearance, History, advance, cleared, compare
from boks_exporter.replication.table_history import Age, Step, TableHistory
from tests.unit.domain_rounds import INTERVAL, STAMP, Numbers, Watch, answers, healthy_round, silent, snapshot


def lag_seconds(history: History, sequence: int, at: float, master: int) -> tuple[float | None, float | None]:
    """Compare R1, which has `sequence`, in a round at `at`; return the lag in seconds and its proven part."""
    seen = healthy_round({7: master}, at=at, R1={7: sequence})
    (replica,) = compare(seen, advance(history, seen), exact_to=INTERVAL).replicas
    return replica.lag_seconds, replica.lag_at_least_seconds


def watched(*numbers: int, replica: int, interval: float = INTERVAL) -> History:
    """Advance through rounds in which R1 keeps the same number."""
    history = History()
    for index, number in enumerate(numbers):
        history = advance(history, healthy_round({7: number}, at=index * interval, R1={7: replica}))
    return history


def test_a_missing_update_is_as_old_as_its_number_is_known() -> None:
    """Number 101 showed between the end of round 0 and the beginning of round 1: about 15 s, exact to half of that."""
    history = watched(100, 101, replica=100)
    exact, at_least = lag_seconds(history, 100, at=60.0, master=105)
    # Read at 61 s; 101 was not there at 2 s and was there at 30.25 s.
    assert at_least == 61 - 30.25
    assert exact == pytest.approx((61 - 30.25 + 61.25 - 2) / 2)


def test_an_idle_master_makes_no_lag_grow() -> None:
    """A replica that has everything lags zero seconds, however long nothing is written."""
    history = watched(100, 100, 100, replica=100)
    assert lag_seconds(history, 100, at=90_000.0, master=100) == (0.0, 0.0)


def test_lag_is_zero_as_soon_as_the_first_reading_is_reached() -> None:
    """What was written after the first reading is in flight and not missing."""
    history = watched(100, 110, replica=100)
    seen = healthy_round({7: 120}, at=60.0, second={7: 125}, R1={7: 120})
    (replica,) = compare(seen, advance(history, seen), exact_to=INTERVAL).replicas
    assert replica.lag_seconds == 0.0


def test_a_stuck_replica_ages_with_the_time_and_one_that_follows_does_not() -> None:
    """The age is that of the first update that is missing, not of the last."""
    history = watched(100, 110, 120, 130, replica=100)
    stuck, _ = lag_seconds(history, 100, at=120.0, master=140)
    follows, _ = lag_seconds(history, 120, at=120.0, master=140)
    assert stuck == pytest.approx(105, abs=1)
    assert follows == pytest.approx(45, abs=1)


def test_what_was_missing_before_the_first_poll_has_a_lower_bound_only() -> None:
    """Since when it is missing is not known; since when it is known to be missing is."""
    history = watched(100, 100, replica=90)
    assert lag_seconds(history, 90, at=600.0, master=100) == (None, 601 - 0.25)


def test_an_age_that_may_be_wrong_by_more_than_an_interval_is_not_reported() -> None:
    """After an hour without the master, the time of the update within that hour is unknown."""
    history = watched(100, replica=100)
    exact, at_least = lag_seconds(history, 100, at=3600.0, master=101)
    assert (exact, at_least) == (None, 0.75)
    assert Age(10.0, 70.0).estimate(30.0) == 40.0
    assert Age(10.0, 70.5).estimate(30.0) is None
    assert Age(10.0, None).estimate(30.0) is None


def test_one_lost_round_costs_no_figure() -> None:
    """Over two intervals the middle is still exact to one."""
    history = watched(100, replica=100)
    exact, _ = lag_seconds(history, 100, at=2 * INTERVAL - 1, master=101)
    assert exact == pytest.approx(29, abs=1)


def test_numbers_that_went_back_begin_again() -> None:
    """After a restore the numbers are given out a second time: nothing is known of their age."""
    history = watched(100, 110, 120, 105, 125, replica=100)
    assert history.tables[7].steps == (Step(105, 90.25, None), Step(125, 120.25, 92.0))
    assert history.tables[7].since == 0.25
    assert lag_seconds(history, 100, at=150.0, master=125)[0] is None


def test_another_stamp_begins_again_and_a_missing_one_proves_nothing() -> None:
    """A table of another generation has no past, not even of its stamp."""

    def look(history: History, number: int, at: float, stamp: float | None) -> History:
        master = answers("M", Role.MASTER, {7: number}, at, stamps={7: stamp})
        return advance(history, snapshot(master, at=at))

    history = look(look(History(), 100, 0.0, STAMP), 110, 30.0, None)
    assert history.tables[7].steps == (Step(100, 0.25, None), Step(110, 30.25, 0.0))
    assert history.tables[7].stamp == STAMP
    history = look(history, 120, 60.0, STAMP + 1)
    assert history.tables[7] == TableHistory(STAMP + 1, 60.25, (Step(120, 60.25, None),), 60.0, is_new=True)
    assert history.stamp_age(7, 100.25) == 40.0
    assert history.stamp_age(8, 100.25) is None
    history = look(look(History(), 100, 0.0, None), 100, 30.0, STAMP)
    assert history.tables[7].stamp == STAMP


def test_a_table_is_new_if_the_master_was_seen_without_it() -> None:
    """A table seen in the first round may be as old as the domain."""
    history = advance(History(), healthy_round({7: 1}, second={7: 1, 8: 1}, R1={7: 1}))
    assert [(table, history.is_new(table)) for table in (7, 8, 9)] == [(7, False), (8, True), (9, False)]
    history = advance(history, healthy_round({7: 1, 9: 1}, at=30.0, R1={7: 1}))
    assert history.is_new(9)
    other = snapshot(answers("N", Role.MASTER, {7: 1, 9: 1, 15: 1}, 60.0), at=60.0)
    assert not advance(history, other).is_new(15)


def test_a_past_that_has_not_come_yet_is_not_believed() -> None:
    """A state file written while the clock was wrong costs the history, and raises no alarm."""
    history = watched(100, 110, replica=100).shifted(86400.0)
    assert lag_seconds(history, 100, at=90.0, master=110) == (None, 0.75)


def test_a_clock_that_was_set_does_not_age_the_updates() -> None:
    """The history moves along with the clock."""
    history = watched(100, 101, replica=100)
    exact, at_least = lag_seconds(history.shifted(3600.0), 100, at=3660.0, master=105)
    assert at_least == 61 - 30.25
    assert exact == 45.0


def test_what_every_replica_has_is_forgotten() -> None:
    """The history of a healthy domain stays small: the newest step and the one before."""
    history = History()
    for index in range(100):
        history = advance(history, healthy_round({7: 100 + index}, at=index * 30.0, R1={7: 100 + index}))
    assert (
        history.tables[7].steps
        == (Step(198, 98 * 30.25 - 98 * 0.25 + 0.25, 97 * 30.0 + 2.0), Step(199, 2970.25, 2942.0))[1:]
    )


def test_a_replica_that_is_away_holds_the_history() -> None:
    """Its lag in seconds is known when it is back."""
    history = watched(100, 110, replica=100)
    for index in range(2, 20):
        round_ = snapshot(
            answers("M", Role.MASTER, {7: 100 + 10 * index}, index * 30.0),
            answers("R2", Role.REPLICA, {7: 100 + 10 * index}, index * 30.0 + 1),
            silent("R1", index * 30.0 + 1),
            second={7: 100 + 10 * index},
            at=index * 30.0,
        )
        history = advance(history, round_)
    assert len(history.tables[7].steps) == 20
    assert lag_seconds(history, 100, at=600.0, master=300)[0] == pytest.approx(585, abs=1)


def test_a_replica_that_left_the_domain_holds_nothing() -> None:
    """A host that is no longer known is forgotten with what it had."""
    history = watched(100, 110, 120, replica=100)
    history = advance(history, healthy_round({7: 130}, at=90.0, R2={7: 130}))
    assert history.floors == {"R2": {7: 130}}
    assert history.roles == {"M": Role.MASTER, "R2": Role.REPLICA}
    assert [step.sequence for step in history.tables[7].steps] == [130]


@pytest.mark.parametrize("role", [Role.CLIENT, Role.MASTER])
def test_a_host_that_is_no_replica_any_more_holds_nothing(role: Role) -> None:
    """A client and a master wait for no updates."""
    history = watched(100, 110, replica=100)
    other = answers("R1", role, None, 61.0)
    history = advance(history, snapshot(answers("M", Role.MASTER, {7: 120}, 60.0), other, at=60.0))
    assert history.floors == {}


def test_steps_are_thinned_but_never_the_one_that_a_replica_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """After days of lag the history is bounded, and the age of the stuck replica is as exact as on the first day."""
    monkeypatch.setattr("boks_exporter.replication.table_history.MAX_STEPS", 64)
    history = History()
    for index in range(2000):
        at, number = index * INTERVAL, 100 + 10 * index
        stuck = 100 if index < 500 else 1005
        history = advance(
            history, healthy_round({7: number}, at=at, second={7: number + 5}, R1={7: 100}, R2={7: stuck})
        )
    assert len(history.tables[7].steps) <= 66
    seen = healthy_round({7: 20100}, at=60000.0, R1={7: 100}, R2={7: 1005})
    first, second = compare(seen, advance(history, seen), exact_to=INTERVAL).replicas
    assert first.lag_seconds == pytest.approx(60000, abs=INTERVAL)
    assert first.lag_at_least_seconds == pytest.approx(60000, abs=INTERVAL)
    assert second.lag_seconds is None
    assert second.lag_at_least_seconds == pytest.approx(57300, abs=0.2 * 57300)


# -- a change of masters ----------------------------------------------------------------------------------------------


def handed_over(
    before: Numbers, new_master: Numbers, *, had: Numbers, stuck: int = 100, known: bool = True
) -> tuple[float | None, float | None]:
    """M rises to `before`, N has `had` and R1 is stuck; then N is master. Return R1's lag and its bound."""
    history = History()
    for index, number in enumerate((100, 110, before[7])):
        replicas = {"R1": {7: stuck}} | ({"N": had} if known else {})
        history = advance(history, healthy_round({7: number}, at=index * 30.0, **replicas))
    seen = snapshot(
        answers("N", Role.MASTER, new_master, 90.0),
        answers("R1", Role.REPLICA, {7: stuck}, 91.0),
        second=new_master,
        at=90.0,
    )
    (replica,) = compare(seen, advance(history, seen), exact_to=INTERVAL).replicas
    return replica.lag_seconds, replica.lag_at_least_seconds


def test_a_new_master_whose_numbers_go_on_inherits_the_history() -> None:
    """A replica that was stuck before the promotion is as late as before."""
    exact, at_least = handed_over({7: 120}, {7: 125}, had={7: 120})
    assert exact == pytest.approx(75, abs=1)
    assert at_least == 91 - 30.25


def test_numbers_that_a_new_master_may_have_given_out_itself_have_no_age() -> None:
    """N had 115 when it was last seen: 116 to 120 may be the old master's or its own, from just now."""
    exact, at_least = handed_over({7: 120}, {7: 125}, had={7: 115}, stuck=115)
    assert (exact, at_least) == (pytest.approx(45, abs=16), 0.75)
    assert handed_over({7: 120}, {7: 125}, had={7: 115})[0] == pytest.approx(75, abs=1)


def test_an_update_that_a_new_master_had_received_is_as_old_as_on_the_old_one() -> None:
    """N had 115 when the old master was at 120: update 113 showed on the old master no later than that."""
    assert handed_over({7: 120}, {7: 125}, had={7: 115}, stuck=112)[1] == 91 - 60.25


@pytest.mark.parametrize(("numbers", "known"), [({7: 105}, True), ({7: 130}, False)], ids=["went back", "never seen"])
def test_a_new_master_whose_numbers_do_not_go_on_begins_again(numbers: Numbers, *, known: bool) -> None:
    """A master that lacks updates, or that was never seen as a replica, has no past."""
    assert handed_over({7: 120}, numbers, had={7: 115}, known=known) == (None, 0.75)


def test_a_table_that_a_new_master_never_had_begins_again() -> None:
    """Tables are handed over one by one."""
    assert handed_over({7: 120}, {7: 120}, had={9: 1}) == (None, 0.75)


def test_the_same_master_after_an_outage_goes_on() -> None:
    """No other master in between, no break in the numbers."""
    history = watched(100, 110, replica=100)
    history = advance(history, snapshot(silent("M", 60.0), answers("R1", Role.REPLICA, {7: 100}, 61.0), at=60.0))
    assert history.master == "M"
    assert lag_seconds(history, 100, at=90.0, master=110)[0] == pytest.approx(75, abs=1)


# -- hosts ------------------------------------------------------------------------------------------------------------


def test_a_replica_whose_numbers_went_back_is_named_for_one_round() -> None:
    """It reloads its copy, whatever the list shows; its numbers after that are compared with those."""
    history = advance(History(), healthy_round({7: 100, 9: 5}, R1={7: 100, 9: 5}, R2={7: 100, 9: 5}))
    assert history.gone_back == frozenset()
    history = advance(history, healthy_round({7: 100, 9: 5}, at=30.0, R1={7: 100}, R2={7: 3, 9: 5}))
    assert history.gone_back == {"R1", "R2"}
    history = advance(history, healthy_round({7: 100, 9: 5}, at=60.0, R1={7: 100}, R2={7: 4, 9: 5}))
    assert history.gone_back == frozenset()


def test_roles_are_remembered_while_a_host_does_not_answer() -> None:
    """A replica stays one until it reports another role or is removed."""
    history = watched(100, replica=100)
    assert not history.is_empty
    assert History().is_empty
    away = snapshot(answers("M", Role.UNKNOWN, None, 30.0), silent("R1", 31.0), at=30.0)
    assert advance(history, away).roles == {"M": Role.MASTER, "R1": Role.REPLICA}
    gone = snapshot(answers("M", Role.MASTER, {7: 100}, 30.0), hosts=(Host("M", "192.0.2.1"),), at=30.0)
    assert advance(history, gone).roles == {"M": Role.MASTER}


def test_an_unknown_table_has_no_age() -> None:
    """A table that only the history does not know has neither figure nor bound."""
    replica = answers("R1", Role.REPLICA, {9: 1})
    assert watched(100, replica=100).age_of_missing(9, 1, replica) is None
    assert watched(100, replica=100).age_of_missing(7, 100, replica) is None


def test_after_a_reboot_with_a_wrong_clock_nothing_is_of_the_future() -> None:
    """Otherwise evidence could not be cleared, and discovered hosts would stay, until the clock has caught up."""
    watch = Watch()
    watch.judge(healthy_round({7: 100}, at=10_000.0, R1={7: 130}))
    known = watch.history.without_ages(500.0)
    assert known.tables == {}
    assert cleared(known.evidence, [Clearance("R1", 500.0, "root", "rebuilt")]) == {}
