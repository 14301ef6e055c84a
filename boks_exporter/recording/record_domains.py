"""Record domains: poll them through a transport that keeps the raw replies, scrub these, and write them."""

import asyncio
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ruamel.yaml import YAML

from boks_exporter.app.connections import Connections
from boks_exporter.app.one_shot import poll_once
from boks_exporter.config import DomainSettings, Settings, load
from boks_exporter.errors import RecordingError
from boks_exporter.exposition import DomainView
from boks_exporter.model import DomainName, Host, HostName, Observed, Seconds, Timestamp
from boks_exporter.observe import Clock, SystemClock
from boks_exporter.poller import DomainWatch
from boks_exporter.recording.aliases import Aliases
from boks_exporter.recording.files import CONFIG, RecordedDomain, replay_config, write_replies
from boks_exporter.recording.scrub import ignored_forms, scrub_reply
from boks_exporter.remote.settings import ReplaySettings
from boks_exporter.transport.base import RawReply, Transport
from boks_exporter.transport.replay import RecordedHost, RecordingTransport, round_name


@dataclass(slots=True)
class Recording:
    """The rounds of one domain, and its newest view."""

    domain: DomainSettings
    rounds: list[tuple[Timestamp, Mapping[HostName, RecordedHost]]] = field(default_factory=list)
    views: list[DomainView] = field(default_factory=list)

    @property
    def hosts(self) -> tuple[Host, ...]:
        """All hosts of all rounds, discovered ones included."""
        return tuple({host.name: host for view in self.views for host in view.snapshot.hosts}.values())

    def names(self) -> set[str]:
        """Every name by which the domain's hosts, networks and the domain itself are known."""
        found = {self.domain.name, self.domain.address_template.replace("{name}", "")}
        for view in self.views:
            listing = view.snapshot.listing
            found |= {entry.line.server for entry in (listing.entries if listing else ())}
            found |= {seen.reply.machine for seen in view.snapshot.observed() if seen.reply.machine}
            found |= _listed_addresses(view)
        return found | {text for host in self.hosts for text in (host.name, host.address, host.site, host.section)}


def _listed_addresses(view: DomainView) -> set[str]:
    admitted = (seen.environment.admitted_masters for seen in view.snapshot.observed())
    return {address for addresses in admitted for address in addresses or ()}


async def record(
    settings: Settings,
    domains: Collection[DomainName],
    every: Seconds | None,
    duration: Seconds,
    clock: Clock | None = None,
) -> list[Recording]:
    """Poll the named domains, or all, once or every so many seconds, and keep the raw replies."""
    async with Connections() as connections:
        opened = await connections.apply_settings(settings)
        clock = clock or SystemClock()
        limiter = asyncio.Semaphore(settings.poll.concurrency)
        recordings = [
            (Recording(domain), transport, DomainWatch(domain, transport, clock))
            for name, (domain, transport) in opened.items()
            if not domains or name in domains
        ]
        began = clock.monotonic()
        for number in range(1 if every is None else int(duration // every) + 1):
            if every is not None:
                await clock.sleep(max(0.0, began + number * every - clock.monotonic()))
            await asyncio.gather(
                *(_round(recording, transport, watch, limiter, settings) for recording, transport, watch in recordings)
            )
        return [recording for recording, _, _ in recordings]


async def _round(
    recording: Recording, transport: Transport, watch: DomainWatch, limiter: asyncio.Semaphore, settings: Settings
) -> None:
    keeping = watch.transport = RecordingTransport(transport)
    view = await watch.run_round(limiter, settings.poll.interval_seconds, once=True)
    recording.views.append(view)
    recording.rounds.append((view.snapshot.started_at, keeping.hosts))


def write(recordings: Sequence[Recording], directory: Path, *, is_scrubbed: bool) -> None:
    """Write a recording to a new directory; one that would replay to other verdicts is not written."""
    if directory.exists():
        raise RecordingError(f"{directory}: expected a new directory, found something there; name another one")
    aliases = Aliases()
    if is_scrubbed:
        aliases.add_names(name for recording in recordings for name in sorted(recording.names()))
    partial = directory.with_name(f".{directory.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _write(recordings, partial, aliases if is_scrubbed else None)
        _compare(recordings, partial, aliases if is_scrubbed else None)
        partial.rename(directory)
    except OSError as error:
        raise RecordingError(f"{directory}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write(recordings: Sequence[Recording], directory: Path, aliases: Aliases | None) -> None:
    directory.mkdir(parents=True)
    written = []
    rules = {rule for recording in recordings for rule in recording.domain.ignore_lines}
    if aliases is not None:
        seen = [seen for recording in recordings for view in recording.views for seen in view.snapshot.observed()]
        rules = ignored_forms(seen, aliases)
    for number, recording in enumerate(recordings, 1):
        name = f"domain{number}" if aliases else recording.domain.name
        hosts = tuple(_host(host, aliases) for host in recording.hosts)
        for at, replies in recording.rounds:
            place = directory / name if len(recording.rounds) == 1 else directory / name / round_name(at)
            write_replies(place, {_name(host, aliases): _replies(kept, aliases) for host, kept in replies.items()})
        written.append(RecordedDomain(replace(recording.domain, name=name), hosts))
    with (directory / CONFIG).open("w", encoding="utf-8") as file:
        YAML().dump(replay_config(written, sorted(rules, key=lambda rule: rule.pattern)), file)


def _name(name: str, aliases: Aliases | None) -> str:
    return aliases.name(name) if aliases else name


def _host(host: Host, aliases: Aliases | None) -> Host:
    if aliases is None:
        return host
    site, section = aliases.place(host.site), aliases.place(host.section)
    return replace(host, name=aliases.name(host.name), address=aliases.name(host.address), site=site, section=section)


def _replies(kept: RecordedHost, aliases: Aliases | None) -> RecordedHost:
    if aliases is None:
        return kept
    after = [_scrubbed(each, aliases) if isinstance(each, RawReply) else each for each in kept.after]
    return replace(kept, reply=_scrubbed(kept.reply, aliases) if kept.reply else None, after=after)


def _scrubbed(raw: RawReply, aliases: Aliases) -> RawReply:
    return replace(raw, stdout=scrub_reply(raw.stdout, aliases), stderr=b"")


def _compare(recordings: Sequence[Recording], directory: Path, aliases: Aliases | None) -> None:
    """Replay each round, and compare the verdicts with those of the hosts themselves."""
    replayed = load(directory / CONFIG)
    for recording, domain in zip(recordings, replayed.domains, strict=True):
        for (at, _), recorded in zip(recording.rounds, recording.views, strict=True):
            place = directory / domain.name
            transport = ReplaySettings(directory=place if len(recording.rounds) == 1 else place / round_name(at))
            settings = replace(replayed, domains=(replace(domain, transport=transport),))
            _compare_round(recording, recorded, asyncio.run(poll_once(settings))[0], aliases)


def _compare_round(recording: Recording, recorded: DomainView, view: DomainView, aliases: Aliases | None) -> None:
    wanted = {_name(verdict.host, aliases): verdict.state for verdict in recorded.health.hosts}
    found = {verdict.host: verdict.state for verdict in view.health.hosts}
    if different := sorted(name for name in wanted if found.get(name) is not wanted[name]):
        original = {_name(host.name, aliases): host.name for host in recording.hosts}
        message = (
            f"the recording of {recording.domain.name} would replay to other verdicts on "
            f"{', '.join(original[name] for name in different)}, so it was not written; record without --scrub and "
            "report which lines these hosts print"
        )
        raise RecordingError(message)


def observed(recordings: Sequence[Recording]) -> list[Observed]:
    """The hosts that answered in the last round of each domain."""
    return [seen for recording in recordings for seen in recording.views[-1].snapshot.observed()]
