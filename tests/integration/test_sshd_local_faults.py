"""Faults of the exporter's own files over real sshd: no host is blamed for them, and a repair counts immediately."""

import asyncio
import subprocess
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.remote.request import ROLE_ONLY
from boks_exporter.remote.settings import GateMode, SshSettings
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.listener import new_key, write_user_key
from boks_exporter.transport.ssh import SshTransport
from boks_exporter.transport.ssh import connect as connect_module
from boks_exporter.transport.ssh.resolver import Resolver
from tests.integration.fleet import Fleet

HOST, JUMP = "REPHOST2", "CLIENT1"


@asynccontextmanager
async def open_transport(settings: SshSettings) -> AsyncIterator[SshTransport]:
    transport = SshTransport(settings, timeout_seconds=20.0)
    try:
        yield transport
    finally:
        await transport.aclose()


async def answers(transport: SshTransport, fleet: Fleet) -> bool:
    return b"BOKSINIT=server" in (await transport.ask(fleet.host(HOST), ROLE_ONLY)).stdout


async def failure(transport: SshTransport, fleet: Fleet) -> TransportError:
    with pytest.raises(TransportError) as failed:
        await transport.ask(fleet.host(HOST), ROLE_ONLY)
    return failed.value


@pytest.fixture
def known_hosts(fleet: Fleet, tmp_path: Path) -> Path:
    """A copy of the file that a test may break."""
    copy = tmp_path / "known_hosts"
    copy.write_bytes(fleet.servers.known_hosts.read_bytes())
    return copy


@pytest.mark.parametrize("line", [b"=", b"a-bare-name", b"@cert-authority", b"# M\xfcller", b"\xff\xfeh\x00"])
async def test_a_malformed_line_of_known_hosts_loses_no_host(fleet: Fleet, known_hosts: Path, line: bytes) -> None:
    """The other lines are used, as by OpenSSH."""
    known_hosts.write_bytes(line + b"\n" + known_hosts.read_bytes())
    async with open_transport(fleet.ssh_settings(known_hosts=known_hosts)) as transport:
        assert await answers(transport, fleet)


@pytest.mark.parametrize(("form", "is_known"), [("hashed", True), ("crlf", True), ("negated", False), ("ca", False)])
async def test_each_form_of_known_hosts_counts_as_with_openssh(
    fleet: Fleet, known_hosts: Path, form: str, is_known: bool
) -> None:
    """A negated pattern excludes the host, and the key of an authority is no host's key; OpenSSH's client agrees."""
    text = known_hosts.read_text(encoding="utf-8")
    name = f"[127.0.0.1]:{fleet.servers.port(HOST)}"
    if form == "hashed":
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", known_hosts], check=True, capture_output=True)
    elif form == "crlf":
        known_hosts.write_text(text, encoding="utf-8", newline="\r\n")
    elif form == "negated":
        known_hosts.write_text(text.replace(f"{name} ", f"*,!127.0.0.1,!{name} "), encoding="utf-8")
    else:
        known_hosts.write_text("".join(f"@cert-authority {line}\n" for line in text.splitlines()), encoding="utf-8")
    command = fleet.command("ssh", HOST)
    openssh = [word.replace(str(fleet.servers.known_hosts), str(known_hosts)) for word in command]
    refused = "Host key verification failed" in (await asyncio.to_thread(fleet.run, openssh)).stderr
    assert refused is not is_known
    async with open_transport(fleet.ssh_settings(known_hosts=known_hosts)) as transport:
        if is_known:
            assert await answers(transport, fleet)
        else:
            assert (await failure(transport, fleet)).reason is FailureReason.HOST_KEY


@pytest.mark.parametrize(("listed", "is_known"), [("LOCALHOST", True), ("127.0.0.1", False)])
async def test_a_name_is_known_by_its_own_line_alone(
    fleet: Fleet, known_hosts: Path, listed: str, is_known: bool
) -> None:
    """In any case of letters; the key of the address does not count for the name, and OpenSSH's client agrees."""
    text = known_hosts.read_text(encoding="utf-8")
    known_hosts.write_text(text.replace("[127.0.0.1]", f"[{listed}]"), encoding="utf-8")
    command = fleet.command("ssh", HOST)
    openssh = [word.replace(str(fleet.servers.known_hosts), str(known_hosts)) for word in command[:-1]]
    ran = await asyncio.to_thread(fleet.run, [*openssh, command[-1].replace("127.0.0.1", "localhost")])
    assert ("Host key verification failed" in ran.stderr) is not is_known
    host = replace(fleet.host(HOST), address="localhost")
    async with open_transport(fleet.ssh_settings(known_hosts=known_hosts)) as transport:
        if is_known:
            assert b"BOKSINIT=server" in (await transport.ask(host, ROLE_ONLY)).stdout
        else:
            with pytest.raises(TransportError, match="new host key"):
                await transport.ask(host, ROLE_ONLY)


async def test_an_empty_known_hosts_file_blames_no_host_until_it_is_filled(fleet: Fleet, known_hosts: Path) -> None:
    """No host is contacted meanwhile, and none is paused."""
    text = known_hosts.read_text(encoding="utf-8")
    known_hosts.write_text("", encoding="utf-8")
    await asyncio.to_thread(fleet.call, fleet.servers.restart(HOST))
    async with open_transport(fleet.ssh_settings(known_hosts=known_hosts)) as transport:
        assert [(await failure(transport, fleet)).reason for _ in range(2)] == [FailureReason.LOCAL] * 2
        assert "Connection from" not in fleet.servers.daemons[HOST].log
        known_hosts.write_text(text, encoding="utf-8")
        assert await answers(transport, fleet)


async def test_a_repaired_key_ends_the_pause_after_a_refused_login(fleet: Fleet, tmp_path: Path) -> None:
    """A pause of 150 s ends with the change of the file; until then the host sees no further login."""
    identity = tmp_path / "id"
    write_user_key(new_key(), identity)
    await asyncio.to_thread(fleet.call, fleet.servers.restart(HOST))
    settings = fleet.ssh_settings(identity_files=(identity,), backoff_initial_seconds=150.0)
    async with open_transport(settings) as transport:
        assert [(await failure(transport, fleet)).reason for _ in range(3)] == [FailureReason.AUTH] * 3
        assert fleet.servers.daemons[HOST].log.count("Connection from") == 1
        identity.write_bytes(fleet.servers.identity_file.read_bytes())
        assert await answers(transport, fleet)


async def test_a_reload_ends_the_pause_after_a_refused_login(fleet: Fleet) -> None:
    """After a repair on the host, no local file has changed."""
    await asyncio.to_thread(fleet.set_fault, HOST, Fault.WRONG_LOGIN)
    async with open_transport(fleet.ssh_settings(backoff_initial_seconds=150.0)) as transport:
        assert (await failure(transport, fleet)).reason is FailureReason.AUTH
        await asyncio.to_thread(fleet.clear_fault, HOST, Fault.WRONG_LOGIN)
        assert (await failure(transport, fleet)).reason is FailureReason.AUTH
        await transport.retain([fleet.host(HOST)])
        assert await answers(transport, fleet)


# -- jump hosts -------------------------------------------------------------------------------------------------------


def behind_jump_host(fleet: Fleet, **changes: object) -> SshSettings:
    key = (fleet.servers.shell_identity_file,)
    return fleet.ssh_settings(identity_files=key, gate=GateMode.SENT, paths=fleet.tree.paths(HOST), **changes)


@pytest.mark.parametrize("kind", ["new", "changed"])
async def test_the_host_key_of_a_jump_host_is_refused_by_its_name(fleet: Fleet, known_hosts: Path, kind: str) -> None:
    """New and changed keys have their own messages, and each names the jump host and not the host behind it."""
    port = fleet.servers.port(JUMP)
    pattern = f"[127.0.0.1]:{port} "
    lines = known_hosts.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(pattern)]
    changed = [pattern + new_key().export_public_key("openssh").decode().strip()] if kind == "changed" else []
    known_hosts.write_text("\n".join([*kept, *changed]) + "\n", encoding="utf-8")
    settings = behind_jump_host(fleet, known_hosts=known_hosts, jump_host=f"127.0.0.1:{port}")
    async with open_transport(settings) as transport:
        failed = await failure(transport, fleet)
    assert failed.reason is FailureReason.HOST_KEY
    assert failed.detail.startswith(f"jump host 127.0.0.1:{port}: {kind} host key: ")
    assert (f"({known_hosts}:{len(kept) + 1})" in failed.detail) == (kind == "changed")


async def test_the_same_jump_host_twice_is_passed_twice(fleet: Fleet) -> None:
    """As with `ssh -J a,a`."""
    await asyncio.to_thread(fleet.call, fleet.servers.restart(JUMP))
    jump = f"127.0.0.1:{fleet.servers.port(JUMP)}"
    async with open_transport(behind_jump_host(fleet, jump_host=f"{jump},{jump}")) as transport:
        assert await answers(transport, fleet)
    assert fleet.servers.daemons[JUMP].log.count("Accepted publickey") == 2


@pytest.mark.parametrize("own", ["", "  ProxyJump none\n"], ids=["loop", "none"])
async def test_a_proxy_jump_for_every_host_is_no_endless_chain(fleet: Fleet, tmp_path: Path, own: str) -> None:
    """`Host *` includes the jump host itself; with `ProxyJump none` for that one, the others are reached."""
    config = tmp_path / "config"
    gateway = f"Host gateway\n  HostName 127.0.0.1\n  Port {fleet.servers.port(JUMP)}\n{own}"
    config.write_text(f"{gateway}Host *\n  ProxyJump gateway\n", encoding="utf-8")
    async with open_transport(behind_jump_host(fleet, openssh_config=config)) as transport:
        if own:
            assert await answers(transport, fleet)
        else:
            failed = await failure(transport, fleet)
            assert (failed.reason, "gateway" in failed.detail) == (FailureReason.LOCAL, True)


# -- names ------------------------------------------------------------------------------------------------------------


async def test_a_name_server_that_never_answers_delays_no_host_with_an_address(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four hosts wait for their names and fail with the reason `dns`; a fifth is polled over sshd meanwhile."""
    release = threading.Event()

    def lookup(*_: object) -> list[object]:
        release.wait(30)
        return []

    monkeypatch.setattr(connect_module, "Resolver", lambda: Resolver(limit=1.0, lookup=lookup))
    async with open_transport(fleet.ssh_settings()) as transport:
        hosts = [replace(fleet.host(HOST), name=f"s{number}", address=f"s{number}.example") for number in range(4)]
        waiting = [asyncio.create_task(transport.ask(host, ROLE_ONLY)) for host in hosts]
        await asyncio.sleep(0)
        assert await answers(transport, fleet)
        failed = await asyncio.gather(*waiting, return_exceptions=True)
        release.set()
    assert [error.reason for error in failed if isinstance(error, TransportError)] == [FailureReason.DNS] * 4


@pytest.mark.parametrize("kind", ["new", "changed"])
async def test_a_new_and_a_changed_host_key_have_their_own_messages(fleet: Fleet, known_hosts: Path, kind: str) -> None:
    """Both name the key that sshd offers; only a changed one has a place in known_hosts."""
    pattern = f"[127.0.0.1]:{fleet.servers.port(HOST)} "
    lines = known_hosts.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(pattern)]
    changed = [pattern + new_key().export_public_key("openssh").decode().strip()] if kind == "changed" else []
    known_hosts.write_text("\n".join([*kept, *changed]) + "\n", encoding="utf-8")
    offered = asyncssh.read_private_key(fleet.servers.daemons[HOST].directory / "host_key").get_fingerprint()
    async with open_transport(fleet.ssh_settings(known_hosts=known_hosts)) as transport:
        failed = await failure(transport, fleet)
    assert failed.detail.startswith(f"{kind} host key: ")
    assert offered in failed.detail
    assert (f"({known_hosts}:{len(kept) + 1})" in failed.detail) == (kind == "changed")
