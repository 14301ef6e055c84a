"""Redundancy: replicas per site and per network section."""

import pytest

from boks_exporter.health import GroupHealth, GroupKind, GroupVerdict, ReplicaState
from boks_exporter.model import Host, Role
from tests.unit.domain_rounds import answers, judge_one_shot, listed, silent, snapshot

OK, DOWN, UNKNOWN = ReplicaState.OK, ReplicaState.DOWN, ReplicaState.UNKNOWN


@pytest.mark.parametrize(
    ("states", "site", "section"),
    [
        ((), "ok", "ok"),
        ((DOWN,), "site-without-replica", "section-without-replica"),
        ((ReplicaState.LAGGING, ReplicaState.UNREACHABLE), "site-without-replica", "section-without-replica"),
        ((OK,), "site-without-spare", "ok"),
        ((OK, DOWN), "site-without-spare", "ok"),
        ((OK, OK), "ok", "ok"),
        ((OK, OK, UNKNOWN), "ok", "ok"),
        ((OK, UNKNOWN), "unknown", "ok"),
        ((UNKNOWN,), "unknown", "unknown"),
        ((UNKNOWN, UNKNOWN, DOWN), "unknown", "unknown"),
    ],
)
def test_a_site_needs_two_healthy_replicas_and_a_section_one(
    states: tuple[ReplicaState, ...], site: str, section: str
) -> None:
    """What an unknown replica could decide is unknown: with the master dead, no site is called empty."""
    counts = dict.fromkeys(ReplicaState, 0)
    for state in states:
        counts[state] += 1
    assert GroupHealth(GroupKind.SITE, "here", counts).verdict == GroupVerdict(site)
    assert GroupHealth(GroupKind.SECTION, "here", counts).verdict == GroupVerdict(section)


def test_replicas_are_counted_per_group_and_hosts_without_one_are_left_out() -> None:
    """A master is no replica; a site with the master alone is expected to have none."""
    hosts = (
        Host("M", "192.0.2.1", site="north", section="core"),
        Host("R1", "192.0.2.2", site="south", section="core"),
        Host("R2", "192.0.2.3", site="south"),
        Host("R3", "192.0.2.4"),
    )
    numbers = {7: 100}
    health = judge_one_shot(
        snapshot(
            answers("M", Role.MASTER, numbers, 0.0),
            answers("R1", Role.REPLICA, numbers),
            silent("R2"),
            answers("R3", Role.REPLICA, numbers),
            hosts=hosts,
            second=numbers,
            lines=(listed("R1"), listed("R2"), listed("R3")),
        )
    )

    def shown(groups: tuple[GroupHealth, ...]) -> list[tuple[str, dict[ReplicaState, int], str]]:
        return [(g.name, {state: count for state, count in g.counts.items() if count}, g.verdict) for g in groups]

    assert shown(health.sites) == [
        ("north", {}, "ok"),
        ("south", {OK: 1, ReplicaState.UNREACHABLE: 1}, "site-without-spare"),
    ]
    assert shown(health.sections) == [("core", {OK: 1}, "ok")]
