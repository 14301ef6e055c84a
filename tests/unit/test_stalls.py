"""A process that was stopped, or had no processor: what it missed is not reported as a failure of the hosts."""

import asyncio
from pathlib import Path
from typing import Any, cast

import asyncssh
import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, Observed, Seconds
from boks_exporter.observe import RoundOptions, observe
from boks_exporter.remote.operator_requests import OperatorQuery, OperatorSection
from boks_exporter.remote.request import Request, RequestLine
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.stalls import LEAST_SECONDS, StallWatch
from tests.unit.observe_world import KNOWN, Scripted, domain, master, replica
from tests.unit.ssh_servers import ROLE, Keys, echo_request, hang, open_transport, ssh_server
from tests.virtual.virtual_time import VirtualClock, VirtualTimeLoop, run_virtually

LOST = 300.0


def lose(seconds: Seconds) -> None:
    """Advance the time without handling a timer."""
    cast("VirtualTimeLoop", asyncio.get_running_loop()).lose(seconds)


@pytest.mark.parametrize(("lateness", "counted"), [(LEAST_SECONDS / 2, 0.0), (LOST, LOST)])
def test_only_what_no_busy_loop_explains_is_counted(lateness: Seconds, counted: Seconds) -> None:
    async def watched() -> tuple[Seconds, Seconds]:
        watch = StallWatch()
        watch.start()
        await asyncio.sleep(60.0)
        lose(lateness)
        first = watch.seconds()
        await asyncio.sleep(60.0)
        watch.stop()
        return first, watch.seconds()

    at_once, later = run_virtually(watched())
    assert at_once == pytest.approx(counted, abs=LEAST_SECONDS)
    assert later == at_once


@pytest.mark.parametrize(
    ("request_line", "asked"),
    [(ROLE, 2), (OperatorQuery(OperatorSection.LOCK), 1)],
    ids=["a reading is made again", "what an operator sends is not"],
)
async def test_a_poll_that_timed_out_while_the_process_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_line: RequestLine, asked: int
) -> None:
    """The host had no time to answer, or its answer was not read."""
    loop, keys = asyncio.get_running_loop(), Keys.make(tmp_path)
    true_time = loop.time

    async def first_too_late(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        if server.commands.count(process.command or "") > 1:
            await echo_request(process)
        else:
            monkeypatch.setattr(loop, "time", lambda: true_time() + LOST)
            await hang(process)

    async with ssh_server(keys, first_too_late) as server, open_transport(keys.settings(), LOST / 10) as transport:
        if asked > 1:
            await transport.ask(server.host, request_line)
        else:
            with pytest.raises(TransportError) as failed:
                await transport.ask(server.host, request_line)
            assert failed.value.reason is FailureReason.TIMEOUT
        assert server.commands.count(request_line.line()) == asked
        assert transport.stalled_seconds() == pytest.approx(LOST, rel=0.1)
        assert server.logins == 1


class StoppedMeanwhile(Scripted):
    """Hosts that answer a second after the process goes on, which was stopped while they were asked."""

    def __init__(self, scripts: dict[str, Any]) -> None:
        super().__init__(scripts)
        self.stalled: Seconds = 0.0

    def stalled_seconds(self) -> Seconds:
        return self.stalled

    async def ask(self, host: Host, request: Request) -> RawReply:
        if host.name != "M" and not self.stalled:
            self.stalled = LOST
            lose(LOST)
        await asyncio.sleep(1.0)
        return await super().ask(host, request)


def test_the_deadline_of_a_round_is_later_by_what_was_lost() -> None:
    transport = StoppedMeanwhile({"M": [master(10)], "R1": [replica(10)], "R2": [replica(10)]})
    options = RoundOptions(deadline=LOST / 10)
    snapshot = run_virtually(observe(domain("M", "R1", "R2"), transport, VirtualClock(), KNOWN, options=options))
    assert [type(outcome) for outcome in snapshot.outcomes] == [Observed] * 3
