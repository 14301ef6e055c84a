"""Three hosts as a new user finds them: sshd, sudo and BoKS at its usual paths, and nothing of ours."""

import asyncio
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Final

import asyncssh

from boks_exporter.simulator.domain import Boksinit, HostPlan, Layout, SimulatedDomain
from tests.integration.fleet import DomainTime
from tests.integration.installer_host import InstallerHost
from tests.sshd.daemon import ADDRESS, SshdDaemon
from tests.sshd.host_files import Tree

LAYOUT: Final = Layout(
    hosts=(
        HostPlan(name="master1", role=Boksinit.MASTER),
        HostPlan(name="replica1", role=Boksinit.SERVER),
        HostPlan(name="replica2", role=Boksinit.SERVER),
    ),
    writes_per_second=1.0,
)
NAMES: Final = ("master1", "replica1", "replica2")
_BOKS: Final = {"etc": "etc/opt/boksm", "var": "var/opt/boksm", "sbin": "opt/boksm/sbin"}
_PATIENCE: Final = 100.0
_AS_SHIPPED: Final = ("AuthorizedKeysFile .ssh/authorized_keys", "StrictModes yes", "AllowUsers *")


class BoksHost(InstallerHost):
    """A host whose BoKS directories are those of a simulated one."""

    def __init__(self, root: Path, boks: Path) -> None:
        super().__init__(root)
        binds = [f'mount --bind "{boks}/{name}" "/{place}"' for name, place in _BOKS.items()]
        (root / "root").mkdir(mode=0o700)
        self.within = f"{self.within} && {' && '.join(binds)} && mount --bind {root}/root /root"

    @property
    def command(self) -> tuple[str, ...]:
        """The words before a command that is to run on this host."""
        return ("unshare", "-m", "sh", "-c", f'{self.within} && exec "$@"', str(self.root))


class FirstDomain:
    """The hosts by name, their ports, and a file with their keys."""

    def __init__(
        self, hosts: Mapping[str, BoksHost], ports: Mapping[str, int], public_keys: Mapping[str, str], file: Path
    ) -> None:
        self.hosts, self.ports, self.public_keys, self.known_hosts = hosts, ports, public_keys, file
        lines = (f"[{ADDRESS}]:{port} {public_keys[name]}" for name, port in ports.items())
        file.write_text("".join(lines), encoding="utf-8")

    def spec(self, name: str) -> str:
        return f"{name}={ADDRESS}:{self.ports[name]}"

    def admit_root(self, public_key: str) -> None:
        """Allow a key to log in as root on every host."""
        for host in self.hosts.values():
            host.sh(f"mkdir -m 700 ~root/.ssh && echo '{public_key.strip()}' >~root/.ssh/authorized_keys")

    def install(self, name: str, script: Path) -> "subprocess.CompletedProcess[str]":
        """Run an installer as `ssh root@HOST sh -s <FILE` would."""
        return self.hosts[name].run("sh", "-s", stdin=script.read_text(encoding="utf-8"))


@contextmanager
def first_domain(*, on_port_22: bool = False) -> Iterator[FirstDomain]:
    """Run the hosts in a thread until the block ends; on port 22 they are 127.0.0.2 and up."""
    directory = Path(tempfile.mkdtemp(prefix="boks-first-"))
    directory.chmod(0o755)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="first domain")
    thread.start()
    opened = AsyncExitStack()
    try:
        yield asyncio.run_coroutine_threadsafe(_open(opened, directory, on_port_22), loop).result(timeout=_PATIENCE)
    finally:
        asyncio.run_coroutine_threadsafe(opened.aclose(), loop).result(timeout=_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        shutil.rmtree(directory)


async def _open(opened: AsyncExitStack, directory: Path, on_port_22: bool) -> FirstDomain:
    (directory / "tree").mkdir()
    tree = Tree(SimulatedDomain(LAYOUT, seed=1), directory / "tree", DomainTime())
    await opened.enter_async_context(tree)
    hosts, ports, public_keys = {}, {}, {}
    for number, name in enumerate(NAMES, 2):
        hosts[name] = BoksHost(directory / name, tree.hosts[name].root)
        place = directory / f"{name}-sshd"
        place.mkdir()
        daemon = SshdDaemon(place, "*", within=hosts[name].command)
        daemon.options = (*_AS_SHIPPED, *([f"ListenAddress 127.0.0.{number}:22"] if on_port_22 else []))
        opened.push_async_callback(daemon.aclose)
        key = asyncssh.generate_private_key("ssh-ed25519")
        await daemon.start(key)
        ports[name] = daemon.port
        public_keys[name] = key.export_public_key().decode()
    return FirstDomain(hosts, ports, public_keys, directory / "known_hosts")
