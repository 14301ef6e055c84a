"""Checks of a Prometheus: it scrapes this exporter, has its rules, and sends its alerts on."""

import re
import shlex
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from boks_exporter.bundled_files import rules
from boks_exporter.config import Settings
from boks_exporter.doctor.check import Check, failed, ok, warning
from boks_exporter.doctor.http_json import HttpError, get_json
from boks_exporter.text.formatting import listed

PROMETHEUS: Final = "prometheus"
_OURS: Final = "boks_domain_hosts"
DEFAULT_JOB: Final = "boks"
_NAME: Final = re.compile(r"^\s*- (?:alert|record): (\S+)", re.MULTILINE)


async def prometheus_checks(url: str, settings: Settings, job: str) -> AsyncIterator[Check]:
    """Ask for our metrics, the rules and the Alertmanagers."""
    try:
        found = await get_json(url, "/api/v1/query", {"query": _OURS})
        yield _scraped(found["data"]["result"], settings)
        up = await get_json(url, "/api/v1/query", {"query": f'up{{job="{job}"}}'})
        yield _job(up["data"]["result"], job)
        groups = (await get_json(url, "/api/v1/rules"))["data"]["groups"]
        for check in _rules([rule for group in groups for rule in group["rules"]], job):
            yield check
        active = (await get_json(url, "/api/v1/alertmanagers"))["data"]["activeAlertmanagers"]
        yield _alertmanagers(active)
    except HttpError as error:
        yield failed(PROMETHEUS, "answer", str(error), "check the URL of --prometheus with curl")
    except (KeyError, TypeError):
        yield failed(PROMETHEUS, "answer", f"{url} answers, but not like Prometheus", "check the URL of --prometheus")


def _scraped(series: list[dict[str, Any]], settings: Settings) -> Check:
    has = {each["metric"].get("boks_domain") for each in series}
    missing = [domain.name for domain in settings.domains if domain.name not in has]
    if missing:
        return failed(
            PROMETHEUS,
            "scrape",
            f"no {_OURS} of {listed(missing)}",
            "add the scrape job of docs/first-domain.md to prometheus.yml, reload Prometheus, and wait for a scrape",
        )
    return ok(PROMETHEUS, "scrape", f"has {_OURS} of every domain")


def _job(series: list[dict[str, Any]], job: str) -> Check:
    """The alerts about the exporter itself select it by its job."""
    down = [each["metric"].get("instance", "?") for each in series if each["value"][1] != "1"]
    if not series:
        remedy = f"job_name: {job} in prometheus.yml; for another name, rules and doctor have the option --job"
        return failed(PROMETHEUS, "job", f"no target has the job {job}, which the rules need", remedy)
    if down:
        return failed(PROMETHEUS, "job", f"{listed(down)} cannot be scraped", "see Status, Targets in Prometheus")
    return ok(PROMETHEUS, "job", f"{job}: {len(series)} targets are up")


def write_rules(job: str) -> str:
    """Return the command that writes the rules for a job."""
    return f"boks-exporter rules /etc/prometheus/boks{'' if job == DEFAULT_JOB else f' --job {shlex.quote(job)}'}"


def _rules(loaded: list[dict[str, Any]], job: str) -> Iterator[Check]:
    write = write_rules(job)
    shipped = {name for file in rules(None) if file.place.suffix == ".yml" for name in _NAME.findall(file.text)}
    missing = sorted(shipped - {rule["name"] for rule in loaded})
    if missing:
        remedy = f"{write}; add it to rule_files in prometheus.yml, and reload Prometheus"
        yield failed(PROMETHEUS, "rules", f"{len(missing)} of {len(shipped)} are missing: {listed(missing)}", remedy)
    else:
        yield ok(PROMETHEUS, "rules", f"all {len(shipped)} are loaded")
    for rule in loaded:
        if rule["name"] in shipped and rule.get("health") == "err":
            found = f"{rule['name']}: {rule.get('lastError', '')}"
            yield failed(PROMETHEUS, "rules", found, f"{write} --overwrite, and reload Prometheus")


def _alertmanagers(active: list[dict[str, Any]]) -> Check:
    if not active:
        remedy = "add alerting: alertmanagers: to prometheus.yml; without it nothing is ever sent"
        return warning(PROMETHEUS, "alertmanager", "no Alertmanager is configured, or none was found", remedy)
    return ok(PROMETHEUS, "alertmanager", listed([str(each["url"]) for each in active]))
