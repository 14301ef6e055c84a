"""`boks-exporter failover topology`: the domain as a tree of master, sites and hosts."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from boks_exporter.app.failover_wiring import observed
from boks_exporter.cli.failover.open_runs import show_open_runs
from boks_exporter.cli.failover.options import Common, run_async
from boks_exporter.cli.failover.text_output import domain_line
from boks_exporter.cli.streams import echo
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.proofs.conflict import conflict_of
from boks_exporter.model import Host, HostName, Role
from boks_exporter.text.formatting import in_words, updates
from boks_exporter.text.harmless import harmless

_BRANCH: Final = ("|-- ", "|   ")
_LAST: Final = ("`-- ", "    ")


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the tree, with what is below it."""

    line: str
    below: "tuple[Node, ...]" = ()


def show_topology(common: Common) -> int:
    """Poll once and show the tree."""
    domain = common.domain(needs_operator=False)
    known = show_open_runs(domain)
    facts = run_async(lambda: observed(domain, known))
    if common.is_json:
        echo(json.dumps(topology_json(facts), indent=2))
    else:
        echo("\n".join((domain_line(facts), *(line for root in roots(facts) for line in drawn(root)))))
    return int(Exit.DONE if any(facts.snapshot.observed()) else Exit.FACTS_UNKNOWN)


def roots(facts: FailoverFacts) -> Iterator[Node]:
    """Return the tree of each master, and one of the hosts that no master lists."""
    groups = _groups(facts)
    for master, hosts in groups.items():
        host = facts.host(master) if master else None
        if host is not None:
            yield Node(_host_line(facts, host, with_site=True), _sites(facts, hosts))
        elif hosts:
            last = facts.snapshot.last_known_master
            known = f"no master; the last known one is {last}" if last else "no master"
            word = known if not facts.snapshot.masters else "listed by no master"
            yield Node(word, _sites(facts, hosts))


def _groups(facts: FailoverFacts) -> dict[HostName | None, list[Host]]:
    """Return the hosts below each master; with several masters a replica is below the one that lists it as OK."""
    masters = facts.snapshot.masters
    followed = {name: each.host for each in conflict_of(facts) for name in each.followers}
    groups: dict[HostName | None, list[Host]] = {master: [] for master in masters}
    for host in facts.snapshot.hosts:
        if host.name not in masters:
            above = masters[0] if len(masters) == 1 else followed.get(host.name)
            groups.setdefault(above, []).append(host)
    return groups


def _sites(facts: FailoverFacts, hosts: Collection[Host]) -> tuple[Node, ...]:
    """Return a node for each site; hosts without a site are no level deeper."""
    sites = dict.fromkeys(host.site for host in hosts)
    nodes: list[Node] = []
    for site in sites:
        own = tuple(Node(_host_line(facts, host)) for host in hosts if host.site == site)
        nodes += [Node(f"site {site}", own)] if site else own
    return tuple(nodes)


def _host_line(facts: FailoverFacts, host: Host, *, with_site: bool = False) -> str:
    verdict = facts.health.host(host.name)
    site = f", {host.site}" if with_site and host.site else ""
    words = [f"{host.name}{site}: {facts.role(host.name)}", str(verdict.state)]
    if verdict.is_replica:
        words.append(_lag_words(facts, host.name))
    return harmless(", ".join(words))


def _lag_words(facts: FailoverFacts, host: HostName) -> str:
    compared = facts.comparison.replica(host)
    if compared is None or compared.lag is None:
        return "lag unknown"
    if compared.ahead:
        return f"{updates(compared.ahead)} ahead"
    age = f" ({in_words(compared.lag_seconds)})" if compared.lag and compared.lag_seconds else ""
    return f"{updates(compared.lag)} behind{age}"


def drawn(node: Node) -> Iterator[str]:
    """Draw a tree, one node a line."""
    yield node.line
    for place, child in enumerate(node.below, 1):
        first, rest = _LAST if place == len(node.below) else _BRANCH
        for number, line in enumerate(drawn(child)):
            yield f"{rest if number else first}{line}"


def topology_json(facts: FailoverFacts) -> dict[str, Any]:
    """Describe the tree; `above` is the master of a host, null where none is known."""
    above = {host.name: master for master, hosts in _groups(facts).items() for host in hosts}
    return {
        "domain": facts.snapshot.domain,
        "domain_state": facts.health.state,
        "masters": list(facts.snapshot.masters),
        "last_known_master": facts.snapshot.last_known_master,
        "hosts": [_host_json(facts, host, above.get(host.name)) for host in facts.snapshot.hosts],
    }


def _host_json(facts: FailoverFacts, host: Host, above: HostName | None) -> dict[str, Any]:
    compared, verdict = facts.comparison.replica(host.name), facts.health.host(host.name)
    return {
        "host": host.name,
        "role": facts.role(host.name),
        "site": host.site,
        "section": host.section,
        "state": verdict.state,
        "above": None if facts.role(host.name) is Role.MASTER else above,
        "lag_sequences": compared.lag if compared else None,
        "lag_seconds": compared.lag_seconds if compared else None,
        "ahead_sequences": compared.ahead if compared else None,
    }
