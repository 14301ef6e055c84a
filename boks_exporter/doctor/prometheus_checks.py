"""Whether Prometheus scrapes the exporter and its rules, and Alertmanager receives alerts."""

import asyncio
import json
import re
import shlex
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

import aiohttp
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from boks_exporter.bundled_files import rules
from boks_exporter.config import Settings
from boks_exporter.doctor.check import Check, failed, ok, warning
from boks_exporter.errors import BoksExporterError
from boks_exporter.text.formatting import listed

_TIMEOUT: Final = aiohttp.ClientTimeout(total=15)
_EXCERPT: Final = 200
_MOST_BYTES: Final = 64 * 1024 * 1024


class HttpError(BoksExporterError):
    """A server that does not answer, or not with JSON."""


async def get_json(base: str, path: str, parameters: Mapping[str, str] | None = None) -> Any:
    """Read a path below a URL; a user and password come from ~/.netrc."""
    url = f"{base.rstrip('/')}{path}"
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True) as session,
            session.get(url, params=parameters) as answer,
        ):
            text = await _text(answer, url)
            if answer.status != 200:  # noqa: PLR2004 - HTTP's
                raise HttpError(f"{url}: HTTP {answer.status}: {' '.join(text[:_EXCERPT].split())}")
            return json.loads(text)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        sentence = "no answer within 15 s" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        raise HttpError(f"{url}: {sentence}") from error


async def _text(answer: aiohttp.ClientResponse, url: str) -> str:
    """Read the answer, which may be longer than this machine's memory."""
    try:
        await answer.content.readexactly(_MOST_BYTES)
    except asyncio.IncompleteReadError as error:
        return error.partial.decode(errors="replace")
    raise HttpError(f"{url}: the answer is larger than {_MOST_BYTES} bytes")


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


ALERTMANAGER: Final = "alertmanager"
_CASES: Final = (
    ({"alertname": "BoksNoMaster", "severity": "critical", "boks_domain": "any"}, True),
    ({"alertname": "BoksReplicaLagging", "severity": "warning", "boks_domain": "any", "host": "any"}, False),
    ({"alertname": "BoksWatchdog", "severity": "info"}, True),
)
"""Labels of one alert of each kind, and whether it needs a route of its own: what pages, and the dead man's switch."""
_MATCHER: Final = re.compile(r'\s*"?([\w.:]+)"?\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",{}]*))')
_NAMES_OURS: Final = re.compile(r"Boks|boks")


async def alertmanager_checks(url: str) -> AsyncIterator[Check]:
    """Follow the routes of the configuration that Alertmanager runs, as it does."""
    try:
        status = await get_json(url, "/api/v2/status")
        config = YAML(typ="safe", pure=True).load(status["config"]["original"])
        for check in _routes(config):
            yield check
        yield _inhibitions(config)
    except HttpError as error:
        yield failed(ALERTMANAGER, "answer", str(error), "check the URL of --alertmanager with curl")
    except (KeyError, TypeError, AttributeError, YAMLError):
        yield failed(
            ALERTMANAGER, "answer", f"{url} answers, but not like Alertmanager", "check the URL of --alertmanager"
        )


def _routes(config: Any) -> Iterator[Check]:
    receivers = {each["name"]: each for each in config["receivers"]}
    for labels, needs_route in _CASES:
        name = f"route of {labels['alertname']}"
        for route in routes_of(config["route"], labels):
            receiver = str(route["receiver"])
            if not any(key.endswith("_configs") and value for key, value in receivers.get(receiver, {}).items()):
                remedy = f"add a pager, chat or mail to the receiver {receiver} in alertmanager.yml"
                yield failed(ALERTMANAGER, name, f"{receiver} sends nothing anywhere", remedy)
            elif needs_route and route is config["route"]:
                remedy = "boks-exporter rules boks-rules writes an alertmanager.yml with routes for our alerts"
                yield warning(ALERTMANAGER, name, f"only the default receiver: {receiver}", remedy)
            else:
                yield ok(ALERTMANAGER, name, f"to {receiver}")


def routes_of(route: Any, labels: Mapping[str, str]) -> list[Any]:
    """Return the routes that an alert takes: the deepest matching ones, further ones after `continue`."""
    found: list[Any] = []
    for child in route.get("routes") or ():
        inherited = {"receiver": route["receiver"], **child}
        if _matches(child, labels):
            found += routes_of(inherited if "receiver" not in child else child, labels)
            if not child.get("continue"):
                break
    return found or [route]


def _matches(route: Any, labels: Mapping[str, str]) -> bool:
    named = [(name, "=", value) for name, value in (route.get("match") or {}).items()]
    named += [(name, "=~", value) for name, value in (route.get("match_re") or {}).items()]
    for text in route.get("matchers") or ():
        for found in _MATCHER.finditer(str(text).strip("{}")):
            named.append((found[1], found[2], found[3] if found[3] is not None else found[4]))
    return all(_holds(labels.get(name, ""), operator, str(value)) for name, operator, value in named)


def _holds(value: str, operator: str, wanted: str) -> bool:
    if "~" in operator:
        return bool(re.fullmatch(wanted, value)) is (operator == "=~")
    return (value == wanted) is (operator == "=")


def _inhibitions(config: Any) -> Check:
    """Without them one dead master pages for every replica."""
    rules = [rule for rule in config.get("inhibit_rules") or () if _NAMES_OURS.search(str(rule))]
    if not rules:
        remedy = "boks-exporter rules boks-rules writes an alertmanager.yml; copy its inhibit_rules"
        return warning(ALERTMANAGER, "inhibitions", "none of ours: one failure pages many times", remedy)
    return ok(ALERTMANAGER, "inhibitions", f"{len(rules)} rules")
