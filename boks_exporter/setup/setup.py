"""The steps of `init`: key, host keys, the gate's installer, the master's list, and the files."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import asyncssh

from boks_exporter.app.connections import transport_for
from boks_exporter.config import DomainSettings, PollSettings
from boks_exporter.config.load import load_text
from boks_exporter.doctor.check import Check, Result
from boks_exporter.doctor.host_checks import HostCheckup
from boks_exporter.doctor.remedies import source_address
from boks_exporter.errors import ConfigError, TransportError
from boks_exporter.model import Host, Observed, Role
from boks_exporter.observe import SystemClock
from boks_exporter.observe.host_matching import discovered
from boks_exporter.remote.gate import GateKind
from boks_exporter.remote.installation import DEFAULT_GATE_PATH
from boks_exporter.remote.installer import GateInstallation, installer_text
from boks_exporter.remote.settings import Prefix, RemotePaths, SshSettings
from boks_exporter.setup.host_spec import where
from boks_exporter.setup.jump_hosts import JumpConnections, forwarding_line, hops_of, keys_in, known_hosts_line
from boks_exporter.setup.new_files import SetupError, add_line, refuse_existing, user_key, write_file
from boks_exporter.setup.texts import Installation, config_text, environment_text, scrape_job_text, unit_text
from boks_exporter.transport.ssh import SshTransport
from boks_exporter.transport.ssh.jump import JumpError
from boks_exporter.transport.ssh.known_hosts import fingerprint


class Person(Protocol):
    """Who is asked, or the options that answer instead."""

    def trusts(self, host: Host, key: asyncssh.SSHKey) -> bool:
        """Return whether the key that a host offers is the host's own."""
        ...

    def tries_again(self, host: Host, found: Iterable[Check]) -> bool:
        """Return whether the gate of a host that does not answer is installed now."""
        ...

    def confirms_forwarding(self, detail: str, line: str) -> bool:
        """Return whether a jump host that refused lets the key through now, by this line of its authorized_keys."""
        ...

    def report(self, text: str) -> None:
        """Receive what was done."""
        ...


@dataclass(kw_only=True)
class Setup:
    """One domain that is set up; `hosts` begins with the master, and learns the replicas."""

    installation: Installation
    hosts: list[Host]
    person: Person
    from_addresses: str | None = None
    """Needed with jump hosts: which address of the last one the hosts see is not known here."""
    prefix: Prefix = Prefix.SUDO
    keys_file: Path | None = None
    overwrite: bool = False
    without_key: list[Host] = field(default_factory=list)
    _written: set[Path] = field(default_factory=set)
    _way: JumpConnections = field(init=False)

    @property
    def known_hosts(self) -> Path:
        return self.installation.directory / "known_hosts"

    @property
    def key(self) -> Path:
        return self.installation.directory / self.installation.key

    @property
    def installer(self) -> Path:
        return self.installation.directory / "install-gate.sh"

    async def run(self) -> None:
        """Make everything; raises SetupError and TransportError."""
        if self.installation.jump_host and not self.from_addresses:
            message = "expected the address from which the last jump host connects to the hosts: name it with --from"
            raise SetupError(message)
        self._check_configuration()
        if not self.overwrite:
            refuse_existing(self._texts())
        is_new = user_key(self.key, "boks-exporter")
        self.person.report(f"{'made' if is_new else 'kept'} the key {self.key}")
        self._way = JumpConnections(self._ssh_settings(), self._is_opened_now)
        try:
            for hop, route in hops_of(self.installation.jump_host):
                await self._store_jump_host_key(hop, route)
            for host in self.hosts:
                await self._store_key_if_reachable(host)
            self._write_installer()
            await self._learn_replicas()
        finally:
            await self._way.aclose()
        self._write_installer()
        self._check_configuration()
        for file, text in self._texts().items():
            self._write(file, text)
        try:
            self.installation.state_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SetupError(f"{self.installation.state_directory} cannot be made: {error.strerror}") from error

    def _texts(self) -> dict[Path, str]:
        directory, installation = self.installation.directory, self.installation
        return {
            directory / "config.yaml": config_text(installation, self.hosts),
            directory / "environment": environment_text(installation),
            directory / "boks-exporter.service": unit_text(installation),
            directory / "prometheus-job.yml": scrape_job_text(installation),
        }

    def _check_configuration(self) -> None:
        """Raise SetupError if the configuration would be refused, before anything that needs it is written."""
        directory = self.installation.directory
        text = config_text(self.installation, self.hosts).replace("${CREDENTIALS_DIRECTORY}", str(directory))
        try:
            load_text(text, "what was given", directory, check_files=False)
        except ConfigError as error:
            raise SetupError(str(error)) from error

    def _write(self, file: Path, text: str) -> None:
        """Write a file; one that is not of this run and has another text only with `overwrite`."""
        if not self.overwrite and file not in self._written:
            refuse_existing({file: text})
        self._written.add(file)
        self.person.report(f"{'wrote' if write_file(file, text) else 'kept'} {file}")

    async def _store_jump_host_key(self, hop: Host, route: str) -> None:
        try:
            await self._store_host_key(hop, route)
        except TransportError as error:
            before = f" (through {route})" if route and not isinstance(error, JumpError) else ""
            message = f"jump host {where(hop)}{before}: {error.detail}; check its name, address and port"
            raise SetupError(error.detail if isinstance(error, JumpError) else message) from error

    def _is_opened_now(self, error: JumpError) -> bool:
        return self.person.confirms_forwarding(error.detail, forwarding_line(self._public_key()))

    async def _store_key_if_reachable(self, host: Host) -> None:
        """Go on without the key of a host that does not answer; the master has to."""
        try:
            await self._store_host_key(host, self.installation.jump_host or "")
        except JumpError as error:
            raise SetupError(error.detail) from error
        except TransportError as error:
            if host is self.hosts[0]:
                raise SetupError(f"{where(host)}: {error.detail}; check its name, address and port") from error
            self.person.report(f"no host key of {where(host)}: {error.detail}")
            self.without_key.append(host)

    async def _store_host_key(self, host: Host, route: str) -> None:
        """Write the key of a host behind a route into known_hosts, unless one is there."""
        if keys_in([self.known_hosts], host):
            self.person.report(f"kept the host key of {where(host)}")
            return
        if self.keys_file:
            keys = keys_in([self.keys_file], host)
            if not keys:
                raise SetupError(f"{self.keys_file} has no key for {where(host)}: add it, or name another file")
        else:
            keys = (await self._way.key_behind(route, host),)
            if not self.person.trusts(host, keys[0]):
                if host is self.hosts[0] or host not in self.hosts:
                    message = f"the host key of {where(host)} is not confirmed: find out which machine answers there"
                    raise SetupError(message)
                self.without_key.append(host)
                return
        for key in keys:
            add_line(self.known_hosts, known_hosts_line(host, key))
            self.person.report(f"wrote the host key of {where(host)}: {fingerprint(key)}")

    def _write_installer(self) -> None:
        text = installer_text(
            GateInstallation(
                kind=GateKind.READING,
                user=self.installation.user,
                from_pattern=self.from_addresses or self._sources(),
                public_key=self._public_key(),
                gate_path=DEFAULT_GATE_PATH,
                paths=RemotePaths(prefix=self.prefix),
            )
        )
        self._write(self.installer, text)

    def _public_key(self) -> str:
        return self.key.with_name(f"{self.key.name}.pub").read_text(encoding="utf-8")

    def _sources(self) -> str:
        found = dict.fromkeys(address for host in self.hosts if (address := source_address(host.address)))
        if not found:
            message = "the address from which this machine connects to the hosts is not known: name it with --from"
            raise SetupError(message)
        return ",".join(found)

    async def _learn_replicas(self) -> None:
        """Poll the master until it answers or is left out, and add the replicas of its list."""
        master = self.hosts[0]
        if master in self.without_key:
            return
        while (seen := await self._poll(master)) is None:
            pass
        if not isinstance(seen, Observed):
            return
        if seen.role is not Role.MASTER:
            message = f"{where(master)} is {seen.role}, not the master: name the master (grep BOKSINIT in BoKS's ENV)"
            raise SetupError(message)
        for host in discovered(seen, tuple(self.hosts), self.installation.address_template):
            self.person.report(f"the master lists {where(host)}")
            found = replace(host, discovered=False)
            self.hosts.append(found)
            try:
                await self._store_key_if_reachable(found)
            except SetupError as error:
                self.person.report(f"no host key of {where(found)}: {error}")
                self.without_key.append(found)

    def _ssh_settings(self) -> SshSettings:
        return SshSettings(
            user=self.installation.user,
            identity_files=(self.key,),
            known_hosts=self.known_hosts,
            jump_host=self.installation.jump_host,
        )

    async def _poll(self, master: Host) -> Observed | bool | None:
        """Return what the master answers, False where it is left out, None to try again."""
        domain = DomainSettings(name=self.installation.domain, transport=self._ssh_settings(), hosts=(master,))
        transport = transport_for(domain, PollSettings())
        checkup = HostCheckup(domain, master, transport, SystemClock())
        try:
            found = [check async for check in checkup.checks()]
        finally:
            if isinstance(transport, SshTransport):
                await transport.aclose()
        if isinstance(checkup.outcome, Observed):
            return checkup.outcome
        wrong = [check for check in found if check.result is Result.FAILED]
        return None if self.person.tries_again(master, wrong) else False
