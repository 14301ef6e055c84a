"""The Grafana dashboards are what the generator makes, what Grafana reads, and what a person can read at night."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from boks_exporter.errors import FailureReason
from boks_exporter.health import DomainState, ReplicaState
from scripts.dashboards import value_maps
from scripts.dashboards.colours import ALL as COLOURS
from scripts.dashboards.failure_colours import REASONS
from tests.nonempty import nonempty
from tests.shipped_rules import ROOT, alerts, recordings

FOLDER = ROOT / "deploy" / "grafana" / "dashboards"
FILES = sorted(FOLDER.glob("*.json"))
SCHEMA = json.loads((ROOT / "tests" / "grafana" / "dashboard.schema.json").read_text(encoding="utf-8"))
OPTIONS = {
    "stat": ("StatOptions", None),
    "timeseries": ("TimeSeriesOptions", "TimeSeriesFieldConfig"),
    "table": ("TableOptions", "TableFieldConfigOfPanel"),
    "state-timeline": ("StateTimelineOptions", "StateTimelineFieldConfig"),
}
PROMETHEUS_OWN = ("target", "expr", "step", "titleFormat", "textFormat", "tagKeys")
"""What the Prometheus data source keeps in an annotation; the schema knows the frame around it only."""
LIMITS = {
    ("boks-overview", "Longest lag"): ("lag_seconds:warning", "lag_seconds:critical"),
    ("boks-overview", "Lag in time"): ("lag_seconds:warning", "lag_seconds:critical"),
    ("boks-overview", "Lag in updates"): ("lag_sequences:critical",),
    ("boks-overview", "Age of the values"): ("stale_seconds:warning",),
    ("boks-replica", "Age of the values"): ("stale_seconds:warning",),
    ("boks-replica", "Oldest missing update"): ("lag_seconds:warning", "lag_seconds:critical"),
    ("boks-replica", "Lag"): ("lag_sequences:critical",),
    ("boks-replica", "Lag in time"): ("lag_seconds:warning", "lag_seconds:critical"),
    ("boks-replica", "Lag by table"): ("lag_sequences:critical",),
    ("boks-replica", "Free shared memory"): ("shared_memory_free_ratio:warning",),
    ("boks-replica", "Free space for BoKS's data"): ("data_free_ratio:warning",),
    ("boks-replica", "Error log"): ("errlog_lines_per_second:warning",),
    ("boks-replica", "Queue: age of the oldest file"): ("queue_age_seconds:warning",),
    ("boks-failover", "Behind the most advanced server"): ("lag_sequences:critical",),
}
COLUMN_LIMITS = {
    ("boks-overview", "Replicas, worst first", "Lag"): ("lag_sequences:critical",),
    ("boks-overview", "Replicas, worst first", "Lag in time"): ("lag_seconds:warning", "lag_seconds:critical"),
    ("boks-replica", "Tables, worst first", "Lag"): ("lag_sequences:critical",),
    ("boks-failover", "Candidates, most advanced first", "Lag"): ("lag_sequences:critical",),
    ("boks-failover", "Candidates, most advanced first", "Free memory"): ("shared_memory_free_ratio:warning",),
}
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def _read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


def _panels(file: Path) -> Iterator[dict[str, Any]]:
    return (panel for panel in _read(file)["panels"] if panel["type"] != "row")


def _panel(uid: str, title: str) -> dict[str, Any]:
    (found,) = (panel for panel in _panels(FOLDER / f"{uid}.json") if panel["title"] == title)
    return found


def _limit(name: str) -> float:
    (rule,) = (rule for rule in recordings() if rule["record"] == f"boks_threshold:{name}")
    return float(rule["expr"].removeprefix("vector(").removesuffix(")"))


def _steps(thresholds: dict[str, Any]) -> tuple[float, ...]:
    return tuple(step["value"] for step in thresholds["steps"] if step["value"] is not None)


def _every(node: Any, key: str) -> Iterator[Any]:
    if isinstance(node, list):
        yield from (found for item in node for found in _every(item, key))
    elif isinstance(node, dict):
        if key in node:
            yield node[key]
        yield from (found for value in node.values() for found in _every(value, key))


def test_the_files_are_what_the_generator_makes() -> None:
    """The JSON is not edited manually; `make docs` writes it."""
    printing = "import json; from scripts.dashboards.build import texts; print(json.dumps(texts()))"
    made = subprocess.run([sys.executable, "-c", printing], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert json.loads(made) == {file.name: file.read_text(encoding="utf-8") for file in FILES}


@each_file
def test_a_dashboard_is_what_grafana_reads(file: Path) -> None:
    """It holds to the schema of Grafana's own types, each panel's options and fields included."""
    dashboard = _read(file)
    for annotation in dashboard["annotations"]["list"]:
        for key in PROMETHEUS_OWN:
            assert annotation.pop(key)
    assert _faults("DashboardFile", dashboard) == []
    for panel in _panels(file):
        options, fields = OPTIONS[panel["type"]]
        assert _faults(options, panel["options"]) == []
        if fields:
            assert _faults(fields, panel["fieldConfig"]["defaults"]["custom"]) == []


def _faults(definition: str, value: Any) -> list[str]:
    validator = Draft7Validator(SCHEMA | {"$ref": f"#/definitions/{definition}"})
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


def test_the_schema_finds_what_is_wrong() -> None:
    """A misspelt key and a wrong type are faults, so that the test above can fail."""
    dashboard = _read(FILES[0])
    assert _faults("DashboardFile", dashboard | {"refersh": "30s"})
    assert _faults("DashboardFile", dashboard | {"refresh": 30})
    assert _faults("StatOptions", _panel("boks-overview", "Domain")["options"] | {"graphMode": "lines"})


@each_file
def test_a_dashboard_has_a_frame(file: Path) -> None:
    """It has its file's name as uid, a title, a description, a time range, a refresh, and the four variables."""
    dashboard = _read(file)
    assert dashboard["uid"] == file.stem
    assert dashboard["title"].startswith("BoKS ")
    assert dashboard["description"].endswith(".")
    assert (dashboard["refresh"], dashboard["time"]["to"], dashboard["timezone"]) == ("30s", "now", "browser")
    assert [variable["name"] for variable in dashboard["templating"]["list"]] == [
        "datasource",
        "domain",
        "site",
        "host",
    ]


def test_dashboards_have_names_of_their_own() -> None:
    """No two share a uid or a title, and each link between them leads to one that there is."""
    dashboards = [_read(file) for file in FILES]
    uids = [dashboard["uid"] for dashboard in dashboards]
    assert len(set(uids)) == len({dashboard["title"] for dashboard in dashboards}) == len(FILES) == 3
    linked = {uid for url in _every(dashboards, "url") for uid in re.findall(r"^/d/([a-z-]+)\?", str(url))}
    assert linked == set(uids)


@each_file
def test_a_link_to_a_panel_leads_to_one(file: Path) -> None:
    """The panel that a figure opens in full size exists on the same dashboard."""
    numbers = {panel["id"] for panel in _panels(file)}
    led_to = {int(number) for url in _every(_read(file), "url") for number in re.findall(r"viewPanel=(\d+)", str(url))}
    assert led_to <= numbers


@each_file
def test_every_query_goes_to_the_chosen_data_source(file: Path) -> None:
    """Panels, queries, variables and annotations take the variable, none a data source of its own."""
    sources = [source for source in _every(_read(file), "datasource") if source != "${datasource}"]
    own = {"type": "datasource", "uid": "-- Grafana --"}
    assert sources
    assert all(source in ({"type": "prometheus", "uid": "${datasource}"}, own) for source in nonempty(sources))
    assert all("datasource" in target for panel in nonempty(_panels(file)) for target in panel["targets"])


@each_file
def test_a_panel_describes_what_it_shows(file: Path) -> None:
    """Each has a title, a description in sentences, a unit, at least one query, and names for its series."""
    for panel in nonempty(_panels(file)):
        assert panel["title"]
        assert re.fullmatch(r"[A-Z\"].{20,}\.", panel["description"], re.DOTALL), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert all(target["expr"] and target["legendFormat"] for target in nonempty(panel["targets"])), panel["title"]


@each_file
def test_a_title_occurs_once(file: Path) -> None:
    """A title identifies one panel."""
    titles = [panel["title"] for panel in _panels(file)]
    assert len(titles) == len(set(titles))


@each_file
def test_numbers_of_panels_and_queries_are_unique(file: Path) -> None:
    """No two panels share a number, rows included, and no two queries of a panel a letter."""
    numbers = [panel["id"] for panel in _read(file)["panels"]]
    assert len(numbers) == len(set(numbers))
    for panel in _panels(file):
        letters = [target["refId"] for target in panel["targets"]]
        assert len(letters) == len(set(letters))


@each_file
def test_panels_do_not_overlap(file: Path) -> None:
    """Every panel has its place within the 24 columns, and no place is taken twice."""
    places = [panel["gridPos"] for panel in _read(file)["panels"]]
    assert all(place["w"] > 0 and place["h"] > 0 and place["x"] + place["w"] <= 24 for place in nonempty(places))
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


@each_file
def test_lines_have_a_legend(file: Path) -> None:
    """Who is who never stands in the colour alone: lines have a legend, rows of words their name at the side."""
    for panel in nonempty(_panels(file)):
        if panel["type"] == "timeseries":
            assert panel["options"]["legend"]["showLegend"] is True, panel["title"]
            assert panel["options"]["legend"]["calcs"], panel["title"]


@each_file
def test_colours_can_be_distinguished(file: Path) -> None:
    """Only the palette for the colour-blind is used; Grafana's own red and green are not."""
    used = {str(colour) for key in ("color", "fixedColor") for colour in _every(_read(file), key)}
    named = {colour for colour in used if not colour.startswith("{")}
    assert named - {"text", "rgba(0, 211, 255, 1)"} <= COLOURS | set(REASONS.values())


@each_file
def test_numbers_that_represent_words_are_never_shown(file: Path) -> None:
    """A query that encodes a closed set has a word for each of its numbers."""
    for panel in nonempty(_panels(file)):
        for target in nonempty(panel["targets"]):
            codes = set(re.findall(r"(\d\d?) \* (?:boks_\w+|ALERTS)\{", target["expr"])) - {"0"}
            mapped = {code for options in _every(panel["fieldConfig"], "options") for code in options}
            assert codes <= mapped, panel["title"]


def test_every_value_of_a_closed_set_has_a_word() -> None:
    """No state, role, status, severity or reason of the exporter is missing in the pictures."""
    names = ("STATE", "DOMAIN", "SEVERITY")
    values = {name: [word.value for word in getattr(value_maps, name).words] for name in names}
    assert sorted(values["STATE"]) == sorted(ReplicaState)
    assert sorted(values["DOMAIN"]) == sorted(DomainState)
    assert set(values["SEVERITY"]) == {rule["labels"]["severity"] for rule in alerts()}
    assert {word.value for word in value_maps.ROLE.words} == _documented("boks_host_role")
    assert {word.value for word in value_maps.REPORTED.words} == _documented("boks_replica_reported_status")
    assert set(REASONS) == set(FailureReason)


def _documented(metric: str) -> set[str]:
    """Read the values of a stateset from the page of metrics."""
    _, _, section = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8").partition(f"### {metric}\n")
    values = re.search(r"\* Values of `\w+`: (.+)", section)
    assert values
    return set(re.findall(r"`(\w+)`", values[1]))
