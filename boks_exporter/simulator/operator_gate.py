"""Answer the operator's requests as the operator gate would on a simulated host, in the frames of either protocol."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Final

from boks_exporter.model import HostName, Seconds
from boks_exporter.remote.request import OLD_PROTOCOL
from boks_exporter.simulator.domain import Boksinit, SimulatedDomain
from boks_exporter.simulator.gate_reply import VERSION
from boks_exporter.simulator.operator_keeps import asides, freeze, frozen, unchanged
from boks_exporter.simulator.operator_records import (
    Defect,
    HostState,
    Lock,
    Presence,
    Record,
    asides_of,
    database_files,
    go_down,
    presence,
    start,
    void_record,
)
from boks_exporter.simulator.request_validation import as_old_line, nonce_of, refusal, with_nonce

LIMIT_SECONDS: Final = 8
_USAGE: Final = 64
_QUICK: Final[Seconds] = 0.05
_LEGAL: Final = {
    (Boksinit.CLIENT, "server"),
    (Boksinit.SERVER, "client"),
    (Boksinit.SERVER, "master"),
    (Boksinit.MASTER, "client"),
    (Boksinit.CLIENT, "master"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate has begun to write: it ends at `over_at`, and only then can the rest of it be told."""

    over_at: Seconds
    text: Callable[[], bytes]
    exit_status: int = 0


class OperatorGates:
    """The operator's gates of all hosts of a domain, on the domain's own time."""

    def __init__(self, domain: SimulatedDomain) -> None:
        """Install a gate on every host; nothing is locked and nothing recorded."""
        self.domain = domain
        self.states = {name: HostState() for name in domain.hosts}
        self.overrides: dict[HostName, Mapping[str, str]] = {}
        """What a host's gate says of a key whatever is so, such as that it may not become root."""
        self.spoil: Callable[[HostName, str], Defect | None] = lambda _host, _request: None
        self.has_void = True
        """False for gates of protocol 1, which cannot claim an id."""
        self._asked = count(1)

    def __repr__(self) -> str:
        """Return what is locked."""
        locked = [name for name, state in self.states.items() if state.lock]
        return f"<OperatorGates {len(self.states)} hosts, locked: {', '.join(locked) or 'none'}>"

    def handle(self, host: HostName, line: str) -> Answer:
        """Run one request of protocol 1 or 2 now."""
        reason, nonce = refusal(line), nonce_of(line)
        if reason is not None:
            is_nonce_read = nonce and reason not in {"too_long", "bad_character"}
            mark = f"{nonce} " if is_nonce_read else ""
            return Answer(self.domain.now, f"={mark}refused {reason}\n".encode, _USAGE)
        answer = self._handle(host, as_old_line(line).split()[2:])
        return replace(answer, text=lambda: with_nonce(answer.text(), nonce)) if nonce else answer

    def _handle(self, host: HostName, words: list[str]) -> Answer:
        match words[0]:
            case "do":
                return self._do(host, words[1:])
            case "record":
                return self._record(host, words[1])
            case "void" if not self.has_void:
                return Answer(self.domain.now, "=refused unknown_word\n".encode, _USAGE)
            case "void":
                return self._void(host, words[1])
            case _:
                lines = self._query(host, words)
                return self._framed(host, words[0], self.domain.now + _QUICK, lambda: lines)

    def reboot(self, host: HostName, seconds: Seconds) -> None:
        """Switch a machine off now, with its running commands, and on again."""
        go_down(self.domain, host, self.states[host], seconds)

    # -- looks and locks ---------------------------------------------------------------------------------------------

    def _query(self, host: HostName, words: list[str]) -> list[str]:
        match words:
            case ["preflight"]:
                return [*self._preflight(host), "=end preflight exit=0 seconds=0"]
            case ["registered"]:
                return self._registered(host)
            case ["reach", there, port]:
                word, tool = self._reach(host, there, port)
                word = self.overrides.get(host, {}).get("reach", word)
                return [f"|reach={word}", f"|tool={tool}", "=end reach exit=0 seconds=0"]
            case ["asides"]:
                return [*asides(self.domain, host, self.states[host]), "=end asides exit=0 seconds=0"]
            case ["freeze" | "unfreeze" as kind, *more]:
                return [*freeze(self.domain, host, self.states[host], more), f"=end {kind} exit=0 seconds=0"]
        return self._locks(host, words)

    def _preflight(self, host: HostName) -> list[str]:
        simulated, state = self.domain.hosts[host], self.states[host]
        lock = f"{state.lock.run} {state.lock.owner} {state.lock.since}" if state.lock else "none"
        lock = "" if state.lock_file_is_empty else lock
        facts = {
            "hostname": host,
            "role": simulated.env_role,
            "daemons": "running" if simulated.daemons_running else "stopped",
            "permitted": "yes",
            "boksadm": "yes",
            "state": "writable",
            "lock": lock,
            "busy": state.running(),
            **unchanged(self.domain, host, state),
            **frozen(self.domain, host, state),
            "free_kilobytes": "1000000",
            "database": self._presence(host),
        }
        own = self.overrides.get(host, {})
        return [f"|{key}={own.get(key, value)}" for key, value in facts.items()]

    def _registered(self, host: HostName) -> list[str]:
        if self.domain.hosts[host].env_role is not Boksinit.MASTER:
            return ["=end registered skipped=not_master"]
        printed = self.domain.run(host, ("hostadm", "-l", "-t", "BOKSREPLICA", "-S"))
        if math.isinf(printed.delay_seconds):
            return [f"=end registered timeout={LIMIT_SECONDS} seconds={LIMIT_SECONDS}"]
        shown = [f"|{line}" for line in printed.stdout.decode(errors="replace").splitlines()]
        return [*shown, f"=end registered exit={printed.exit_status} seconds=0"]

    def _reach(self, host: HostName, there: str, port: str) -> tuple[str, str]:
        """Return how other hosts find the host with a name, or the only one with an address."""
        found = [each for each in self.domain.hosts.values() if there in {each.name, each.address}]
        if len(found) != 1:
            return "unknown", "none"
        return self.domain.reach(host, found[0].name, int(port)), "perl"

    def _locks(self, host: HostName, words: list[str]) -> list[str]:
        state = self.states[host]
        kind, run = words[0], words[1] if len(words) > 1 else None
        if state.lock_file_is_empty and kind == "lock":
            return ["|lock=failed", "=end lock exit=1 seconds=0"]
        if kind == "lock" and state.lock is None:
            state.lock = Lock(words[1], words[2], f"{self._clock(host):%Y-%m-%dT%H:%M:%S}")
        if kind in {"unlock", "break-lock"} and state.lock and state.lock.run == run:
            state.lock = None
        if state.lock is None:
            return ["|lock=none", f"=end {kind} exit=0 seconds=0"]
        is_held = run in {None, state.lock.run}
        return [
            f"|lock={'held' if is_held else 'other'}",
            f"|run={state.lock.run}",
            f"|owner={state.lock.owner}",
            f"|since={state.lock.since}",
            f"=end {kind} exit={0 if is_held else 1} seconds=0",
        ]

    # -- changes -----------------------------------------------------------------------------------------------------

    def _do(self, host: HostName, words: list[str]) -> Answer:
        state, asked_by = self.states[host], next(self._asked)
        record = state.records.get(words[0])
        if record is None:
            reason = self._objection(host, words)
            if reason is not None:
                return self._refused(host, reason)
            record = start(self.domain, host, state, words, asked_by, self.spoil(host, " ".join(words)))
        elif record.state == "void":
            return self._refused(host, "void")
        elif record.request != " ".join(words):
            return self._refused(host, "other_request")
        began = self.domain.now
        over_at = min(max(began, record.ends_at), began + LIMIT_SECONDS) if record.state == "running" else began
        return self._framed(host, "do", over_at, lambda: self._record_lines("do", record, began, asked_by))

    def _record(self, host: HostName, name: str) -> Answer:
        record = self.states[host].records.get(name)
        began = self.domain.now
        if record is None or record.state == "void":
            state = "void" if record else "none"
            return self._framed(host, "record", began, lambda: [f"=end record state={state}"])
        return self._framed(host, "record", began, lambda: self._record_lines("record", record, began, 0))

    def _void(self, host: HostName, name: str) -> Answer:
        """Claim an id, so that nothing is ever run under it."""
        record = self.states[host].records.setdefault(name, void_record(name, self.domain.now))
        began = self.domain.now
        if record.state == "void":
            return self._framed(host, "void", began, lambda: ["=end void state=void"])
        return self._framed(host, "void", began, lambda: self._record_lines("void", record, began, 0))

    def _refused(self, host: HostName, reason: str) -> Answer:
        return self._framed(host, "do", self.domain.now, lambda: [f"=end do state=refused reason={reason}"])

    def _objection(self, host: HostName, words: list[str]) -> str | None:
        state, simulated = self.states[host], self.domain.hosts[host]
        if state.lock is None or state.lock.run != words[0].partition(".")[0]:
            return "not_locked"
        if state.running() != "none":
            return "busy"
        match words[1:]:
            case ["remove-aside", removal]:
                is_partial = removal in state.removals
                return "nothing_there" if removal not in simulated.aside else "partial_database" if is_partial else None
            case ["convert", role] if role != simulated.env_role:
                return self._transition_objection(host, role)
            case ["remove-database"] if simulated.env_role is not Boksinit.CLIENT:
                return "not_client"
            case ["remove-database"] if self._presence(host) is Presence.ODD:
                return "odd_files"
            case ["restore-database", removal]:
                return self._restore_objection(host, removal)
        return None

    def _transition_objection(self, host: HostName, role: str) -> str | None:
        database = self._presence(host)
        if database is Presence.PARTIAL:
            return "partial_database"
        if (self.domain.hosts[host].env_role, role) not in _LEGAL:
            return "illegal_transition"
        if database is Presence.ODD and role != "client":
            return "odd_files"
        return "no_database" if role == "master" and database is not Presence.PRESENT else None

    def _restore_objection(self, host: HostName, removal: str) -> str | None:
        if self.domain.hosts[host].env_role is not Boksinit.CLIENT:
            return "not_client"
        run = removal.partition(".")[0]
        names = asides_of(self.domain, host, run)
        if any(self.states[host].ended.get(name, run) != run for name in names):
            return "partial_database"
        there = set(database_files(self.domain, host))
        if any(there.intersection(self.domain.files_aside(host, name)) for name in names):
            return "exists"
        if not names:
            return "nothing_there"
        reasons = {Presence.ODD: "odd_files", Presence.PRESENT: "exists"}
        return reasons.get(self._presence(host))

    def _record_lines(self, section: str, record: Record, began: Seconds, asked_by: int) -> list[str]:
        status = f" exit={record.exit_status}" if record.exit_status is not None else ""
        seconds = int(self.domain.now - began)
        repeated = "" if record.asked_by == asked_by else " repeated=yes"
        return [
            *(f"|{line}" for line in record.lines),
            *(f"!{line}" for line in record.errors),
            f"=end {section} state={record.state}{status} seconds={seconds}{repeated}",
        ]

    def _presence(self, host: HostName) -> Presence:
        return presence(self.domain, host, self.states[host])

    def _framed(self, host: HostName, section: str, over_at: Seconds, lines: Callable[[], list[str]]) -> Answer:
        opening = f"={OLD_PROTOCOL} version={VERSION} clock={self._clock(host):%Y-%m-%dT%H:%M:%S}"

        def text() -> bytes:
            return "".join(
                f"{line}\n" for line in (opening, f"=section {section}", *lines(), "=done sections=1")
            ).encode()

        return Answer(over_at, text)

    def _clock(self, host: HostName) -> datetime:
        return datetime.fromtimestamp(self.domain.clock(host), UTC)
