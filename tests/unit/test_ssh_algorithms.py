"""Lists of SSH algorithms: safe by default, changed per domain, per host and by an OpenSSH configuration."""

from dataclasses import replace

import asyncssh
import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.remote.settings import Algorithms, SshSettings
from boks_exporter.transport.ssh.algorithms import KINDS, SAFE, SUPPORTED, lists_for, options_of, unsupported, weak_in
from boks_exporter.transport.ssh.error_mapping import while_connecting
from tests.unit.ssh_servers import ANSWER, Keys, failure, open_transport, outcome, public, ssh_server

OLD_KEX = "diffie-hellman-group1-sha1"


def kex(domain: tuple[str, ...] = (), host: tuple[str, ...] = (), config: str = "") -> tuple[str, ...]:
    settings = SshSettings(user="u", algorithms=Algorithms(kex=domain), host_algorithms=(("h", Algorithms(kex=host)),))
    return lists_for(settings, "h", {"kex": config} if config else {}).kex


def test_the_safe_lists_are_supported_and_hold_nothing_old() -> None:
    """No SHA-1, no CBC, no group of 1,024 bits; aes-gcm comes first and compression never."""
    assert list(unsupported(SAFE)) == []
    names = [name for kind in KINDS for name in getattr(SAFE, kind)]
    assert [name for name in names if "sha1" in name or "cbc" in name or "group1-" in name or name == "ssh-rsa"] == []
    assert SAFE.ciphers[0] == "aes128-gcm@openssh.com"
    assert options_of(SAFE)["compression_algs"] == ["none"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, SAFE.kex),
        ({"domain": (f"+{OLD_KEX}",)}, (*SAFE.kex, OLD_KEX)),
        ({"domain": ("curve25519-sha256",)}, ("curve25519-sha256",)),
        ({"host": (f"+{OLD_KEX}",)}, (*SAFE.kex, OLD_KEX)),
        ({"domain": ("curve25519-sha256",), "host": (f"+{OLD_KEX}",)}, ("curve25519-sha256", OLD_KEX)),
        ({"domain": ("curve25519-sha256",), "host": (OLD_KEX,)}, (OLD_KEX,)),
        ({"config": f"+{OLD_KEX}"}, (*SAFE.kex, OLD_KEX)),
        ({"config": f"^{OLD_KEX}"}, (OLD_KEX, *SAFE.kex)),
        ({"config": "-curve25519-*"}, tuple(name for name in SAFE.kex if not name.startswith("curve25519"))),
        ({"config": f"sntrup-of-openssh,{OLD_KEX}"}, (OLD_KEX,)),
        ({"config": f"+{OLD_KEX}", "domain": ("curve25519-sha256",)}, ("curve25519-sha256",)),
    ],
)
def test_lists_are_added_to_or_replaced(arguments: dict[str, tuple[str, ...]], expected: tuple[str, ...]) -> None:
    """An entry with + is added to the list before; entries without it replace it; settings precede OpenSSH's."""
    assert kex(**arguments) == expected


def test_an_openssh_list_without_any_known_name_is_an_error() -> None:
    """An empty list would mean every login fails, so it is named."""
    with pytest.raises(ValueError, match="KexAlgorithms nonsense"):
        kex(config="nonsense")


def test_a_change_for_one_host_is_none_for_another() -> None:
    """What an old host needs is not offered to the others."""
    settings = SshSettings(user="u", host_algorithms=(("old", Algorithms(kex=(f"+{OLD_KEX}",))),))
    assert weak_in(lists_for(settings, "old", {})) == (OLD_KEX,)
    assert weak_in(lists_for(settings, "new", {})) == ()


def test_every_safe_name_is_one_of_the_supported_ones() -> None:
    """A name that the library loses would otherwise fail at the first login."""
    for kind in KINDS:
        assert set(getattr(SAFE, kind)) <= SUPPORTED[kind]


@pytest.mark.parametrize(
    ("offered", "named", "setting"),
    [
        (
            "nobody-has-it@x,diffie-hellman-group1-sha1,kex-strict-s-v00@openssh.com",
            True,
            "+diffie-hellman-group1-sha1",
        ),
        ("nobody-has-it@x,ext-info-s", False, "host_algorithms"),
    ],
)
def test_only_a_supported_algorithm_is_proposed(offered: str, *, named: bool, setting: str) -> None:
    """The setting that a failure names must pass the check of the configuration; extensions are no algorithms."""
    error = asyncssh.KeyExchangeFailed(f"No matching key exchange algorithm found, sent a and received {offered}")
    detail = while_connecting(error, "old1").detail
    assert (setting in detail, "kex-strict" in detail, "ext-info" in detail) == (named, False, False)
    assert "nobody-has-it@x" in detail


async def test_a_server_that_accepts_no_allowed_signature_of_our_key_is_named_with_the_setting(keys: Keys) -> None:
    """The SSH library does not try such a key, and the server refuses a login without one."""
    key = asyncssh.generate_private_key("ssh-rsa")
    key.write_private_key(keys.directory / "own")
    settings = keys.settings(identity_files=(keys.directory / "own",))
    async with ssh_server(keys, authorized=public(key), signature_algs=["ssh-rsa"]) as server:
        async with open_transport(settings) as transport:
            failed = await failure(transport, server.host)
        assert failed.reason is FailureReason.AUTH
        assert f"host_algorithms: [{{hosts: [{server.host.name}], signatures: [+ssh-rsa]}}]" in failed.detail
        allowed = ((server.host.name, Algorithms(signatures=("+ssh-rsa",))),)
        assert await outcome(replace(settings, host_algorithms=allowed), server.host) == ANSWER
