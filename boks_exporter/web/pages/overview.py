"""The first page: what is wrong, which hosts, what still works, who is at work, and then every host."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from boks_exporter.exposition import RunInProgress
from boks_exporter.report import GroupReport, HostReport, WindowReport, unread_sentences
from boks_exporter.report.shapes import STATES, Shown, shown_state
from boks_exporter.text.formatting import STRANGERS_NAMED
from boks_exporter.web.pages.facts import DomainFacts
from boks_exporter.web.pages.host_rows import HostQuery, Rows, rows
from boks_exporter.web.pages.last_master import LastMaster, last_master
from boks_exporter.web.pages.several_masters import SeveralMasters, several_masters
from boks_exporter.web.pages.situation import situation, subtitle
from boks_exporter.web.pages.wording import Moment, lasting, on_clock, runbook_of_host

CARDS: Final = 12
_CHIPS: Final = 12
_CHIPS_OF_ALL: Final = 60
_FEWEST_CHIPS: Final = 3
"""The hosts shown of a group; the worst are first, the table has them all, and many healthy groups stay on a screen."""


@dataclass(frozen=True, slots=True)
class Card:
    """One host that needs attention."""

    host: str
    state: Shown
    since: Moment
    site: str
    reason: str
    evidence: tuple[str, ...]
    runbook: str | None
    command: str | None


@dataclass(frozen=True, slots=True)
class Chip:
    """One host of a site; the master has an outline."""

    host: str
    state: Shown
    is_master: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One site or section: how many of its replicas work, and its hosts, worst first."""

    name: str
    works: str
    is_short: bool
    chips: tuple[Chip, ...]
    more: str


@dataclass(frozen=True, slots=True)
class Work:
    """A host under maintenance, or a failover run."""

    text: str
    until: Moment | None
    detail: str
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """One domain on the first page."""

    domain: str
    worst: Shown
    situation: str
    subtitle: str
    reason: str
    cards: tuple[Card, ...]
    further: int
    last_master: LastMaster | None
    several_masters: SeveralMasters | None
    sites: tuple[Group, ...]
    sections: tuple[Group, ...]
    work: tuple[Work, ...]
    notes: tuple[str, ...]
    table: Rows
    states: tuple[str, ...]
    site_names: tuple[str, ...]
    roles: tuple[str, ...]
    is_stale: bool
    round: Moment


def overview(facts: DomainFacts, wanted: HostQuery) -> Overview:
    """Collect what the page of a domain shows, in its order."""
    hosts = facts.report["hosts"]
    lost = last_master(facts)
    rivals = several_masters(facts)
    shown = {lost.host} if lost else {master.host for master in rivals.masters} if rivals else set()
    attention = [host for host in facts.attention if host["host"] not in shown]
    return Overview(
        domain=facts.name,
        worst=facts.worst,
        situation=situation(facts),
        subtitle=subtitle(facts),
        reason=facts.report["reason"],
        cards=tuple(_card(facts, host) for host in attention[:CARDS]),
        further=max(0, len(attention) - CARDS),
        last_master=lost,
        several_masters=rivals,
        sites=tuple(_groups(facts, "site")),
        sections=tuple(_groups(facts, "section")),
        work=tuple(_work(facts)),
        notes=tuple(_notes(facts)),
        table=rows(facts, wanted),
        states=tuple(state for state in STATES if any(facts.state_of(host).state == state for host in hosts)),
        site_names=tuple(sorted({host["site"] for host in hosts if host["site"]})),
        roles=tuple(sorted({host["role"] for host in hosts})),
        is_stale=facts.is_stale,
        round=on_clock(facts.round_at),
    )


def _card(facts: DomainFacts, host: HostReport) -> Card:
    since = facts.since(host["host"])
    state = facts.state_of(host)
    return Card(
        host=host["host"],
        state=state,
        since=lasting(since, facts.now, at_least=facts.is_at_least(since)),
        site=host["site"],
        reason=host["reason"],
        evidence=tuple(host["evidence"][:2]),
        runbook=runbook_of_host(facts, host),
        command=facts.commands.next_for(host["host"], host["state"]),
    )


def _groups(facts: DomainFacts, kind: str) -> Iterator[Group]:
    """Write every site or section, those that are short of replicas first."""
    reports = {group["name"]: group for group in facts.report["sites" if kind == "site" else "sections"]}
    members: dict[str, list[HostReport]] = {name: [] for name in reports}
    for host in facts.hosts.values():
        name = host["site"] if kind == "site" else host["section"]
        if name or kind == "site":
            members.setdefault(name, []).append(host)
    for name in sorted(members, key=lambda name: (name not in reports or reports[name]["verdict"] == "ok", name)):
        hosts = members[name]
        replicas = [host["host"] for host in hosts if host["host"] in facts.replica_names]
        chips = sorted((_chip(facts, host) for host in hosts), key=lambda chip: (_is_ok(chip), not chip.is_master))
        bad = sum(not _is_ok(chip) for chip in chips)
        room = min(_CHIPS, max(bad, _FEWEST_CHIPS, _CHIPS_OF_ALL // len(members)))
        yield Group(
            name=name or "no site",
            works=facts.what_works(hosts),
            is_short=_is_short(facts, replicas, reports.get(name)),
            chips=tuple(chips[:room]),
            more=_more(chips[room:]),
        )


def _is_ok(chip: Chip) -> bool:
    return chip.state.state == "ok"


def _more(chips: Sequence[Chip]) -> str:
    """Count the hosts of a group that are not shown; empty where all are."""
    if not chips:
        return ""
    bad = sum(not _is_ok(chip) for chip in chips)
    return f"and {len(chips)} more, {f'{bad} of them not ok' if bad else 'all ok'}"


def _is_short(facts: DomainFacts, replicas: Sequence[str], report: GroupReport | None) -> bool:
    """Return whether a group lacks replicas; without one master, whether any of them does not answer."""
    if facts.view.snapshot.master is None:
        return any(facts.hosts[name]["state"] in {"unreachable", "down"} for name in replicas)
    return report is not None and report["verdict"] != "ok"


def _chip(facts: DomainFacts, host: HostReport) -> Chip:
    is_master = host["host"] in facts.report["masters"] or facts.state_of(host).state == "no_master"
    return Chip(host["host"], facts.state_of(host), is_master)


def _work(facts: DomainFacts) -> Iterator[Work]:
    """List failover runs and the hosts under maintenance, whose alerts are inhibited."""
    known = facts.view.operations
    if known is not None and known.in_progress:
        yield _run(facts, known.open_run)
    if known is not None and known.frozen_until is not None and known.frozen_until > facts.now:
        yield Work("The roles of this domain are frozen", on_clock(known.frozen_until), "")
    if facts.report["maintenance"] is None:
        yield Work("Maintenance is unknown: the failover journal cannot be read", None, "")
    for window in facts.report["maintenance"] or ():
        if window["until_timestamp_seconds"] > facts.now:
            yield _window(window)


def _run(facts: DomainFacts, run: RunInProgress | None) -> Work:
    """Write the open run: what it does, to which host, since when, by whom, and its newest step."""
    history = facts.commands.run("failover history")
    if run is None:
        return Work("A failover run is open", None, "", history)
    step = ""
    if run.step is not None:
        step = f"; newest step: {run.step} on {run.step_host}, {'ended' if run.step_ended else 'in progress'}"
    began = lasting(run.started_at, facts.now).text
    return Work(f"Failover run {run.run}: {run.procedure} {run.target}", None, f"{began}, by {run.user}{step}", history)


def _window(window: WindowReport) -> Work:
    run = f" (failover run {window['run']})" if window["run"] else ""
    text = f"{window['host']} is under maintenance{run}"
    return Work(text, on_clock(window["until_timestamp_seconds"]), f"{window['owner']}: {window['reason']}")


def _notes(facts: DomainFacts) -> Iterator[str]:
    """List what concerns no single host."""
    strangers = facts.report["unresolved"]
    for server in strangers[:STRANGERS_NAMED]:
        yield f"The master lists {server}, which is not configured and is not polled."
    if (rest := len(strangers) - STRANGERS_NAMED) > 0:
        yield f"The master lists {rest} more servers, which are not configured and are not polled."
    for text in unread_sentences(facts.report):
        yield f"{text[0].upper()}{text[1:]}."
    yield from facts.report.get("notes", ())


def by_urgency(domains: Sequence[DomainFacts]) -> list[DomainFacts]:
    """Order domains by the worst that is wrong in them, then by name."""
    return sorted(domains, key=lambda facts: (facts.worst.rank, facts.name.casefold(), facts.name))


def title(domains: Sequence[DomainFacts]) -> str:
    """Write the title of the browser's tab, which begins with the worst shape."""
    if not domains:
        return "? boks_exporter: no round has ended yet"
    worst = by_urgency(domains)[0]
    bad = sum(facts.worst.state != "ok" for facts in domains)
    if not bad:
        return f"{shown_state('ok').shape} BoKS: all is healthy"
    more = f" (and {bad - 1} more domain{'s' if bad > 2 else ''})" if bad > 1 else ""  # noqa: PLR2004 - plural
    return f"{worst.worst.shape} {worst.name}: {situation(worst).rstrip('.')}{more}"
