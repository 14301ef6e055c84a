"""`boks-exporter init` against real sshd: what it accepts, what it writes, and what it never does."""

import io
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from boks_exporter.cli.root_command import run
from boks_exporter.model import Host
from boks_exporter.setup.host_spec import host_of
from tests.integration.fleet import Fleet

Init = Callable[..., int]
FILES = ("config.yaml", "environment", "boks-exporter.service", "prometheus-job.yml", "install-gate.sh")


@pytest.fixture
def place(fleet: Fleet, tmp_path: Path) -> Path:
    """The directory of an installation whose key the hosts accept already."""
    directory = tmp_path / "etc"
    directory.mkdir()
    key = directory / f"id_{fleet.servers.user}"
    key.write_bytes(fleet.servers.identity_file.read_bytes())
    key.chmod(0o600)
    return directory


@pytest.fixture
def init(fleet: Fleet, place: Path, monkeypatch: pytest.MonkeyPatch) -> Init:
    """Run init unattended on the fleet's master."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "")

    def command(*words: str, hosts: tuple[str, ...] = fleet.names[1:]) -> int:
        master = fleet.host(fleet.names[0])
        others = [f"--host={name}={host.address}:{host.port}" for name in hosts if (host := fleet.host(name))]
        return run(
            [
                "init",
                "--unattended",
                f"--master={master.name}={master.address}:{master.port}",
                "--domain=trial",
                f"--directory={place}",
                f"--state-directory={place.with_name('state')}",
                f"--user={fleet.servers.user}",
                "--web.listen-address=127.0.0.1:0",
                *others,
                *words,
            ]
        )

    return command


def test_host_keys_come_from_a_file_and_everything_is_written(fleet: Fleet, place: Path, init: Init) -> None:
    assert init(f"--known-hosts={fleet.servers.known_hosts}") == 0
    assert {file.name for file in place.iterdir()} >= {*FILES, "known_hosts", f"id_{fleet.servers.user}.pub"}
    (domain,) = YAML(typ="safe").load(place / "config.yaml")["domains"]
    assert [host["name"] for host in domain["hosts"]] == list(fleet.names)
    assert {host["site"] for host in domain["hosts"]} == {""}
    assert f"--config.file={place}/config.yaml" in (place / "boks-exporter.service").read_text(encoding="utf-8")
    assert YAML(typ="safe").load(place / "prometheus-job.yml")["scrape_configs"][0]["job_name"] == "boks"
    text = (place / "install-gate.sh").read_text(encoding="utf-8")
    assert (place / f"id_{fleet.servers.user}.pub").read_text(encoding="utf-8").split()[1] in text
    assert 'from="127.0.0.1"' in text


def test_host_keys_from_the_network_need_their_fingerprints(
    fleet: Fleet, place: Path, init: Init, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init() == 1
    assert "no --fingerprint names" in capsys.readouterr().err
    assert not (place / "known_hosts").exists()
    assert not (place / "config.yaml").exists()
    lines = fleet.servers.known_hosts.read_text(encoding="utf-8").splitlines()
    wrong, right = fingerprint_of(lines[1]), fingerprint_of(lines[0])
    assert init(f"--fingerprint={wrong}", hosts=()) == 1
    assert not (place / "known_hosts").exists()
    assert init(f"--fingerprint={right}", hosts=()) == 1  # the master answers; its replicas have no address here
    assert len((place / "known_hosts").read_text(encoding="utf-8").splitlines()) == 1


def fingerprint_of(line: str) -> str:
    import asyncssh

    fingerprint: str = asyncssh.import_public_key(line.split(" ", 1)[1]).get_fingerprint()
    return fingerprint


def test_replicas_are_learnt_from_the_masters_list(fleet: Fleet, place: Path, init: Init) -> None:
    options = [f"--known-hosts={fleet.servers.known_hosts}", "--address-template={name}.invalid"]
    assert init(*options, hosts=()) == 1  # doctor cannot resolve them
    (domain,) = YAML(typ="safe").load(place / "config.yaml")["domains"]
    found = {host["name"]: host.get("address") for host in domain["hosts"]}
    assert found["REPHOST2"] == "REPHOST2.invalid"
    assert domain["discover"] is True


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--host=m1=192.0.2.2",), "'m1' is already the name"),
        (("--host=other=192.0.2.1",), "is already the address"),
        (("--directory=a b",), "found 'a b'"),
        (("--state-directory=x: #y",), "found 'x: #y'"),
        (("--host=m\xe4ster",), "found 'm\xe4ster'"),
        (("--host=h=192.0.2.9:99999",), "found 'h=192.0.2.9:99999'"),
        (("--host=h=[::1",), "found 'h=[::1'"),
        (("--directory=%h/boks",), "found '%h/boks'"),
        (("--known-hosts=nowhere",), "'nowhere' does not exist"),
    ],
)
def test_what_would_be_refused_later_is_refused_before_anything_is_written(
    words: tuple[str, ...],
    found: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A configuration that the exporter cannot load, or a unit that systemd reads in another way."""
    monkeypatch.chdir(tmp_path)
    given = ("--master=m1=192.0.2.1", "--domain=trial", "--directory=etc", "--state-directory=state", "--user=x")
    assert run(["init", "--unattended", *given, *words]) in {1, 2}
    assert found in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("h", "h", 22),
        ("h=192.0.2.1:2222", "192.0.2.1", 2222),
        ("h=2001:db8::1", "2001:db8::1", 22),
        ("h=[2001:db8::1]:2222", "2001:db8::1", 2222),
    ],
)
def test_a_host_is_named_with_address_and_port(text: str, address: str, port: int) -> None:
    assert host_of(text) == Host("h", address, port=port)


class _Typed(io.StringIO):
    """What a person types at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "written"), [("\nmaybe\nn\n", False), ("\ny\ny\nn\n", True)])
def test_at_a_terminal_a_key_that_is_not_confirmed_ends_it_and_every_hint_has_the_port(
    fleet: Fleet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    *,
    written: bool,
) -> None:
    """The master's login is refused here, since the key is new: the gate is not installed on it, twice."""
    monkeypatch.setattr("sys.stdin", _Typed(typed))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "")
    master, directory = fleet.host(fleet.names[0]), tmp_path / "etc"
    given = (f"--master={master.name}={master.address}:{master.port}", "--domain=trial", f"--directory={directory}")
    assert run(["init", *given, f"--state-directory={tmp_path / 'state'}", "--web.listen-address=127.0.0.1:0"]) == 1
    out, err = capsys.readouterr()
    assert (directory / "config.yaml").exists() is written
    assert ("is not confirmed" in err) is not written
    hints = [line.strip() for line in out.splitlines() if line.strip().startswith("ssh ")]
    assert set(hints) == (
        {f"ssh -p {master.port} root@{master.address} sh -s <{directory}/install-gate.sh"} if written else set()
    )


def test_a_replica_is_no_master(fleet: Fleet, place: Path, init: Init, capsys: pytest.CaptureFixture[str]) -> None:
    replica = fleet.host("REPHOST2")
    words = (f"--master={replica.name}={replica.address}:{replica.port}", f"--known-hosts={fleet.servers.known_hosts}")
    assert init(*words, hosts=()) == 1
    assert "not the master" in capsys.readouterr().err
    assert not (place / "config.yaml").exists()


def test_nothing_is_overwritten_without_an_option(
    fleet: Fleet, place: Path, init: Init, capsys: pytest.CaptureFixture[str]
) -> None:
    known = f"--known-hosts={fleet.servers.known_hosts}"
    assert init(known) == 0
    written = {file.name: file.read_bytes() for file in place.iterdir()}
    assert init(known) == 0
    assert {file.name: file.read_bytes() for file in place.iterdir()} == written
    for name in FILES:
        (place / name).write_bytes(written[name] + b"# ours\n")
    for name in ("config.yaml", "install-gate.sh"):
        assert init(known) == 1
        assert str(place / name) in capsys.readouterr().err
        assert (place / name).read_bytes() == written[name] + b"# ours\n"
        (place / "config.yaml").write_bytes(written["config.yaml"])
        for other in FILES[1:4]:
            (place / other).write_bytes(written[other])
    assert init(known, "--overwrite") == 0
    assert {file.name: file.read_bytes() for file in place.iterdir()} == written


def test_a_new_key_is_for_its_owner_alone(fleet: Fleet, place: Path, init: Init) -> None:
    key = place / f"id_{fleet.servers.user}"
    key.unlink()
    previous = os.umask(0)
    try:
        assert init(f"--known-hosts={fleet.servers.known_hosts}") == 1  # the hosts do not know it yet
    finally:
        os.umask(previous)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert (place / "config.yaml").exists()


@pytest.mark.parametrize("missing", ["--master", "--domain"])
def test_unattended_it_asks_nothing(tmp_path: Path, missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = {"--master": "--master=m", "--domain": "--domain=d"}
    words = [word for name, word in options.items() if name != missing]
    assert run(["init", "--unattended", f"--directory={tmp_path / 'etc'}", *words]) == 2
    assert missing in capsys.readouterr().err
    assert not (tmp_path / "etc").exists()
