"""Everything that the guards of hosts, masters and roles find in worlds that differ in one fact."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts, Witness
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.journal_facts import ForkPoint, JournalView
from boks_exporter.model import Endpoint, Host, Observed, Reach, Role
from boks_exporter.parsing.operator_facts import Daemons
from tests.unit.domain_rounds import NUMBERS, STAMP, answers, listed, silent, snapshot
from tests.unit.failover_claims import DEAD, HEALTHY, stopped
from tests.unit.failover_facts import dead_master, facts_of, found, host, ready, sound_domain
from tests.unit.failover_judged import ADD, HOSTS, PROMOTE, REBUILD, RETIRE, SWITCHOVER, World, judged

R1_MASTER, R2_MASTER = host("R1", Role.MASTER, at=0.0), host("R2", Role.MASTER)
CLIENT_M = host("M", Role.CLIENT)
FORKED = JournalView(forks=(ForkPoint("run", "M", "R1", {7: (100, STAMP), 9: (50, STAMP)}, {}, 0.0),))
STOPPED_M = {"journal": FORKED, **stopped("M", Role.MASTER)}
NOW = HEALTHY.seen_at


def called(port: int = 0, **names: str) -> FailoverFacts:
    """Return a domain whose machines call themselves as given; with a port, R2 is behind another one."""
    gates = {name: ready(name, Role.REPLICA, hostname=own) for name, own in names.items()}
    hosts = tuple(replace(each, port=port) if port and each.name == "R2" else each for each in HOSTS)
    return sound_domain(gates=gates, hosts=hosts)


def three(*names: str) -> FailoverFacts:
    """Make C a replica too, and let some machines call themselves the same."""
    return sound_domain(
        host("C", Role.REPLICA), gates={name: ready(name, Role.REPLICA, hostname="db7") for name in names}
    )


def at_one_end(facts: FailoverFacts, *names: str) -> FailoverFacts:
    """Return the facts with the connections to two hosts ending at one machine."""
    end = Endpoint("192.0.2.9", 22, "ssh-ed25519 SHA256:one")
    outcomes = tuple(
        replace(each, endpoint=end) if isinstance(each, Observed) and each.host in (names or ("R1", "R2")) else each
        for each in facts.snapshot.outcomes
    )
    return replace(facts, snapshot=replace(facts.snapshot, outcomes=outcomes))


def listing_more(name: str, **more: Any) -> FailoverFacts:
    seen = [host("M", Role.MASTER, at=0.0), host("R1", Role.REPLICA), host("R2", Role.REPLICA)]
    lines = (listed("R1"), listed("R2"), listed(name))
    return facts_of(snapshot(*seen, second=NUMBERS, lines=lines), **more)


WORLDS = {
    "a machine that calls itself otherwise": World(REBUILD, called(R1="db7"), ("note other_host R1",)),
    "a name that leads to another's machine": World(REBUILD, called(R1="R2", R2=""), ("refuse other_host R1",)),
    "two machines without a name": World(REBUILD, called(R1="", R2="")),
    "one machine under two names": World(REBUILD, called(R1="db7", R2="DB7"), ("refuse other_host R1",)),
    "two containers of one machine": World(
        REBUILD, called(port=2222, R1="db7", R2="db7"), ("note other_host R1", "note other_host R2")
    ),
    "one machine by its name and by its connections": World(
        REBUILD, at_one_end(called(R1="db7", R2="db7")), ("refuse other_host R1",)
    ),
    "one machine by its connections": World(REBUILD, at_one_end(called(R1="", R2="")), ("refuse other_host R1",)),
    "one machine under two names, and by its connections under a third": World(
        REBUILD, at_one_end(three("R1", "R2"), "R1", "C"), ("refuse other_host R1", "refuse other_host R1")
    ),
    "one machine under two names, and by its connections under an earlier one": World(
        REBUILD, at_one_end(three("R2", "C")), ("refuse other_host R1", "refuse other_host R2")
    ),
    "registered and known, and in no configuration": World(
        REBUILD,
        sound_domain(registered=("R1", "db9"), known_servers={"db9": 0.0}),
        ("unknown unconfigured_server db9",),
    ),
    "listed and known, and in no configuration": World(
        REBUILD, listing_more("db9", known_servers={"db9": 0.0}), ("unknown unconfigured_server db9",)
    ),
    "registered twice, and in no configuration": World(
        REBUILD, sound_domain(registered=("R1", "db9", "db9")), ("unknown unconfigured_server db9",)
    ),
    "listed, registered and known, and in no configuration": World(
        REBUILD,
        listing_more("db9", registered=("R1", "db9"), known_servers={"db9": 0.0, "db8": 0.0}),
        ("unknown unconfigured_server db8", "unknown unconfigured_server db9"),
    ),
    "promoted next to a master": World(PROMOTE, sound_domain(), ("note behind_best R1", "refuse master_exists M")),
    "promoted next to a master, the old one does not answer": World(
        PROMOTE,
        dead_master(R2_MASTER, last_roles={"M": Role.MASTER}),
        ("note behind_best R1", "refuse master_exists R2"),
    ),
    "promoted, and a gate reports a master": World(
        PROMOTE,
        dead_master(silent("C"), gates={"C": ready("C", Role.MASTER)}),
        (
            "note behind_best R1",
            "note behind_last_master R1",
            "refuse master_exists C",
            "unknown hosts_not_asked C",
            "unknown old_master_unproven M",
        ),
    ),
    "promoted, with a fence": World(
        PROMOTE,
        dead_master(has_fence=True),
        ("note behind_best R1", "note behind_last_master R1", "note old_master_unproven M"),
    ),
    "promoted, the old one was a client when it was seen last": World(
        PROMOTE,
        dead_master(last_roles={"M": Role.CLIENT}),
        ("note behind_best R1", "note behind_last_master R1", "unknown old_master_unproven M"),
    ),
    "promoted, nothing is known of a master": World(
        PROMOTE,
        dead_master(last_master=None, readings={}),
        (
            "note behind_best R1",
            "unknown behind_last_master",
            "unknown hosts_not_asked M",
            "unknown old_master_unproven",
        ),
    ),
    "promoted, another was master too": World(
        PROMOTE,
        dead_master(silent("C"), last_roles={"M": Role.MASTER, "C": Role.MASTER}),
        (
            "note behind_best R1",
            "note behind_last_master R1",
            "unknown old_master_unproven C",
            "unknown old_master_unproven M",
        ),
    ),
    "switched over, no master": World(
        SWITCHOVER, DEAD, ("refuse no_master", "unknown old_master_unproven M", "unknown unsound_copy R1")
    ),
    "switched over, no master, the old one was a client when it was seen last": World(
        SWITCHOVER, dead_master(last_roles={"M": Role.CLIENT}), ("refuse no_master", "unknown unsound_copy R1")
    ),
    "switched over, another was master when it was seen last": World(
        SWITCHOVER,
        sound_domain(silent("C"), last_roles={"C": Role.MASTER}),
        ("note not_registered M", "unknown old_master_unproven C"),
    ),
    "switched over, two masters": World(
        SWITCHOVER, sound_domain(R2_MASTER), ("refuse several_masters", "unknown unsound_copy R1")
    ),
    "switched over, the master shows no numbers": World(
        SWITCHOVER,
        sound_domain(answers("M", Role.MASTER, None, 0.0)),
        ("unknown master_unsound M", "unknown unread_tables M", "unknown unsound_copy R1"),
    ),
    "switched over, the master is stopped": World(
        SWITCHOVER, sound_domain(**stopped("M", Role.MASTER)), ("note not_registered M", "refuse master_unsound M")
    ),
    "retired": World(RETIRE, sound_domain(R1_MASTER, **STOPPED_M), target="M"),
    "retired while it runs": World(
        RETIRE,
        sound_domain(R1_MASTER, journal=FORKED),
        ("refuse daemons_running M", "unknown updates_only_here M"),
        target="M",
    ),
    "retired, whether it runs is unknown": World(
        RETIRE,
        sound_domain(R1_MASTER, journal=FORKED, gates={"M": ready("M", Role.MASTER, daemons=Daemons.UNKNOWN)}),
        ("unknown daemons_running M", "unknown updates_only_here M"),
        target="M",
    ),
    "retired as a client": World(
        RETIRE, sound_domain(R1_MASTER, CLIENT_M, journal=FORKED), ("unknown updates_only_here M",), target="M"
    ),
    "retired as a replica": World(
        RETIRE, sound_domain(journal=FORKED), ("refuse wrong_role R2", "unknown fork_point_unknown R2"), target="R2"
    ),
    "retired next to two": World(
        RETIRE, sound_domain(R1_MASTER, R2_MASTER, **STOPPED_M), ("refuse several_masters",), target="M"
    ),
    "retired next to none": World(
        RETIRE, dead_master(host("M", Role.MASTER)), ("refuse daemons_running M", "refuse no_master M"), target="M"
    ),
    "retired next to one without numbers": World(
        RETIRE,
        sound_domain(answers("R1", Role.MASTER, None, 0.0), **STOPPED_M),
        ("unknown master_unsound R1", "unknown unread_tables R1"),
        target="M",
    ),
    "retired, it does not answer": World(
        RETIRE, sound_domain(R1_MASTER, silent("M"), journal=FORKED), ("unknown updates_only_here M",), target="M"
    ),
    "retired, it was master and does not answer": World(
        RETIRE,
        sound_domain(R1_MASTER, silent("M"), journal=FORKED, last_roles={"M": Role.MASTER}),
        ("unknown updates_only_here M",),
        target="M",
    ),
    "retired, nor does another answer": World(
        RETIRE,
        sound_domain(R1_MASTER, silent("M"), silent("C"), journal=FORKED),
        ("unknown hosts_not_asked C", "unknown updates_only_here M"),
        target="M",
    ),
    "added, though it is a replica": World(ADD, sound_domain(registered=("R1", "R2")), ("refuse wrong_role R1",)),
    "switched over to a client": World(
        SWITCHOVER,
        sound_domain(),
        ("note not_registered M", "refuse incomplete_copy C", "refuse wrong_role C"),
        target="C",
    ),
    "switched over to one of an unknown role": World(
        SWITCHOVER,
        sound_domain(host("R1", Role.UNKNOWN)),
        ("note not_registered M", "unknown hosts_not_asked R1", "unknown unsound_copy R1", "unknown wrong_role R1"),
    ),
    "switched over to one that does not answer": World(
        SWITCHOVER,
        sound_domain(silent("R1")),
        ("note not_registered M", "refuse gate_not_ready R1", "refuse unreachable R1", "unknown hosts_not_asked R1"),
    ),
    "switched over to one that was not asked": World(
        SWITCHOVER,
        sound_domain(hosts=(*HOSTS, Host("Z", "192.0.2.9"))),
        ("note not_registered M", "refuse gate_not_ready Z", "refuse unreachable Z", "unknown hosts_not_asked Z"),
        target="Z",
    ),
    "switched over to one that is in no configuration": World(
        SWITCHOVER, sound_domain(), ("refuse unknown_host X",), target="X"
    ),
    "promoted, in no configuration": World(
        PROMOTE, dead_master(), ("refuse unknown_host X", "unknown old_master_unproven M"), target="X"
    ),
    "switched over long after": World(
        SWITCHOVER,
        replace(HEALTHY, seen_at=300.0),
        ("note not_registered M", "refuse stale_look M", "refuse stale_look R1"),
    ),
    "rebuilt long after": World(
        REBUILD, replace(HEALTHY, seen_at=300.0), ("refuse stale_look M", "refuse stale_look R1")
    ),
    "rebuilt while it is stopped": World(REBUILD, sound_domain(**stopped("R1", Role.REPLICA))),
    "switched over while it is stopped": World(
        SWITCHOVER, sound_domain(**stopped("R1", Role.REPLICA)), ("note not_registered M", "refuse daemons_stopped R1")
    ),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_guards_find_exactly_this(world: World) -> None:
    """A guard that is dropped, weakened, or that finds too much, is noticed in one of the worlds."""
    assert judged(world) == world.expected


REACHED = ("R2", "M")
ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "the candidate is no witness": ({"witnesses": (Witness("R1", Reach.TIMEOUT, about="M"),)}, "no replica asked"),
    "about another": ({"witnesses": (Witness("R2", Reach.TIMEOUT, about="C"),)}, "no replica asked"),
    "not reached": ({}, "R2: timeout"),
    "reached by another before": ({"reached_before": {("R1", "M"): 0.0}}, "R2: timeout"),
    "reached before": ({"reached_before": {REACHED: NOW - 60.0}}, "R2: timeout (reached it last at "),
    "reached now": (
        {"witnesses": (Witness("R2", Reach.REACHABLE, about="M"),), "reached_before": {REACHED: 0.0}},
        "R2: reachable",
    ),
}


@pytest.mark.parametrize(("known", "shown"), ANSWERS.values(), ids=ANSWERS)
def test_the_answers_of_the_replicas_are_shown_to_the_person_who_accepts(known: dict[str, Any], shown: str) -> None:
    about = {Guard.OLD_MASTER_UNPROVEN, Guard.OLD_MASTER_REACHABLE}
    (finding,) = (each for each in found(PROMOTE, "R1", dead_master(**known)) if each.guard in about)
    assert finding.value is not None
    assert finding.value.startswith(shown)
    assert ("(" in finding.value) is ("(" in shown)


def test_what_is_not_known_from_before_is_reported_with_what_it_leaves_open() -> None:
    """The person who accepts reads that the file is missing, in both findings about hosts that do not answer."""
    facts = dead_master(silent("C"), knowledge_gap="the state file is missing")
    about = [each for each in found(PROMOTE, "R1", facts) if "the state file is missing" in each.sentence]
    assert [each.guard for each in about] == [Guard.HOSTS_NOT_ASKED, Guard.OLD_MASTER_UNPROVEN, Guard.UNSOUND_COPY]
