"""The methods of polling that are compared: the exporter's, and common ones."""

import asyncio
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, Self

from bench.light.cpu_accounts import CpuAccount
from bench.light.gates import Access
from bench.light.hosts import TABLES, Hosts

_CHECK_BY_SSH: Final = "/usr/lib/nagios/plugins/check_by_ssh"
_PARALLEL: Final = "8"

TRANSPORT: Final = "exporter, transport alone"
WHOLE_ROUND: Final = "exporter, whole round"
GATE_1_ROUND: Final = "exporter, whole round of all sections, gate of protocol 1"
EVERY_SECTION: Final = "exporter, whole round of all sections"
CONN_RUN: Final = "asyncssh conn.run, default ciphers"
CONTROL_MASTER: Final = "ssh, ControlMaster"
COLD: Final = "ssh, a connection for each poll"
CHECK_BY_SSH: Final = "check_by_ssh"
SHELL_LOOP: Final = "shell loop: ssh and awk, one host after the other"
BARE: Final = "the two commands alone, started on the host"


class Way(Protocol):
    """Poll every host once, all of it inside the client's CPU account."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc: object) -> None: ...

    async def round_of_polls(self) -> None:
        """Return when every host has answered."""
        ...


@dataclass
class PythonWay:
    """A Python client that keeps its connections from round to round."""

    hosts: Hosts
    client: CpuAccount
    name: str
    access: Access = Access.GATE
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        """Start the client."""
        hosts = self.hosts
        argv = [
            sys.executable,
            "-m",
            "bench.light.python_client",
            self.name,
            hosts.user,
            str(hosts.identity(self.access)),
        ]
        argv += [str(hosts.known_hosts), str(hosts.port), str(hosts.boksadm), *hosts.addresses]
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(*self.client.command(*argv), stdin=pipe, stdout=pipe)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End the client."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            await self.process.wait()

    async def round_of_polls(self) -> None:
        """Have the client poll once."""
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"round\n")
        answer = await self.process.stdout.readline()
        assert answer == b"done\n", f"the client {self.name} answered {answer!r}, exit {self.process.returncode}"


@dataclass
class CommandWay:
    """A command for each host, eight at a time, as `xargs -P8` starts them."""

    hosts: Hosts
    client: CpuAccount
    argv: tuple[str, ...]
    """`{}` is the host's address."""
    finish: tuple[str, ...] = ()

    async def __aenter__(self) -> Self:
        """Nothing to start."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End what the commands left running on purpose."""
        if self.finish:
            await self._for_each_host(self.finish)

    async def round_of_polls(self) -> None:
        """Run the command for every host."""
        output = await self._for_each_host(self.argv)
        # Several commands write at once, so only single characters can be counted: one for each table.
        assert output.count("(") >= TABLES * len(self.hosts.addresses), output[-2000:]

    async def _for_each_host(self, argv: tuple[str, ...]) -> str:
        command = self.client.command("xargs", "-P", _PARALLEL, "-I", "{}", *argv)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
        )
        output, _ = await process.communicate("".join(f"{each}\n" for each in self.hosts.addresses).encode())
        return output.decode()


@dataclass
class ShellWay:
    """A shell script over all hosts, as people write it; `$@` are their addresses."""

    account: CpuAccount
    script: str
    addresses: Sequence[str]

    async def __aenter__(self) -> Self:
        """Nothing to start."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Nothing is left running."""

    async def round_of_polls(self) -> None:
        """Run the script."""
        command = self.account.command("sh", "-c", self.script, "sh", *self.addresses)
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await process.communicate()
        assert output.count(b"T29 ") >= len(self.addresses), output[-2000:]


def polling_methods(hosts: Hosts, client: CpuAccount) -> Mapping[str, Callable[[], Way]]:
    """Return every way by its name; each must be opened before it is used."""
    plain = f"{hosts.boksadm} -S boksdiag list; {hosts.boksadm} -S boksdiag sequence"
    shared = hosts.ssh("ControlMaster=auto", f"ControlPath={hosts.directory}/master-%h", "ControlPersist=300")
    by_ssh = (
        _CHECK_BY_SSH,
        "-H",
        "{}",
        "-p",
        str(hosts.port),
        "-l",
        hosts.user,
        "-i",
        str(hosts.identity(Access.SHELL)),
    )
    by_ssh += ("-o", f"UserKnownHostsFile={hosts.known_hosts}", "-t", "60", "-C", plain)
    over_ssh = f'for host in "$@"; do {shlex.join(hosts.ssh())} -n "$host" {shlex.quote(plain)} | awk "/^T/"; done'
    bare = f'for host in "$@"; do {plain}; done'
    return {
        TRANSPORT: lambda: PythonWay(hosts, client, "transport"),
        WHOLE_ROUND: lambda: PythonWay(hosts, client, "exporter"),
        EVERY_SECTION: lambda: PythonWay(hosts, client, "every-section"),
        "exporter, transport, gate of protocol 1": lambda: PythonWay(hosts, client, "transport", Access.GATE_1),
        GATE_1_ROUND: lambda: PythonWay(hosts, client, "every-section", Access.GATE_1),
        CONN_RUN: lambda: PythonWay(hosts, client, "conn_run", Access.SHELL),
        CONTROL_MASTER: lambda: CommandWay(hosts, client, (*shared, "{}", plain), (*shared, "-O", "exit", "{}")),
        COLD: lambda: CommandWay(hosts, client, (*hosts.ssh(), "{}", plain)),
        CHECK_BY_SSH: lambda: CommandWay(hosts, client, by_ssh),
        SHELL_LOOP: lambda: ShellWay(client, over_ssh, hosts.addresses),
        BARE: lambda: ShellWay(hosts.cpu, bare, hosts.addresses),
    }
