"""The first sentence of a page: what is wrong in a domain, and since when."""

from collections.abc import Iterator

from boks_exporter.model import Timestamp
from boks_exporter.text.formatting import at_time, in_words, listed
from boks_exporter.web.pages.facts import DomainFacts


def situation(facts: DomainFacts) -> str:
    """Write the situation as one sentence."""
    match facts.report["state"]:
        case "several_masters":
            masters = facts.report["masters"]
            return f"{len(masters)} masters{_since(facts, facts.view.timeline.since)}: {listed(masters)}."
        case "no_master":
            return f"No master{_since(facts, facts.view.timeline.since)}. {_answering(facts)}"
        case "role_changing":
            return (
                f"The role of master is changing{_since(facts, facts.view.timeline.since)}: {facts.report['reason']}."
            )
        case "ok":
            return f"{_all(facts)}."
    if facts.attention and all(host["state"] == "unreachable" for host in facts.report["hosts"]):
        return f"No host answers{_since(facts, facts.view.timeline.since)}."
    return f"{_counted(facts)}{_redundancy(facts)}."


def _since(facts: DomainFacts, since: Timestamp | None) -> str:
    if since is None:
        return ""
    least = "at least " if facts.is_at_least(since) else ""
    return f" since {least}{at_time(since, facts.now)}"


def _answering(facts: DomainFacts) -> str:
    count = sum(host["state"] not in {"unreachable", "down"} for host in facts.replicas)
    if not count:
        return "No replica answers."
    return "1 replica answers." if count == 1 else f"{count} replicas answer."


def _all(facts: DomainFacts) -> str:
    count = len(facts.replicas)
    if not count:
        return "The master answers; there is no replica"
    return "The only replica is healthy" if count == 1 else f"All {count} replicas are healthy"


def _counted(facts: DomainFacts) -> str:
    """Count what needs attention, since the beginning of the first of it."""
    bad = [host for host in facts.attention if host["host"] in facts.replica_names]
    others = [host["host"] for host in facts.attention if host["host"] not in facts.replica_names]
    begun = [since for host in facts.attention if (since := facts.since(host["host"])) is not None]
    duration = _since(facts, min(begun)) if begun else ""
    if bad:
        more = f", and {listed(others)}" if others else ""
        verb = "needs" if len(bad) == 1 and not others else "need"
        return f"{len(bad)} of {len(facts.replicas)} replicas{more} {verb} attention{duration}"
    if others:
        return f"{listed(others)} {'needs' if len(others) == 1 else 'need'} attention{duration}"
    return facts.report["reason"]


def _redundancy(facts: DomainFacts) -> str:
    """Name the sites that have one healthy replica left, or none."""
    parts = [*_short_of(facts, 0, "no healthy replica"), *_short_of(facts, 1, "one healthy replica left")]
    return f"; {'; '.join(parts)}" if parts else ""


def _short_of(facts: DomainFacts, count: int, words: str) -> Iterator[str]:
    sites = [
        site["name"]
        for site in facts.report["sites"]
        if site["verdict"] != "ok" and site["replicas_ok"] == count and site["replicas"] > count
    ]
    if sites:
        yield f"{listed(sites)} {'has' if len(sites) == 1 else 'have'} {words}"


def subtitle(facts: DomainFacts) -> str:
    """Write who is master and for how long, what serves logins, and the round."""
    parts = [_under_way(facts), _master(facts), _serving(facts), _round(facts)]
    return " ".join(part for part in parts if part)


def _under_way(facts: DomainFacts) -> str:
    """Name the failover run that is open, before a second person begins one."""
    known = facts.view.operations
    if known is None or not known.in_progress:
        return ""
    run = known.open_run
    return f"{run.user} has a failover run open: {run.procedure} {run.target}." if run else "A failover run is open."


def _master(facts: DomainFacts) -> str:
    master = facts.view.snapshot.master
    if master is None:
        return ""
    host = facts.view.snapshot.host(master)
    where = f" in {host.site}" if host and host.site else ""
    since = facts.master_since
    age = f", for at least {in_words(facts.now - since)}" if since is not None and since < facts.now else ""
    return f"Master {master}{where}{age}."


def _serving(facts: DomainFacts) -> str:
    if facts.report["state"] in {"no_master", "several_masters"}:
        return "Last known facts are shown with their age."
    count = len(facts.healthy)
    if not count:
        is_unknown = all(host["state"] in {"unknown", "unreachable"} for host in facts.report["hosts"])
        return "What serves logins is not known." if is_unknown else "No healthy replica serves logins."
    return f"Logins are served by {count} healthy replica{'' if count == 1 else 's'}."


def _round(facts: DomainFacts) -> str:
    snapshot, counters = facts.view.snapshot, facts.view.counters
    took = max(0.0, snapshot.finished_at - snapshot.started_at)
    return f"Round {counters.rounds:,}, {took:.1f} s, every {counters.interval_seconds:g} s."
