"""What a simulated host keeps next to its lock: a freeze of the domain, and what runs have moved aside."""

from typing import Final

from boks_exporter.model import HostName
from boks_exporter.simulator.domain import SimulatedDomain
from boks_exporter.simulator.operator_records import HostState, KeptFreeze

_LONGEST_SECONDS: Final = 604_800


def asides(domain: SimulatedDomain, host: HostName, state: HostState) -> list[str]:
    """List the directories in the order of a glob."""
    lines = []
    for name in sorted(domain.hosts[host].aside):
        files = domain.files_aside(host, name)
        word = "partial" if name in state.removals else "whole"
        moved = state.moved_at.get(name, "unknown")
        lines.append(f"|{name} files={len(files)} kilobytes={4 * len(files) + 8} moved={moved} state={word}")
    return lines


def unchanged(domain: SimulatedDomain, host: HostName, state: HostState) -> dict[str, str]:
    """Return the newest change that ended, as the preflight shows it where ENV was not written after its end."""
    ended = [(record.ends_at, name) for name, record in state.records.items() if record.exit_status is not None]
    if not ended or state.running() != "none":
        return {}
    ended_at, name = max(ended)
    return {"unchanged_since": name} if domain.hosts[host].env_written_at <= ended_at else {}


def freeze(domain: SimulatedDomain, host: HostName, state: HostState, words: list[str]) -> list[str]:
    """KeptFreeze for so many seconds, or without words lift the freeze."""
    state.freeze, state.freeze_file_is_empty = None, False
    if words:
        state.freeze = KeptFreeze(int(domain.clock(host)) + int(words[0]), words[1], words[2])
    return [f"|freeze={frozen(domain, host, state).get('freeze', 'none')}"]


def frozen(domain: SimulatedDomain, host: HostName, state: HostState) -> dict[str, str]:
    """Return the freeze as the preflight shows it: nothing where there is none, or where it is over."""
    if state.freeze_file_is_empty:
        return {"freeze": "unreadable"}
    kept, now = state.freeze, domain.clock(host)
    if kept is None or kept.until <= now:
        return {}
    is_readable = kept.until - now <= _LONGEST_SECONDS
    return {"freeze": f"{kept.until} {kept.owner} {kept.reason}" if is_readable else "unreadable"}
