"""Terms of masters: what begins and continues one."""

from dataclasses import replace

from boks_exporter.model import Role
from boks_exporter.replication import History, advance
from tests.unit.domain_rounds import STAMP, answers, healthy_round, reading, silent, snapshot


def test_a_new_master_begins_with_its_last_numbers_as_a_replica() -> None:
    history = advance(History(), healthy_round({7: 100}, R1={7: 99}))
    term = advance(history, snapshot(answers("R1", Role.MASTER, {7: 101}, 40.0), silent("M"))).terms["R1"]
    assert (term.replaced, term.forked, term.forked_at) == ("M", {7: (99, STAMP)}, history.recorded_at)


def test_a_reading_of_a_host_that_is_no_master_any_longer_begins_no_term() -> None:
    """It was the master when the round began."""
    round_ = replace(
        snapshot(answers("M", Role.MASTER, {7: 100}, 0.0), answers("R1", Role.REPLICA, {7: 100}, 10.0)),
        master_readings=(reading({7: 99}, 5.0, host="R1"), reading({7: 101}, 11.0)),
    )
    terms = advance(History(), round_).terms
    assert terms.keys() == {"M"}
    assert (terms["M"].read_at, terms["M"].last) == (11.0, {7: (101, STAMP)})
