"""The map of a domain: sites and sections as boxes, the master, its replicas and clients, and what flows between."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from boks_exporter.model import Role
from boks_exporter.report import HostReport
from boks_exporter.report.shapes import Shown, shown_state
from boks_exporter.web.pages.facts import DomainFacts

WIDTH: Final = 1120
_LEFT: Final = 56
_NODE: Final = (172, 24)
_GAP: Final = (34, 8)
_COLUMNS: Final = 5
_STUB: Final = 14
_PADDING: Final = 12
_HEADING: Final = 26
_LABEL: Final = 24
_NAME: Final = 18


@dataclass(frozen=True, slots=True)
class MapNode:
    """One host: where it is drawn, and the edge that leads to it."""

    host: str
    label: str
    text: str
    state: Shown
    x: int
    y: int
    edge: str
    """The tone of the edge; empty where there is none, as for a client."""
    is_master: bool
    is_last_known: bool


@dataclass(frozen=True, slots=True)
class Label:
    """The name of a section."""

    text: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Box:
    """One site, and the edge that leads to it from the master."""

    name: str
    detail: str
    y: int
    height: int
    edge: str
    nodes: tuple[MapNode, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """One domain."""

    domain: str
    masters: tuple[MapNode, ...]
    boxes: tuple[Box, ...]
    height: int
    label: str
    note: str


def topology(facts: DomainFacts) -> Map:
    """Lay out a domain."""
    names = _masters(facts)
    masters = tuple(_master(facts, facts.hosts[name], index) for index, name in enumerate(names))
    top = _PADDING + _NODE[1] + 28
    boxes = []
    for site, hosts in _by_site(facts, set(names)):
        box = _box(facts, site, hosts, top)
        boxes.append(box)
        top += box.height + 16
    return Map(facts.name, masters, tuple(boxes), top, _in_words(facts), _note(facts, names))


def _masters(facts: DomainFacts) -> list[str]:
    if facts.report["masters"]:
        return [name for name in facts.report["masters"] if name in facts.hosts]
    last = facts.view.snapshot.last_known_master
    return [last] if last in facts.hosts else []


def _master(facts: DomainFacts, host: HostReport, index: int) -> MapNode:
    is_last_known = host["host"] not in facts.report["masters"]
    node = _node(facts, host, _PADDING + index * (_NODE[0] + 24), _PADDING)
    what = "last known master" if is_last_known else "master"
    return MapNode(
        host=node.host,
        label=node.label,
        text=f"{what} {node.text}",
        state=node.state,
        x=node.x,
        y=node.y,
        edge="",
        is_master=True,
        is_last_known=is_last_known,
    )


def _node(facts: DomainFacts, host: HostReport, x: int, y: int) -> MapNode:
    name, state = host["host"], facts.state_of(host)
    is_replica = name in facts.replica_names
    edge = str(state.tone) if is_replica else ""
    if is_replica and facts.view.snapshot.master is None:
        edge = "away"
    role = "replica" if is_replica else host["role"]
    label = name if len(name) <= _NAME else f"{name[: _NAME - 1]}\N{HORIZONTAL ELLIPSIS}"
    text = f"{name}, {role}, {state.word}: {host['reason']}"
    return MapNode(name, label, text, state, x, y, edge, is_master=False, is_last_known=False)


def _by_site(facts: DomainFacts, masters: set[str]) -> Iterator[tuple[str, list[HostReport]]]:
    """Yield the sites in alphabetical order with their hosts other than the masters; those without a site last."""
    sites: dict[str, list[HostReport]] = defaultdict(list)
    for host in facts.hosts.values():
        sites[host["site"]] += [] if host["host"] in masters else [host]
    for name in sorted(sites, key=lambda name: (not name, name.casefold())):
        yield name, sites[name]


def _box(facts: DomainFacts, site: str, hosts: list[HostReport], top: int) -> Box:
    """Lay out a site: one block of rows for each of its sections."""
    sections: dict[str, list[HostReport]] = defaultdict(list)
    for host in hosts:
        sections[host["section"]].append(host)
    nodes: list[MapNode] = []
    labels: list[Label] = []
    y = top + _HEADING + 6
    for section in sorted(sections, key=lambda name: (not name, name.casefold())):
        if section or len(sections) > 1:
            labels.append(Label(section or "no section", _LEFT + _PADDING, y + 14))
            y += _LABEL
        placed = list(_placed(facts, sections[section], y))
        nodes += placed
        y = max((node.y for node in placed), default=y) + _NODE[1] + _GAP[1]
    tones = [shown_state(node.state.state) for node in nodes if node.edge]
    worst = min(tones, key=lambda shown: shown.rank, default=None)
    edge = "away" if worst and facts.view.snapshot.master is None else str(worst.tone) if worst else "rail"
    return Box(site or "no site", _detail(facts, hosts), top, y - top + 4, edge, tuple(nodes), tuple(labels))


def _placed(facts: DomainFacts, hosts: Sequence[HostReport], y: int) -> Iterator[MapNode]:
    """Place hosts in rows, replicas before clients."""
    ordered = sorted(hosts, key=lambda host: host["role"] == str(Role.CLIENT))
    for index, host in enumerate(ordered):
        row, column = divmod(index, _COLUMNS)
        x = _LEFT + _PADDING + _STUB + column * (_NODE[0] + _GAP[0])
        yield _node(facts, host, x, y + row * (_NODE[1] + _GAP[1]))


def _detail(facts: DomainFacts, hosts: Iterable[HostReport]) -> str:
    members = list(hosts)
    clients = sum(host["role"] == str(Role.CLIENT) for host in members)
    words = [facts.what_works(members)]
    if clients:
        words.append(f"{clients} client{'' if clients == 1 else 's'}")
    return ", ".join(words)


def _in_words(facts: DomainFacts) -> str:
    counts: dict[str, int] = defaultdict(int)
    for host in facts.hosts.values():
        counts[facts.state_of(host).word] += 1
    states = ", ".join(f"{count} {word}" for word, count in counts.items())
    return f"Map of {facts.name}: {len(facts.hosts)} hosts, {states}"


def _note(facts: DomainFacts, masters: list[str]) -> str:
    if len(masters) > 1:
        return "Which replica follows which master is not known: no edge is drawn as current."
    if facts.view.snapshot.master is None:
        return "There is no master: the edges show where updates came from last."
    return ""
