"""A simulated domain behind OpenSSH's own sshd, one for each host, with the real gate as forced command."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, Self

import asyncssh

from boks_exporter.model import HostName
from boks_exporter.remote.installation import (
    authorized_keys_line,
    sudoers_lines,
)
from boks_exporter.remote.settings import Prefix
from boks_exporter.simulator.domain import Connectivity, Fault
from boks_exporter.simulator.listener import HostKeys, new_key, write_known_hosts, write_user_key
from tests.sshd.daemon import ADDRESS, SshdDaemon
from tests.sshd.host_files import HostTree, Tree
from tests.sshd.processes import descendants, end, mentioning
from tests.sshd.temporary_user import login

_FROM: Final = "127.0.0.0/8"
_BEHIND_OTHER_SUDOERS: Final = ("unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/sudoers && exec "$@"')
"""A command, a file and the command's own words after it: only root can run it."""
_READ_BY_SUDO: Final = 0o440


class SshdServers:
    """Serve a tree through sshd for as long as the block runs.

    The key in `identity_file` can ask the gate, that in `operator_identity_file` can change a host through it.
    `shell_identity_file` is a key without restriction, as where the gate is not installed and goes along with each
    request. A tree whose gates become root by sudo is served with the sudo rules that are handed out for them, and with
    those only; that needs root.
    """

    address: Final = ADDRESS

    def __init__(self, tree: Tree, directory: Path) -> None:
        self.tree = tree
        self.directory = directory
        self.user = ""
        self.identity_file = directory / "id_gate"
        self.operator_identity_file = directory / "id_operator"
        self.shell_identity_file = directory / "id_shell"
        self.known_hosts = directory / "known_hosts"
        self.authority = new_key()
        self._keys: dict[HostName, HostKeys] = {name: HostKeys.generate() for name in tree.hosts}
        self._daemons: dict[HostName, SshdDaemon] = {}
        self._lines: dict[HostName, str] = {}
        self._manners: dict[HostName, Connectivity] = {}
        self._open = AsyncExitStack()

    def __repr__(self) -> str:
        return f"<SshdServers {self.user}@ {', '.join(map(repr, self._daemons.values()))}>"

    @property
    def daemons(self) -> Mapping[HostName, SshdDaemon]:
        return self._daemons

    async def __aenter__(self) -> Self:
        """Make keys and start every daemon."""
        if os.geteuid() != 0:
            message = "the gate trusts no configuration file but root's: real sshd can be simulated by root only"
            raise PermissionError(message)
        gate_key, operator_key, shell_key = new_key(), new_key(), new_key()
        write_user_key(gate_key, self.identity_file)
        write_user_key(operator_key, self.operator_identity_file)
        write_user_key(shell_key, self.shell_identity_file)
        authority = self.directory / "authority.pub"
        authority.write_text(_public(self.authority), encoding="utf-8")
        async with AsyncExitStack() as opened:
            self.user = await opened.enter_async_context(login())
            opened.push_async_callback(self._end_what_is_left)
            within = self._sudo_rules() if self.tree.prefix is Prefix.SUDO else ()
            for name in self.tree.hosts:
                directory = self.directory / name
                directory.mkdir()
                daemon = SshdDaemon(directory, self.user, trusted_authority=str(authority), within=within)
                opened.push_async_callback(daemon.aclose)
                self._daemons[name] = daemon
            for name, host in self.tree.hosts.items():
                self._lines[name] = self._authorized(host, gate_key, operator_key, shell_key)
                if self.tree.prefix is Prefix.NONE:
                    for owned in (host.state, host.data):
                        shutil.chown(owned, self.user)
            await self.update_listeners()
            self._open = opened.pop_all()
        known = ((ADDRESS, daemon.port, self._keys[name].true) for name, daemon in self._daemons.items())
        write_known_hosts(known, self.known_hosts)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop every daemon, end what the gates left running, and remove the login."""
        await self._open.aclose()

    def port(self, host: HostName) -> int:
        return self._daemons[host].port

    async def set_fault(self, host: HostName, fault: Fault, **parameters: Any) -> None:
        self.tree.set_fault(host, fault, **parameters)
        await self.update_listeners()

    async def clear_fault(self, host: HostName, fault: Fault) -> None:
        self.tree.clear_fault(host, fault)
        await self.update_listeners()

    async def update_listeners(self) -> None:
        """Bring every daemon in line with the domain; a change cuts the connections that are open."""
        changed = {
            name: manner
            for name in self._daemons
            if (manner := self.tree.domain.connectivity(name)) is not self._manners.get(name)
        }
        await asyncio.gather(*(self._meet(name, manner) for name, manner in changed.items()))

    async def power_off(self, host: HostName) -> None:
        """Switch a machine off with everything that runs on it; clear Fault.MASTER_DEAD and it boots."""
        await self.set_fault(host, Fault.MASTER_DEAD)
        await self._end_what_is_left(host)

    async def restart(self, host: HostName) -> None:
        """Stop a host's sshd, its sessions included, and start it again."""
        await self._daemons[host].start(self._host_key(host, self._manners[host]))

    async def sever(self, host: HostName) -> None:
        """Kill the sessions of a host in the middle of what they do."""
        await self._daemons[host].sever()

    async def cut(self, host: HostName) -> None:
        """Cut the connections to a host; its gates and programs go on."""
        await self._daemons[host].cut()

    def _sudo_rules(self) -> tuple[str, ...]:
        """Write the rules for every gate; gives the command within which sudo finds them."""
        rules = ["Defaults use_pty\n"]
        for host in self.tree.hosts.values():
            rules += [sudoers_lines(self.user, str(gate)) for gate in (host.gate, host.operator_gate)]
        file = self.directory / "sudoers"
        file.write_text("".join(rules), encoding="utf-8")
        file.chmod(_READ_BY_SUDO)
        return (*_BEHIND_OTHER_SUDOERS, str(file))

    async def _meet(self, name: HostName, manner: Connectivity) -> None:
        daemon = self._daemons[name]
        self._manners[name] = manner
        if manner is Connectivity.UNREACHABLE:
            await daemon.go_silent()
        elif manner is Connectivity.REFUSED:
            await daemon.stop()
        else:
            daemon.write_authorized_keys("" if manner is Connectivity.WRONG_LOGIN else self._lines[name])
            await daemon.start(self._host_key(name, manner))

    def _host_key(self, name: HostName, manner: Connectivity) -> asyncssh.SSHKey:
        keys = self._keys[name]
        return keys.other if manner is Connectivity.WRONG_HOST_KEY else keys.true

    def _authorized(
        self, host: HostTree, gate_key: asyncssh.SSHKey, operator_key: asyncssh.SSHKey, shell_key: asyncssh.SSHKey
    ) -> str:
        asking = authorized_keys_line(_public(gate_key), _FROM, str(host.gate))
        changing = authorized_keys_line(_public(operator_key), _FROM, str(host.operator_gate))
        return f"{asking}{changing}{_public(shell_key)}\n"

    async def _end_what_is_left(self, *names: HostName) -> None:
        """End gates and programs whose session is over already: they have no parent any longer."""
        hosts = [self.tree.hosts[name] for name in names or self.tree.hosts]
        programs = [path for host in hosts for path in (host.gate, host.operator_gate, host.root / "sbin")]
        left = await mentioning([str(path) for path in programs])
        await end(left | await descendants(left))


def _public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key("openssh").decode().strip()
