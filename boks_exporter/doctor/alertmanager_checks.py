"""Checks of an Alertmanager: alerts of this exporter reach a receiver that sends them somewhere."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from boks_exporter.doctor.check import Check, failed, ok, warning
from boks_exporter.doctor.http_json import HttpError, get_json

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
