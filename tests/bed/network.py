"""Network namespaces: a router for each site around the bed's own namespace, hosts behind them, and what cuts them."""

import asyncio
import ctypes
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from boks_exporter.model import HostName
from tests.bed.layout import HOSTS, SITE_OF, SITES, SLOW_LINE, WATCHERS, address, site_number

_Result = TypeVar("_Result")

_CLONE_NEWNET: Final = 0x40000000
_TABLE: Final = """\
table inet bed {
  chain faults { type filter hook forward priority 0; }
  chain own { type filter hook output priority 0; }
}
"""
_NAMES: Final = "/run/netns"


async def run(*command: str, stdin: str = "") -> None:
    """Run a command to its end; raises RuntimeError with its errors where it fails."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    errors = (await process.communicate(stdin.encode()))[1].decode(errors="replace").strip()
    if process.returncode:
        message = f"{' '.join(command)}: exit status {process.returncode}: {errors}"
        raise RuntimeError(message)


def within(namespace: str, make: Callable[[], _Result]) -> _Result:
    """Return what a function makes in another network namespace, such as a socket; its thread ends with it."""
    results: list[_Result] = []

    def enter() -> None:
        descriptor = os.open(f"{_NAMES}/{namespace}", os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"cannot enter the network namespace {namespace}")
            results.append(make())
        finally:
            os.close(descriptor)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return results[0]


def enter(namespace: str) -> tuple[str, ...]:
    """Return a command that enters a network namespace and becomes the command after it."""
    return ("nsenter", f"--net={_NAMES}/{namespace}", "--")


class Network:
    """The bed's namespaces; the process must be in a network and a mount namespace of its own, with which all end."""

    def __init__(self) -> None:
        self._rules: dict[tuple[str, str], list[str]] = {}
        self._moves = dict.fromkeys(HOSTS, 0)

    async def build(self) -> None:
        """Make every namespace, line, address, route and table of rules."""
        await run("sh", "-c", f"mkdir -p {_NAMES} && mount -t tmpfs bed {_NAMES}")
        await run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        await run("ip", "link", "set", "lo", "up")
        routers = (*SITES, WATCHERS)
        hosts = {**{name: SITE_OF[name] for name in HOSTS}, WATCHERS: WATCHERS}
        for name in (*(f"router-{site}" for site in routers), *hosts):
            await run("ip", "netns", "add", name)
        await _ip(line for site in routers for line in _uplink(site))
        await _ip(line for name, site in hosts.items() for line in _line_of(name, site))
        for site in routers:
            await run(*enter(f"router-{site}"), "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        for name in (*(f"router-{site}" for site in routers), *hosts):
            await _nft(name, _TABLE)

    def address(self, host: HostName) -> str:
        return address(host, self._moves[host])

    async def move(self, host: HostName) -> None:
        """Move a host to a new address; all its connections end with the old one."""
        self._moves[host] += 1
        flushed = f"-n {host} addr flush dev eth0"
        await _ip([flushed, *_addresses(host, SITE_OF[host], self.address(host))])

    async def set_line(self, host: HostName, state: str) -> None:
        """Set the router's end of a host's line `up` or `down`; the host's own settings stay."""
        await run("ip", "-n", f"router-{SITE_OF[host]}", "link", "set", _port(host), state)

    @asynccontextmanager
    async def forwarding(self, site: str, *rules: str) -> AsyncIterator[None]:
        """Apply rules to what a site's router forwards, until the block ends."""
        async with self._applied(f"router-{site}", "faults", rules):
            yield

    @asynccontextmanager
    async def sending(self, host: HostName, *rules: str) -> AsyncIterator[None]:
        """Apply rules to what a host sends, until the block ends."""
        async with self._applied(host, "own", rules):
            yield

    @asynccontextmanager
    async def _applied(self, namespace: str, chain: str, rules: tuple[str, ...]) -> AsyncIterator[None]:
        active = self._rules.setdefault((namespace, chain), [])
        active += rules
        await self._apply(namespace, chain)
        try:
            yield
        finally:
            for rule in rules:
                active.remove(rule)
            await self._apply(namespace, chain)

    async def _apply(self, namespace: str, chain: str) -> None:
        added = "".join(f"add rule inet bed {chain} {rule}\n" for rule in self._rules[namespace, chain])
        await _nft(namespace, f"flush chain inet bed {chain}\n{added}")


def _port(host: HostName) -> str:
    return f"p{HOSTS.index(host) + 1}" if host in HOSTS else "p0"


def _uplink(site: str) -> list[str]:
    number, router = site_number(site), f"router-{site}"
    return [
        f"link add up{number} type veth peer name uplink netns {router}",
        f"addr add 10.77.{100 + number}.1/24 dev up{number}",
        f"link set up{number} up",
        f"-n {router} link set lo up",
        f"-n {router} addr add 10.77.{100 + number}.2/24 dev uplink",
        f"-n {router} link set uplink up",
        f"-n {router} route add default via 10.77.{100 + number}.1",
        f"route add 10.77.{number}.0/24 via 10.77.{100 + number}.2",
        f"-n {router} link add br0 type bridge",
        f"-n {router} addr add 10.77.{number}.1/24 dev br0",
        f"-n {router} link set br0 up",
    ]


def _line_of(name: str, site: str) -> list[str]:
    """Connect a host; the slow line's two ends are made by the relay between them, which comes later."""
    lines = [f"-n {name} link set lo up"]
    if name != SLOW_LINE:
        lines += [
            f"-n {name} link add eth0 type veth peer name {_port(name)} netns router-{site}",
            f"-n router-{site} link set {_port(name)} master br0 up",
            *_addresses(name, site, address(name)),
        ]
    return lines


def _addresses(name: str, site: str, own: str) -> list[str]:
    number = site_number(site)
    return [
        f"-n {name} addr add {own}/24 dev eth0",
        f"-n {name} link set eth0 up",
        f"-n {name} route add default via 10.77.{number}.1",
    ]


async def connect_slow_line() -> None:
    """Configure both ends of the slow line like the others, once the relay has made them."""
    site = SITE_OF[SLOW_LINE]
    up = f"-n router-{site} link set {_port(SLOW_LINE)} master br0 up"
    await _ip([up, *_addresses(SLOW_LINE, site, address(SLOW_LINE))])


async def _ip(lines: Iterable[str]) -> None:
    """Run `ip` with each line of arguments; the first that fails ends it."""
    await run("sh", "-e", stdin="".join(f"ip {line}\n" for line in lines))


async def _nft(namespace: str, text: str) -> None:
    await run(*enter(namespace), "nft", "-f", "-", stdin=text)
