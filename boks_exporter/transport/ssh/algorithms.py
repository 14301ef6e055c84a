"""SSH algorithms: the safe default lists, and the lists of one host."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from fnmatch import fnmatchcase
from typing import Any, Final

from asyncssh.encryption import get_encryption_algs
from asyncssh.kex import get_kex_algs
from asyncssh.mac import get_mac_algs
from asyncssh.public_key import get_certificate_algs, get_public_key_algs

from boks_exporter.remote.settings import Algorithms, SshSettings

_KEYS: Final = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
_RSA: Final = ("rsa-sha2-512", "rsa-sha2-256")
_SECURITY_KEYS: Final = ("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")

SAFE: Final = Algorithms(
    kex=(
        *(name for name in ("mlkem768x25519-sha256",) if name.encode() in get_kex_algs()),
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512",
        "diffie-hellman-group14-sha256",
    ),
    # aes-gcm first: with the processor's AES it costs a third less than chacha20.
    ciphers=(
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
        "chacha20-poly1305@openssh.com",
        "aes128-ctr",
        "aes192-ctr",
        "aes256-ctr",
    ),
    macs=("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"),
    host_keys=(
        *(f"{name.removesuffix('@openssh.com')}-cert-v01@openssh.com" for name in (*_KEYS, *_RSA, *_SECURITY_KEYS)),
        *_KEYS,
        *_RSA,
        *_SECURITY_KEYS,
    ),
    signatures=(*_KEYS, *_RSA, *_SECURITY_KEYS),
)
"""No SHA-1, no CBC, no 1024-bit group, and no group that the host chooses: to check one of 8192 bits takes half a
minute, in which the whole process does nothing else. Compression is off: a small packet could expand to megabytes."""

_OPTION: Final = {
    "kex": "kex_algs",
    "ciphers": "encryption_algs",
    "macs": "mac_algs",
    "host_keys": "server_host_key_algs",
    "signatures": "signature_algs",
}
_OPENSSH: Final = {"kex": "KexAlgorithms", "ciphers": "Ciphers", "macs": "MACs", "host_keys": "HostKeyAlgorithms"}
KINDS: Final = tuple(each.name for each in fields(Algorithms))
SUPPORTED: Final[Mapping[str, frozenset[str]]] = {
    "kex": frozenset(name.decode() for name in get_kex_algs()),
    "ciphers": frozenset(name.decode() for name in get_encryption_algs()),
    "macs": frozenset(name.decode() for name in get_mac_algs()),
    "host_keys": frozenset(name.decode() for name in (*get_public_key_algs(), *get_certificate_algs())),
    "signatures": frozenset(name.decode() for name in get_public_key_algs()),
}
"""What asyncssh can do here; some depend on libraries of the system."""


def lists_for(settings: SshSettings, name: str, config: Mapping[str, str]) -> Algorithms:
    """Return the lists for a host or jump host; the settings precede the OpenSSH configuration, which precedes SAFE."""
    own = dict(settings.host_algorithms).get(name, Algorithms())
    lists = {}
    for kind in KINDS:
        domain = getattr(settings.algorithms, kind)
        base = _changed(getattr(SAFE, kind), domain) if domain else _openssh(kind, config.get(kind, ""))
        lists[kind] = _changed(base, getattr(own, kind))
    return Algorithms(**lists)


def options_of(lists: Algorithms) -> dict[str, Any]:
    """Write lists as asyncssh's options, without compression."""
    return {option: list(getattr(lists, kind)) for kind, option in _OPTION.items()} | {"compression_algs": ["none"]}


def weak_in(lists: Algorithms) -> tuple[str, ...]:
    """Return the algorithms that are not among the safe ones."""
    return tuple(name for kind in KINDS for name in getattr(lists, kind) if name not in getattr(SAFE, kind))


def openssh_lists(config: Any) -> dict[str, str]:
    """Return the algorithm options of an evaluated OpenSSH configuration.

    A configuration that accepts SHA-1 for host keys means servers that know nothing else, for logins too.
    """
    found = {kind: str(value) for kind, key in _OPENSSH.items() if (value := config.get(key, ()))}
    if "ssh-rsa" in found.get("host_keys", "").lstrip("+^").split(","):
        found["signatures"] = "+ssh-rsa"
    return found


def unsupported(lists: Algorithms) -> Iterator[tuple[str, str]]:
    """Find names that asyncssh does not know, as kind and name."""
    for kind in KINDS:
        for entry in getattr(lists, kind):
            if entry.removeprefix("+") not in SUPPORTED[kind]:
                yield kind, entry


def cannot_sign(key: Any, signatures: Iterable[str]) -> str | None:
    """Return why a login with a private key is impossible: the SSH library would skip the key without a word."""
    names = [name.decode() for name in key.sig_algorithms]
    if set(names) & set(signatures):
        return None
    refused = f"a key of type {key.get_algorithm()}, and none of its signatures is allowed"
    return f"{refused}; use an Ed25519 key, or add to algorithms: signatures: [+{names[0]}]"


def prefer(names: tuple[str, ...], first: Iterable[str]) -> tuple[str, ...]:
    """Move some names to the front, where they are in the list."""
    front = tuple(name for name in first if name in names)
    return front + tuple(name for name in names if name not in front)


def _changed(base: tuple[str, ...], stated: tuple[str, ...]) -> tuple[str, ...]:
    """Add entries with `+` to the list; entries without it replace the list."""
    added = (entry[1:] for entry in stated if entry.startswith("+"))
    replaced = tuple(entry for entry in stated if not entry.startswith("+"))
    return tuple(dict.fromkeys((*(replaced or base), *added)))


def _openssh(kind: str, value: str) -> tuple[str, ...]:
    """Apply an option of OpenSSH, with its `+`, `-`, `^` and wildcards, to the safe list.

    Names that only OpenSSH knows are ignored; a list without any other is an error (ValueError).
    """
    safe: tuple[str, ...] = getattr(SAFE, kind)
    if not value:
        return safe
    patterns = value.lstrip("+-^").split(",")
    names = tuple(name for pattern in patterns for name in sorted(SUPPORTED[kind]) if fnmatchcase(name, pattern))
    match value[0]:
        case "-" if left := tuple(name for name in safe if name not in names):
            return left
        case "-":
            raise ValueError(f"{_OPENSSH.get(kind, kind)} {value}: leaves no algorithm")
        case _ if not names:
            raise ValueError(f"{_OPENSSH.get(kind, kind)} {value}: names no algorithm that is supported here")
        case "+":
            return tuple(dict.fromkeys((*safe, *names)))
        case "^":
            return tuple(dict.fromkeys((*names, *safe)))
        case _:
            return names
