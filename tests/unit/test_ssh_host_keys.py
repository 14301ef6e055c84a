"""Host keys: known, new and changed ones, and files of known hosts that cannot be used as they are."""

import os
from pathlib import Path

import asyncssh
import pytest
import structlog

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.transport.ssh import SshTransport
from boks_exporter.transport.ssh.known_hosts import read_known_hosts
from tests.unit.ssh_servers import (
    ANSWER,
    ROLE,
    Keys,
    failure,
    holding,
    new_key,
    open_transport,
    outcome,
    public,
    ssh_server,
)


async def test_a_new_host_key_is_refused_with_its_fingerprint_and_the_line_to_add(keys: Keys) -> None:
    """A host without a line in known_hosts is not trusted on first use; the line of the message makes it known."""
    async with ssh_server(keys, known=False) as server:
        keys.knows(1)
        file = keys.directory / "known_hosts"
        async with open_transport(keys.settings()) as transport:
            failed = await failure(transport, server.host)
            assert failed.reason is FailureReason.HOST_KEY
            for part in ("new host key", keys.host.get_fingerprint(), str(file), "ssh-keygen -lf"):
                assert part in failed.detail
            assert server.logins == 0
            with file.open("a") as known_hosts:
                known_hosts.write(failed.detail.rpartition("add the line: ")[2] + "\n")
            assert (await transport.ask(server.host, ROLE)).stdout == ANSWER


async def test_a_changed_host_key_is_refused_with_both_fingerprints_and_the_place(keys: Keys) -> None:
    """The message names the offered key, the known key with file and line, and how to compare."""
    offered = new_key()
    async with ssh_server(keys, host_key=offered) as server:
        keys.knows(1)
        async with open_transport(keys.settings()) as transport:
            failed = await failure(transport, server.host)
    assert (failed.reason, server.logins) == (FailureReason.HOST_KEY, 0)
    line = list(keys.known).index(server.port) + 1
    place = f"({keys.directory / 'known_hosts'}:{line})"
    for part in ("changed host key", offered.get_fingerprint(), keys.host.get_fingerprint(), place, "ssh-keygen -R"):
        assert part in failed.detail


@pytest.mark.parametrize("known", ["no key", "this key", "another key"])
async def test_a_revoked_host_key_has_a_message_of_its_own(keys: Keys, known: str) -> None:
    """It names the key with file and line, and asks for a new key on the host, not for the line to go."""
    stolen = new_key()
    async with ssh_server(keys, host_key=stolen, known=False) as server:
        keys.knows(1 if known == "no key" else server.port, stolen if known == "this key" else new_key())
        file = keys.directory / "known_hosts"
        lines = file.read_text(encoding="utf-8")
        address = f"[{server.host.address}]:{server.port}"
        file.write_text(f"{lines}@revoked {address} {public(stolen)}\n", encoding="utf-8")
        number = len(lines.splitlines()) + 1
        async with open_transport(keys.settings()) as transport:
            failed = await failure(transport, server.host)
    assert (failed.reason, server.logins) == (FailureReason.HOST_KEY, 0)
    for part in ("revoked host key", stolen.get_fingerprint(), f"{file}:{number}"):
        assert part in failed.detail
    assert "add the line" not in failed.detail


async def test_a_line_that_revokes_another_key_changes_no_message(keys: Keys) -> None:
    async with ssh_server(keys, known=False) as server:
        keys.knows(1)
        with (keys.directory / "known_hosts").open("a") as file:
            file.write(f"@revoked {server.host.address} {public(new_key())}\n")
        async with open_transport(keys.settings()) as transport:
            assert "new host key" in (await failure(transport, server.host)).detail


async def test_of_several_host_keys_the_known_one_is_asked_for(keys: Keys) -> None:
    """A server with another kind of key besides the known one is not a server with a changed key."""
    known = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    async with ssh_server(keys, host_key=[new_key(), known], known=False) as server:
        keys.knows(server.port, known)
        assert await outcome(keys.settings(), server.host) == ANSWER


async def test_only_the_insecure_option_ignores_host_keys(keys: Keys) -> None:
    """`insecure_ignore_host_keys` accepts any key."""
    async with ssh_server(keys, host_key=new_key()) as server:
        assert await outcome(keys.settings(insecure_ignore_host_keys=True), server.host) == ANSWER


@pytest.mark.parametrize(
    "content",
    [None, "", "# a comment\n", "one-word\n", "\udcff"],
    ids=["missing", "empty", "comment", "word", "binary"],
)
async def test_known_hosts_without_a_key_is_a_local_failure(keys: Keys, content: str | None) -> None:
    """No host can be verified, and that is no fault of the hosts: none is contacted, and none is paused."""
    async with ssh_server(keys) as server:
        text = (keys.directory / "known_hosts").read_text()
        file = holding(keys.directory / "known_hosts", content)
        async with open_transport(keys.settings()) as transport:
            failed = await failure(transport, server.host)
            assert failed.reason is FailureReason.LOCAL
            assert failed.detail.startswith(f"{file}: ")
            assert server.attempts == 0
            file.write_text(text)
            assert (await transport.ask(server.host, ROLE)).stdout == ANSWER


@pytest.mark.parametrize(
    "line",
    [
        b"=",
        b"a-bare-name",
        b"@cert-authority",
        b"@revoked host",
        b"@unknown host ssh-ed25519 AAAA",
        b"host ssh-ed25519 AAAAgarbage",
        b"host no-such-type AAAA",
        b"|1|salt ssh-ed25519 AAAA",
        b"\xff\xfe\x00",
    ],
)
async def test_a_malformed_line_of_known_hosts_is_skipped_and_reported(keys: Keys, line: bytes) -> None:
    """One bad line does not take the keys of all hosts away; the log names file, line and problem once."""
    async with ssh_server(keys) as server:
        file = keys.directory / "known_hosts"
        file.write_bytes(line + b"\n" + file.read_bytes())
        async with open_transport(keys.settings()) as transport:
            with structlog.testing.capture_logs() as logs:
                assert (await transport.ask(server.host, ROLE)).stdout == ANSWER
                await transport.ask(server.host, ROLE)
    assert [(log["event"], log["file"], log["line"]) for log in logs] == [("known_hosts_line_skipped", str(file), 1)]


async def test_a_byte_that_is_not_ascii_in_a_host_name_matches_no_host(keys: Keys) -> None:
    """As a wildcard, it would make a key known for hosts that were never named."""
    async with ssh_server(keys, known=False) as server:
        key = public(keys.host).encode()
        name = f"[127.0.0.\xfc]:{server.port} ".encode("latin-1")
        (keys.directory / "known_hosts").write_bytes(b"other " + key + b"\n" + name + key)
        async with open_transport(keys.settings()) as transport:
            with structlog.testing.capture_logs() as logs:
                assert (await failure(transport, server.host)).reason is FailureReason.HOST_KEY
    assert [(log["event"], log["line"]) for log in logs] == [("known_hosts_line_skipped", 2)]


async def test_known_hosts_that_became_a_fifo_is_a_local_failure_without_waiting(keys: Keys) -> None:
    """The reader of a FIFO would wait for a writer forever, and take a thread from all domains."""
    file = keys.directory / "known_hosts"
    async with ssh_server(keys) as server:
        file.unlink()
        os.mkfifo(file)
        async with open_transport(keys.settings()) as transport:
            failed = await failure(transport, server.host)
    assert (failed.reason, server.attempts) == (FailureReason.LOCAL, 0)
    assert str(file) in failed.detail


async def test_a_comment_of_known_hosts_may_have_any_encoding(keys: Keys) -> None:
    """A comment in Latin-1 behind a key changes nothing."""
    async with ssh_server(keys) as server:
        file = keys.directory / "known_hosts"
        file.write_bytes(b"# M\xfcller\n" + file.read_bytes().rstrip(b"\n") + b" of M\xfcller\x85\x1c and others\n")
        with structlog.testing.capture_logs() as logs:
            assert await outcome(keys.settings(), server.host) == ANSWER
    assert logs == []


@pytest.mark.parametrize("end", ["\r", "\v", "\f", "\x1c", "\x85", "\u2028"])
def test_a_comment_of_known_hosts_is_never_a_line_of_its_own(tmp_path: Path, end: str) -> None:
    """What OpenSSH reads as a comment would make a key known for every host."""
    file = tmp_path / "known_hosts"
    file.write_text(f"host {public(new_key())} comment{end}* {public(new_key())}\n", encoding="utf-8", newline="")
    known = read_known_hosts([file])
    assert len(list(known.keys_of("host", None))) == 1
    assert list(known.keys_of("other", None)) == []


@pytest.mark.parametrize("line", ["ho\0st {key}", "ho\vst {key}", "host {key}\r* {key}", "host ssh-ed25519 {data}!"])
def test_characters_that_openssh_refuses_make_no_key_known(tmp_path: Path, line: str) -> None:
    """The SSH library ignores some of them, and ends a line at others."""
    file, key = tmp_path / "known_hosts", public(new_key())
    file.write_text(line.format(key=key, data=key.split()[1]) + "\n", encoding="utf-8", newline="")
    known = read_known_hosts([file])
    assert (known.is_empty, [skipped.line for skipped in known.skipped]) == (True, [1])


async def test_a_repaired_known_hosts_file_is_read_without_a_restart(keys: Keys) -> None:
    """The next round uses the new content of the file."""
    async with ssh_server(keys, known=False) as server:
        keys.knows(1)
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        with pytest.raises(TransportError):
            await transport.ask(server.host, ROLE)
        keys.knows(server.port)
        assert (await transport.ask(server.host, ROLE)).stdout == ANSWER
        await transport.aclose()


async def test_without_a_setting_the_users_own_known_hosts_count(keys: Keys) -> None:
    """`~/.ssh/known_hosts` is the default; without that file no host is trusted."""
    async with ssh_server(keys) as server:
        settings = keys.settings(known_hosts=None)
        assert await outcome(settings, server.host) is FailureReason.LOCAL
        (keys.directory / "known_hosts").rename(keys.directory / "home/.ssh/known_hosts")
        assert await outcome(settings, server.host) == ANSWER
