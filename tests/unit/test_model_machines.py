"""Several names of one machine: certain, possible, or neither."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.health import DomainState, ReplicaState, Thresholds, judge_round
from boks_exporter.model import (
    Endpoint,
    HostName,
    Observed,
    ProcessStart,
    Role,
    possibly_same_machine,
    same_machine,
)
from boks_exporter.replication import Clearance
from tests.nonempty import nonempty
from tests.unit.domain_rounds import Watch, answers, judge_one_shot, listed, snapshot

NUMBERS = {7: 100}
LINES = (listed("R1"), listed("r1.example"))
HERE = Endpoint("192.0.2.1", 22, "ssh-ed25519 SHA256:one")
RUN = ProcessStart(4711, 1000.0)


def named(name: HostName, endpoint: Endpoint | None = HERE, at: float = 0.0, **changes: Any) -> Observed:
    """A master that is reached under a name."""
    numbers = changes.pop("numbers", NUMBERS)
    seen = answers(name, changes.pop("role", Role.MASTER), numbers, at, stamps=changes.pop("stamps", None))
    reply = replace(seen.reply, machine=changes.pop("machine", "master1"), boks_init=changes.pop("run", RUN))
    assert not changes
    return replace(seen, reply=reply, endpoint=endpoint)


FIRST = named("localhost")


def test_one_end_of_two_connections_is_one_machine() -> None:
    """Address, port and host key are the same, and so is everything that the replies say."""
    assert same_machine([FIRST, named("LOCALHOST")]) == {"LOCALHOST": "localhost"}
    old_gates = [named("a", machine=None, run=None), named("b", machine=None, run=None)]
    assert same_machine(old_gates) == {"b": "a"}


@pytest.mark.parametrize(
    "other",
    [
        named("b", None),
        named("b", replace(HERE, address="192.0.2.2")),
        named("b", replace(HERE, port=2222)),
        named("b", replace(HERE, host_key="ssh-ed25519 SHA256:two")),
        named("b", replace(HERE, host_key="")),
        named("b", machine="master2"),
        named("b", run=ProcessStart(815, 5000.0)),
        named("b", run=None),
        named("b", role=Role.REPLICA),
        named("b", at=1.0, numbers={7: 99}),
        named("b", at=1.0, stamps={7: 86400.0}),
    ],
    ids=["no end", "address", "port", "key", "no key", "own name", "run", "not running", "role", "number", "stamp"],
)
def test_whatever_differs_leaves_two_machines(other: Observed) -> None:
    """An address that moved to another machine while a connection was kept must not hide a second master."""
    assert same_machine([FIRST, other]) == {}
    if other.role is Role.MASTER:
        assert snapshot(FIRST, other).masters == ("localhost", "b")


def test_behind_a_jump_host_nothing_is_certain() -> None:
    """The address at the other end is not known there."""
    behind = Endpoint("", 0, HERE.host_key, is_direct=False)
    pair = [named("a", behind), named("b", behind)]
    assert same_machine(pair) == {}
    assert possibly_same_machine(pair) == (("a", "b"),)


def test_names_in_doubt_have_one_host_key_and_no_different_own_name() -> None:
    """Machines made from one image share a host key; their own names tell them apart."""
    elsewhere = replace(HERE, address="192.0.2.2")
    assert possibly_same_machine([FIRST, named("b", elsewhere)]) == (("localhost", "b"),)
    assert possibly_same_machine([FIRST, named("b", elsewhere, machine="MASTER1")]) == (("localhost", "b"),)
    assert possibly_same_machine([FIRST, named("b", elsewhere, machine=None)]) == (("localhost", "b"),)
    assert possibly_same_machine([FIRST, named("b", elsewhere, machine="master2")]) == ()
    assert possibly_same_machine([FIRST, named("b")]) == ()


def test_a_master_with_two_names_is_one_master_and_a_configuration_error() -> None:
    """Both names are shown, the replicas are compared as usual, and nothing is ok."""
    second = named("LOCALHOST")
    seen = snapshot(FIRST, second, answers("R1", Role.REPLICA, NUMBERS), second=NUMBERS, lines=(listed("R1"),))
    assert seen.masters == ("localhost",)
    health = judge_one_shot(seen)
    assert health.state is DomainState.DEGRADED
    assert "localhost and LOCALHOST lead to one machine" in health.reason
    assert "192.0.2.1 port 22" in health.reason
    assert health.host("LOCALHOST").state is ReplicaState.UNKNOWN
    assert "localhost and LOCALHOST lead to one machine" in health.host("LOCALHOST").reason
    assert any("LOCALHOST" in finding for finding in health.host("localhost").evidence)


def test_a_fault_of_a_replica_with_two_names_is_shown_under_both() -> None:
    """Neither name hides what is proven of the other."""
    ahead = [named(name, role=Role.REPLICA, numbers={7: 105}, at=1.0) for name in ("R1", "r1.example")]
    master = named("M", replace(HERE, address="192.0.2.9"), machine="m")
    health = judge_one_shot(snapshot(master, *ahead, second=NUMBERS, lines=LINES))
    assert {health.host(name).state for name in ("R1", "r1.example")} == {ReplicaState.AHEAD}
    assert "R1 and r1.example lead to one machine" in health.reason


@pytest.mark.parametrize("names", [("R1", "r1.example"), ("r1.example", "R1")])
def test_what_is_proven_under_one_name_is_proven_of_the_machine(names: tuple[HostName, ...]) -> None:
    """The other name is new in the configuration, and the list has it; an operator clears both by either name."""
    watch, known = Watch(), {7: 200}
    master = named("M", replace(HERE, address="192.0.2.9"), machine="m")
    watch.judge(snapshot(master, named("R1", role=Role.REPLICA, numbers={7: 105}, at=1.0), second=NUMBERS, lines=LINES))
    later = named("M", replace(HERE, address="192.0.2.9"), 30.0, machine="m", numbers=known)
    copies = [named(name, role=Role.REPLICA, numbers=known, at=31.0) for name in names]
    seen = snapshot(later, *copies, at=30.0, second=known, lines=LINES)
    health = watch.judge(seen)
    assert {str(health.host(name).state) for name in names} == {"unknown"}
    assert {health.host(name).promotable for name in names} == {False}
    assert all(watch.history.is_apart(name) for name in nonempty(names))
    entry = Clearance("r1.example", 40.0, "anna", "rebuilt")
    assert not judge_round(seen, watch.history, Thresholds(), clearances=[entry]).history.evidence


def test_masters_in_doubt_are_several_masters_with_a_note() -> None:
    """An old master that was restored from an image has the host name and the host key of the new one."""
    health = judge_one_shot(snapshot(FIRST, named("old", replace(HERE, address="192.0.2.2"))))
    assert health.state is DomainState.SEVERAL_MASTERS
    assert "these may be one machine: localhost, old" in health.reason
    assert "192.0.2.2" in health.reason
