"""One real OpenSSH sshd on a loopback port of its own."""

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import asyncssh

from tests.sshd.processes import descendants, end, processes

ADDRESS: Final = "127.0.0.1"

_PRIVILEGE_SEPARATION: Final = Path("/run/sshd")
_PRIVATE: Final = 0o600
_READABLE: Final = 0o644
_START_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.01


def sshd_program() -> str:
    """Find sshd, which insists on being called by its absolute path."""
    found = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        message = "sshd was not found: install OpenSSH's server (openssh-server)"
        raise RuntimeError(message)
    return found


class SshdDaemon:
    """Start and stop one sshd; its port stays its own while it is stopped."""

    def __init__(
        self,
        directory: Path,
        user: str,
        *,
        trusted_authority: str | None = None,
        within: Sequence[str] = (),
        listen: tuple[str, int] | None = None,
    ) -> None:
        """Store an existing directory for its files, and the only user who may log in.

        `within` is a command that becomes the daemon at its end, such as one that makes a mount namespace for it.
        Where that has a network of its own, `listen` is an address and a port there.
        """
        self.directory = directory
        self.user = user
        self.options: tuple[str, ...] = ()
        """Lines of sshd_config that precede all others, from the next start on."""
        self.max_startups = "100:30:200"
        self._within = tuple(within)
        self._authority = trusted_authority
        self._keeper: socket.socket | None = None
        if listen is None:
            self._keeper = _keeper()
            listen = ADDRESS, self._keeper.getsockname()[1]
        self.address, self.port = listen
        self._silent: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        if os.geteuid() == 0:
            _PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)

    def __repr__(self) -> str:
        return f"<SshdDaemon {self.address}:{self.port} {'running' if self._process else 'stopped'}>"

    @property
    def log(self) -> str:
        file = self.directory / "sshd.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def write_authorized_keys(self, lines: str) -> None:
        _write(self.directory / "authorized_keys", lines, _READABLE)

    async def start(self, host_key: asyncssh.SSHKey) -> None:
        """Start with a host key, and wait until it listens."""
        await self.stop()
        configuration = self.directory / "sshd_config"
        _write(self.directory / "host_key", host_key.export_private_key().decode(), _PRIVATE)
        _write(configuration, self._configuration(), _READABLE)
        log = self.directory / "sshd.log"
        _write(log, "", _READABLE)
        # Everything absolute: sshd starts itself again for each connection, with `/` as working directory.
        self._process = await asyncio.create_subprocess_exec(
            *(*self._within, sshd_program(), "-D", "-f", str(configuration), "-E", str(log)),
            stdin=asyncio.subprocess.DEVNULL,
        )
        await self._listening()

    async def stop(self) -> None:
        """End the daemon and every session with all that runs in it."""
        self._fall_silent(on=False)
        if self._process is None:
            return
        process, self._process = self._process, None
        below = await descendants({process.pid})
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        await end(below)

    async def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the daemon and to every session with all that runs in it, such as one that freezes them."""
        if self._process is not None:
            for pid in {self._process.pid} | await descendants({self._process.pid}):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    async def sever(self) -> None:
        """Cut every session; the daemon goes on."""
        if self._process is not None:
            await end(await descendants({self._process.pid}))

    async def cut(self) -> None:
        """Cut every connection, as a network does: what runs behind it on the host goes on."""
        if self._process is not None:
            below = await descendants({self._process.pid})
            await end({each.pid for each in await processes() if each.pid in below and each.command.startswith("sshd")})

    async def go_silent(self) -> None:
        """Accept connections and never answer them."""
        await self.stop()
        self._fall_silent(on=True)

    async def aclose(self) -> None:
        """Stop and give the port back."""
        await self.stop()
        if self._keeper:
            self._keeper.close()

    def _fall_silent(self, *, on: bool) -> None:
        if self._silent is not None:
            self._silent.close()
            self._silent = None
        if on:
            self._silent = _bound(self.port)
            self._silent.listen()

    async def _listening(self) -> None:
        """Wait for the line in the log: knocking would show there as a client that broke off."""
        try:
            async with asyncio.timeout(_START_SECONDS):
                while "Server listening on" not in self.log:
                    if self._process is None or self._process.returncode is not None:
                        message = f"sshd did not start: {self.log.strip()}"
                        raise RuntimeError(message)
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError as error:
            await self.stop()
            message = f"sshd does not listen after {_START_SECONDS:g} s: {self.log.strip()}"
            raise RuntimeError(message) from error

    def _configuration(self) -> str:
        lines = (
            *self.options,
            f"ListenAddress {self.address}",
            f"Port {self.port}",
            f"HostKey {self.directory}/host_key",
            f"AuthorizedKeysFile {self.directory}/authorized_keys",
            f"TrustedUserCAKeys {self._authority or 'none'}",
            f"AllowUsers {self.user}",
            "PidFile none",
            "StrictModes no",
            "UsePAM no",
            "UseDNS no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin prohibit-password",
            "PrintLastLog no",
            "PrintMotd no",
            f"MaxStartups {self.max_startups}",
            "LogLevel VERBOSE",
            "Subsystem sftp internal-sftp",
        )
        return "".join(f"{line}\n" for line in lines)


def _write(path: Path, text: str, mode: int) -> None:
    path.touch(mode=mode)
    path.write_text(text, encoding="utf-8")


def _keeper() -> socket.socket:
    keeper = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    keeper.bind((ADDRESS, 0))
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return keeper


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((ADDRESS, port))
    return bound
