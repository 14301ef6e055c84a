"""The part of the configuration file that says how the hosts of a domain are reached."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from boks_exporter.config.field_types import (
    AlgorithmName,
    FilePath,
    HostText,
    JumpHost,
    Name,
    PositiveDuration,
    RemotePath,
    ReplySize,
    WholeSeconds,
    choice,
)
from boks_exporter.remote.settings import GateMode, Prefix, RemotePaths, SshSettings

_PATHS: Final = RemotePaths()
_SSH: Final = SshSettings(user="")


class Strict(BaseModel):
    """A part of the file in which every key is known."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PathsModel(Strict):
    """Paths of BoKS on the hosts; used only with `gate: sent` or `kind: local`."""

    boks_etc: RemotePath = Field(default=_PATHS.boks_etc, description="The directory of BoKS's ENV file.")
    boks_var: RemotePath = Field(default=_PATHS.boks_var, description="The directory of BoKS's data and error log.")
    boksadm: RemotePath = Field(
        default=_PATHS.boksadm, description="The program that runs boksdiag and dumpbase in BoKS's environment."
    )
    prefix: Annotated[Prefix, choice(Prefix)] = Field(
        default=_PATHS.prefix,
        description="The command in front of boksadm unless the login is root: none, sudo (-n) or suexec (BoKS's).",
    )
    section_timeout_seconds: WholeSeconds = Field(
        alias="section_timeout",
        default=_PATHS.section_timeout_seconds,
        description="Time limit of each command on the host, in whole seconds between 1s and 1h.",
    )


class AlgorithmsModel(Strict):
    """SSH algorithms, safe ones by default. An entry with + is added to them; entries without + replace them."""

    kex: tuple[AlgorithmName, ...] = Field(
        default=(), strict=False, description="Key exchange, such as +diffie-hellman-group14-sha1."
    )
    ciphers: tuple[AlgorithmName, ...] = Field(default=(), strict=False, description="Encryption, such as +aes128-cbc.")
    macs: tuple[AlgorithmName, ...] = Field(default=(), strict=False, description="Integrity, such as +hmac-sha1.")
    host_keys: tuple[AlgorithmName, ...] = Field(
        default=(), strict=False, description="Signatures of host keys, such as +ssh-rsa."
    )
    signatures: tuple[AlgorithmName, ...] = Field(
        default=(),
        strict=False,
        description="Signatures of logins, such as +ssh-rsa: an RSA key on OpenSSH before 7.2 needs it.",
    )


class HostAlgorithmsModel(AlgorithmsModel):
    """SSH algorithms of single hosts. An entry with + is added to the domain's; entries without + replace them."""

    hosts: tuple[HostText, ...] = Field(
        strict=False, min_length=1, description="Names of hosts, or addresses of jump hosts."
    )


class SshModel(Strict):
    """Connects to the hosts over SSH."""

    kind: Literal["ssh"] = Field(description="Over SSH.")
    user: Name = Field(description="The login on the BoKS hosts.")
    identity_files: tuple[FilePath, ...] = Field(
        default=(),
        strict=False,
        description="Private keys. Without any, the default keys of the exporter's user are tried (~/.ssh/id_…), "
        "then the agent and OpenSSH's configuration if enabled.",
    )
    certificate_files: tuple[FilePath, ...] = Field(
        default=(), strict=False, description="OpenSSH user certificates for these keys."
    )
    passphrase_file: FilePath | None = Field(
        default=None, description="A file that holds the passphrase of the private keys, never the passphrase itself."
    )
    agent: bool = Field(default=_SSH.agent, description="Use the SSH agent of the exporter's environment.")
    known_hosts: FilePath | None = Field(
        default=None, description="Host keys. Without it: ~/.ssh/known_hosts of the exporter's user."
    )
    insecure_ignore_host_keys: bool = Field(
        default=_SSH.insecure_ignore_host_keys,
        description="Do not verify host keys. A metric and an alert report this.",
    )
    openssh_config: FilePath | None = Field(
        default=None, description="An OpenSSH client configuration to apply as well. By default none is read."
    )
    jump_host: JumpHost | None = Field(
        default=None, description="[user@]host[:port] to connect through; several, separated by commas, in this order."
    )
    algorithms: AlgorithmsModel = Field(
        default=AlgorithmsModel(), description="SSH algorithms. By default only safe ones; compression is always off."
    )
    host_algorithms: tuple[HostAlgorithmsModel, ...] = Field(
        default=(), strict=False, description="SSH algorithms of single hosts that are too old for the safe ones."
    )
    gate: Annotated[GateMode, choice(GateMode)] = Field(
        default=_SSH.gate,
        description="installed: the gate is the key's forced command. sent: its text is sent with each request.",
    )
    paths: PathsModel = Field(
        default=PathsModel(),
        description="Paths of BoKS, for `gate: sent` and for the console script of failover retire.",
    )
    keepalive_interval_seconds: PositiveDuration = Field(
        alias="keepalive_interval",
        default=_SSH.keepalive_interval_seconds,
        description="Interval of keepalive messages on an idle connection.",
    )
    keepalive_count: int = Field(
        default=_SSH.keepalive_count,
        ge=1,
        le=100,
        description="Number of unanswered keepalive messages after which a connection is closed.",
    )
    connection_age_seconds: PositiveDuration = Field(
        alias="connection_age",
        default=_SSH.connection_age_seconds,
        description="Age at which a kept connection is replaced. It is closed only after the new one has answered.",
    )
    connection_limit_seconds: PositiveDuration = Field(
        alias="connection_limit",
        default=_SSH.connection_limit_seconds,
        description="Age at which a connection is closed even if the host refuses a new login: a key that was removed "
        "from a host has no effect afterwards.",
    )
    max_reply_bytes: ReplySize = Field(
        alias="max_reply",
        default=_SSH.max_reply_bytes,
        description="A longer reply is refused (too_large). 1KiB to 1GiB; a list of 5,000 replicas has 0.6MiB.",
    )
    backoff_initial_seconds: PositiveDuration = Field(
        alias="backoff_initial",
        default=_SSH.backoff_initial_seconds,
        description="First pause after a refused login; it doubles with each refusal, up to backoff_limit. The "
        "defaults are four attempts in ten minutes. A change of key, certificate, agent, known_hosts or openssh_config "
        "and a reload end the pause.",
    )
    backoff_limit_seconds: PositiveDuration = Field(
        alias="backoff_limit",
        default=_SSH.backoff_limit_seconds,
        description="The longest such pause; at least backoff_initial.",
    )


class LocalModel(Strict):
    """Polls this machine, without SSH; the domain must have exactly one host."""

    kind: Literal["local"] = Field(description="On this machine.")
    paths: PathsModel = Field(default=PathsModel(), description="Paths of BoKS on this machine.")
    max_reply_bytes: ReplySize = Field(
        alias="max_reply",
        default=_SSH.max_reply_bytes,
        description="A longer output is refused (too_large). 1KiB to 1GiB.",
    )


class ReplayModel(Strict):
    """Reads recorded files: one directory per host, one file per command."""

    kind: Literal["replay"] = Field(description="From recorded files.")
    directory: FilePath = Field(
        description="Holds `<host>/role.txt`, `list.txt`, `sequence.txt`, `sequence.after.txt` or `error.txt`."
    )
