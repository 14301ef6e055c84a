"""Build and connect what a failover command needs: read-only for a look, both gates for a change."""

import getpass
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from boks_exporter.app.connections import Closable
from boks_exporter.config import DomainSettings, FailoverSettings, OperatorSettings, Settings
from boks_exporter.errors import BoksExporterError, FailureReason, TransportError
from boks_exporter.failover.earlier_knowledge import EarlierKnowledge
from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.gate_client import ChangingGates, ReadOnlyGates, ReadOnlyTransport
from boks_exporter.failover.journal import Journal, RunOwner
from boks_exporter.failover.journal.clearances import without_cleared
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.runner import ProgramFence, ProgramHooks, Runner, StopRequest, Tools
from boks_exporter.failover.survey import Survey
from boks_exporter.knowledge.knowledge_file import KnowledgeError, knowledge_path, read_knowledge
from boks_exporter.model import Host, HostName
from boks_exporter.observe import SystemClock
from boks_exporter.poller import PersistedState, StateUnreadableError, read_states
from boks_exporter.remote.request import RequestLine
from boks_exporter.remote.settings import GateMode, SshSettings
from boks_exporter.replication import History
from boks_exporter.text.formatting import span
from boks_exporter.transport.base import OperatorTransport, RawReply, Transport

_LIMITS: Final = FailoverLimits()
_SECTION: Final = """\
    failover:
      operator:
        user: LOGIN               # the operator's login on the BoKS hosts
        identity_files: [KEY]     # its key, which is not the exporter's
(`boks-exporter config schema` describes the keys; deploy/ssh/OPERATOR.md prepares the hosts)"""


class NotConfiguredError(BoksExporterError):
    """The configuration does not define how a domain is changed, or does not select one domain."""


@dataclass(frozen=True, slots=True)
class ManagedDomain:
    """One domain that can be changed; without a section failover, one that can only be polled."""

    settings: Settings
    domain: DomainSettings
    failover: FailoverSettings
    ssh: SshSettings
    earlier: EarlierKnowledge | None = None
    """What `--knowledge` named; without it, the file that `failover check` writes is read."""

    @property
    def has_operator(self) -> bool:
        """Whether the configuration names a login that may change hosts."""
        return self.domain.failover is not None

    @property
    def limits(self) -> FailoverLimits:
        """The limits of the guards."""
        return replace(
            _LIMITS,
            max_behind_updates=self.failover.max_behind_updates,
            cool_down_seconds=self.failover.cool_down_seconds,
            quiet_seconds=self.failover.quiet_seconds,
            interval_seconds=self.settings.poll.interval_seconds,
            master_port=self.failover.master_port,
            has_fence=bool(self.failover.fence.program),
        )


def chosen_domain(
    settings: Settings, name: str | None = None, host: HostName | None = None, *, needs_operator: bool = True
) -> ManagedDomain:
    """Find the domain that is meant: the named one, or the only one that has the host and can be changed.

    What only polls needs no operator, and so no section failover.
    """
    known = [domain for domain in settings.domains if name in {None, domain.name}]
    if not known:
        names = ", ".join(domain.name for domain in settings.domains)
        raise NotConfiguredError(f"no domain {name} in the configuration; there are: {names}")
    fitting = [domain for domain in known if domain.failover is not None]
    if not fitting and needs_operator:
        names = ", ".join(domain.name for domain in known)
        message = f"the configuration has no section failover in {names}; add to the domain:\n{_SECTION}"
        raise NotConfiguredError(message)
    fitting = fitting if needs_operator else known
    if len(fitting) > 1 and host is not None:
        fitting = [domain for domain in fitting if any(each.name == host for each in domain.hosts)] or fitting
    if len(fitting) > 1:
        raise NotConfiguredError(f"several domains match: {', '.join(domain.name for domain in fitting)}; add --domain")
    return _as_managed(settings, fitting[0])


def _as_managed(settings: Settings, domain: DomainSettings) -> ManagedDomain:
    if not isinstance(domain.transport, SshSettings):
        message = f"{domain.name} is not reached over SSH: there is no gate that could be asked or changed"
        raise NotConfiguredError(message)
    without = FailoverSettings(journal=settings.journal, operator=OperatorSettings(user=""))
    return ManagedDomain(settings, domain, domain.failover or without, domain.transport)


def current_operator() -> RunOwner:
    """Return the operator of this process."""
    terminal = ""
    with suppress(OSError, ValueError):
        terminal = os.ttyname(sys.stdin.fileno()).removeprefix("/dev/")
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    sudo_user = os.environ.get("SUDO_USER", "")
    return RunOwner(user=user, sudo_user=sudo_user, terminal=terminal, host=socket.gethostname(), pid=os.getpid())


def journal_of(domain: ManagedDomain) -> Journal:
    """Open the journal."""
    return Journal(domain.failover.journal)


@contextmanager
def kept_journal(domain: ManagedDomain) -> Iterator[Journal | None]:
    """Open the journal read-only, which works on a full disk, too; None where there is none yet."""
    path = domain.failover.journal
    if not path.exists():
        yield None
        return
    with Journal(path, is_read_only=True) as journal:
        yield journal


@dataclass(frozen=True, slots=True)
class OperatorConnections:
    """The open connections: for reading, and as the operator."""

    reading: Transport
    operator: OperatorTransport


class NoOperator:
    """The operator's gates of a configuration that names no operator: none is asked."""

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        message = f"{host.name} was not asked for {request.line().split()[-1]}: the configuration names no operator"
        raise TransportError(FailureReason.LOCAL, f"{message} (section failover of the domain)")


@asynccontextmanager
async def operator_connections(domain: ManagedDomain) -> AsyncIterator[OperatorConnections]:
    """Hold the connections open, and close them in the end."""
    from boks_exporter.transport.ssh import SshTransport

    operator, timeout = domain.failover.operator, domain.settings.poll.timeout_seconds
    as_operator = replace(
        domain.ssh,
        user=operator.user,
        identity_files=operator.identity_files,
        certificate_files=operator.certificate_files,
        passphrase_file=operator.passphrase_file,
        agent=operator.agent,
        gate=GateMode.INSTALLED,
    )
    async with AsyncExitStack() as stack:
        ways = OperatorConnections(
            SshTransport(domain.ssh, timeout_seconds=timeout),
            SshTransport(as_operator, timeout_seconds=timeout) if domain.has_operator else NoOperator(),
        )
        for way in (ways.reading, ways.operator):
            if isinstance(way, Closable):
                stack.push_async_callback(way.aclose)
        yield ways


@asynccontextmanager
async def open_survey(domain: ManagedDomain) -> AsyncIterator[Survey]:
    """Hold a survey, and nothing that could change a host."""
    async with operator_connections(domain) as ways:
        survey = _survey(domain, ways.reading, ReadOnlyGates(ReadOnlyTransport(ways.operator)))
        async with aclosing(survey):
            yield survey


async def observed(domain: ManagedDomain, known: JournalView) -> FailoverFacts:
    """Observe a domain once; nothing here can change a host."""
    async with open_survey(domain) as survey:
        return await survey.observe(known)


@asynccontextmanager
async def open_runner(
    domain: ManagedDomain, journal: Journal, say: Callable[[str], None], halt: StopRequest | None = None
) -> AsyncIterator[Runner]:
    """Hold what a run needs."""
    hooks, fence, asked = domain.failover.hooks, domain.failover.fence, halt or StopRequest()
    async with operator_connections(domain) as ways, AsyncExitStack() as stack:
        survey = _survey(domain, ways.reading, ReadOnlyGates(ReadOnlyTransport(ways.operator)))
        stack.push_async_callback(survey.aclose)
        yield Runner(
            Tools(
                survey=survey,
                read_only_gates=survey.gates,
                changing_gates=ChangingGates(ways.operator),
                journal=journal,
                clock=SystemClock(),
                who=current_operator(),
                limits=domain.limits,
                say=say,
                hooks=ProgramHooks(
                    before=hooks.before,
                    after=hooks.after,
                    on_failure=hooks.on_failure,
                    timeout_seconds=hooks.timeout_seconds,
                ),
                fence=ProgramFence(words=fence.program, timeout_seconds=fence.timeout_seconds),
                paths=domain.ssh.paths,
                halt=asked,
            )
        )


def _survey(domain: ManagedDomain, reading: Transport, gates: ReadOnlyGates) -> Survey:
    """Return a survey that begins with the exporter's state file, where it can be read."""
    name = domain.domain.name
    kept, gap = _kept(domain.settings.state_file, name)
    earlier, problem = (domain.earlier, "") if domain.earlier else _earlier(domain)
    return Survey(
        domain.domain,
        reading,
        gates,
        SystemClock(),
        domain.limits,
        history=without_cleared(domain.settings.journal_of(domain.domain), name, kept.history, SystemClock().now()),
        last_known_master=kept.last_known_master,
        readings=_last_readings(kept.history),
        knowledge_gap="; ".join(filter(None, (gap, _age(earlier), problem))) if gap else "",
        earlier=earlier,
    )


def earlier_knowledge(domain: ManagedDomain) -> EarlierKnowledge | None:
    """Return what was known of a domain before, where it can be read."""
    return domain.earlier or _earlier(domain)[0]


def _earlier(domain: ManagedDomain) -> tuple[EarlierKnowledge | None, str]:
    """Return the knowledge of the last `failover check`, and why there is none where its file cannot be used."""
    path = knowledge_path(domain.failover.journal, domain.domain.name)
    if not path.exists():
        return None, "no `failover check` has written what it knew"
    try:
        return read_knowledge(path, domain.domain.name), ""
    except KnowledgeError as error:
        return None, str(error)


def _age(earlier: EarlierKnowledge | None) -> str:
    """Write how old the knowledge is that takes the place of the exporter's."""
    if earlier is None:
        return ""
    return f"known from {earlier.source}, {span(max(0.0, SystemClock().now() - earlier.written_at))} old"


def _kept(path: Path | None, domain: str) -> tuple[PersistedState, str]:
    """Return the exporter's state, and why it is empty where it could not be read."""
    if path is None:
        return PersistedState(), "the configuration has no state_file, so what the exporter observed is not known here"
    try:
        kept = read_states(path).get(domain)
    except StateUnreadableError as error:
        return PersistedState(), str(error)
    if kept is None:
        return PersistedState(), f"the exporter's state file {path} is missing, or has nothing about {domain}"
    return kept, ""


def _last_readings(history: History) -> dict[HostName, Reading]:
    """Return each server's numbers of the exporter's last reading; those of a replica are at most as old."""
    source, floors = "kept by the exporter's state file", history.floors if history.recorded_at is not None else {}
    readings = {}
    for host, floor in floors.items():
        stamps, read_at = history.stamps.get(host, {}), history.failing.get(host, history.recorded_at or 0.0)
        numbers = {table: (number, stamps.get(table)) for table, number in floor.items()}
        readings[host] = Reading(host, numbers, read_at, source)
    if history.master is not None and history.tables:
        numbers = {table: (known.steps[-1].sequence, known.stamp) for table, known in history.tables.items()}
        read_at = max(known.read_at for known in history.tables.values())
        readings[history.master] = Reading(history.master, numbers, read_at, source)
    return readings
