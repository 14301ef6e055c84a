"""One served lead from the fault to the repair: recorded hosts whose files change while the exporter polls them."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from tests.load import slowness
from tests.unit.app_running import LIST, Exporter, Recorded, exporting

ROW = "T7 13678d 8:33:46 {0} ({0})\n"


class Domain(Recorded):
    """One master and one replica whose numbers can be changed at any time."""

    def set(self, host: str, name: str, text: str) -> None:
        """Replace a file as a whole, so that no poll reads half of it; besides, only hidden files may be there."""
        path = self.directory / "prod" / host / f"{name}.txt"
        new = path.with_name(f".{name}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)

    def number(self, host: str, number: int) -> None:
        self.set(host, "sequence", ROW.format(number))

    @contextmanager
    def writing(self, number: int, ahead: int) -> Iterator[None]:
        """Write to the master as fast as the disk does, the replica always `ahead`."""
        stopped = Event()

        def write() -> None:
            current = number
            while not stopped.wait(0.003):
                current += 1
                self.number("replica1", current + ahead)
                self.number("master1", current)

        thread = Thread(target=write)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    recorded = Domain(tmp_path)
    interval = round(700 * slowness())
    recorded.configure(
        interval=f"{interval}ms", timeout=f"{interval - 50}ms", more=f"state_file: {tmp_path / 'state.sqlite'}\n"
    )
    return recorded


async def replica(exporter: Exporter) -> dict[str, Any]:
    report = json.loads(await exporter.get("/api/v1/status"))
    found: dict[str, Any] = next(host for host in report["domains"][0]["hosts"] if host["host"] == "replica1")
    return found


async def until(exporter: Exporter, state: str) -> dict[str, Any]:
    """Wait for a state of the replica; what never comes ends the test by its time limit."""
    async with asyncio.timeout(120):
        while (found := await replica(exporter))["state"] != state:
            await asyncio.sleep(0.05)
    return found


async def test_a_lead_is_shown_from_the_fault_to_the_repair_without_interruption(domain: Domain) -> None:
    """Ahead, still ahead in a busy table and after a restart, unknown with its history, loading, ok."""
    async with exporting(domain.file) as exporter:
        await until(exporter, "ok")
        domain.number("replica1", 5055)
        await until(exporter, "ahead")
        with domain.writing(5053, 2):
            states = set()
            for _ in range(60):
                states.add((await replica(exporter))["state"])
                await asyncio.sleep(0.05)
        # A busy machine may miss a poll; that is no other verdict about the copy.
        assert states - {"unreachable"} == {"ahead"}
        domain.number("replica1", 900_000)
        domain.number("master1", 899_999)
        await until(exporter, "ahead")

    async with exporting(domain.file) as exporter:
        assert (await replica(exporter))["state"] == "ahead"
        domain.number("master1", 900_000)
        found = await until(exporter, "unknown")
        assert found["reason"].startswith("was ahead by ")
        assert found["promotable"] is False
        assert set(found["evidence_timestamp_seconds"]) == {"was_ahead"}

        domain.set("master1", "list", LIST.replace(" OK", " LOADING"))
        domain.number("replica1", 17)
        await until(exporter, "loading")
        domain.number("replica1", 900_000)
        async with asyncio.timeout(120):
            while (await replica(exporter))["lag_sequences"] != 0:
                await asyncio.sleep(0.05)
        domain.set("master1", "list", LIST)
        found = await until(exporter, "ok")
        assert (found["promotable"], found["evidence_timestamp_seconds"]) == (True, {})


async def test_a_lead_ends_with_the_new_copy_of_a_host_whose_database_was_seen_absent(domain: Domain) -> None:
    """As a client it has none; with the master's numbers it is ok again, without having been read below its lead."""
    async with exporting(domain.file) as exporter:
        await until(exporter, "ok")
        domain.number("replica1", 5060)
        await until(exporter, "ahead")
        domain.number("master1", 6000)
        await until(exporter, "unknown")
        domain.set("replica1", "role", "BOKSINIT=client\ndatabase=absent\n")
        async with asyncio.timeout(120):
            while not (await replica(exporter))["reason"].startswith("reports to be a client"):
                await asyncio.sleep(0.05)
        domain.number("replica1", 6000)
        domain.set("replica1", "role", "BOKSINIT=server\n")
        found = await until(exporter, "ok")
        assert (found["promotable"], found["evidence_timestamp_seconds"]) == (True, {})
