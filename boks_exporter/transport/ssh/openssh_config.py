"""What an OpenSSH client configuration says about one address, and the keywords that are not applied."""

import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.regular_files import is_readable, read_regular
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh.algorithms import openssh_lists
from boks_exporter.transport.ssh.config_files import ConfigFiles, included_files
from boks_exporter.transport.ssh.error_mapping import in_thread, resources
from boks_exporter.transport.ssh.jump_route import JUMP

SSH_PORT: Final = 22
_PORTS: Final = range(1, 1 << 16)
_THREADS: Final = 2


@dataclass(frozen=True, slots=True)
class Target:
    """A host or jump host as the settings name it; `port` is () where the OpenSSH configuration may set it."""

    name: str
    address: str
    port: Any
    user: str


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The configuration of one target, with the defaults where there is none."""

    host: str
    port: int
    known_hosts: tuple[str, ...] = ()
    jump: str | None = None
    proxy_program: str | None = None
    family: int = 0
    algorithms: Mapping[str, str] = field(default_factory=dict)
    alias: str | None = None
    identity_files: tuple[Path, ...] = ()
    certificate_files: tuple[Path, ...] = ()
    agent: str | None = None
    source: str | None = None
    """`BindAddress`: the address of this machine from which to connect."""

    @property
    def is_proxied(self) -> bool:
        return self.proxy_program is not None

    @property
    def key_name(self) -> str:
        """Return the name under which known_hosts lists the host."""
        return self.alias or self.host

    @property
    def key_port(self) -> int | None:
        """Return the port under which known_hosts may list the host; None for the default one."""
        return None if self.port == SSH_PORT else self.port


class OpensshConfig:
    """Evaluate the configuration that the settings name; one reading for each target and state of the file."""

    def __init__(self, settings: SshSettings) -> None:
        self._settings = settings
        self._files = ConfigFiles(settings.openssh_config) if settings.openssh_config else None
        self._cache: dict[tuple[Target, Any], Evaluated] = {}
        # Commands of `Match exec` may hang: they take no thread of another domain.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="openssh-config")

    async def of(self, target: Target) -> Evaluated:
        """Evaluate a target; a configuration that cannot be used is a local fault."""
        file = self._settings.openssh_config
        if file is None or self._files is None:
            return Evaluated(target.address, target.port)
        key = (target, self._files.stamp())
        if key not in self._cache:
            found = await in_thread(self._threads, lambda: evaluate(file, target))
            self._cache = {old: value for old, value in self._cache.items() if old[1] == key[1]} | {key: found}
        return self._cache[key]


def evaluate(file: Path, target: Target) -> Evaluated:
    """Read the file for one target."""
    try:
        found = asyncssh.SSHClientConnectionOptions(
            config=[str(file)],
            client_keys=None,
            x509_trusted_certs=None,
            host=target.address,
            port=target.port,
            username=target.user,
        )
        lists = openssh_lists(found.config)
    except (OSError, ValueError, RecursionError) as error:
        text = "it includes itself" if isinstance(error, RecursionError) else str(error)
        named = text if str(file) in text else f"{file}: {text}"
        raise resources(error) or TransportError(FailureReason.LOCAL, named) from error
    if found.port not in _PORTS:
        raise TransportError(FailureReason.LOCAL, f"{file}: Port {found.port}: expected 1 to {_PORTS[-1]}")
    if not isinstance(found.known_hosts, list):
        named_hosts: tuple[str, ...] = ("none",)
    else:
        named_hosts = tuple(str(name) for name in found.known_hosts)
    tunnel = found.tunnel if isinstance(found.tunnel, str) and found.tunnel != "none" else None
    proxy = found.proxy_command
    return Evaluated(
        found.host,
        found.port,
        named_hosts,
        tunnel,
        proxy[0] if proxy else None,
        found.family if isinstance(found.family, int) else 0,
        lists,
        found.host_key_alias,
        _files(found.config, "IdentityFile"),
        _files(found.config, "CertificateFile"),
        _agent(found.config),
        _source(found.config),
    )


def _files(config: Any, key: str) -> tuple[Path, ...]:
    return tuple(Path(_expanded(name)) for name in config.get(key, ()) if name.lower() != "none")


def _agent(config: Any) -> str | None:
    """Return the agent's socket; None for the one of the environment."""
    named = config.get("IdentityAgent")
    return None if named in {None, "SSH_AUTH_SOCK"} else os.path.expandvars(_expanded(named))


def _source(config: Any) -> str | None:
    named: str | None = config.get("BindAddress")
    return named


def _expanded(name: str) -> str:
    return os.path.expanduser(name)  # noqa: PTH111 - Path.expanduser raises without a home


def verifiable(settings: SshSettings, target: Target, found: Evaluated) -> tuple[str, ...]:
    """Return the files of known hosts that the configuration names; raises TransportError where it names `none`."""
    if not settings.known_hosts and found.known_hosts == ("none",):
        detail = (
            f"{settings.openssh_config} names no known hosts for {target.address}; only insecure_ignore_host_keys "
            "allows that"
        )
        raise TransportError(FailureReason.LOCAL, detail)
    return found.known_hosts


def target_of(name: str, address: str, port: int | None, settings: SshSettings, user: str | None = None) -> Target:
    """Name a target; port 22 is left to the OpenSSH configuration, if any: for asyncssh () means "not given"."""
    if port is None or port == SSH_PORT:
        return Target(name, address, () if settings.openssh_config else SSH_PORT, user or settings.user)
    return Target(name, address, port, user or settings.user)


def jump_target(jump: str, settings: SshSettings) -> Target:
    """Return the target of one jump host, `[user@]host[:port]`; raises TransportError."""
    match = JUMP.fullmatch(jump)
    if match is None:
        raise TransportError(FailureReason.LOCAL, "expected [user@]host[:port]")
    name = match["host"].strip("[]")
    port = int(match["port"]) if match["port"] else None
    return target_of(name, name, port, settings, match["user"])


_LINE: Final = re.compile(r'[ \t\r\f]*"?([^\s="#]+)"?[ \t]*=?[ \t]*(.*)')
_WITHOUT_EFFECT: Final = {
    "bindinterface": "name an address of this machine with BindAddress",
    "canonicalizehostname": "write the hosts' names in full",
    "knownhostscommand": "write the keys into known_hosts",
    "proxyusefdpass": "use a ProxyCommand that carries the data itself",
    "pubkeyacceptedalgorithms": "use the setting algorithms.signatures",
    "pubkeyacceptedkeytypes": "use the setting algorithms.signatures",
    "revokedhostkeys": "write the keys into known_hosts, each with @revoked * in front of it",
}
"""Keywords that decide how a host is reached or verified, and what to do instead."""
_NAMES: Final = """
    AddKeysToAgent AddressFamily BatchMode BindAddress BindInterface CanonicalDomains CanonicalizeFallbackLocal
    CanonicalizeHostname CanonicalizeMaxDots CanonicalizePermittedCNAMEs CASignatureAlgorithms CertificateFile
    ChallengeResponseAuthentication ChannelTimeout CheckHostIP Cipher Ciphers ClearAllForwardings Compression
    CompressionLevel ConnectionAttempts ConnectTimeout ControlMaster ControlPath ControlPersist DSAAuthentication
    DynamicForward EnableEscapeCommandline EnableSSHKeysign EscapeChar ExitOnForwardFailure FallBackToRsh
    FingerprintHash ForkAfterAuthentication ForwardAgent ForwardX11 ForwardX11Timeout ForwardX11Trusted GatewayPorts
    GlobalKnownHostsFile GSSAPIAuthentication GSSAPIClientIdentity GSSAPIDelegateCredentials GSSAPIKexAlgorithms
    GSSAPIKeyExchange GSSAPIRenewalForcesRekey GSSAPIServerIdentity GSSAPITrustDns HashKnownHosts Host
    HostbasedAcceptedAlgorithms HostbasedAuthentication HostbasedKeyTypes HostKeyAlgorithms HostKeyAlias Hostname
    IdentitiesOnly IdentityAgent IdentityFile IgnoreUnknown Include IPQoS KbdInteractiveAuthentication
    KbdInteractiveDevices KeepAlive KexAlgorithms KnownHostsCommand LocalCommand LocalForward LogLevel LogVerbose MACs
    Match NoHostAuthenticationForLocalhost NumberOfPasswordPrompts ObscureKeystrokeTiming PasswordAuthentication
    PermitLocalCommand PermitRemoteOpen PKCS11Provider Port PreferredAuthentications Protocol ProxyCommand ProxyJump
    ProxyUseFdpass PubkeyAcceptedAlgorithms PubkeyAcceptedKeyTypes PubkeyAuthentication RefuseConnection RekeyLimit
    RemoteCommand RemoteForward RequestTTY RequiredRSASize RevokedHostKeys RhostsAuthentication RhostsRSAAuthentication
    RSAAuthentication SecurityKeyProvider SendEnv ServerAliveCountMax ServerAliveInterval SessionType SetEnv
    SkeyAuthentication SmartcardDevice StdinNull StreamLocalBindMask StreamLocalBindUnlink StrictHostKeyChecking
    SyslogFacility Tag TCPKeepAlive Tunnel TunnelDevice UseKeychain UsePrivilegedPort User UserKnownHostsFile UseRsh
    VerifyHostKeyDNS VersionAddendum VisualHostKey WarnWeakCrypto XAuthLocation
"""
_KEYWORDS: Final = {name.lower(): name for name in _NAMES.split()}


def keyword_warnings(file: Path) -> Iterator[str]:
    """Find lines that have no effect, in a configuration and the files that it includes."""
    ignored: list[str] = []
    for each in filter(is_readable, included_files(file)):
        for number, line in enumerate(read_regular(each).decode(errors="replace").split("\n"), 1):
            if (match := _LINE.match(line)) and (problem := _problem(match[1], match[2].lower(), ignored)):
                yield f"{each} line {number}: {match[1]!r} {problem}"


def _problem(keyword: str, value: str, ignored: list[str]) -> str | None:
    name = keyword.lower()
    if name == "ignoreunknown":
        ignored.extend(value.strip('" \r').split(","))
    if name == "match" and {"final", "canonical"} & set(value.split()):
        return "final and canonical have no effect here; write the section without them"
    if instead := _WITHOUT_EFFECT.get(name):
        return None if value.split()[:1] in (["no"], ["none"]) else f"has no effect here; {instead}"
    if name in _KEYWORDS or any(fnmatchcase(name, pattern) for pattern in ignored):
        return None
    close = get_close_matches(name, _KEYWORDS, n=1)
    return "is no keyword, and is ignored" + (f'; did you mean "{_KEYWORDS[close[0]]}"?' if close else "")
