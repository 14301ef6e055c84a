"""`boks-exporter init` through jump hosts that are real sshd: what it confirms, prints and writes."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from boks_exporter.cli.root_command import run
from tests.integration.fleet import Fleet
from tests.nonempty import nonempty

HOP = "CLIENT1"


@pytest.fixture
def route(fleet: Fleet) -> Iterator[str]:
    """Two jump hosts: one sshd under two names, which accepts no forwarding yet."""
    hop = fleet.host(HOP)
    daemon = fleet.servers.daemons[HOP]
    before = (daemon.directory / "authorized_keys").read_text(encoding="utf-8")
    yield f"{fleet.servers.user}@{hop.address}:{hop.port},localhost:{hop.port}"
    daemon.write_authorized_keys(before)


@pytest.fixture
def directory(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of an installation whose key the hosts accept already."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "")
    place = tmp_path / "etc"
    place.mkdir()
    key = place / f"id_{fleet.servers.user}"
    key.write_bytes(fleet.servers.identity_file.read_bytes())
    key.chmod(0o600)
    return place


def words_of(fleet: Fleet, directory: Path, route: str) -> list[str]:
    names = [name for name in fleet.names if name != HOP]
    specs = [f"{name}={host.address}:{host.port}" for name in names if (host := fleet.host(name))]
    return [
        "init",
        f"--master={specs[0]}",
        *(f"--host={spec}" for spec in specs[1:]),
        f"--jump-host={route}",
        "--domain=trial",
        f"--directory={directory}",
        f"--state-directory={directory.with_name('state')}",
        f"--user={fleet.servers.user}",
        "--web.listen-address=127.0.0.1:0",
    ]


class _Person(io.StringIO):
    """What is typed at a terminal; `act` is called with each line's number before it is read."""

    def __init__(self, typed: str, act: Callable[[int], None]) -> None:
        super().__init__(typed)
        self._act, self._number = act, 0

    def isatty(self) -> bool:
        return True

    def readline(self, size: int | None = -1) -> str:
        self._number += 1
        self._act(self._number)
        return super().readline(size)


def test_each_key_on_the_way_is_confirmed_and_the_way_is_used_and_written(
    fleet: Fleet, directory: Path, route: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The jump host refuses the key until its line, as printed, is in authorized_keys."""
    said: list[str] = []

    def act(number: int) -> None:
        said.append(capsys.readouterr().out)
        if number == 3:  # --from, the first key, and now the line
            (line,) = [each.strip() for each in said[-1].splitlines() if each.strip().startswith("restrict,")]
            fleet.servers.daemons[HOP].write_authorized_keys(f"{line}\n")

    monkeypatch.setattr("sys.stdin", _Person("127.0.0.1\n" + "y\n" * 6, act))
    assert run(words_of(fleet, directory, route)) == 0
    said.append(capsys.readouterr().out)
    (domain,) = YAML(typ="safe").load(directory / "config.yaml")["domains"]
    assert domain["transport"]["jump_host"] == route
    assert len((directory / "known_hosts").read_text(encoding="utf-8").splitlines()) == 5
    assert 'from="127.0.0.1"' in (directory / "install-gate.sh").read_text(encoding="utf-8")
    hints = [line.strip() for line in "".join(said).splitlines() if line.strip().startswith("ssh ")]
    assert len(hints) == 3
    assert all(hint.startswith(f"ssh -J {route} -p ") for hint in nonempty(hints))


def test_a_way_that_stays_closed_ends_it_with_the_line_to_add(
    fleet: Fleet, directory: Path, route: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = fleet.servers.known_hosts.read_text(encoding="utf-8").splitlines()[-1]
    import asyncssh

    fingerprint = asyncssh.import_public_key(first.split(" ", 1)[1]).get_fingerprint()
    options = ["--unattended", "--from=127.0.0.1", f"--fingerprint={fingerprint}"]
    assert run([*words_of(fleet, directory, route), *options]) == 1
    out, err = capsys.readouterr()
    assert 'restrict,port-forwarding,command="/bin/false" ssh-' in out
    assert "port-forwarding" in err
    assert not (directory / "config.yaml").exists()


def test_unattended_the_address_that_the_hosts_see_is_needed(
    fleet: Fleet, directory: Path, route: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words_of(fleet, directory, route), "--unattended"]) == 2
    assert "--from" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["a b", "a,,b", "a:0x", "@a", "-oProxyCommand=x"])
def test_jump_hosts_that_the_configuration_would_refuse_are_refused(
    tmp_path: Path, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--unattended", "--master=m", "--domain=d", f"--jump-host={wrong}", f"--directory={tmp_path / 'etc'}"]
    assert run(["init", *words]) == 2
    assert repr(wrong) in capsys.readouterr().err
    assert not (tmp_path / "etc").exists()
