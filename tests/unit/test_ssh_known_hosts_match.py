"""Which line of known_hosts vouches for which host: as with OpenSSH, against which these forms were tried."""

import base64
import hashlib
import hmac
from pathlib import Path

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.model import Host
from boks_exporter.transport.ssh.known_hosts import KnownHosts, read_known_hosts
from tests.unit.ssh_servers import ANSWER, Keys, new_key, outcome, public, ssh_server

KEY, OTHER = new_key().convert_to_public(), new_key().convert_to_public()


def hashed(name: str) -> str:
    digest = hmac.new(b"salt", name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(b'salt').decode()}|{base64.b64encode(digest).decode()}"


def known(directory: Path, *lines: str) -> KnownHosts:
    file = directory / "known_hosts"
    file.write_text("".join(line.format(key=public(KEY), other=public(OTHER)) + "\n" for line in lines))
    return read_known_hosts([file])


@pytest.mark.parametrize(
    ("lines", "host", "port", "is_trusted"),
    [
        (["rep1 {key}"], "rep1", None, True),
        (["Rep1.Example {key}"], "rep1.example", None, True),
        (["rep1.example {key}"], "REP1.example", None, True),
        ([hashed("rep1") + " {key}"], "Rep1", None, True),
        ([hashed("Rep1") + " {key}"], "Rep1", None, False),
        (["[Rep1]:2222 {key}"], "rep1", 2222, True),
        (["[*.Example]:2222 {key}"], "rep1.example", 2222, True),
        (["rep1 {key}"], "rep1", 2222, True),
        (["rep1 {key}", "[rep1]:2222 {other}"], "rep1", 2222, False),
        (["[rep1]:2222 {key}"], "rep1", None, False),
        (["192.0.2.1 {key}"], "rep1", None, False),
        (["192.0.2.0/24 {key}"], "192.0.2.1", None, False),
        (["*,!rep1 {key}"], "REP1", None, False),
        (["*,!REP1 {key}"], "rep1", None, False),
    ],
)
def test_a_name_is_known_by_its_own_lines(
    tmp_path: Path, lines: list[str], host: str, port: int | None, is_trusted: bool
) -> None:
    """Without regard to case, and without its port where the port has no line of its own."""
    found = known(tmp_path, *lines)
    assert (KEY in found.match(host, port)[0]) is is_trusted
    assert (KEY in [each.key for each in found.keys_of(host, port)]) is is_trusted


@pytest.mark.parametrize(
    ("lines", "port", "is_revoked"),
    [
        (["@revoked [rep1]:2222 {key}", "rep1 {key}"], 2222, True),
        (["@revoked REP1 {key}", "rep1 {key}"], None, True),
        (["@revoked * {key}", "[rep1]:2222 {key}"], 2222, True),
        (["@revoked rep2 {key}", "rep1 {key}"], None, False),
    ],
)
def test_a_key_stays_revoked(tmp_path: Path, lines: list[str], port: int | None, is_revoked: bool) -> None:
    """Also where only the line without the port makes the host known."""
    found = known(tmp_path, *lines)
    assert (KEY in found.match("rep1", port)[2]) is is_revoked
    assert (KEY in [each.key for each in found.revoked_of("rep1", port)]) is is_revoked


async def test_the_key_of_an_address_vouches_for_no_name(keys: Keys) -> None:
    """A name server that sends a host's name to another known host would otherwise pass that one off as it."""
    async with ssh_server(keys, known=False) as server:
        keys.knows(server.port)
        named = Host("rep1", "localhost", server.port)
        assert await outcome(keys.settings(), named) is FailureReason.HOST_KEY
        assert server.logins == 0


async def test_an_alias_is_the_only_name_of_its_host(keys: Keys) -> None:
    """`HostKeyAlias` replaces name, address and port, and the message asks for a line with the alias alone."""
    config, file = keys.directory / "config", keys.directory / "known_hosts"
    config.write_text("HostKeyAlias rep1\n", encoding="utf-8")
    async with ssh_server(keys) as server:
        settings = keys.settings(openssh_config=config)
        assert await outcome(settings, server.host) is FailureReason.HOST_KEY
        file.write_text(f"rep1 {public(keys.host)}\n", encoding="utf-8")
        assert await outcome(settings, server.host) == ANSWER
