"""`boks-exporter rules` and `boks-exporter dashboards`."""

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from boks_exporter.bundled_files import dashboards, rules
from boks_exporter.cli.root_command import run
from tests.nonempty import nonempty
from tests.shipped_rules import ROOT, alerts
from tests.unit.markdown_links import broken

BASE = "https://wiki.example.net/boks"
QUERY = "https://wiki.example.net/view?page="


def texts(directory: Path) -> dict[str, str]:
    return {
        str(file.relative_to(directory)): file.read_text(encoding="utf-8")
        for file in directory.rglob("*")
        if file.is_file()
    }


def test_the_rules_are_printed_as_in_the_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rules, Alertmanager's example and all runbooks, in directories that are made where missing; only links differ."""
    directory = tmp_path / "new" / "boks"
    assert run(["rules", str(directory)]) == 0
    expected = {
        "boks-alerts.rules.yml": "deploy/prometheus/boks-alerts.rules.yml",
        "boks-recording.rules.yml": "deploy/prometheus/boks-recording.rules.yml",
        "alertmanager.yml": "deploy/alertmanager/alertmanager.yml",
    } | {f"runbooks/{file.name}": f"docs/runbooks/{file.name}" for file in (ROOT / "docs/runbooks").glob("*.md")}
    project = {name: (ROOT / source).read_text(encoding="utf-8") for name, source in expected.items()}
    rules_file = "boks-alerts.rules.yml"
    project[rules_file] = project[rules_file].replace("runbook_url: docs/runbooks/", "runbook: runbooks/")
    assert texts(directory) == project
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(f"wrote {directory / name}" for name in expected)


@pytest.mark.parametrize("option", ["--runbook-url", "--runbook-base-url"])
@pytest.mark.parametrize(("given", "before"), [(BASE, f"{BASE}/"), (f"{BASE}/", f"{BASE}/"), (QUERY, QUERY)])
def test_the_alerts_link_to_where_a_site_serves_the_runbooks(
    option: str, given: str, before: str, tmp_path: Path
) -> None:
    """Every alert names its page there, and nothing else of the rules changes; the old option still works."""
    assert run(["rules", option, given, str(tmp_path)]) == 0
    groups = YAML(typ="safe").load(tmp_path / "boks-alerts.rules.yml")["groups"]
    links = {
        rule["alert"]: rule["annotations"].pop("runbook_url")
        for group in groups
        for rule in group["rules"]
        if "alert" in rule
    }
    assert links == {rule["alert"]: f"{before}{rule['alert']}.md" for rule in alerts()}
    shipped = YAML(typ="safe").load(ROOT / "deploy" / "prometheus" / "boks-alerts.rules.yml")["groups"]
    for rule in (rule for group in shipped for rule in group["rules"] if "alert" in rule):
        del rule["annotations"]["runbook_url"]
    assert groups == shipped


@pytest.mark.parametrize(
    "url",
    [
        "wiki.example.net",
        "ftp://wiki/boks",
        "https://wiki/a b",
        "https://wiki/{{ x }}",
        "https://wiki/#a",
        "https:///boks",
        "",
    ],
)
def test_an_address_that_cannot_be_in_the_rules_is_refused(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What Prometheus would take for a template or YAML for a comment never gets into the file."""
    assert run(["rules", "--runbook-url", url, str(tmp_path)]) == 2
    assert f"expected an address such as https://wiki.example.net/boks, found {url!r}" in capsys.readouterr().err
    assert texts(tmp_path) == {}


def test_the_job_is_the_one_of_the_command_line(tmp_path: Path) -> None:
    """Sites name the job of their exporters as they like; no expression or text has another one."""
    assert run(["rules", "--job", "infra/boks", str(tmp_path)]) == 0
    found = {job for text in texts(tmp_path).values() for job in re.findall(r'job="([^"]*)"', text)}
    assert found == {"infra/boks"}


def test_without_an_address_the_alerts_name_the_pages_next_to_them(tmp_path: Path) -> None:
    """A relative URL could not be opened from Alertmanager, so there is none; the file is named next to the rules."""
    assert run(["rules", str(tmp_path)]) == 0
    groups = YAML(typ="safe").load(tmp_path / "boks-alerts.rules.yml")["groups"]
    annotations = [rule["annotations"] for group in groups for rule in group["rules"] if "alert" in rule]
    assert not any("runbook_url" in each for each in annotations)
    pages = [each["runbook"] for each in annotations]
    assert pages
    assert [page for page in pages if not (tmp_path / page).is_file()] == []


def test_no_link_of_a_written_page_is_dead(tmp_path: Path) -> None:
    """A page is read where it was written, without the project around it."""
    for command in ("rules", "dashboards"):
        assert run([command, str(tmp_path / command)]) == 0
    pages = list(tmp_path.rglob("*.md"))
    assert len(pages) > 2
    assert [link for page in pages for link in broken(page)] == []


def test_the_dashboards_come_with_their_provisioning(tmp_path: Path) -> None:
    """Every dashboard is there, and the files that let Grafana find it."""
    assert run(["dashboards", str(tmp_path)]) == 0
    source = ROOT / "deploy" / "grafana"
    written = texts(tmp_path)
    assert written == {
        str(file.relative_to(source)): file.read_text(encoding="utf-8") for file in source.rglob("*") if file.is_file()
    }
    assert {"dashboards", "provisioning", "README.md"} == {Path(name).parts[0] for name in written}
    assert all(
        json.loads(written[name])["uid"] for name in nonempty(name for name in written if name.endswith(".json"))
    )


@pytest.mark.parametrize("command", ["rules", "dashboards"])
def test_writing_again_changes_nothing(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that are the same already are left alone and said to be so."""
    assert run([command, str(tmp_path)]) == 0
    times = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    capsys.readouterr()
    assert run([command, str(tmp_path)]) == 0
    assert {line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()} == {"same"}
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")} == times


@pytest.mark.parametrize("changed", ["boks-alerts.rules.yml", "runbooks/BoksWatchdog.md"])
def test_a_changed_file_is_not_lost(changed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing at all is written, the file is named, and so is the option that replaces it."""
    (tmp_path / changed).parent.mkdir(exist_ok=True)
    (tmp_path / changed).write_bytes(b"# mine \xff\n")
    assert run(["rules", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        f"Error: expected no file, or the shipped one, found another text in:\n  {tmp_path / changed}\n"
        "Nothing was written. Write to an empty directory and compare, or replace them with --overwrite.\n"
    )
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [tmp_path / changed]
    assert run(["rules", "--overwrite", str(tmp_path)]) == 0
    assert texts(tmp_path) == {str(file.place): file.text for file in rules(None)}


@pytest.mark.parametrize("command", ["rules", "dashboards"])
def test_a_place_that_is_no_directory_is_named(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason, and without a traceback."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run([command, str(tmp_path / "file")]) == 1
    said = capsys.readouterr().err
    assert re.fullmatch(
        rf"Error: {tmp_path}/file/\S+: expected a directory to write into, found: Not a directory\n", said
    )


def test_a_directory_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written to wherever one happens to be."""
    assert run(["dashboards"]) == 2
    assert "Missing argument 'DIRECTORY'" in capsys.readouterr().err
    assert dashboards()
