"""Every query of the dashboards, asked of a real Prometheus that has seen everything happen."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.dashboard_history import DOMAIN, LASTS, history
from tests.integration.prometheus_with_history import Backfilled, backfilled
from tests.nonempty import nonempty
from tests.shipped_rules import ROOT

pytestmark = pytest.mark.xdist_group("dashboards")

FILES = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
HOSTS = ("REPHOST", "REPHOST2", "REPHOST5")
"""Whom the dashboard of one host is asked about: a replica that is DOWN, one that is ahead, and the master."""


@dataclass(frozen=True)
class Query:
    """One query of one panel."""

    uid: str
    panel: str
    letter: str
    expression: str
    is_instant: bool

    def about(self, host: str) -> str:
        """Fill the variables in as Grafana does."""
        values = {"domain": DOMAIN, "site": ".*", "host": host, "__rate_interval": "2m"}
        return re.sub(r"\$([a-z_]\w*)", lambda found: values[found[1]], self.expression)

    def ask(self, prometheus: Backfilled, host: str = ".*") -> list[dict[str, Any]]:
        ask = prometheus.instant if self.is_instant else prometheus.over_time
        return ask(self.about(host))

    def __str__(self) -> str:
        return f"{self.uid}/{self.panel}/{self.letter}"


def _queries() -> Iterator[Query]:
    for file in FILES:
        for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]:
            for target in panel.get("targets", []):
                is_instant = bool(target.get("instant"))
                yield Query(file.stem, panel["title"], target["refId"], target["expr"], is_instant)


QUERIES = tuple(_queries())


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backfilled]:
    """A Prometheus whose history of three hours ends now."""
    begins = (time.time() - LASTS) // 30 * 30
    played = history(begins)
    with backfilled(played.text(), begins, begins + LASTS, tmp_path_factory.mktemp("dashboards")) as running:
        yield running


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_query_finds_data(query: Query, prometheus: Backfilled) -> None:
    """Each finds something: about all hosts, or about one of three to which different things happened."""
    hosts = HOSTS if query.uid == "boks-replica" else (".*",)
    assert any(query.ask(prometheus, host) for host in hosts), query.about("|".join(hosts))


@pytest.mark.parametrize("query", [each for each in QUERIES if not each.is_instant], ids=str)
def test_series_have_names_of_their_own(query: Query, prometheus: Backfilled) -> None:
    """No two lines of a panel stand for the same host, reason or table: each would hide the other."""
    names = [tuple(sorted(series["metric"].items())) for series in query.ask(prometheus)]
    assert len(names) == len(set(names))
    assert all("instance" not in dict(name) for name in nonempty(names))


def test_what_only_a_master_has_is_empty_for_a_replica(prometheus: Backfilled) -> None:
    """The two panels of the queue then say so in words; every other panel of a replica's dashboard shows values."""
    silent = {
        query.panel
        for query in QUERIES
        if query.uid == "boks-replica" and not any(query.ask(prometheus, host) for host in ("REPHOST", "REPHOST2"))
    }
    assert silent == {"Queue: age of the oldest file", "Queue: files"}


@pytest.mark.parametrize("uid", [file.stem for file in FILES])
def test_variables_offer_values(uid: str, prometheus: Backfilled) -> None:
    """Domain, site and host can be chosen."""
    dashboard = json.loads((FILES[0].parent / f"{uid}.json").read_text(encoding="utf-8"))
    offered = {}
    for variable in dashboard["templating"]["list"][1:]:
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
        assert found
        selector = found[1].replace("$domain", DOMAIN).replace("$site", ".*")
        offered[variable["name"]] = prometheus.label_values(found[2], selector)
    assert offered["domain"] == [DOMAIN]
    assert offered["site"] == ["groningen", "rotterdam", "utrecht"]
    assert "REPHOST6" in offered["host"]


def test_role_changes_are_found_where_they_happened(prometheus: Backfilled) -> None:
    """The promotion, the old master's way back, and the second master are marked, and nothing else."""
    dashboard = json.loads(FILES[0].read_text(encoding="utf-8"))
    (annotation,) = dashboard["annotations"]["list"]
    found = prometheus.over_time(annotation["expr"].replace("$domain", DOMAIN))
    assert sorted((each["metric"]["host"], each["metric"]["role"]) for each in found) == [
        ("MASTER1", "client"),
        ("MASTER1", "master"),
        ("MASTER1", "replica"),
        ("REPHOST5", "master"),
    ]


def _now(prometheus: Backfilled, uid: str, title: str) -> list[dict[str, Any]]:
    (query,) = (each for each in QUERIES if (each.uid, each.panel) == (uid, title))
    return query.ask(prometheus)


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("Domain", 33),
        ("Master", 1),
        ("Replicas not OK", 4),
        ("Ahead or diverged", 1),
        ("Sites without replica", 1),
        ("Unreachable hosts", 1),
        ("Exporter", 0),
    ],
)
def test_the_first_panels_show_the_state(title: str, value: float, prometheus: Backfilled) -> None:
    """At the end one replica is DOWN, one ahead, one lags, and one site with a single replica is dark."""
    (found,) = _now(prometheus, "boks-overview", title)
    assert float(found["value"][1]) == value


def test_the_longest_lag_names_its_replica(prometheus: Backfilled) -> None:
    """The figure that somebody clicks on leads to the host that it is about."""
    (found,) = _now(prometheus, "boks-overview", "Longest lag")
    assert found["metric"] == {"boks_domain": DOMAIN, "host": "REPHOST4"}


def test_a_query_about_an_unknown_user_finds_nothing(prometheus: Backfilled) -> None:
    """Without an exporter the counts are absent, not 0: the figures then say that there is none."""
    for query in QUERIES:
        if query.uid == "boks-overview" and query.is_instant and "ALERTS" not in query.expression:
            assert prometheus.instant(query.about(".*").replace(DOMAIN, "elsewhere")) == [], query.panel
