"""Everything that the guards of settings and preferences find in worlds that differ in one fact."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.model import Checksums, Environment, Host, Promotion, Role
from tests.unit.domain_rounds import answers, silent
from tests.unit.failover_facts import dead_master, host, sound_domain
from tests.unit.failover_judged import ADD, HOSTS, PROMOTE, REBUILD, SWITCHOVER, World, judged

KNOWN = {"registered": ("R1", "R2", "C", "M")}


def set_to(name: str, role: Role = Role.REPLICA, kilobytes: int | None = 16000, bridge: str | None = None) -> Any:
    words = {Role.MASTER: "master", Role.REPLICA: "server", Role.CLIENT: "client"}
    seen = host(name, role, at=0.0 if role is Role.MASTER else 1.0)
    return replace(seen, environment=Environment(words[role], kilobytes, bridge))


def sums(name: str, checksums: Checksums | None, role: Role = Role.REPLICA) -> Any:
    return host(name, role, at=0.0 if role is Role.MASTER else 1.0, checksums=checksums)


def hosts(**changes: dict[str, Any]) -> tuple[Host, ...]:
    return tuple(replace(each, **changes.get(each.name, {})) for each in HOSTS)


PREFER = {"promotion": Promotion.PREFER}
PREFERRED, BOTH = hosts(R2=PREFER), hosts(R1=PREFER, R2=PREFER)
TWO_IN_DELFT = hosts(R1={"site": "Delft"}, R2={"site": "Delft"})
SITES = hosts(R1={"site": "Delft"}, R2={"site": "Gouda"}, C={"site": "Delft"})
EMPTY = Checksums(())

WORLDS = {
    "a list of masters that admits it": World(
        SWITCHOVER, sound_domain(set_to("R2", bridge="192.0.2.1, 192.0.2.2"), **KNOWN)
    ),
    "a list of masters that does not": World(
        SWITCHOVER, sound_domain(set_to("C", Role.CLIENT, bridge="192.0.2.1"), **KNOWN), ("refuse bridge C",)
    ),
    "a list of masters that a file names": World(
        SWITCHOVER, sound_domain(set_to("R2", bridge="BCASTADDR"), **KNOWN), ("unknown bridge R2",)
    ),
    "a list of masters, and its address is a name": World(
        SWITCHOVER,
        sound_domain(set_to("R2", bridge="192.0.2.2"), hosts=hosts(R1={"address": "r1.example"}), **KNOWN),
        ("unknown bridge R2",),
    ),
    "rebuilt, with a list of masters that does not admit it": World(
        REBUILD, sound_domain(set_to("R2", bridge="192.0.2.1"))
    ),
    "promoted in no configuration, with a list": World(
        PROMOTE,
        dead_master(set_to("R2", bridge="192.0.2.1")),
        ("refuse unknown_host X", "unknown old_master_unproven M"),
        target="X",
    ),
    "its SHM_SIZE is unknown": World(
        SWITCHOVER, sound_domain(set_to("R1", kilobytes=None), **KNOWN), ("unknown shm_size R1",)
    ),
    "another's SHM_SIZE is unknown": World(SWITCHOVER, sound_domain(set_to("R2", kilobytes=None), **KNOWN)),
    "another's SHM_SIZE differs": World(
        SWITCHOVER, sound_domain(set_to("R2", kilobytes=8000), **KNOWN), ("refuse shm_size R2",)
    ),
    "the master's SHM_SIZE differs": World(
        SWITCHOVER, sound_domain(set_to("M", Role.MASTER, 8000), **KNOWN), ("refuse shm_size M",)
    ),
    "a client's SHM_SIZE differs": World(SWITCHOVER, sound_domain(set_to("C", Role.CLIENT, 8000), **KNOWN)),
    "rebuilt, its SHM_SIZE differs": World(REBUILD, sound_domain(set_to("R1", kilobytes=8000))),
    "its check sums are unknown": World(
        SWITCHOVER, sound_domain(sums("R1", None), **KNOWN), ("unknown method_conf R1",)
    ),
    "another's check sums are unknown": World(SWITCHOVER, sound_domain(sums("R2", None), **KNOWN)),
    "another has no method.conf": World(
        SWITCHOVER, sound_domain(sums("R2", EMPTY), **KNOWN), ("refuse method_conf R2",)
    ),
    "the master has no method.conf": World(
        SWITCHOVER, sound_domain(sums("M", EMPTY, Role.MASTER), **KNOWN), ("refuse method_conf M",)
    ),
    "it has no method.conf": World(
        SWITCHOVER, sound_domain(sums("R1", EMPTY), **KNOWN), ("refuse method_conf M", "refuse method_conf R2")
    ),
    "a client has no method.conf": World(SWITCHOVER, sound_domain(sums("C", EMPTY, Role.CLIENT), **KNOWN)),
    "no server has method.conf": World(
        SWITCHOVER, sound_domain(*(sums(each, EMPTY) for each in ("R1", "R2")), sums("M", EMPTY, Role.MASTER), **KNOWN)
    ),
    "rebuilt, its check sums are unknown": World(REBUILD, sound_domain(sums("R1", None))),
    "another is preferred": World(
        SWITCHOVER, sound_domain(hosts=PREFERRED, **KNOWN), ("note promotion_preference R2",)
    ),
    "another is preferred, and behind": World(
        SWITCHOVER, sound_domain(host("R2", Role.REPLICA, {7: 99, 9: 50}), hosts=PREFERRED, **KNOWN)
    ),
    "another is preferred, and does not answer": World(
        SWITCHOVER, sound_domain(silent("R2"), hosts=PREFERRED, **KNOWN), ("unknown hosts_not_asked R2",)
    ),
    "both are preferred": World(SWITCHOVER, sound_domain(hosts=BOTH, **KNOWN)),
    "rebuilt, another is preferred": World(REBUILD, sound_domain(hosts=PREFERRED)),
    "rebuilt, it is never promoted": World(REBUILD, sound_domain(hosts=hosts(R1={"promotion": Promotion.NEVER}))),
    "the last one of its site": World(SWITCHOVER, sound_domain(hosts=SITES, **KNOWN), ("note site R1",)),
    "rebuilt, the last one of its site": World(REBUILD, sound_domain(hosts=SITES), ("refuse site R1",)),
    "added, the last one of its site": World(ADD, sound_domain(hosts=SITES, **KNOWN), target="C"),
    "not the last one of its site": World(REBUILD, sound_domain(hosts=TWO_IN_DELFT)),
    "the other one of its site does not answer": World(
        SWITCHOVER,
        sound_domain(silent("R2"), hosts=TWO_IN_DELFT, **KNOWN),
        ("note site R1", "unknown hosts_not_asked R2"),
    ),
    "the other one of its site is ahead": World(
        SWITCHOVER,
        sound_domain(host("R2", Role.REPLICA, {7: 103, 9: 50}), hosts=TWO_IN_DELFT, **KNOWN),
        ("note site R1",),
    ),
    "promoted, the other one of its site answers": World(
        PROMOTE,
        dead_master(hosts=TWO_IN_DELFT),
        ("note behind_best R1", "note behind_last_master R1", "unknown old_master_unproven M"),
    ),
    "promoted, the other one of its site does not answer": World(
        PROMOTE,
        dead_master(silent("R2"), hosts=TWO_IN_DELFT),
        (
            "note behind_best R1",
            "note behind_last_master R1",
            "note site R1",
            "unknown hosts_not_asked R2",
            "unknown old_master_unproven M",
        ),
    ),
    "switched over, the other one's state is unknown": World(
        SWITCHOVER,
        sound_domain(answers("R2", Role.REPLICA, None), hosts=TWO_IN_DELFT, **KNOWN),
        ("note site R1", "unknown unread_tables R2"),
    ),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_guards_find_exactly_this(world: World) -> None:
    """A guard that is dropped, weakened, or that finds too much, is noticed in one of the worlds."""
    assert judged(world) == world.expected
