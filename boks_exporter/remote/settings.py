"""How to reach the hosts of a domain: plain settings that configuration makes and the transports use."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

from boks_exporter.model import Seconds

MAX_REPLY_BYTES: Final = 1024 * 1024
"""The master's reply with a list of 5,000 replicas of 48 letters each is 0.6 MB; rubbish takes seconds to be read
already, in which no other host is heard."""


class Prefix(StrEnum):
    """What stands before boksadm on the host, where the login is not root."""

    NONE = "none"
    SUDO = "sudo"
    SUEXEC = "suexec"


class GateMode(StrEnum):
    """Whether the gate is installed on the hosts as a forced command, or sent along with each request."""

    INSTALLED = "installed"
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePaths:
    """Where BoKS lives on a host; used only where the gate is sent, an installed gate has its own file."""

    boks_etc: str = "/etc/opt/boksm"
    boks_var: str = "/var/opt/boksm"
    boksadm: str = "/opt/boksm/sbin/boksadm"
    prefix: Prefix = Prefix.NONE
    section_timeout_seconds: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithms:
    """SSH algorithms by kind. An entry with `+` is added to the list before; entries without it replace it."""

    kex: tuple[str, ...] = ()
    ciphers: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    host_keys: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSettings:
    """Over SSH. Host keys are verified unless the option that says `insecure` is set."""

    user: str
    identity_files: tuple[Path, ...] = ()
    certificate_files: tuple[Path, ...] = ()
    passphrase_file: Path | None = None
    agent: bool = False
    known_hosts: Path | None = None
    insecure_ignore_host_keys: bool = False
    openssh_config: Path | None = None
    jump_host: str | None = None
    algorithms: Algorithms = field(default_factory=Algorithms)
    host_algorithms: tuple[tuple[str, Algorithms], ...] = ()
    """Changes for single hosts and jump hosts, by name."""
    gate: GateMode = GateMode.INSTALLED
    paths: RemotePaths = field(default_factory=RemotePaths)
    keepalive_interval_seconds: Seconds = 15.0
    keepalive_count: int = 3
    connection_age_seconds: Seconds = 3600.0
    """Age from which on a replacement is tried."""
    connection_limit_seconds: Seconds = 86400.0
    """Age at which a connection is closed even if no replacement could be opened."""
    max_reply_bytes: int = MAX_REPLY_BYTES
    backoff_initial_seconds: Seconds = 150.0
    backoff_limit_seconds: Seconds = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """On this machine: the same gate, run by `sh` without SSH."""

    paths: RemotePaths = field(default_factory=RemotePaths)
    max_reply_bytes: int = MAX_REPLY_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySettings:
    """From recorded files, one directory a host."""

    directory: Path


TransportSettings: TypeAlias = SshSettings | LocalSettings | ReplaySettings
