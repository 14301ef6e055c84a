"""One poll of one host as text, with everything that was read."""

from collections.abc import Iterator

from boks_exporter.health.unread import unread_lines
from boks_exporter.model import ConnectionFacts, Host, HostOutcome, Observed, Unreachable
from boks_exporter.poller import Poller
from boks_exporter.text.formatting import utc_clock
from boks_exporter.text.harmless import harmless
from boks_exporter.transport.base import RawReply


async def debug_text(poller: Poller, domain: str, name: str) -> str | None:
    """Poll a host now; return None where it is not known. The result changes no verdict and no metric."""
    polled = await poller.poll_now(domain, name)
    if polled is None:
        return None
    host, outcome, raw, connection = polled
    return "\n".join((*_head(domain, host, outcome), *_connection(connection), *_reply(raw), *_facts(outcome), ""))


def _head(domain: str, host: Host, outcome: HostOutcome) -> Iterator[str]:
    yield f"One poll of {harmless(host.name)} in domain {harmless(domain)}; no verdict and no metric rests on it."
    yield ""
    yield f"address:  {harmless(host.address)} port {host.port}"
    yield f"started:  {utc_clock(outcome.started_at)}"
    yield f"duration: {outcome.finished_at - outcome.started_at:.3f} s"
    if isinstance(outcome, Observed):
        yield "result:   answered"
    else:
        yield f"result:   failed ({outcome.reason}): {harmless(outcome.detail)}"


def _connection(kept: ConnectionFacts | None) -> Iterator[str]:
    if kept is None:
        return
    yield from ("", "-- connection --", f"connected to: {kept.address_text}")
    yield f"host key: {kept.host_key}"
    yield from (f"{label}: {value}" for label, value in kept.algorithms())
    yield f"SSH server: {harmless(kept.software)}"
    yield f"connected since: {utc_clock(kept.opened_at)}"


def _reply(raw: RawReply | None) -> Iterator[str]:
    if raw is None:
        return
    status = "none yet: the gate waits for the next poll" if raw.exit_status is None else raw.exit_status
    yield from ("", f"exit status: {status}", "", "-- standard output, as received --")
    yield from _lines(raw.stdout)
    if raw.stderr:
        yield from ("", "-- standard error, as received --")
        yield from _lines(raw.stderr)


def _lines(content: bytes) -> Iterator[str]:
    return (harmless(line) for line in content.decode("utf-8", "replace").splitlines())


def _facts(outcome: HostOutcome) -> Iterator[str]:
    if isinstance(outcome, Unreachable):
        return
    if not isinstance(outcome, Observed):
        yield from ("", "-- no reply of the gate; it begins --", *map(harmless, outcome.raw.splitlines()))
        return
    reply = outcome.reply
    yield from ("", "-- what was read --", f"gate version: {harmless(reply.gate_version)}", f"role: {outcome.role}")
    if reply.host_clock is not None:
        yield f"host's clock: {reply.host_clock - outcome.started_at:+.1f} s from ours"
    for section in reply.sections:
        ended = section.skipped or ("timed out" if section.timed_out else f"exit status {section.exit_status}")
        yield f"section {section.name}: {harmless(ended)}, {len(section.stdout.splitlines())} lines"
    for row in outcome.sequences.tables if outcome.sequences else ():
        yield f"table T{row.table}: sequence {row.sequence}, in parentheses {row.parenthesised}, stamp {row.stamp}"
    for line in outcome.replicas.lines if outcome.replicas else ():
        yield f"list: {harmless(line.server)} {harmless(line.raw_status)}, last packet {line.since_packet} s before"
    yield from _unread(outcome)


def _unread(seen: Observed) -> Iterator[str]:
    """Yield what could not be read."""
    for place, line in unread_lines(seen):
        reason = f"ignored ({harmless(line.ignored)})" if line.ignored is not None else "not read"
        yield f"{reason}: {place}, line {line.line}: {harmless(line.text)}"
    for fault in seen.faults:
        yield f"fault: section {fault.section} ({fault.reason}): {harmless(fault.detail)}"
