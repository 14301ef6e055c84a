"""Hosts that lead to one address before anything connects, and two names of one server once they are connected."""

import socket
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.app.checked_config import examine_all
from boks_exporter.cli.root_command import run
from boks_exporter.errors import ConfigError
from boks_exporter.model import Endpoint, Host
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh.known_hosts import fingerprint
from boks_exporter.transport.ssh.resolver import Resolver
from boks_exporter.transport.ssh.same_target import resolved_alike
from tests.unit.ssh_servers import ROLE, USER, Keys, new_key, open_transport, ssh_server

NAMES = {
    "m": ("192.0.2.1",),
    "m.example": ("192.0.2.1",),
    "twice": ("192.0.2.9", "192.0.2.1"),
    "other": ("192.0.2.2",),
}


def lookup(host: str, port: int, *_: Any) -> list[Any]:
    if host not in NAMES:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")
    return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port)) for address in NAMES[host]]


def alike(*names: str, **settings: Any) -> tuple[list[int], list[int]]:
    hosts = [Host(name, name) for name in names]
    faults, warnings = resolved_alike(SshSettings(user="u", **settings), hosts, Resolver(lookup=lookup))
    return [index for index, _ in faults], [index for index, _ in warnings]


def test_two_names_of_one_address_are_a_fault() -> None:
    """The short name and the full one; a name that is unknown now is left out."""
    assert alike("m", "other", "unknown", "m.example") == ([3], [])


def test_an_address_among_others_is_a_warning() -> None:
    """Which of several addresses answers is not known before the connection."""
    assert alike("m", "twice") == ([], [1])


def test_behind_a_jump_host_no_name_is_resolved_here() -> None:
    """The jump host's names are not the exporter's."""
    assert alike("m", "m.example", jump_host="jump") == ([], [])


def write(directory: Path, hosts: str, transport: str = "") -> Path:
    keys = Keys.make(directory)
    keys.knows(22)
    (directory / "id").chmod(0o600)
    file = directory / "config.yaml"
    file.write_text(
        f"domains:\n  - name: prod\n    transport: {{kind: ssh, user: u, identity_files: [id], "
        f"known_hosts: known_hosts{transport}}}\n    hosts:\n{hosts}",
        encoding="utf-8",
    )
    return file


def test_config_check_resolves_the_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both names are shown at the line of the second; the start does not wait for name servers."""
    file = write(tmp_path, "      - {name: one, address: 127.0.0.1}\n      - {name: two, address: '127.1'}\n")
    assert run(["config", "check", str(file)]) == 1
    message = capsys.readouterr().err.splitlines()[0]
    assert message.startswith(f"{file}:6: domains[0].hosts[1]: one and two ")
    assert run(["config", "check", "--syntax-only", str(file)]) == 0
    assert examine_all(file).settings.domains[0].hosts[1].address == "127.1"


def test_one_target_in_the_openssh_configuration_is_a_fault_at_the_start(tmp_path: Path) -> None:
    """The configuration sends both names to one address."""
    (tmp_path / "ssh_config").write_text("Host one two\n  HostName 192.0.2.1\n", encoding="utf-8")
    hosts = "      - {name: one}\n      - {name: two}\n      - {name: three}\n"
    with pytest.raises(ConfigError, match=r"hosts\[1\]: one and two"):
        examine_all(write(tmp_path, hosts, ", openssh_config: ssh_config"))


async def test_a_reply_names_the_far_end_of_its_connection(tmp_path: Path) -> None:
    """Two names of one server have one end, another server has another; behind a jump host the address is hidden."""
    keys = Keys.make(tmp_path)
    other = new_key()
    async with ssh_server(keys) as server, ssh_server(keys, host_key=other, known=False) as second:
        keys.knows(second.port, other)
        hosts = [Host("localhost", "127.0.0.1", server.port), Host("LOCALHOST", "127.0.0.1", server.port), second.host]
        async with open_transport(keys.settings()) as transport:
            ends = [(await transport.ask(host, ROLE)).endpoint for host in hosts]
        assert ends == [
            Endpoint("127.0.0.1", server.port, fingerprint(keys.host)),
            Endpoint("127.0.0.1", server.port, fingerprint(keys.host)),
            Endpoint("127.0.0.1", second.port, fingerprint(other)),
        ]
        jump = keys.settings(jump_host=f"{USER}@127.0.0.1:{second.port}")
        async with open_transport(jump) as transport:
            assert (await transport.ask(hosts[0], ROLE)).endpoint == Endpoint(
                "", 0, fingerprint(keys.host), is_direct=False
            )
