"""Hosts that answer from a script."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from boks_exporter.config import DomainSettings
from boks_exporter.errors import TransportError
from boks_exporter.health import Thresholds
from boks_exporter.model import Host, Section
from boks_exporter.observe import Knowledge
from boks_exporter.remote.request import Request
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.base import RawReply

LIST_HEADER = (
    "SERVER  SINCE LAST  SINCE LAST  SINCE LAST  COUNT  LAST\n"
    "        PCKT        FAIL        SYNC               STATUS\n"
)


class StillClock:
    """A clock that moves by one second each time it is read, so that every order shows."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> float:
        return 1_700_000_000.0

    def monotonic(self) -> float:
        self.seconds += 1
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def frames(boksinit: str, **sections: str) -> bytes:
    """Write a reply as the gate does; a section not given is skipped."""
    lines = ["=boks-gate/1 version=1.0.0 clock=2026-11-23T08:00:00"]
    texts = {"role": f"BOKSINIT={boksinit}"} | sections
    for name in Section:
        lines.append(f"=section {name}")
        if name in texts:
            lines += [f"|{line}" for line in texts[name].splitlines()]
            lines.append(f"=end {name} exit=0 seconds=0")
        else:
            lines.append(f"=end {name} skipped=not_master")
    lines.append(f"=done sections={len(Section)}")
    return ("\n".join(lines) + "\n").encode()


def master(sequence: int, listed: Sequence[str] = ("R1",)) -> bytes:
    rows = "".join(f"{name} 00:49 04:49 1853521 OK\n" for name in listed)
    return frames("master", sequence=f"T7 13678d 8:33:46 {sequence} ({sequence})", list=LIST_HEADER + rows)


def replica(sequence: int) -> bytes:
    return frames("server", sequence=f"T7 13678d 8:33:46 {sequence} ({sequence})")


@dataclass
class Scripted:
    """A transport that answers each host from its own script; the last answer is repeated."""

    scripts: dict[str, list[bytes | TransportError]]
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    asked: list[tuple[str, Request]] = field(default_factory=list)

    async def ask(self, host: Host, request: Request) -> RawReply:
        self.asked.append((host.name, request))
        if host.name in self.gates:
            await self.gates[host.name].wait()
        script = self.scripts[host.name]
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, TransportError):
            raise answer
        return RawReply(answer, b"", 0)


def domain(*names: str, discover: bool = False) -> DomainSettings:
    return DomainSettings(
        name="prod",
        transport=SshSettings(user="boksmon"),
        discover=discover,
        address_template="{name}.example.net",
        hosts=tuple(Host(name, name.lower()) for name in names),
        thresholds=Thresholds(),
    )


KNOWN = Knowledge(masters=("M",), last_known_master="M")
