"""An exporter without file descriptors, over real sshd; each case in its own process."""

import asyncio
import subprocess
import sys

import pytest

from tests.integration.fleet import Fleet

PROGRAM = """\
import asyncio, concurrent.futures.thread, os, resource, sys
from pathlib import Path
from boks_exporter.errors import TransportError
from boks_exporter.model import Host
from boks_exporter.remote.request import ROLE_ONLY
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh import SshTransport

user, key, known_hosts, port, left = sys.argv[1:]
host = Host("h", "127.0.0.1", int(port))

async def outcome(transport):
    try:
        await transport.ask(host, ROLE_ONLY)
        return "ok"
    except TransportError as error:
        return str(error.reason)

async def main():
    settings = SshSettings(user=user, identity_files=(Path(key),), known_hosts=Path(known_hosts))
    transport = SshTransport(settings, timeout_seconds=20.0)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 10, hard))
    taken = []
    while True:
        try:
            taken.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            break
    for _ in range(int(left)):
        os.close(taken.pop())
    first = await outcome(transport)
    for each in taken:
        os.close(each)
    print(first, await outcome(transport))
    await transport.aclose()

asyncio.run(main())
"""


@pytest.mark.parametrize("left", [0, 1])
async def test_a_lack_of_descriptors_is_no_fault_of_the_host_and_starts_no_pause(fleet: Fleet, left: int) -> None:
    """Reading the keys fails, or opening the socket does: both are `resources`, and the next poll works.

    One descriptor may be enough where each file is closed again before the socket is opened.
    """
    servers = fleet.servers
    port = str(servers.port("REPHOST2"))
    arguments = (servers.user, str(servers.identity_file), str(servers.known_hosts), port, str(left))
    ran = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, timeout=60
    )
    assert ran.stdout in ({"resources ok\n"} if left == 0 else {"resources ok\n", "ok ok\n"}), ran.stderr
    assert ran.stderr == ""
