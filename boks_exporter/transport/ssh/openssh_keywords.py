"""Keywords of an OpenSSH configuration that have no effect here: misspelt ones, and those of OpenSSH's client alone."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from boks_exporter.regular_files import is_readable, read_regular
from boks_exporter.transport.ssh.config_files import included_files

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
