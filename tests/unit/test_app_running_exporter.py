"""The parts together: rounds are published, and a reload changes what it must and nothing else."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectionError
from structlog.testing import capture_logs

from boks_exporter.app.connections import Connections
from boks_exporter.app.running_exporter import RunningExporter
from boks_exporter.config import load
from boks_exporter.errors import ConfigError, ListenError
from boks_exporter.observe import SystemClock
from boks_exporter.transport.replay import ReplayTransport
from tests.unit.app_running import SEQUENCE, Recorded, exporting, options

RELOADED = "boks_exporter_config_last_reload_successful"
RELOADED_AT = "boks_exporter_config_last_reload_success_timestamp_seconds"


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path)


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with capture_logs() as captured:
        yield captured


async def test_what_a_round_shows_is_published(recorded: Recorded) -> None:
    """Metrics, JSON and the first page tell of the same round."""
    async with exporting(recorded.configure()) as exporter:
        assert await exporter.value('boks_host_up{boks_domain="prod",host="replica1"}') == "1.0"
        assert await exporter.value(RELOADED) == "1.0"
        assert await exporter.states() == {"prod": "ok"}
        assert "The only replica is healthy." in await exporter.get("/")
        assert await exporter.get("/-/healthy") == "boks_exporter is healthy.\n"


async def test_the_end_closes_the_port(recorded: Recorded) -> None:
    """Nothing listens afterwards."""
    async with exporting(recorded.configure()) as exporter:
        url = exporter.base
    async with exporting(recorded.configure()) as other:
        with pytest.raises(ClientConnectionError):
            await other.session.get(url)


# -- reload -----------------------------------------------------------------------------------------------------------


async def test_a_bad_file_keeps_the_old_configuration(recorded: Recorded, logs: list[dict[str, object]]) -> None:
    """All problems are answered and logged, the metric tells it, and the rounds go on as before."""
    file = recorded.configure()
    async with exporting(file) as exporter:
        before = await exporter.value(RELOADED_AT)
        file.write_text("pol: {}\ndomains:\n  - nam: x\n", encoding="utf-8")
        status, text = await exporter.reload()
        assert status == 500
        logged = [str(entry["problem"]) for entry in logs if entry["event"] == "config_refused"]
        assert len(logged) >= 3
        places = [line for line in text.splitlines() if line.startswith(str(file))]
        assert places == list(dict.fromkeys(":".join(problem.split(":")[:2]) for problem in logged))
        await exporter.until(RELOADED, lambda value: value == "0.0")
        assert await exporter.value(RELOADED_AT) == before
        assert await exporter.states() == {"prod": "ok"}


async def test_a_good_file_after_a_bad_one_is_taken(recorded: Recorded) -> None:
    """The metric recovers with the file."""
    file = recorded.configure()
    good = file.read_text(encoding="utf-8")
    async with exporting(file) as exporter:
        file.write_text("", encoding="utf-8")
        assert (await exporter.reload())[0] == 500
        await exporter.until(RELOADED, lambda value: value == "0.0")
        file.write_text(good, encoding="utf-8")
        assert await exporter.reload() == (200, "Configuration reloaded.\n")
        await exporter.until(RELOADED, lambda value: value == "1.0")


async def test_the_signal_reloads_too(recorded: Recorded, logs: list[dict[str, object]]) -> None:
    """A bad file is logged as kept, and the next signal applies the corrected one."""
    file = recorded.configure()
    good = file.read_text(encoding="utf-8")
    async with exporting(file) as exporter:
        file.write_text("", encoding="utf-8")
        exporter.running.reload_soon()
        await exporter.until(RELOADED, lambda value: value == "0.0")
        file.write_text(good, encoding="utf-8")
        exporter.running.reload_soon()
        await exporter.until(RELOADED, lambda value: value == "1.0")
    events = [entry["event"] for entry in logs if str(entry["event"]).startswith("config_")]
    assert events == ["config_refused", "config_kept", "config_reloaded"]


async def test_domains_come_and_go(recorded: Recorded) -> None:
    """A new domain is looked at, one that was taken out leaves the pages at once."""
    async with exporting(recorded.configure()) as exporter:
        recorded.domains = ["prod", "test"]
        recorded.configure()
        await exporter.reload()
        await exporter.until('boks_domain_masters{boks_domain="test"}', lambda value: value == "1.0")
        assert await exporter.states() == {"prod": "ok", "test": "ok"}
        recorded.domains = ["test"]
        recorded.configure()
        await exporter.reload()
        await exporter.until('boks_domain_masters{boks_domain="prod"}', lambda value: value is None)
        assert await exporter.states() == {"test": "ok"}


async def test_hosts_come_and_go(recorded: Recorded) -> None:
    """With rounds an hour apart, a reload removes the series of a host, and another one shows those of a new host."""
    series = 'boks_host_up{boks_domain="prod",host="replica1"}'
    file = recorded.configure()
    whole = file.read_text(encoding="utf-8")
    async with exporting(file) as exporter:
        assert await exporter.value(series) == "1.0"
        file.write_text(whole.replace(", {name: replica1}", ""), encoding="utf-8")
        assert (await exporter.reload())[0] == 200
        await exporter.until(series, lambda value: value is None)
        file.write_text(whole, encoding="utf-8")
        assert (await exporter.reload())[0] == 200
        await exporter.until(series, lambda value: value == "1.0")


async def test_a_domain_that_stays_keeps_its_counters(recorded: Recorded) -> None:
    """Nothing restarts for a domain whose settings did not change."""
    rounds = 'boks_rounds_total{boks_domain="prod"}'
    async with exporting(recorded.configure(interval="60ms")) as exporter:
        await exporter.until(rounds, lambda value: float(value or 0) >= 3)
        recorded.configure(interval="1h")
        await exporter.reload()
        assert float(await exporter.value(rounds) or 0) >= 3


async def test_a_changed_interval_applies_immediately(recorded: Recorded) -> None:
    """The new interval applies without waiting for the end of the old one."""
    async with exporting(recorded.configure(interval="1h")) as exporter:
        recorded.configure(interval="60ms")
        await exporter.reload()
        await exporter.until('boks_rounds_total{boks_domain="prod"}', lambda value: float(value or 0) >= 3)
        assert await exporter.value('boks_round_interval_seconds{boks_domain="prod"}') == "0.06"


async def test_changed_metrics_options_apply(recorded: Recorded) -> None:
    """What is published follows the file."""
    series = 'boks_table_sequence{boks_domain="prod",host="replica1",table="T7"}'
    async with exporting(recorded.configure(interval="60ms")) as exporter:
        assert await exporter.value(series) == "5053.0"
        recorded.configure(interval="60ms", more="metrics: {tables: worst}\n")
        await exporter.reload()
        await exporter.until(series, lambda value: value is None)


async def test_what_a_reload_replaced_is_closed_after_the_round(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transport that no domain uses any longer is not closed under a round, and not left open either."""
    closed = asyncio.Event()

    class Closing(ReplayTransport):
        async def retain(self, hosts: object) -> None:
            """Keep everything."""

        async def aclose(self) -> None:
            closed.set()

    monkeypatch.setattr(
        "boks_exporter.app.connections.transport_for", lambda domain, _: Closing(domain.transport.directory)
    )
    async with exporting(recorded.configure()) as exporter:
        recorded.configure(timeout="20ms")
        await exporter.reload()
        assert not closed.is_set()
        async with asyncio.timeout(120):
            await closed.wait()


async def test_two_concurrent_reloads_follow_one_another(recorded: Recorded) -> None:
    """Each is answered by its own reading of the file."""
    async with exporting(recorded.configure()) as exporter:
        answers = await asyncio.gather(exporter.reload(), exporter.reload(), exporter.reload())
        assert {status for status, _ in answers} == {200}


async def test_a_reload_shows_what_is_wrong_with_the_web_configuration(
    recorded: Recorded, logs: list[dict[str, object]], tmp_path: Path
) -> None:
    """It is logged without a request for a page."""
    web = tmp_path / "web.yml"
    web.write_text("", encoding="utf-8")
    async with exporting(recorded.configure(), web_config_file=web) as exporter:
        web.write_text("nonsense: 1\n", encoding="utf-8")
        await exporter.running.reload()
        assert [entry["problem"] for entry in logs if entry["event"] == "web_config_refused"] == [
            f"{web}:1: nonsense: unknown key; expected basic_auth_users, http_server_config, tls_server_config"
        ]


# -- start ------------------------------------------------------------------------------------------------------------


async def test_a_bad_web_configuration_ends_the_start(recorded: Recorded, tmp_path: Path) -> None:
    """Nothing is served open that was meant to be closed."""
    web = tmp_path / "web.yml"
    web.write_text("basic_auth_users: {a: b}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="basic_auth_users"):
        async with exporting(recorded.configure(), web_config_file=web):
            pass


async def test_an_address_in_use_ends_the_start(recorded: Recorded) -> None:
    """The error names the address."""
    file = recorded.configure()
    async with exporting(file) as exporter, Connections() as connections:
        taken = exporter.base.removeprefix("http://")
        second = options(file, listen_addresses=(taken,))
        async with RunningExporter(second, connections, SystemClock(), lambda: load(file)) as running:
            with pytest.raises(ListenError, match=f"cannot listen on {taken}: Address already in use"):
                await running.start(load(file))
            assert running.addresses == ()


async def test_what_rounds_taught_is_kept_over_a_restart(recorded: Recorded, tmp_path: Path) -> None:
    """With a state file the last known master is known again."""
    file = recorded.configure(more="state_file: state.db\n")
    async with exporting(file):
        pass
    assert (tmp_path / "state.db").exists()
    (tmp_path / "prod" / "master1" / "error.txt").write_text("connect\n", encoding="utf-8")
    async with exporting(file) as exporter:
        assert "The connection failed (connect)" in await exporter.get("/hosts/prod/master1")


async def test_another_state_file_is_taken_over_by_a_reload(recorded: Recorded, tmp_path: Path) -> None:
    """The next round writes the new one."""
    async with exporting(recorded.configure(interval="60ms", more="state_file: a.db\n")) as exporter:
        recorded.configure(interval="60ms", more="state_file: b.db\n")
        await exporter.reload()
        async with asyncio.timeout(120):
            while not (tmp_path / "b.db").exists():
                await asyncio.sleep(0.005)


# -- pages for people --------------------------------------------------------------------------------------------------


async def test_a_host_is_polled_on_request_and_everything_is_shown(recorded: Recorded) -> None:
    """In the event loop of the rounds, over the same transport; no counter and no verdict changes."""
    async with exporting(recorded.configure()) as exporter:
        polls = await exporter.value('boks_host_polls_total{boks_domain="prod",host="replica1"}')
        (recorded.directory / "prod" / "replica1" / "sequence.txt").write_text(SEQUENCE + "Welcome\x1b\n")
        text = await exporter.get("/hosts/prod/replica1?debug=true")
        for part in (
            "result:   answered",
            "role: replica",
            "table T7: sequence 5053",
            "not read: sequence, line 2: Welcome",
            "section diskspace: ",
        ):
            assert part in text
        assert "\x1b" not in text
        (recorded.directory / "prod" / "master1" / "error.txt").write_text("timeout\n", encoding="utf-8")
        assert "result:   failed (timeout)" in await exporter.get("/hosts/prod/master1?debug=true")
        assert "no host" in await exporter.get("/hosts/prod/elsewhere?debug=true")
        assert await exporter.value('boks_host_polls_total{boks_domain="prod",host="replica1"}') == polls


async def test_the_pages_of_a_running_exporter_show_what_it_read(recorded: Recorded) -> None:
    async with exporting(recorded.configure()) as exporter:
        host = await exporter.get("/hosts/prod/replica1")
        assert "T7 13678d 8:33:46 5053 (5053)" in host
        assert "REPHOST" not in host
        assert json.loads(await exporter.get("/api/v1/hosts/prod/replica1"))["status"]["state"] == "ok"
        events = json.loads(await exporter.get("/api/v1/events"))["events"]
        assert {event["host"] for event in events} == {None, "master1", "replica1"}
        settings = await exporter.get("/config")
        assert "kind" in settings or "directory" in settings
        assert "name: &#34;prod&#34;" in settings


async def test_the_last_day_is_kept_over_a_restart(recorded: Recorded) -> None:
    file = recorded.configure(more="state_file: state.db\n")
    async with exporting(file) as exporter:
        before = json.loads(await exporter.get("/api/v1/events"))["events"]
    async with exporting(file) as exporter:
        assert json.loads(await exporter.get("/api/v1/events"))["events"] == before
