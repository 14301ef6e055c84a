"""Real Prometheus and Alertmanager in the fourth site, and what they say of the exporter."""

import functools
import time
import urllib.parse
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from boks_exporter.model import Seconds
from tests.bed.bed import Bed
from tests.bed.layout import ALERTMANAGER_PORT, EXPORTER_PORT, PROMETHEUS_PORT, WATCHERS, address
from tests.bed.observations import Occurrence
from tests.bed.programs import ROOT, Program, running, until
from tests.integration.alerting import ALERTMANAGER_YML, get, hurried

_USUAL_INTERVAL = 30.0
_CONFIG = """\
global: {{scrape_interval: {interval}ms, scrape_timeout: {timeout}ms, evaluation_interval: {interval}ms}}
rule_files: ["{rules}/*.rules.yml"]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]}}]}}
scrape_configs: [{{job_name: boks, static_configs: [{{targets: ["{address}:{exporter}"]}}]}}]
"""


class Watchers:
    """Both programs with the shipped rules, whose times are in proportion to the interval."""

    def __init__(self, bed: Bed) -> None:
        self._bed = bed
        self._directory = bed.directory / "watchers"
        own = address(WATCHERS)
        self._prometheus_url = f"http://{own}:{PROMETHEUS_PORT}"
        self._alertmanager_url = f"http://{own}:{ALERTMANAGER_PORT}"
        self._began = 0.0

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Run both until the block ends."""
        (self._directory / "rules").mkdir(parents=True)
        speed = round(_USUAL_INTERVAL / self._bed.interval)
        for rules in (ROOT / "deploy" / "prometheus").glob("*.rules.yml"):
            text = hurried(rules.read_text(encoding="utf-8"), speed)
            (self._directory / "rules" / rules.name).write_text(text, encoding="utf-8")
        self._write_configurations(speed)
        async with AsyncExitStack() as opened:
            for program in self._programs(speed):
                await opened.enter_async_context(running(program))
            for url in (self._prometheus_url, self._alertmanager_url):
                await until(functools.partial(_answers, f"{url}/-/ready"), url)
            await until(lambda: self._scrapes(time.time()), "the first scrape")
            self._began = time.time()
            yield

    def _write_configurations(self, speed: int) -> None:
        milliseconds = round(self._bed.interval * 1000)
        prometheus = _CONFIG.format(
            interval=milliseconds,
            timeout=milliseconds * 2 // 3,
            rules=self._directory / "rules",
            alertmanager=ALERTMANAGER_PORT,
            address=address(WATCHERS),
            exporter=EXPORTER_PORT,
        )
        (self._directory / "prometheus.yml").write_text(prometheus, encoding="utf-8")
        alertmanager = hurried(ALERTMANAGER_YML.read_text(encoding="utf-8"), speed)
        (self._directory / "alertmanager.yml").write_text(alertmanager, encoding="utf-8")

    def _programs(self, speed: int) -> Iterator[Program]:
        where = self._directory
        yield Program(
            "alertmanager",
            where,
            (
                "prometheus-alertmanager",
                f"--config.file={where}/alertmanager.yml",
                f"--storage.path={where}/alertmanager",
                f"--web.listen-address=0.0.0.0:{ALERTMANAGER_PORT}",
                "--cluster.listen-address=",
            ),
        )
        yield Program(
            "prometheus",
            where,
            (
                "prometheus",
                f"--config.file={where}/prometheus.yml",
                f"--storage.tsdb.path={where}/prometheus",
                f"--web.listen-address=0.0.0.0:{PROMETHEUS_PORT}",
                f"--rules.alert.resend-delay={60 // speed}s",
            ),
        )

    def broken(self, occurrences: Sequence[Occurrence]) -> Iterator[tuple[Seconds, str]]:
        """Yield the scrapes that failed though the exporter could answer, and an alert that never fails to fire."""
        wall = time.time() - time.monotonic()
        for at, is_up in self._scrapes(self._began):
            when = at - wall
            if not is_up and not any(
                each.began - self._bed.interval <= when <= each.ended + self._bed.interval
                for each in occurrences
                if not each.kind.answers
            ):
                yield when, "a scrape of Prometheus failed"
        alerts = {each["labels"]["alertname"] for each in get(f"{self._alertmanager_url}/api/v2/alerts")}
        if "BoksWatchdog" not in alerts:
            yield time.monotonic(), f"Alertmanager has {sorted(alerts)}, and no BoksWatchdog"

    def fired(self) -> list[str]:
        """Return the names of all alerts that fired."""
        found = self._query("query_range", query='count by (alertname) (ALERTS{alertstate="firing"})')
        return sorted(each["metric"]["alertname"] for each in found)

    def _scrapes(self, since: float) -> list[tuple[float, bool]]:
        found = self._query("query_range", query='up{job="boks"}', start=since)
        return [(float(at), value == "1") for each in found for at, value in each["values"]]

    def _query(self, kind: str, **parameters: object) -> list[dict[str, Any]]:
        stated = {"start": self._began, "end": time.time(), "step": self._bed.interval} | parameters
        url = f"{self._prometheus_url}/api/v1/{kind}?{urllib.parse.urlencode(stated)}"
        return list(get(url)["data"]["result"])


def _answers(url: str) -> bool:
    try:
        return bool(get(url))
    except OSError:
        return False
