"""Every situation that the pages must show well, made by hand, with a day behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from boks_exporter.errors import FailureReason
from boks_exporter.exposition import DomainView, Operations, RunInProgress, Window
from boks_exporter.model import Host, HostOutcome, Promotion, ReplicaLine, Role
from boks_exporter.replication import MasterTerm
from tests.unit.exposition_views import BEGUN, STAMP, line, seen, silent, view
from tests.unit.timelines import INTERVAL, with_past

NOW: Final = BEGUN + 20
DAY: Final = 86400.0
_TABLES: Final = (0, 1, 2, 4, 5, 6, 7, 9, 14, 15, 16, 17, 31, 34, 37, 48)
_NUMBERS: Final = {table: 5000 + 17 * table for table in _TABLES}
_SITES: Final = {
    "MASTER1": ("utrecht", "core"),
    "REPHOST": ("rotterdam", "dmz"),
    "REPHOST2": ("rotterdam", "core"),
    "REPHOST3": ("rotterdam", "core"),
    "REPHOST4": ("utrecht", "dmz"),
    "REPHOST5": ("utrecht", "core"),
    "CLIENT1": ("utrecht", "office"),
}


def _hosts() -> list[Host]:
    return [
        Host(
            name,
            f"10.1.0.{number}",
            site=site,
            section=section,
            promotion=Promotion.PREFER if name == "REPHOST5" else Promotion.NEUTRAL,
        )
        for number, (name, (site, section)) in enumerate(_SITES.items(), start=1)
    ]


def _outcome(host: Host, numbers: Mapping[int, int]) -> HostOutcome:
    role = {"MASTER1": Role.MASTER, "CLIENT1": Role.CLIENT}.get(host.name, Role.REPLICA)
    return seen(host.name, role, None if role is Role.CLIENT else numbers, BEGUN + (role is not Role.MASTER))


def _domain(
    outcomes: Mapping[str, HostOutcome] | None = None,
    listed: Mapping[str, ReplicaLine] | None = None,
    domain: str = "harbour",
) -> DomainView:
    hosts = _hosts()
    found = {host.name: _outcome(host, _NUMBERS) for host in hosts} | dict(outcomes or {})
    names = [host.name for host in hosts if host.name.startswith("REPHOST")]
    lines = {name: line(name, "OK", 12, None, 40, 52000) for name in names} | dict(listed or {})
    has_master = [one for one in found.values() if getattr(one, "role", None) is Role.MASTER]
    return view(
        hosts,
        list(found.values()),
        listed=list(lines.values()) if len(has_master) == 1 else None,
        second=_NUMBERS if len(has_master) == 1 else None,
        before=_NUMBERS,
        domain=domain,
        last_master="MASTER1",
    )


def _with(changes: Mapping[int, int]) -> dict[int, int]:
    return {**_NUMBERS, **{table: _NUMBERS[table] + by for table, by in changes.items()}}


def _replica(host: str, changes: Mapping[int, int]) -> HostOutcome:
    return seen(host, Role.REPLICA, _with(changes), BEGUN + 1)


def _times(begin: float, end: float) -> list[float]:
    """List moments before now from one to another, every hour and at the end."""
    step = 3600.0
    return [begin - step * number for number in range(int((begin - end) // step) + 1)] + [end + 1.0]


def _since(now: DomainView, before: DomainView, seconds: float) -> DomainView:
    """Put a fine day before a situation that began some time ago; every hour has a round."""
    fine = [(at, before) for at in _times(DAY, seconds)]
    bad = [(at, now) for at in _times(seconds, INTERVAL)]
    spaced = with_past(now, *fine, *bad)
    master = now.snapshot.master
    marks = {table: (number, STAMP) for table, number in _NUMBERS.items()}
    terms = {master: MasterTerm(BEGUN - 48 * DAY, marks, marks, BEGUN)} if master else now.terms
    return replace(spaced, terms=terms)


@cache
def healthy() -> DomainView:
    """Show a domain in which all is well."""
    return _since(_domain(), _domain(), DAY)


@cache
def down() -> DomainView:
    """Show a replica that the master lists as DOWN although it answers, and one that lags."""
    outcomes = {"REPHOST": _replica("REPHOST", {1: -147, 7: -12}), "REPHOST4": _replica("REPHOST4", {1: -311})}
    listed = {"REPHOST": line("REPHOST", "DOWN", 660, 300, 700, 50)}
    return _since(_domain(outcomes, listed), _domain(), 660)


@cache
def ahead() -> DomainView:
    """Show the published incident: the list says OK while three tables are ahead."""
    outcomes = {"REPHOST2": _replica("REPHOST2", {14: 2, 1: 1929, 7: 3})}
    return _since(_domain(outcomes), _domain(), 2520)


@cache
def dead_master() -> DomainView:
    """Show a domain whose master does not answer."""
    outcomes = {
        "MASTER1": silent("MASTER1", BEGUN, FailureReason.TIMEOUT, "no answer within 20 s"),
        "REPHOST4": _replica("REPHOST4", {1: -311}),
        "REPHOST": silent("REPHOST", BEGUN, FailureReason.CONNECT, "connection refused"),
    }
    return _since(_domain(outcomes), _domain(), 540)


@cache
def rivals() -> DomainView:
    """Show two masters; each wrote next to the other."""
    second = seen("REPHOST5", Role.MASTER, _with({5: 7}), BEGUN + 1)
    now = _since(_domain({"REPHOST5": second}), _domain(), 900)
    marks = {table: (number, STAMP) for table, number in _NUMBERS.items()}
    later = marks | {1: (_NUMBERS[1] + 12, STAMP)}
    terms = {
        "MASTER1": MasterTerm(BEGUN - 48 * DAY, marks, later, BEGUN, marks, BEGUN - 900),
        "REPHOST5": MasterTerm(BEGUN - 900, marks, marks | {5: (_NUMBERS[5] + 7, STAMP)}, BEGUN, marks, BEGUN - 900),
    }
    return replace(now, terms=terms)


@cache
def dark_site() -> DomainView:
    """Show a site of which no host answers."""
    dark = [name for name, (site, _) in _SITES.items() if site == "rotterdam"]
    outcomes = {name: silent(name, BEGUN, FailureReason.CONNECT, "no route to host") for name in dark}
    listed = {name: line(name, "DOWN", 900, 300, 900, 50) for name in dark}
    return _since(_domain(outcomes, listed), _domain(), 900)


ODD_NAMES: Final = (
    "<script>alert(1)</script>",
    "-rf",
    "a" * 120,
    "Zürich-日本語-01",
    "rep\"quote's",
    "../../etc",
    "rep%2F..",
    "x y",
    "replica.with.a.very.long.name.of.an.internal.domain.of.a.bank.example.com",
)


@cache
def odd_names() -> DomainView:
    """Show odd names of hosts, sites and sections, long ones and such that look like code."""
    hosts = [Host("MASTER1", "10.0.0.1", site="<b>site</b>")]
    for number, name in enumerate(ODD_NAMES):
        hosts.append(Host(name, f"10.0.1.{number}", site="Ü" * 60 if number % 2 else "", section='sec & "x"'))
    outcomes: list[HostOutcome] = [seen("MASTER1", Role.MASTER, _NUMBERS, BEGUN)]
    for number, name in enumerate(ODD_NAMES):
        wrong = "<img src=x onerror=alert(2)>" + "y" * 200
        is_dark = number % 3 == 0
        numbers = _with({1: -400}) if number % 3 == 1 else _NUMBERS
        outcomes.append(
            silent(name, BEGUN, FailureReason.TIMEOUT, wrong)
            if is_dark
            else seen(name, Role.REPLICA, numbers, BEGUN + 1)
        )
    listed = [line(name, "OK", 12, None, 40, 52000) for name in (*ODD_NAMES, "<i>unresolved</i>" + "z" * 200)]
    return view(
        hosts, outcomes, listed=listed, second=_NUMBERS, before=_NUMBERS, domain="a/<b> é", last_master="MASTER1"
    )


@cache
def nothing_answers() -> DomainView:
    """Show an exporter that has just started, and reaches no host: no role is known."""
    outcomes = [silent(host.name, BEGUN, FailureReason.DNS, "no such name") for host in _hosts()]
    return view(_hosts(), outcomes, domain="harbour")


@cache
def many(count: int = 300, bad: int = 3) -> DomainView:
    """Show a domain of many hosts in ten sites, of which some are down, ahead or lagging."""
    hosts = [Host("MASTER1", "10.0.0.1", site="site-00", section="core")]
    for number in range(1, count):
        site, section = f"site-{number % 10:02}", ("core", "dmz", "office")[number % 3]
        hosts.append(Host(f"REP{number:04}", f"10.0.{number // 250}.{number % 250}", site=site, section=section))
    changes: Sequence[Mapping[int, int]] = ({1: -400}, {14: 2}, {1: -20, 7: -3})
    outcomes: list[HostOutcome] = [seen("MASTER1", Role.MASTER, _NUMBERS, BEGUN)]
    for number, host in enumerate(hosts[1:]):
        is_bad = bad and number % (count // bad) == count // bad - 1
        numbers = _with(changes[number % len(changes)]) if is_bad else _NUMBERS
        outcomes.append(seen(host.name, Role.REPLICA, numbers, BEGUN + 1))
    listed = [line(host.name, "OK", 12, None, 40, 52000) for host in hosts[1:]]
    fine = view(hosts, outcomes, listed=listed, second=_NUMBERS, before=_NUMBERS, domain="bank", last_master="MASTER1")
    return with_past(fine, *((DAY - 3600.0 * step, fine) for step in range(0, 24, 6)))


@cache
def at_work() -> DomainView:
    """Show a host under maintenance."""
    window = Window(host="REPHOST4", started_at=BEGUN - 600, until=BEGUN + 3000, owner="anna on ops7", reason="disks")
    return replace(healthy(), operations=Operations(windows=(window,)))


@cache
def failing_over() -> DomainView:
    """Show a failover run in progress, with the windows that it set."""
    run = RunInProgress(
        run="20261129-1402-promote",
        procedure="promote",
        target="REPHOST5",
        user="anna",
        started_at=BEGUN - 60,
        step="convert master",
        step_host="REPHOST5",
    )
    windows = tuple(
        Window(
            host=host,
            started_at=BEGUN - 60,
            until=BEGUN + 1800,
            owner="anna on ops7",
            reason="promote REPHOST5",
            run="20261129-1402-promote",
        )
        for host in ("MASTER1", "REPHOST5")
    )
    return replace(dead_master(), operations=Operations(in_progress=True, open_run=run, windows=windows))


SITUATIONS: Final[Mapping[str, Callable[[], tuple[DomainView, ...]]]] = {
    "healthy": lambda: (healthy(),),
    "down": lambda: (down(), replace_domain(healthy(), "terminal"), replace_domain(ahead(), "lab")),
    "ahead": lambda: (ahead(),),
    "no-master": lambda: (dead_master(), replace_domain(healthy(), "terminal")),
    "two-masters": lambda: (rivals(),),
    "dark-site": lambda: (dark_site(),),
    "300-hosts": lambda: (many(),),
    "nothing-answers": lambda: (nothing_answers(),),
    "odd-names": lambda: (odd_names(), replace_domain(healthy(), "x" * 100)),
    "maintenance": lambda: (at_work(),),
    "failover": lambda: (failing_over(),),
    "stale": lambda: (down(),),
}
"""What the exporter shows, by the name of the situation; a stale page is served ten minutes after its round."""


def clock_of(name: str) -> float:
    """Return the time at which a situation is looked at."""
    return NOW + 600 if name == "stale" else NOW


def replace_domain(shown: DomainView, name: str) -> DomainView:
    """Show a domain under another name."""
    return replace(shown, snapshot=replace(shown.snapshot, domain=name))
