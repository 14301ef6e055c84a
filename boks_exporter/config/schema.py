"""The shape of the configuration file, strictly: what is not described here is an error."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from boks_exporter.config.units import duration, size
from boks_exporter.exposition import TableLag, Tables
from boks_exporter.health import Thresholds
from boks_exporter.model import Promotion
from boks_exporter.remote.settings import GateMode, Prefix

_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+")
_PATH: Final = re.compile(r"/[^\x00-\x1f]*")
_DEFAULTS: Final = Thresholds()


def _host_name(value: str) -> str:
    if not _HOST.fullmatch(value):
        message = f"expected a host name or address of letters, digits, dots and hyphens, found {value!r}"
        raise ValueError(message)
    return value


def _absolute(value: str) -> str:
    if not _PATH.fullmatch(value):
        message = f"expected an absolute path on the BoKS hosts, found {value!r}"
        raise ValueError(message)
    return value


def _positive(value: float) -> float:
    if value <= 0:
        message = "expected a duration longer than 0s"
        raise ValueError(message)
    return value


def _template(value: str) -> str:
    if value.count("{name}") != 1 or set("{}") & set(value.replace("{name}", "")):
        message = f"expected {{name}} exactly once and no other braces, found {value!r}"
        raise ValueError(message)
    return value


_AS_DURATION: Final = {
    "type": "string",
    "pattern": "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9.]+s)?([0-9]+ms)?$",
    "examples": ["30s", "5m"],
}
Duration = Annotated[float, BeforeValidator(duration), WithJsonSchema(_AS_DURATION)]
PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
Size = Annotated[int, BeforeValidator(size), WithJsonSchema({"type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB)$"})]
HostText = Annotated[str, AfterValidator(_host_name)]
RemotePath = Annotated[str, AfterValidator(_absolute)]
Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
FilePath = Annotated[Path, BeforeValidator(lambda value: Path(value) if isinstance(value, str) else value)]


def _choice(kind: type[StrEnum]) -> BeforeValidator:
    """Let a plain word stand for a member of an enum, which strictness would refuse."""

    def read(value: object) -> object:
        return kind(value) if isinstance(value, str) and value in {member.value for member in kind} else value

    return BeforeValidator(read)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PathsModel(_Strict):
    """Where BoKS lives on the hosts; used only where the gate is sent along or runs locally."""

    boks_etc: RemotePath = "/etc/opt/boksm"
    boks_var: RemotePath = "/var/opt/boksm"
    boksadm: RemotePath = "/opt/boksm/sbin/boksadm"
    prefix: Annotated[Prefix, _choice(Prefix)] = Field(
        default=Prefix.NONE, description="What stands before boksadm: none, sudo or suexec."
    )
    section_timeout: PositiveDuration = Field(
        default=20.0, description="Time limit of each command on the host, in whole seconds."
    )


class SshModel(_Strict):
    """Reach the hosts over SSH."""

    kind: Literal["ssh"]
    user: Name = Field(description="The login on the BoKS hosts.")
    identity_files: tuple[FilePath, ...] = Field(
        default=(),
        strict=False,
        description="Private keys; without any, the agent or OpenSSH's configuration must bring one.",
    )
    certificate_files: tuple[FilePath, ...] = Field(
        default=(), strict=False, description="OpenSSH user certificates to these keys."
    )
    passphrase_file: FilePath | None = Field(
        default=None, description="A file that holds the passphrase of the private keys."
    )
    agent: bool = Field(default=False, description="Use the SSH agent of the exporter's environment.")
    known_hosts: FilePath | None = Field(
        default=None, description="Host keys; default: ~/.ssh/known_hosts of the exporter's user."
    )
    insecure_ignore_host_keys: bool = Field(
        default=False, description="Do not verify host keys. Shown in a metric and an alert."
    )
    openssh_config: FilePath | None = Field(
        default=None, description="An OpenSSH client configuration to follow as well."
    )
    jump_host: Name | None = Field(default=None, description="[user@]host[:port] to connect through.")
    gate: Annotated[GateMode, _choice(GateMode)] = Field(
        default=GateMode.INSTALLED,
        description="installed: the hosts' forced command; sent: the script goes along with each request.",
    )
    paths: PathsModel = PathsModel()
    keepalive_interval: PositiveDuration = 15.0
    keepalive_count: int = Field(default=3, ge=1)
    max_reply: Size = 4 * 1024 * 1024
    backoff_initial: PositiveDuration = 30.0
    backoff_limit: PositiveDuration = 600.0


class LocalModel(_Strict):
    """Look at this machine, without SSH."""

    kind: Literal["local"]
    paths: PathsModel = PathsModel()
    max_reply: Size = 4 * 1024 * 1024


class ReplayModel(_Strict):
    """Look at recorded files."""

    kind: Literal["replay"]
    directory: FilePath = Field(description="One directory for each host.")


class HostModel(_Strict):
    """One server of the domain."""

    name: HostText = Field(description="The host's identity in all labels; best as the master lists it.")
    address: HostText | None = Field(default=None, description="Where to connect; default: address_template.")
    port: Port = 22
    site: str = Field(default="", max_length=200, description="The location, for redundancy per site.")
    section: str = Field(default="", max_length=200, description="The network section, for redundancy per section.")
    promotion: Annotated[Promotion, _choice(Promotion)] = Field(
        default=Promotion.NEUTRAL, description="prefer, neutral or never."
    )


class ThresholdsModel(_Strict):
    """From which amount and duration on a finding counts."""

    lag_sequences: int = Field(default=_DEFAULTS.lag_sequences, ge=1)
    lag_age: Duration = Field(default=_DEFAULTS.lag_seconds, description="Age of the oldest missing update.")
    lag_sequences_at_once: int = Field(default=_DEFAULTS.lag_sequences_at_once, ge=1)
    ahead_sequences: int = Field(default=_DEFAULTS.ahead_sequences, ge=1)
    stamp_age: Duration = _DEFAULTS.stamp_seconds
    missing_age: Duration = _DEFAULTS.missing_seconds


class DomainModel(_Strict):
    """One BoKS installation."""

    name: Name = Field(description="Its name in the label boks_domain.")
    transport: Annotated[SshModel | LocalModel | ReplayModel, Field(discriminator="kind")]
    discover: bool = Field(default=False, description="Watch the replicas that the master lists, too.")
    address_template: Annotated[str, AfterValidator(_template)] = Field(
        default="{name}", description="Address of a host that has none."
    )
    hosts: tuple[HostModel, ...] = Field(strict=False, min_length=1)
    thresholds: ThresholdsModel = ThresholdsModel()


class PollModel(_Strict):
    """When to look."""

    interval: PositiveDuration = 30.0
    timeout: PositiveDuration = Field(default=20.0, description="Deadline of one whole exchange with one host.")
    concurrency: int = Field(default=50, ge=1, le=1000, description="Hosts asked at the same time.")


class MetricsModel(_Strict):
    """How much of the tables to publish."""

    tables: Annotated[Tables, _choice(Tables)] = Tables.ALL
    table_lag: Annotated[TableLag, _choice(TableLag)] = TableLag.NONZERO


class ConfigModel(_Strict):
    """Configuration of boks-exporter."""

    poll: PollModel = PollModel()
    metrics: MetricsModel = MetricsModel()
    state_file: FilePath | None = Field(default=None, description="Keeps the history for lag in seconds over restarts.")
    domains: tuple[DomainModel, ...] = Field(strict=False, min_length=1)


def json_schema() -> dict[str, Any]:
    """Describe the file as JSON Schema, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ConfigModel.model_json_schema()}
