"""Pydantic models of the configuration file; unknown keys are errors."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from boks_exporter.config.field_types import (
    AddressTemplate,
    DomainName,
    Duration,
    FilePath,
    GroupName,
    HookWord,
    HostText,
    LinePattern,
    Name,
    Port,
    PositiveDuration,
    choice,
)
from boks_exporter.config.notify_schema import NotifyModel
from boks_exporter.config.settings import (
    DEFAULT_JOURNAL,
    CloserPolls,
    FailoverSettings,
    FenceSettings,
    HookSettings,
    OperatorSettings,
    PollSettings,
)
from boks_exporter.config.transport_schema import LocalModel, ReplayModel, SshModel, Strict
from boks_exporter.exposition import ExpositionOptions, TableLag, Tables
from boks_exporter.health import Thresholds
from boks_exporter.model import Host, Promotion

_DEFAULTS: Final = Thresholds()
_POLL: Final = PollSettings()
_HOOKS: Final = HookSettings()
_FENCE: Final = FenceSettings()
_FAILOVER: Final = FailoverSettings(journal=Path(), operator=OperatorSettings(user=""))
_HOST: Final = Host(name="", address="")
_METRICS: Final = ExpositionOptions()


class HostModel(Strict):
    """One server of the domain."""

    name: HostText = Field(description="The host's name in all labels; use the name in the master's list.")
    address: HostText | None = Field(default=None, description="Address to connect to. Default: from address_template.")
    port: Port = Field(default=_HOST.port, description="The port of its SSH server.")
    site: GroupName = Field(default="", description="The location, for redundancy per site.")
    section: GroupName = Field(default="", description="The network section, for redundancy per section.")
    promotion: Annotated[Promotion, choice(Promotion)] = Field(
        default=_HOST.promotion, description="Preference as a new master: prefer, neutral or never."
    )


class ThresholdsModel(Strict):
    """Limits from which a finding counts."""

    lag_sequences: int = Field(
        default=_DEFAULTS.lag_sequences,
        ge=1,
        description="Updates behind from which a replica can be lagging at all, together with lag_age.",
    )
    lag_seconds: Duration = Field(
        alias="lag_age",
        default=_DEFAULTS.lag_seconds,
        description="Age of the oldest missing update from which a replica is lagging.",
    )
    lag_sequences_at_once: int = Field(
        default=_DEFAULTS.lag_sequences_at_once,
        ge=1,
        description="The same for a one-shot poll (status, check), which has no ages: updates behind alone.",
    )
    ahead_sequences: int = Field(
        default=_DEFAULTS.ahead_sequences,
        ge=1,
        description="Updates ahead of the master from which a replica is ahead. Timing explains not even one.",
    )
    undecided_seconds: Duration = Field(
        alias="undecided_age",
        default=_DEFAULTS.undecided_seconds,
        description="How long it may be open whether a replica is ahead before a finding says so; no verdict changes.",
    )
    stamp_seconds: Duration = Field(
        alias="stamp_age",
        default=_DEFAULTS.stamp_seconds,
        description="How long the master must have had a table's stamp before a replica with another one has diverged.",
    )
    missing_seconds: Duration = Field(
        alias="missing_age",
        default=_DEFAULTS.missing_seconds,
        description="How long the master must have had a table before a replica without it has diverged.",
    )


class OperatorModel(Strict):
    """The login that may change hosts: another user with another key. The rest is as in the domain's transport."""

    user: Name = Field(
        description="The operator's login on the BoKS hosts; its key's forced command is the gate with `operator`."
    )
    identity_files: tuple[FilePath, ...] = Field(
        default=(),
        strict=False,
        description="Its private keys, readable by the operators only, never by the exporter. Without any, the "
        "default keys of the user who runs the command are tried.",
    )
    certificate_files: tuple[FilePath, ...] = Field(
        default=(), strict=False, description="OpenSSH user certificates for these keys."
    )
    passphrase_file: FilePath | None = Field(default=None, description="A file that holds their passphrase.")
    agent: bool = Field(default=False, description="Use the SSH agent of the user who runs the command.")


class HooksModel(Strict):
    """Programs run on events of a failover run, as argument lists without a shell; facts are in BOKS_FAILOVER_…."""

    before: tuple[HookWord, ...] = Field(
        default=(), strict=False, description="Before the first step; an exit status other than 0 stops the run."
    )
    after: tuple[HookWord, ...] = Field(default=(), strict=False, description="After a run that is done.")
    on_failure: tuple[HookWord, ...] = Field(
        default=(), strict=False, description="After a run that ends in any other way, or stays open."
    )
    timeout_seconds: PositiveDuration = Field(
        alias="timeout", default=_HOOKS.timeout_seconds, description="Time limit of each program."
    )


class FenceModel(Strict):
    """A program that switches an old master off or isolates it, run with the argument `off` or `status`."""

    program: tuple[HookWord, ...] = Field(
        default=(),
        strict=False,
        description="The program as an argument list without a shell; facts are in BOKS_FAILOVER_…. Exit status 0 is "
        "taken as proof that the host is off or isolated, anything else is not.",
    )
    timeout_seconds: PositiveDuration = Field(
        alias="timeout", default=_FENCE.timeout_seconds, description="Time limit of each call."
    )


class FailoverModel(Strict):
    """Failover settings, used from an operator's terminal only."""

    journal: FilePath | None = Field(
        default=None, description="A journal of this domain's own, instead of the one at the top level."
    )
    operator: OperatorModel = Field(description="The login that may change hosts.")
    cool_down_seconds: Duration = Field(
        alias="cool_down",
        default=_FAILOVER.cool_down_seconds,
        description="How long after a change of the master the next one needs an accepted finding.",
    )
    max_behind_updates: int = Field(
        alias="max_behind",
        default=_FAILOVER.max_behind_updates,
        ge=0,
        description="Updates that a new master may be behind the best replica, or behind the last known master.",
    )
    quiet_seconds: Duration = Field(
        alias="quiet",
        default=_FAILOVER.quiet_seconds,
        description="How long a switchover or failback waits until the master writes nothing.",
    )
    master_port: Port = Field(
        default=_FAILOVER.master_port, description="BoKS's base port, at which replicas try to reach the old master."
    )
    hooks: HooksModel = Field(default=HooksModel(), description="Programs run on events of a failover run.")
    fence: FenceModel = Field(default=FenceModel(), description="A program that fences an old master.")


class DomainModel(Strict):
    """One BoKS installation."""

    name: DomainName = Field(description="Its name in the label boks_domain.")
    transport: Annotated[SshModel | LocalModel | ReplayModel, Field(discriminator="kind")] = Field(
        description="How to connect to its hosts."
    )
    discover: bool = Field(default=False, description="Also poll the replicas that the master lists.")
    address_template: AddressTemplate = Field(
        default="{name}", description="Address of a host without one, such as {name}.example.net."
    )
    discovered_seconds: PositiveDuration = Field(
        alias="discovered_age",
        default=86400.0,
        description="A discovered host that no list has named for so long, and that does not answer, is dropped.",
    )
    discovered_limit: int = Field(
        default=250, ge=1, le=10_000, description="Discovered hosts at most; further names are unresolved replicas."
    )
    hosts: tuple[HostModel, ...] = Field(
        strict=False, min_length=1, description="Its servers. The master is observed, not configured."
    )
    thresholds: ThresholdsModel = Field(default=ThresholdsModel(), description="Limits of the verdicts.")
    failover: FailoverModel | None = Field(
        default=None, description="Failover settings. Without them, the failover commands refuse to start."
    )


class PollModel(Strict):
    """Schedule of the rounds."""

    interval_seconds: PositiveDuration = Field(
        alias="interval", default=_POLL.interval_seconds, description="Time from the start of one round to the next."
    )
    timeout_seconds: PositiveDuration = Field(
        alias="timeout",
        default=_POLL.timeout_seconds,
        description="Deadline of one poll of one host; must be shorter than the interval.",
    )
    concurrency: int = Field(default=_POLL.concurrency, ge=1, le=1000, description="Hosts polled at the same time.")
    rare_seconds: Duration = Field(
        alias="rare_interval",
        default=_POLL.rare_seconds,
        description="How often memory, error log, queue, check sums, processes and disk space are polled, which are "
        "expensive on the hosts; role, sequences and list are polled in every round. 0s polls everything every time.",
    )
    closer_polls: Annotated[CloserPolls, choice(CloserPolls)] = Field(
        default=_POLL.closer_polls,
        description="Replicas of which a round leaves open whether they are ahead are read again at once, with at most "
        "four more readings of the master: always, never, or only over kept loops (auto).",
    )


class IgnoreLineModel(Strict):
    """A form of line that the exporter does not know and that hides nothing."""

    pattern: LinePattern = Field(
        description="Regular expression for the whole line, without the blanks around it. Begin with `T9` to leave "
        "table 9 out of the comparison."
    )
    reason: Name = Field(description="Why the line hides nothing; shown wherever a table is left out because of it.")


class ParsingModel(Strict):
    """Interpretation of the output of BoKS's commands."""

    ignore_lines: tuple[IgnoreLineModel, ...] = Field(
        default=(), strict=False, description="Lines that cannot be read and hide neither a table nor a host."
    )


class MetricsModel(Strict):
    """Amount of per-table metrics; a large domain has thousands of tables."""

    tables: Annotated[Tables, choice(Tables)] = Field(
        default=_METRICS.tables,
        description="Raw sequence numbers of all tables, or of each host's worst one only: all or worst.",
    )
    table_lag: Annotated[TableLag, choice(TableLag)] = Field(
        default=_METRICS.table_lag,
        description="Lag and ahead of tables where they are not 0, or of all tables: nonzero or all.",
    )


class ConfigModel(Strict):
    """Configuration of boks-exporter."""

    poll: PollModel = Field(default=PollModel(), description="Schedule of the rounds and time limits.")
    metrics: MetricsModel = Field(default=MetricsModel(), description="Amount of per-table metrics.")
    parsing: ParsingModel = Field(
        default=ParsingModel(), description="Lines of BoKS's commands that are known to hide nothing."
    )
    state_file: FilePath | None = Field(
        default=None,
        description="Keeps across restarts the age of missing updates, the copies that were proven wrong, and the "
        "discovered hosts, and the last day for the pages. For one exporter alone.",
    )
    journal: FilePath = Field(
        default=DEFAULT_JOURNAL,
        description="The journal of failover runs, maintenance windows and cleared evidence; only read here.",
    )
    notify: tuple[NotifyModel, ...] = Field(
        default=(), strict=False, description="Programs and webhooks that receive state changes."
    )
    domains: tuple[DomainModel, ...] = Field(
        strict=False, min_length=1, description="The BoKS installations to monitor."
    )
