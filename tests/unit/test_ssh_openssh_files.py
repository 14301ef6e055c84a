"""Files and programs that an OpenSSH configuration names: a fault of theirs is no host's, and a repair counts."""

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.transport.ssh.config_files import ConfigFiles
from tests.unit.ssh_servers import ANSWER, ROLE, Keys, failure, new_key, open_transport, ssh_server


@pytest.mark.parametrize(
    "line",
    [
        "IdentityFile {0}/absent",
        "IdentityFile {0}/known_hosts",
        "IdentityFile {0}/encrypted",
        f"IdentityFile {{0}}/{'a' * 300}",  # like one in a closed directory, which root can always see
        f"UserKnownHostsFile {{0}}/{'a' * 300}",
        "UserKnownHostsFile {0}/absent",
        "UserKnownHostsFile {0}/home",
        "ProxyCommand {0}/absent %h",
        "ProxyJump a:b:c",
    ],
)
async def test_what_the_configuration_names_and_cannot_be_used_blames_no_host(keys: Keys, line: str) -> None:
    """The failure is local, names the file, program or jump host, and the host sees no login."""
    config = keys.directory / "config"
    config.write_text(f"Host *\n  {line.format(keys.directory)}\n", encoding="utf-8")
    keys.user.write_private_key(keys.directory / "encrypted", "pkcs8-pem", passphrase="open sesame")
    known_hosts = None if line.startswith("UserKnown") else keys.directory / "known_hosts"
    identity_files = () if line.startswith("Identity") else (keys.directory / "id",)
    settings = keys.settings(openssh_config=config, identity_files=identity_files, known_hosts=known_hosts)
    async with ssh_server(keys) as server, open_transport(settings) as transport:
        failed = await failure(transport, server.host)
    assert (failed.reason, server.attempts) == (FailureReason.LOCAL, 0)
    assert line.format(keys.directory).split()[1] in failed.detail


@pytest.mark.parametrize("named", ["IdentityFile {0}", ""], ids=["named", "default"])
async def test_a_passphrase_opens_the_key_that_the_configuration_names(keys: Keys, named: str) -> None:
    """And the default key, where it names none."""
    config, passphrase = keys.directory / "config", keys.directory / "passphrase"
    key = keys.directory / ("encrypted" if named else "home/.ssh/id_rsa")
    config.write_text(f"{named.format(key)}\n", encoding="utf-8")
    passphrase.write_text("open sesame\n", encoding="utf-8")
    keys.user.write_private_key(key, "pkcs8-pem", passphrase="open sesame")
    settings = keys.settings(openssh_config=config, identity_files=(), passphrase_file=passphrase)
    async with ssh_server(keys) as server, open_transport(settings) as transport:
        assert (await transport.ask(server.host, ROLE)).stdout == ANSWER


@pytest.mark.parametrize("repaired", ["key", "missing key", "included"])
async def test_a_repair_of_what_the_configuration_names_ends_the_pause(keys: Keys, repaired: str) -> None:
    """Of a key, also of one that was missing, and of the line that names it in an included file."""
    config, included, key = (keys.directory / name for name in ("config", "included", "other"))
    new_key().write_private_key(key)
    config.write_text(f"Include {included}\n", encoding="utf-8")
    included.write_text(f"IdentityFile {key}\nIdentityFile {keys.directory}/absent\n", encoding="utf-8")
    settings = keys.settings(openssh_config=config, identity_files=())
    async with ssh_server(keys) as server, open_transport(settings) as transport:
        assert (await failure(transport, server.host)).reason is FailureReason.AUTH
        assert "next attempt" in (await failure(transport, server.host)).detail
        if "key" in repaired:
            keys.user.write_private_key(key if repaired == "key" else keys.directory / "absent")
        else:
            included.write_text(f"IdentityFile {keys.directory}/id\n", encoding="utf-8")
        assert (await transport.ask(server.host, ROLE)).stdout == ANSWER


async def test_a_smart_card_of_the_configuration_is_not_needed(keys: Keys) -> None:
    """A daemon has no PIN to enter; the keys of the settings are used."""
    config = keys.directory / "config"
    config.write_text("PKCS11Provider /no/such/library.so\n", encoding="utf-8")
    async with ssh_server(keys) as server, open_transport(keys.settings(openssh_config=config)) as transport:
        assert (await transport.ask(server.host, ROLE)).stdout == ANSWER


async def test_the_agent_of_the_configuration_is_asked(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its socket is named where it does not answer, although the one of the environment is another."""
    monkeypatch.setenv("SSH_AUTH_SOCK", str(keys.directory / "other"))
    config = keys.directory / "config"
    config.write_text(f"IdentityAgent {keys.directory}/socket\n", encoding="utf-8")
    settings = keys.settings(openssh_config=config, agent=True)
    async with ssh_server(keys) as server, open_transport(settings) as transport:
        failed = await failure(transport, server.host)
    assert (failed.reason, server.attempts) == (FailureReason.LOCAL, 0)
    assert f"{keys.directory}/socket" in failed.detail


def test_every_change_of_an_included_file_is_noticed(tmp_path: Path) -> None:
    """Also of one that is included by an included file, and of a new file that a pattern matches."""
    (tmp_path / "conf.d").mkdir()
    config = tmp_path / "config"
    config.write_text(f"Include {tmp_path}/conf.d/*.conf {tmp_path}/absent\ninclude = {config}\n", encoding="utf-8")
    (tmp_path / "conf.d/a.conf").write_text(f"Host x\n  Include {tmp_path}/deep\n", encoding="utf-8")
    (tmp_path / "deep").write_text("Port 1\n", encoding="utf-8")
    files = ConfigFiles(config)
    stamps = {files.stamp(), files.stamp()}
    assert len(stamps) == 1
    for number, name in enumerate(["deep", "conf.d/b.conf", "absent", "conf.d/a.conf"], 2):
        (tmp_path / name).write_text("Port 22\n", encoding="utf-8")
        os.utime(tmp_path / name, (number, number))
        stamps.add(files.stamp())
        assert len(stamps) == number


async def test_a_comment_in_another_encoding_blames_no_host(keys: Keys) -> None:
    """OpenSSH reads bytes, asyncssh requires UTF-8: the failure is local and names the file."""
    config = keys.directory / "config"
    config.write_bytes(b"# Sch\xf6n\nHost *\n  User somebody\n")
    async with ssh_server(keys) as server, open_transport(keys.settings(openssh_config=config)) as transport:
        failed = await failure(transport, server.host)
        assert (failed.reason, server.attempts) == (FailureReason.LOCAL, 0)
        assert str(config) in failed.detail


async def test_a_default_key_that_cannot_be_used_blames_no_host(keys: Keys) -> None:
    """The failure is local and names the key; with another one, the pause of a refusal ends."""
    key = keys.directory / "home" / ".ssh" / "id_ed25519"
    keys.user.write_private_key(key, "pkcs8-pem", passphrase="open sesame")
    settings = keys.settings(identity_files=())
    async with ssh_server(keys) as server, open_transport(settings) as transport:
        failed = await failure(transport, server.host)
        assert (failed.reason, server.attempts) == (FailureReason.LOCAL, 0)
        assert str(key) in failed.detail
        new_key().write_private_key(key)
        assert (await failure(transport, server.host)).reason is FailureReason.AUTH
        assert "next attempt" in (await failure(transport, server.host)).detail
        keys.user.write_private_key(key)
        assert (await transport.ask(server.host, ROLE)).stdout == ANSWER


async def test_another_agent_ends_the_pause(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that was started again, on the same socket, may have the right key."""
    path = keys.directory / "agent"
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    settings = keys.settings(identity_files=(), agent=True)
    async with ssh_server(keys) as server, open_transport(settings) as transport:
        for attempts in (1, 2):
            path.unlink(missing_ok=True)
            agent = await asyncio.start_unix_server(_agent_without_keys, path)
            assert (await failure(transport, server.host)).reason is FailureReason.AUTH
            assert "next attempt" in (await failure(transport, server.host)).detail
            assert server.attempts == attempts
            agent.close()


async def _agent_without_keys(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request with an empty list of keys."""
    while await reader.read(1000):
        writer.write(b"\0\0\0\5\x0c\0\0\0\0")
    writer.close()


async def test_a_file_that_no_thread_could_read_blames_no_host(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's limit of tasks is reached."""
    config = keys.directory / "config"
    config.touch()
    async with ssh_server(keys) as server, open_transport(keys.settings(openssh_config=config)) as transport:
        with monkeypatch.context() as limited:
            limited.setattr(threading.Thread, "start", _no_thread)
            assert (await failure(transport, server.host)).reason is FailureReason.RESOURCES
        assert (await transport.ask(server.host, ROLE)).stdout == ANSWER


def _no_thread(_: threading.Thread) -> None:
    message = "can't start new thread"
    raise RuntimeError(message)


def test_what_an_unreadable_configuration_includes_is_found_when_it_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a free descriptor nor chmod changes what is seen of the file itself."""
    config, included = tmp_path / "config", tmp_path / "included"
    config.write_text(f"Include {included}\n", encoding="utf-8")
    included.write_text("User a\n", encoding="utf-8")
    files = ConfigFiles(config)
    with monkeypatch.context() as limited:
        limited.setattr("boks_exporter.transport.ssh.config_files.read_regular", _no_descriptor)
        files.stamp()
    before = files.stamp()
    included.write_text("User bb\n", encoding="utf-8")
    assert files.stamp() != before


def _no_descriptor(path: Path) -> bytes:
    raise OSError(errno.EMFILE, "Too many open files", str(path))
