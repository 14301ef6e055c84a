"""Answer a request as gate.sh would on a simulated host, byte for byte in the same frames."""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from boks_exporter.model import HostName, Seconds
from boks_exporter.remote.request import OLD_PROTOCOL
from boks_exporter.simulator.domain import Boksinit, SimulatedDomain
from boks_exporter.simulator.domain.files import (
    CHECKED,
    PID_FILES,
    database_files,
    environment,
    errlog,
    method_conf,
    ports,
    queue_ages,
    running,
)
from boks_exporter.simulator.domain.host import TOTAL_KILOBYTES, SimulatedHost
from boks_exporter.simulator.domain.layout import Printed

VERSION: Final = "1.0.0"

SECTION_LIMIT_SECONDS: Final = 20
"""Where the gate cuts off a section that hangs, unless its configuration says otherwise."""

_ERRLOG_LINES: Final = 30
USAGE: Final = 64
WORDS: Final = ("role", "sequence", "list", "memory", "errlog", "queue", "checksums")
"""The sections of a gate of protocol 1."""

NEWER_WORDS: Final = ("processes", "diskspace", "ports", "hostkey", "registered", "fque")
"""The further ones that a gate has from version 2.1 on."""

_ENV_KEYS: Final = ("BOKSINIT=", "SHM_SIZE=", "BRIDGE_ACCEPT_MASTER_IPS=")
_BOKS: Final = {
    "sequence": ("boksdiag", "sequence"),
    "list": ("boksdiag", "list"),
    "memory": ("dumpbase", "-m"),
    "hostkey": ("hostkey", "-c"),
    "registered": ("hostadm", "-l", "-t", "BOKSREPLICA", "-S"),
    "fque": ("boksdiag", "fque", "-master"),
}
_OF_MASTERS: Final = frozenset({"list", "queue", "registered", "fque"})


@dataclass(frozen=True, slots=True)
class GateReply:
    """A whole reply, and how long the gate took to write it."""

    stdout: bytes
    exit_status: int
    delay_seconds: Seconds


@dataclass(frozen=True, slots=True)
class SimulatedSection:
    """One section: its frames and how long it took; `skipped` is the reason for not running it."""

    name: str
    printed: Printed | None
    skipped: str = ""


def reply(
    domain: SimulatedDomain, host: HostName, request_line: str, *, clock_skew_seconds: Seconds = 0.0
) -> GateReply:
    """Answer one request line; a host whose clock is wrong says so in the first frame."""
    words = request_line.split()
    if (reason := _refusal(words)) is not None:
        return GateReply(f"=refused {reason}\n".encode(), USAGE, 0.0)
    clock = datetime.fromtimestamp(domain.clock(host) + clock_skew_seconds, UTC)
    parts = [f"={OLD_PROTOCOL} version={VERSION} clock={clock:%Y-%m-%dT%H:%M:%S}\n".encode()]
    delay = 0.0
    for word in words[1:]:
        section = section_of(domain, host, word, clock)
        parts.append(_framed(section))
        delay += min(section.printed.delay_seconds, SECTION_LIMIT_SECONDS) if section.printed else 0.0
    parts.append(f"=done sections={len(words) - 1}\n".encode())
    return GateReply(b"".join(parts), 0, delay)


def _refusal(words: list[str]) -> str | None:
    if words[:1] != [OLD_PROTOCOL]:
        return "unknown_protocol"
    sections = words[1:]
    if not sections:
        return "no_section"
    if any(word not in WORDS for word in sections):
        return "unknown_word"
    return "repeated_word" if len(set(sections)) < len(sections) else None


def section_of(domain: SimulatedDomain, host: HostName, word: str, clock: datetime) -> SimulatedSection:
    """Run one section on a simulated host."""
    role = domain.hosts[host].env_role
    if word in {"sequence", "memory"} and role is Boksinit.CLIENT:
        return SimulatedSection(word, None, "client")
    if word in _OF_MASTERS and role is not Boksinit.MASTER:
        return SimulatedSection(word, None, "not_master")
    if word in _BOKS:
        return SimulatedSection(word, domain.run(host, _BOKS[word]))
    return SimulatedSection(word, Printed(_own(domain, host, word, clock), delay_seconds=0.02))


def _own(domain: SimulatedDomain, host: HostName, word: str, clock: datetime) -> bytes:
    """Write the sections that the gate reads from files by itself."""
    simulated = domain.hosts[host]
    match word:
        case "role":
            kept = [*_env_lines(environment(domain, simulated))]
            if kept and not database_files(domain, simulated):
                kept.append("database=absent")
            return b"".join(f"{line}\n".encode() for line in kept)
        case "errlog":
            lines = errlog(domain, simulated).splitlines(keepends=True)
            return f"lines={len(lines)}\n".encode() + b"".join(b"> " + line for line in lines[-_ERRLOG_LINES:])
        case "processes":
            return _processes(simulated)
        case "diskspace":
            return f"total_kilobytes={TOTAL_KILOBYTES}\nfree_kilobytes={simulated.free_kilobytes}\n".encode()
        case "ports":
            return "".join(f"{there} {port} {reach}\n" for there, port, reach in ports(domain, simulated)).encode()
        case "checksums":
            methods = method_conf(simulated)
            return b"method.conf %d %d\n" % (zlib.crc32(methods), len(methods)) if methods else b""
    ages = queue_ages(domain, simulated)
    if not ages:
        return b"files=0\n"
    oldest = datetime.fromtimestamp(clock.timestamp() - ages[0], UTC)
    entry = f"-rw-r----- 1 root root {len(ages)} {oldest:%b} {oldest.day:2} {oldest:%H:%M} dd_fcom_1"
    return f"files={len(ages)}\noldest={entry}\n".encode()


def _processes(host: SimulatedHost) -> bytes:
    """Write a line for each process; those of which there is a pid file match it while they run."""
    lines = []
    for name in CHECKED:
        is_running = name in running(host)
        file = f" pid_file={'match' if is_running else 'none'}" if name in PID_FILES else ""
        lines.append(f"{name}={'running' if is_running else 'missing'}{file}\n")
    return "".join(lines).encode()


def _env_lines(env: bytes) -> Iterator[str]:
    return (line for line in env.decode().splitlines() if line.startswith(_ENV_KEYS))


def _framed(section: SimulatedSection) -> bytes:
    begin = f"=section {section.name}\n".encode()
    printed = section.printed
    if printed is None:
        return begin + f"=end {section.name} skipped={section.skipped}\n".encode()
    if printed.delay_seconds > SECTION_LIMIT_SECONDS:
        limit = SECTION_LIMIT_SECONDS
        return begin + f"=end {section.name} timeout={limit} seconds={limit}\n".encode()
    seconds = math.floor(printed.delay_seconds)
    end = f"=end {section.name} exit={printed.exit_status} seconds={seconds}\n".encode()
    return begin + _prefixed(b"|", printed.stdout) + _prefixed(b"!", printed.stderr) + end


def _prefixed(prefix: bytes, text: bytes) -> bytes:
    lines = text.removesuffix(b"\n").split(b"\n") if text else []
    return b"".join(prefix + line + b"\n" for line in lines)
