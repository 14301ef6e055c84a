"""Checks of one host, by one poll over the transport that the exporter uses."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

from boks_exporter.config import DomainSettings
from boks_exporter.doctor.check import Check, failed, ok, skipped, warning
from boks_exporter.doctor.remedies import Remedies, Stage, after, before, stage_of
from boks_exporter.doctor.reply_checks import reply_checks
from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Garbled, Host, HostOutcome, Observed, Unreachable
from boks_exporter.observe import Clock
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.observe.one_poll import with_further_sections
from boks_exporter.remote.request import EVERY_GATE, EVERYTHING
from boks_exporter.remote.settings import GateMode, SshSettings
from boks_exporter.report.next_commands import NextCommands
from boks_exporter.transport.base import Transport
from boks_exporter.transport.ssh import SshTransport
from boks_exporter.transport.ssh.inspection import Inspection

_WITHOUT_OPTIONS: Final = NextCommands()
_ANSWER: tuple[str, ...] = ("gate version", "boksadm", "sections", "role")


class HostCheckup:
    """Everything that must hold for one host of a domain; `outcome` is that of its poll."""

    def __init__(
        self,
        domain: DomainSettings,
        host: Host,
        transport: Transport,
        clock: Clock,
        commands: NextCommands = _WITHOUT_OPTIONS,
    ) -> None:
        self._domain, self._host, self._transport, self._clock = domain, host, transport, clock
        self._commands = commands
        self.outcome: HostOutcome | None = None

    async def checks(self) -> AsyncIterator[Check]:
        """Poll the host, and yield its checks in the order in which each needs those before."""
        started_at = self._clock.now()
        error: TransportError | None = None
        try:
            raw = await self._transport.ask(self._host, EVERY_GATE)
        except TransportError as failure:
            error = failure
            self.outcome = Unreachable(self._host.name, started_at, self._clock.now(), failure.reason, failure.detail)
        else:
            finished_at, ignored = self._clock.now(), self._domain.ignore_lines
            seen = interpret_reply(self._host, EVERY_GATE, raw, started_at, finished_at, ignored)
            self.outcome = await self._whole(seen) if isinstance(seen, Observed) else seen
        settings, remedies = self._domain.transport, None
        if isinstance(self._transport, SshTransport) and isinstance(settings, SshSettings):
            route = await _route(self._transport.inspection(), self._host)
            remedies = Remedies(self._host, settings, self._commands, route)
            async for check in self._login_checks(self._transport, remedies, error):
                yield check
        elif error:
            yield failed(self._host.name, "poll", error.detail, self._commands.config_check())
        if isinstance(self.outcome, Observed):
            for check in reply_checks(self._host, self.outcome, self._commands, remedies):
                yield check

    async def _whole(self, seen: Observed) -> Observed:
        """Ask for what only newer gates answer, now that its version is known."""
        known = {section.name for section in seen.reply.sections}
        further = [name for name in EVERYTHING.sections if name not in known]
        return await with_further_sections(self._domain, self._transport, self._host, seen, further)

    async def _login_checks(
        self, transport: SshTransport, remedies: Remedies, error: TransportError | None
    ) -> AsyncIterator[Check]:
        host, parts, settings = self._host, transport.inspection(), remedies.settings
        stopped = None
        if error:
            stopped = stage_of(
                error, is_connected=parts.is_connected(host.name), has_shell=transport.is_unrestricted(host.name)
            )
            if stopped is Stage.SERVER and error.reason is FailureReason.TIMEOUT:
                stopped, error = await self._where_it_hangs(parts, error)
        elif isinstance(self.outcome, Garbled):
            stopped, error = Stage.GATE, TransportError(self.outcome.reason, self.outcome.detail)
        elif settings.gate is GateMode.INSTALLED and await parts.gives_a_shell(host.name):
            stopped = Stage.FORCED_COMMAND
            error = TransportError(FailureReason.EXIT_STATUS, f"the key runs any command as {settings.user}")
        route = None if stopped is Stage.LOCAL_FILES else remedies.route
        for stage in before(stopped) if stopped else tuple(Stage):
            if (check := await self._passed(stage, parts, settings, route)) is not None:
                yield check
        if stopped and error:
            yield failed(host.name, stopped, error.detail, remedies.at(stopped))
            for check in self._not_reached(stopped):
                yield check

    async def _where_it_hangs(self, parts: Inspection, error: TransportError) -> tuple[Stage, TransportError]:
        """Distinguish a port that does not answer from a server that accepts and then hangs."""
        try:
            await parts.connect_only(self._host)
        except TransportError as unanswered:
            return stage_of(unanswered, is_connected=False, has_shell=False), unanswered
        return Stage.SERVER, error

    def _not_reached(self, stopped: Stage) -> Iterator[Check]:
        names = (*after(stopped), *(() if isinstance(self.outcome, Observed) else _ANSWER))
        if names:
            yield skipped(self._host.name, "not reached", ", ".join(names))

    async def _passed(self, stage: Stage, parts: Inspection, settings: SshSettings, route: str | None) -> Check | None:
        """Describe a part that worked; None for one that does not apply."""
        host, name = self._host, self._host.name
        seen = self.outcome if isinstance(self.outcome, Observed) else None
        found = {
            Stage.JUMP_HOST: route or "",
            Stage.PORT: f"{host.port} accepts connections",
            Stage.LOGIN: f"as {settings.user}",
            Stage.FORCED_COMMAND: "in force" if settings.gate is GateMode.INSTALLED else "none: the gate is sent",
            Stage.SUDO_RULE: "sudo did not refuse the gate",
        }
        match stage:
            case Stage.NAME:
                return ok(name, stage, await _resolved(parts, host, route))
            case Stage.ALGORITHMS:
                return _algorithms(host, parts)
            case Stage.HOST_KEY:
                return _host_key(host, settings, seen)
            case _:
                return ok(name, stage, found[stage]) if found.get(stage) else None


async def _route(parts: Inspection, host: Host) -> str | None:
    try:
        return await parts.route(host)
    except TransportError:
        return None


async def _resolved(parts: Inspection, host: Host, route: str | None) -> str:
    try:
        found = await parts.addresses(host)
    except TransportError:
        found = ()
    if found:
        return f"{host.address} is {', '.join(found)}"
    return f"{host.address}, which the jump host resolves" if route else f"{host.address}, used as it is"


def _algorithms(host: Host, parts: Inspection) -> Check:
    names = parts.algorithms(host.name)
    if weak := parts.weak_algorithms(host.name):
        return warning(
            host.name,
            Stage.ALGORITHMS,
            f"weak: {', '.join(weak)}",
            f"a newer sshd on {host.name}; until then keep host_algorithms",
        )
    return ok(host.name, Stage.ALGORITHMS, ", ".join(names) or "a common set was found")


def _host_key(host: Host, settings: SshSettings, seen: Observed | None) -> Check:
    key = seen.endpoint.host_key if seen and seen.endpoint else "accepted"
    if settings.insecure_ignore_host_keys:
        return warning(
            host.name, Stage.HOST_KEY, f"{key}, not verified", "remove insecure_ignore_host_keys and set known_hosts"
        )
    return ok(host.name, Stage.HOST_KEY, f"{key}, known")
