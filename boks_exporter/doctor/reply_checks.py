"""Checks of what a host's gate answered."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.doctor.check import Check, failed, ok, skipped, warning
from boks_exporter.doctor.remedies import Remedies
from boks_exporter.errors import FailureReason
from boks_exporter.health.unread import unread_lines
from boks_exporter.model import Host, Observed, Role, Section, SectionFault
from boks_exporter.remote.gate import gate_version
from boks_exporter.remote.settings import GateMode, RemotePaths
from boks_exporter.report.next_commands import NextCommands
from boks_exporter.text.formatting import listed, version_numbers

_NOT_FOUND: Final = (126, 127)
"""A shell's exit statuses for a program that it cannot run or find."""
_BOKSADM_SECTIONS: Final = (Section.SEQUENCE, Section.LIST, Section.MEMORY)
_CLOCK_SECONDS: Final = 5.0
_RECORDING: Final = "boks-recording"
"""The directory of a recording, in the command that makes it."""

_COMMANDS: Final = {Section.SEQUENCE: "boksdiag sequence", Section.LIST: "boksdiag list", Section.MEMORY: "dumpbase -m"}
"""What boksadm runs for a section; the other sections read files."""


def reply_checks(host: Host, seen: Observed, commands: NextCommands, remedies: Remedies | None) -> Iterator[Check]:
    """Check gate, boksadm, sections, unread lines, clock and role; `remedies` are None for a gate without SSH."""
    is_installed = remedies is not None and remedies.settings.gate is GateMode.INSTALLED
    paths = f"in boks-gate.conf on {host.name}" if is_installed else "under transport: in the configuration"
    yield _version(host, remedies, seen)
    yield _boksadm(host, seen, paths)
    for section in seen.reply.sections:
        yield _section(host, seen, section.name, commands)
    yield _unread(host, seen, commands)
    yield _clock(host, seen)
    yield _role(host, seen, paths)


def _version(host: Host, remedies: Remedies | None, seen: Observed) -> Check:
    theirs, ours = seen.reply.gate_version, gate_version()
    mine, other = version_numbers(ours), version_numbers(theirs)
    if mine is None or other is None or other == mine or remedies is None:
        return ok(host.name, "gate version", theirs)
    if other < mine:
        return warning(host.name, "gate version", f"{theirs}, older than {ours}", remedies.install_gate())
    return warning(host.name, "gate version", f"{theirs}, newer than {ours}", "upgrade this boks-exporter")


def _boksadm(host: Host, seen: Observed, paths: str) -> Check:
    """A shell's status for a missing program, whatever it printed, is no output of BoKS's."""
    ran = [section for name in _BOKSADM_SECTIONS if (section := seen.reply.section(name)) and not section.skipped]
    missing = [section for section in ran if section.exit_status in _NOT_FOUND]
    if not ran:
        return skipped(host.name, "boksadm", "not run on a client")
    if missing:
        text = missing[0].stderr.strip().splitlines()[:1]
        found = f"exit status {missing[0].exit_status}{': ' + text[0][:200] if text else ''}"
        return failed(host.name, "boksadm", found, f"set the path of boksadm {paths}")
    return ok(host.name, "boksadm", f"ran for {listed([section.name for section in ran])}")


def _section(host: Host, seen: Observed, name: Section, commands: NextCommands) -> Check:
    label = f"section {name}"
    fault = next((fault for fault in seen.faults if fault.section is name), None)
    section = seen.reply.section(name)
    if fault:
        return failed(host.name, label, fault.detail, _by_hand(host, fault, commands))
    if section and section.skipped:
        return skipped(host.name, label, f"the gate skips it: {section.skipped}")
    took = f", {section.took:g} s" if section and section.took is not None else ""
    return ok(host.name, label, f"read{took}")


def _by_hand(host: Host, fault: SectionFault, commands: NextCommands) -> str:
    """Only what cannot be read is worth a recording; what failed on the host is to be seen there."""
    if fault.reason in {FailureReason.PARSE, FailureReason.TOO_LARGE}:
        return f"{commands.run('record --scrub', _RECORDING)} keeps what {host.name} prints"
    if command := _COMMANDS.get(fault.section):
        return f"as root on {host.name}: {RemotePaths().boksadm} -S {command}"
    return f"as root on {host.name}: ls -l /etc/opt/boksm /var/opt/boksm; are BOKS_ETC and BOKS_VAR other directories?"


def _unread(host: Host, seen: Observed, commands: NextCommands) -> Check:
    unread = [(place, line) for place, line in unread_lines(seen) if line.ignored is None]
    count = sum(line.stands_for for _, line in unread)
    if not unread:
        return ok(host.name, "unread lines", "none")
    place, line = unread[0]
    return warning(
        host.name,
        "unread lines",
        f"{count}, the first in {place}: {line.text[:120]!r}",
        f"{commands.run('fit')}; then parsing.ignore_lines in the configuration, where the line hides nothing",
    )


def _clock(host: Host, seen: Observed) -> Check:
    """Compare with the middle of the exchange; half its length is the error."""
    clock, took = seen.reply.host_clock, seen.finished_at - seen.started_at
    if clock is None:
        return skipped(host.name, "clock", "the gate reports no time")
    offset = clock - (seen.started_at + seen.finished_at) / 2
    found = f"{offset:+.0f} s to ours"
    if abs(offset) <= _CLOCK_SECONDS + took / 2:
        return ok(host.name, "clock", found)
    return warning(host.name, "clock", found, f"compare both with a time server: chronyc tracking on {host.name}")


def _role(host: Host, seen: Observed, paths: str) -> Check:
    if seen.role is Role.UNKNOWN:
        init = seen.environment.boksinit
        found = f"BOKSINIT={init}" if init else "BOKSINIT is not in ENV, or ENV cannot be read"
        return failed(host.name, "role", found, f"set BOKS_ETC {paths} to the directory of ENV")
    return ok(host.name, "role", seen.role)
