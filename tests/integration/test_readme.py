"""Every command that README prints, against the configuration that README shows, on hosts behind real SSH."""

import asyncio
import os
import re
import shlex
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout, SimulatedDomain
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.server import SimulatedServers
from tests.unit.documented_commands import typed

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"^```.*?^```$", README, re.DOTALL | re.MULTILINE))
COMMANDS = [*typed(BLOCKS), "rules DIRECTORY", "dashboards DIRECTORY"]
"""The commands of README's blocks, and those that its text shows whole."""
LAYOUT = Layout(
    hosts=(
        HostPlan(name="master1", role=Boksinit.MASTER, address="127.0.0.1"),
        HostPlan(name="replica1", role=Boksinit.SERVER, address="127.0.0.2"),
        HostPlan(name="replica2", role=Boksinit.SERVER, address="127.0.0.3"),
    ),
    writes_per_second=2.0,
)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8Ht8Z3j6yDWPBHQtOp/R9rjWvfMYo3MSA/K6q8D86r"
REFUSED = {1, 2}
"""Exit codes of a configuration or command line that cannot be used; a guard's refusal has codes of its own."""


def configuration() -> dict[str, Any]:
    """Read the configuration that README shows."""
    text = re.search(r"```yaml\n(domains:.*?)```", README, re.DOTALL)
    assert text
    found: dict[str, Any] = YAML(typ="safe").load(text[1])
    return found


def placed(servers: SimulatedServers, directory: Path) -> dict[str, Any]:
    """Fill in where the hosts and keys of this test are; README's are somebody's own."""
    whole = configuration()
    (domain,) = whole["domains"]
    for host in domain["hosts"]:
        host |= {"address": servers.address_of(host["name"]), "port": servers.port(host["name"])}
    known_hosts = str(servers.known_hosts)
    domain["transport"] |= {"identity_files": [str(servers.identity_file)], "known_hosts": known_hosts}
    domain["transport"]["user"] = servers.user
    domain["failover"]["journal"] = str(directory / "journal.sqlite")
    domain["failover"]["operator"] = {
        "user": servers.operator_user,
        "identity_files": [str(servers.operator_identity_file)],
    }
    return whole


@dataclass
class Terminal:
    """A directory with the configuration, and the environment that README sets."""

    directory: Path
    servers: SimulatedServers

    def environment(self) -> dict[str, str]:
        (exported,) = re.findall(r"^export (\w+)=\$PWD/(\S+)$", README, re.MULTILINE)
        return {**os.environ, exported[0]: str(self.directory / exported[1])}

    async def start(self, line: str) -> asyncio.subprocess.Process:
        words = [{"HOST": "replica1", "F": "0" * 16, "MASTER": "master1"}.get(word, word) for word in shlex.split(line)]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "boks_exporter",
            *words,
            cwd=self.directory,
            env=self.environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def run(self, line: str, seconds: float = 120.0) -> tuple[int, str]:
        process = await self.start(line)
        try:
            async with asyncio.timeout(seconds):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            pytest.fail(f"{line} did not end in time")
        assert process.returncode is not None
        return process.returncode, output.decode()


@asynccontextmanager
async def terminal(directory: Path) -> AsyncIterator[Terminal]:
    domain = SimulatedDomain(replace(LAYOUT, epoch=time.time() - 3600.0), seed=1)
    async with SimulatedServers(domain, directory, operators=OperatorGates(domain)) as servers:
        with (directory / "boks-exporter.yaml").open("w", encoding="utf-8") as file:
            YAML().dump(placed(servers, directory), file)
        (directory / "id_boksmon.pub").write_text(f"{KEY} exporter\n", encoding="utf-8")
        yield Terminal(directory, servers)


def test_the_commands_are_found() -> None:
    """None of them is left out, and each kind is there."""
    first = {line.split()[0] for line in COMMANDS}
    assert {"config", "status", "serve", "gate", "maintenance", "failover", "rules", "dashboards"} <= first


async def test_every_printed_command_can_be_used(tmp_path: Path) -> None:
    """Each is accepted with the configuration that is printed above it; only a guard may refuse."""
    async with terminal(tmp_path) as found:
        for line in COMMANDS:
            if line != "serve":
                code, output = await found.run(line)
                assert code not in REFUSED, f"{line}\n{output}"


async def test_the_daemon_starts_with_it(tmp_path: Path) -> None:
    """`serve` polls the hosts until it is stopped."""
    async with terminal(tmp_path) as found:
        process = await found.start("serve --web.listen-address=127.0.0.1:0")
        assert process.stdout
        async with asyncio.timeout(120):
            while b"listening" not in (line := await process.stdout.readline()):
                assert line
        process.send_signal(signal.SIGTERM)
        await process.communicate()
        assert process.returncode == 0


async def test_at_night_the_commands_lead_to_a_plan(tmp_path: Path) -> None:
    """When the master is dead, the candidates are ranked and a plan is shown."""
    async with terminal(tmp_path) as found:
        await found.run("failover candidates")
        await found.servers.set_fault("master1", Fault.MASTER_DEAD)
        code, output = await found.run("failover candidates")
        assert code not in REFUSED, output
        assert "replica1" in output
        code, output = await found.run("failover promote HOST")
        assert code not in REFUSED, output
        assert "promote replica1" in output


async def test_without_the_section_the_message_shows_what_to_write(tmp_path: Path) -> None:
    """It names the keys, and no page that is not installed with the program."""
    async with terminal(tmp_path) as found:
        whole = placed(found.servers, tmp_path)
        del whole["domains"][0]["failover"]
        with (tmp_path / "boks-exporter.yaml").open("w", encoding="utf-8") as file:
            YAML().dump(whole, file)
        code, output = await found.run("failover promote HOST")
    assert code == 1
    assert re.search(r"failover:\n +operator:\n", output)
    assert "docs/" not in output
