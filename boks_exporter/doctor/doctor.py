"""All checks in their order, each as soon as it is made."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boks_exporter.app.connections import Connections
from boks_exporter.app.options import DEFAULT_LISTEN
from boks_exporter.config import DomainSettings, Settings
from boks_exporter.doctor.check import Check, failed, ok, skipped, warning
from boks_exporter.doctor.host_checks import HostCheckup
from boks_exporter.doctor.local_checks import check_configuration, check_machine
from boks_exporter.doctor.prometheus_checks import DEFAULT_JOB, alertmanager_checks, prometheus_checks
from boks_exporter.errors import BoksExporterError
from boks_exporter.model import Host, Observed, Role
from boks_exporter.observe import SystemClock
from boks_exporter.observe.host_matching import discovered
from boks_exporter.report.next_commands import NextCommands
from boks_exporter.text.formatting import listed
from boks_exporter.transport.base import Transport

_CONCURRENT: Final = 10


class UnknownHostError(BoksExporterError):
    """A host that is neither configured nor listed by a master."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorOptions:
    """What is checked; with host names, only these hosts."""

    config_file: Path
    hosts: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    web_config_file: Path | None = None
    listen_addresses: tuple[str, ...] = (DEFAULT_LISTEN,)
    prometheus: str | None = None
    alertmanager: str | None = None
    job: str = DEFAULT_JOB


async def all_checks(options: DoctorOptions) -> AsyncIterator[Check]:
    """Check this machine, every host, and what scrapes and sends; raises UnknownHostError."""
    configured = await asyncio.to_thread(check_configuration, options.config_file)
    settings = configured.settings
    if settings is None or not options.hosts:
        for check in configured.checks:
            yield check
    if settings is None:
        return
    if not options.hosts:
        for check in check_machine(settings, options.web_config_file, options.listen_addresses, command_again(options)):
            yield check
    async for check in _host_checks(settings, options):
        yield check
    async for check in _alerting_checks(settings, options):
        yield check


def command_again(options: DoctorOptions) -> str:
    """Write the command that was given."""
    words = [f"--web.config.file={options.web_config_file}"] if options.web_config_file else []
    if options.listen_addresses != (DEFAULT_LISTEN,):
        words += [f"--web.listen-address={each}" for each in options.listen_addresses]
    words += [f"--domain={each}" for each in options.domains]
    words += [f"--{name}={url}" for name in ("prometheus", "alertmanager") if (url := getattr(options, name))]
    words += [f"--job={options.job}"] if options.job != DEFAULT_JOB else []
    return NextCommands(("--config.file", str(options.config_file), *words)).run("doctor", *options.hosts)


async def _alerting_checks(settings: Settings, options: DoctorOptions) -> AsyncIterator[Check]:
    if options.prometheus:
        async for check in prometheus_checks(options.prometheus, settings, options.job):
            yield check
    if options.alertmanager:
        async for check in alertmanager_checks(options.alertmanager):
            yield check


async def _host_checks(settings: Settings, options: DoctorOptions) -> AsyncIterator[Check]:
    missing = set(options.hosts)
    async with AsyncExitStack() as opened:
        connections = await opened.enter_async_context(Connections())
        for name, (domain, transport) in (await connections.apply_settings(settings)).items():
            if options.domains and name not in options.domains:
                continue
            commands = NextCommands(("--config.file", str(options.config_file)), domain=name)
            checkup = _DomainCheckup(domain, transport, options.hosts, commands)
            async for check in checkup.checks():
                yield check
            missing -= checkup.done
    if missing:
        known = listed([host.name for domain in settings.domains for host in domain.hosts])
        message = f"no host {', '.join(sorted(missing))}; the configuration has {known}, and no master lists it"
        raise UnknownHostError(message)


class _DomainCheckup:
    """The hosts of one domain, then those that its master lists; `done` are the names that were checked."""

    def __init__(
        self, domain: DomainSettings, transport: Transport, wanted: Sequence[str], commands: NextCommands
    ) -> None:
        self._domain, self._transport, self._wanted, self._commands = domain, transport, wanted, commands
        self._seen: list[Observed] = []
        self.done: set[str] = set()

    async def checks(self) -> AsyncIterator[Check]:
        hosts = [host for host in self._domain.hosts if not self._wanted or host.name in self._wanted]
        async for check in self._all_of(hosts):
            yield check
        if set(self._wanted) <= self.done and self._wanted:
            return
        if self._wanted and not self._masters():
            async for _ in self._all_of([host for host in self._domain.hosts if host not in hosts]):
                pass  # only to find the master, whose list may name the host
        unlisted = self._listed_only()
        if self._domain.discover or self._wanted:
            async for check in self._all_of(
                [host for host in unlisted if not self._wanted or host.name in self._wanted]
            ):
                yield check
        if not self._wanted:
            for check in self._domain_checks(unlisted):
                yield check

    async def _all_of(self, hosts: Sequence[Host]) -> AsyncIterator[Check]:
        """Check hosts at the same time, and yield their checks host by host."""
        limiter, clock = asyncio.Semaphore(_CONCURRENT), SystemClock()

        async def run(host: Host) -> list[Check]:
            async with limiter:
                checkup = HostCheckup(self._domain, host, self._transport, clock, self._commands)
                found = [check async for check in checkup.checks()]
            if isinstance(checkup.outcome, Observed):
                self._seen.append(checkup.outcome)
            return found

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run(host)) for host in hosts]
            for host, task in zip(hosts, tasks, strict=True):
                for check in await task:
                    yield check
                self.done.add(host.name)

    def _masters(self) -> list[Observed]:
        return [seen for seen in self._seen if seen.role is Role.MASTER]

    def _listed_only(self) -> tuple[Host, ...]:
        masters = self._masters()
        if len(masters) != 1:
            return ()
        return discovered(masters[0], self._domain.hosts, self._domain.address_template)

    def _without_one_master(self, masters: Sequence[str]) -> Check:
        name, commands = self._domain.name, self._commands
        if masters:
            found = f"{len(masters)} masters: {listed(masters)}"
            return failed(name, "master", found, commands.run("failover conflict"))
        if not self._seen:
            return skipped(name, "master", "no host answers")
        return failed(name, "master", f"none of {len(self._seen)} that answer", commands.run("failover candidates"))

    def _domain_checks(self, unlisted: Sequence[Host]) -> list[Check]:
        name, masters = self._domain.name, [seen.host for seen in self._masters()]
        checks = [ok(name, "master", masters[0]) if len(masters) == 1 else self._without_one_master(masters)]
        if unlisted and not self._domain.discover:
            found = (
                f"the master lists {listed([host.name for host in unlisted])}, which the configuration does not name"
            )
            checks.append(warning(name, "replicas", found, "add them under hosts:, or set discover: true"))
        return checks
