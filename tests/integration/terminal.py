"""An operator at a terminal: failover commands on a fleet, and what the simulator itself says became of it."""

import json
import os
import pty
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from ruamel.yaml import YAML

from boks_exporter.cli.root_command import run
from boks_exporter.remote.settings import RemotePaths
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout
from boks_exporter.simulator.domain.invariants import Invariant, Observer
from tests.integration.fleet import LAYOUT, Fleet

HURRY_EVERY = 0.25
PATIENCE = 120.0


def quiet_layout(*replicas: str, master: str = "MASTER1", client: str | None = None) -> Layout:
    """Plan a domain without updates in which a replica loads quickly."""
    roles = dict.fromkeys(replicas or ("REPHOST2", "REPHOST3"), Boksinit.SERVER)
    roles |= {master: Boksinit.MASTER} | ({client: Boksinit.CLIENT} if client else {})
    plans = tuple(HostPlan(name=name, role=role) for name, role in roles.items())
    return replace(LAYOUT, hosts=plans, tables=(0, 1, 2, 6, 7, 31), writes_per_second=0.0, loading_seconds=2.0)


class Terminal:
    """A machine that has both keys. Commands of the hosts take no time unless `pace` says otherwise."""

    def __init__(self, fleet: Fleet, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.fleet = fleet
        self.capsys = capsys
        self.config = directory / "config.yaml"
        self.journal = directory / "journal.sqlite"
        self.observer = fleet.do(lambda: Observer(fleet.domain))
        self.pace(0.0)
        self.configure()

    def configure(self, paths: RemotePaths | None = None) -> None:
        """Write the configuration; `paths` tell where BoKS lives on a host that only its console reaches."""
        servers = self.fleet.servers
        transport: dict[str, Any] = {
            "kind": "ssh",
            "user": servers.user,
            "identity_files": [str(servers.identity_file)],
            "known_hosts": str(servers.known_hosts),
            "backoff_initial": "100ms",
            "backoff_limit": "1s",
        }
        if paths:
            transport["paths"] = {"boks_etc": paths.boks_etc, "boks_var": paths.boks_var, "boksadm": paths.boksadm}
        domain = {
            "name": "trial",
            "hosts": [
                {"name": name, "address": servers.address, "port": servers.port(name)} for name in self.fleet.names
            ],
            "transport": transport,
            "failover": {
                "journal": str(self.journal),
                "operator": {"user": servers.user, "identity_files": [str(servers.operator_identity_file)]},
                "cool_down": "0s",
            },
        }
        with self.config.open("w") as file:
            YAML().dump({"poll": {"timeout": "4s", "interval": "10s"}, "domains": [domain]}, file)

    def pace(self, pace: float) -> None:
        """Set the share of their real time that commands on the hosts take from now on."""
        self.fleet.tree.pace = pace

    # -- what is typed -----------------------------------------------------------------------------------------------

    def __call__(self, *words: str) -> tuple[int, str]:
        """Run a command to its end; gives its exit code and what it told."""
        with hurried(self.fleet):
            code = run(["failover", *words, "--config.file", str(self.config)])
        printed = self.capsys.readouterr()
        return code, printed.out + printed.err

    def fingerprint(self, *words: str) -> str:
        """Look at a plan."""
        _, shown = self(*words, "--output", "json")
        return str(json.loads(shown)["fingerprint"])

    def apply(self, *words: str) -> str:
        """Look at the plan first, as one should, and insist on its success; gives what was told."""
        code, printed = self(*words, "--apply", self.fingerprint(*words))
        assert code == 0, printed
        return printed

    @contextmanager
    def process(self, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a command as a process of its own, for those who end it."""
        with hurried(self.fleet), subprocess.Popen(self._argv(words), stdout=subprocess.PIPE, cwd="/") as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def at_keyboard(self, *words: str) -> Iterator["Keyboard"]:
        """Run a command at a terminal of its own, where it asks and somebody answers."""
        ours, theirs = pty.openpty()
        with (
            hurried(self.fleet),
            subprocess.Popen(
                self._argv(words), stdin=theirs, stdout=theirs, stderr=theirs, cwd="/", start_new_session=True
            ) as process,
        ):
            os.close(theirs)
            try:
                yield Keyboard(ours, process)
            finally:
                process.kill()
                os.close(ours)

    def _argv(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "boks_exporter", "failover", *words, "--config.file", str(self.config)]

    # -- what an administrator does, and what is so ------------------------------------------------------------------

    def register(self, host: str) -> None:
        """Change a host's type in the database of the master."""
        (master,) = self.fleet.domain.masters()
        self.fleet.do(lambda: self.fleet.domain.run(master, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host)))

    def power_off(self, host: str) -> None:
        """Switch a machine off; connections are refused immediately, which saves time-outs."""
        self.fleet.call(self.fleet.servers.power_off(host))
        self.fleet.call(self.fleet.servers.daemons[host].stop())

    def wait_for_role(self, host: str, role: str) -> None:
        """Wait until a conversion has set a role; its command still runs for a while."""
        until = time.monotonic() + PATIENCE
        while str(self.fleet.domain.hosts[host].role) != role:
            assert time.monotonic() < until, f"{host} did not become {role}"
            time.sleep(0.02)

    def return_with_boks_stopped(self, host: str) -> None:
        """Switch a dead master on: its machine is there, but BoKS does not run on it."""

        def back() -> None:
            self.fleet.domain.hosts[host].faults.pop(Fault.MASTER_DEAD)
            self.fleet.domain.connect()

        self.fleet.do(back)
        self.fleet.call(self.fleet.servers.update_listeners())

    def promoted_without_us(self, host: str) -> None:
        """Kill the master, and convert another host manually."""
        (master,) = self.fleet.domain.masters()
        self.power_off(master)
        self.fleet.do(lambda: self.fleet.domain.run(host, ("convert", "-v", "master")))

    def insist_on(self, master: str, *replicas: str, broken: tuple[Invariant, ...] = ()) -> None:
        """Check the simulator's ground truth: one running master, healthy replicas, no lock left.

        No invariant was broken, but those whose breaking was accepted by name.
        """
        truth = self.fleet.do(self.fleet.domain.truth)
        assert truth.masters == (master,)
        assert truth.hosts[master].daemons_running
        for name in replicas:
            host = truth.hosts[name]
            assert (host.role, host.daemons_running, host.is_fed) == (Boksinit.SERVER, True, True), name
            assert not any((host.lag, host.ahead, host.wrong_stamps, host.missing_tables)), name
        assert tuple(breach.invariant for breach in self.observer.breaches) == broken
        assert [host.name for host in self.fleet.tree.hosts.values() if (host.state / "lock").exists()] == []

    def begun(self, host: str) -> list[str]:
        """List what the records of a host say was begun on it, in the order of the steps."""
        starts = (self.fleet.tree.hosts[host].state / "records").glob("*/start")
        requests = [start.read_text().splitlines()[0].split(" ", 1) for start in starts]
        return [words for _, words in sorted(requests, key=lambda each: int(each[0].rpartition(".")[2]))]


class Keyboard:
    """One command at its terminal."""

    def __init__(self, descriptor: int, process: "subprocess.Popen[bytes]") -> None:
        self.screen = ""
        self.process = process
        self._descriptor = descriptor
        self._seen = 0

    def wait_for(self, text: str) -> str:
        """Read on until a text comes; gives everything up to its end since the last one."""
        until = time.monotonic() + PATIENCE
        while (at := self.screen.find(text, self._seen)) < 0:
            assert time.monotonic() < until, f"{text!r} did not come: {self.screen}"
            assert self._read(), f"{text!r} did not come before the end: {self.screen}"
        began, self._seen = self._seen, at + len(text)
        return self.screen[began : self._seen]

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._descriptor, f"{line}\n".encode())

    def end(self) -> int:
        """Read to the end; gives the exit code."""
        while self._read():
            continue
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        """Read what comes; False where the command has ended and all is read."""
        with suppress(OSError):  # EIO: the other end is closed
            while not select.select([self._descriptor], [], [], 0.2)[0]:
                continue
            self.screen += os.read(self._descriptor, 65536).decode(errors="replace").replace("\r\n", "\n")
            return True
        return False


@contextmanager
def hurried(fleet: Fleet) -> Iterator[None]:
    """Shorten the domain's heartbeats and loading; SSH and the gates take their real time."""
    over = threading.Event()

    def hurry() -> None:
        while not over.wait(HURRY_EVERY):
            fleet.do(lambda: fleet.clock.pass_on(40 * HURRY_EVERY))

    thread = threading.Thread(target=hurry, name="hurry")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


At: TypeAlias = Callable[[Layout], Terminal]
"""Gives a terminal for hosts that one plans: a fleet of one's own, whose gates become root by sudo, as at a bank."""
