"""Many hosts behind one real sshd: an address for each, the gates, and a BoKS whose commands cost next to nothing."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import asyncssh

from bench.light.cpu_accounts import CpuAccount, cpu_account
from bench.light.gates import Access, install
from boks_exporter.simulator.listener import new_key, write_user_key
from tests.sshd.daemon import sshd_program
from tests.sshd.temporary_user import login

_START_SECONDS: Final = 20.0
_ADDRESSES_OF_ONE_SSHD: Final = 16
"""An sshd listens on at most so many addresses."""
_NAMESPACE: Final = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
TABLES: Final = 30
_SOURCE: Final = """\
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
    int n, list = argc > 3 && !strcmp(argv[3], "list");
    if (list) {
        puts("SERVER  SINCE LAST  SINCE LAST  SINCE LAST  COUNT  LAST");
        puts("        PCKT        FAIL        SYNC               STATUS");
        for (n = 2; n <= %(hosts)d; n++) printf("HOST%%d 00:49 136D 22:21:35 04:49 526392 OK\\n", n);
    } else
        for (n = 0; n < %(tables)d; n++) printf("T%%d 13678d 8:33:46 %%d (%%d)\\n", n, 5053 + n, 5053 + n);
    return 0;
}
"""


@dataclass(frozen=True)
class Hosts:
    """Running hosts: how they are reached and what their CPU time is."""

    directory: Path
    addresses: Sequence[str]
    port: int
    user: str
    cpu: CpuAccount
    boksadm: Path

    @property
    def known_hosts(self) -> Path:
        """The file that holds the key of every host."""
        return self.directory / "known_hosts"

    def identity(self, access: Access) -> Path:
        """The key that reaches a gate of this access, or a shell."""
        return self.directory / f"id_{access}"

    @property
    def processes(self) -> int:
        """How many processes a host sees: those of its own sshd, where namespaces can be made."""
        if not _namespace():
            return sum(1 for _ in Path("/proc").glob("[0-9]*"))
        return len(self.cpu.members()) // -(-len(self.addresses) // _ADDRESSES_OF_ONE_SSHD)

    @property
    def log_lines(self) -> int:
        """Lines that sshd has logged so far."""
        return len((self.directory / "sshd.log").read_text(errors="replace").splitlines())

    def ssh(self, *options: str) -> tuple[str, ...]:
        """Return the start of an OpenSSH command line for these hosts, with a shell at their end."""
        fixed = (f"UserKnownHostsFile={self.known_hosts}", f"IdentityFile={self.identity(Access.SHELL)}")
        fixed += (
            "BatchMode=yes",
            f"Port={self.port}",
            f"User={self.user}",
            "IdentitiesOnly=yes",
            "GlobalKnownHostsFile=none",
        )
        return ("ssh", "-F", "none", *(word for option in (*fixed, *options) for word in ("-o", option)))


@asynccontextmanager
async def running_hosts(count: int) -> AsyncIterator[Hosts]:
    """Run `count` hosts on loopback addresses until the block ends; root only."""
    directory = Path(tempfile.mkdtemp(prefix="boks-bench-"))
    directory.chmod(0o755)
    cpu = cpu_account("hosts", children_end=False)
    try:
        async with login() as user:
            boksadm = _write_boksadm(directory, count)
            keys = {access: new_key() for access in Access}
            for access, key in keys.items():
                write_user_key(key, directory / f"id_{access}")
            for role in ("master", "server"):
                _write_host(directory / role, role, {access: _public(key) for access, key in keys.items()}, boksadm)
            addresses = [f"127.0.77.{number}" for number in range(1, count + 1)]
            hosts = Hosts(directory, addresses, _free_port(), user, cpu, boksadm)
            processes = await _start(hosts)
            try:
                yield hosts
            finally:
                for process in processes:
                    process.kill()
                    await process.wait()
                await _leave(cpu)
    finally:
        cpu.close()
        shutil.rmtree(directory, ignore_errors=True)


def _write_host(directory: Path, role: str, keys: Mapping[Access, str], boksadm: Path) -> None:
    """Write the files that all hosts of one role share."""
    (directory / "etc").mkdir(parents=True)
    (directory / "etc/ENV").write_text(f"BOKSINIT={role}\nSHM_SIZE=16000\n")
    (directory / "etc/method.conf").write_text("ssh_pubkey\n")
    (directory / "var/data/master_spool").mkdir(parents=True)
    (directory / "var/LCK").mkdir()
    (directory / "var/boks_errlog").write_text("boks_servc: a line of an error log as a host has it\n" * 200)
    lines = [install(directory, access, key, boksadm) for access, key in keys.items()]
    (directory / "authorized_keys").write_text("".join(lines))


def _write_boksadm(directory: Path, count: int) -> Path:
    """Compile a boksadm whose cost is that of starting a program."""
    program = directory / "boksadm"
    source = directory / "boksadm.c"
    source.write_text(_SOURCE % {"tables": TABLES, "hosts": count})
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        message = "the benchmark compiles a boksadm of its own: install a C compiler (on Debian: gcc libc6-dev)"
        raise RuntimeError(message)
    subprocess.run([compiler, "-O2", "-static", "-o", program, source], check=True)
    return program


async def _start(hosts: Hosts) -> list[asyncio.subprocess.Process]:
    """Start as many sshd as the addresses need, and wait until all of them listen."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    host_key = hosts.directory / "host_key"
    host_key.touch(mode=0o600)
    host_key.write_bytes(key.export_private_key())
    known = "".join(f"[{address}]:{hosts.port} {_public(key)}\n" for address in hosts.addresses)
    hosts.known_hosts.write_text(known)
    log = hosts.directory / "sshd.log"
    log.write_text("")
    Path("/run/sshd").mkdir(exist_ok=True)
    processes = []
    for first in range(0, len(hosts.addresses), _ADDRESSES_OF_ONE_SSHD):
        config = _write_sshd_config(hosts, hosts.addresses[first : first + _ADDRESSES_OF_ONE_SSHD])
        argv = hosts.cpu.command(*_namespace(), sshd_program(), "-D", "-f", str(config), "-E", str(log))
        processes.append(await asyncio.create_subprocess_exec(*argv, stdin=asyncio.subprocess.DEVNULL))
    async with asyncio.timeout(_START_SECONDS):
        while log.read_text().count("Server listening") < len(hosts.addresses):
            await asyncio.sleep(0.02)
    return processes


@cache
def _namespace() -> tuple[str, ...]:
    """Return the start of a command that sees its own processes alone: all ways of all hosts have more than a host."""
    is_possible = shutil.which("unshare") and not subprocess.run([*_NAMESPACE, "true"], check=False).returncode
    return _NAMESPACE if is_possible else ()


def _write_sshd_config(hosts: Hosts, addresses: Sequence[str]) -> Path:
    config = hosts.directory / f"sshd_config-{addresses[0]}"
    listen = "".join(f"ListenAddress {address}\n" for address in addresses)
    config.write_text(
        f"{listen}Port {hosts.port}\nHostKey {hosts.directory}/host_key\nPidFile none\nStrictModes no\nUsePAM no\n"
        "UseDNS no\nPrintMotd no\nMaxStartups 1000\nMaxSessions 100\nLogLevel INFO\n"
        f"AuthorizedKeysFile {hosts.directory}/server/authorized_keys\n"
        f"Match LocalAddress {hosts.addresses[0]}\nAuthorizedKeysFile {hosts.directory}/master/authorized_keys\n"
    )
    return config


async def _leave(cpu: CpuAccount) -> None:
    """End what the sessions left running, so that the group can be removed."""
    for _ in range(100):
        if not (left := cpu.members()):
            return
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        await asyncio.sleep(0.05)


def _public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key("openssh").decode().strip()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.77.1", 0))
        port: int = free.getsockname()[1]
        return port
