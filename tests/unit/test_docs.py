"""What the pages link to exists, and what they tell people to type is taken by the program."""

import json
import re
from pathlib import Path

import pytest

from boks_exporter.errors import FailureReason
from scripts import generate_security_doc
from tests.integration.time_to_page import MEASURED, WATCHDOG, is_missed
from tests.nonempty import nonempty
from tests.unit.documented_commands import fault, typed
from tests.unit.markdown_links import anchors, broken, relative_links

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "deploy", "tests", "boks_exporter", "bench", "scripts")
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))])
SHIPPED = sorted(path for path in (ROOT / "deploy").rglob("*") if path.suffix in {".service", ".example", ".conf"})


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """To a file or directory of the project, and to a heading where an anchor is named."""
    assert broken(page) == []


@pytest.mark.parametrize("page", [*PAGES, *SHIPPED], ids=_name)
def test_every_command_line_is_one(page: Path) -> None:
    """Commands, options, choices and the number of arguments are those of the program."""
    found = {line: fault(line) for line in typed(page.read_text(encoding="utf-8"))}
    assert {line: wrong for line, wrong in found.items() if wrong} == {}


ELSEWHERE = {
    "https://keepachangelog.com/en/1.1.0/",
    "https://semver.org/",
    "https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md",
    "https://github.com/google/atheris",
}
"""Links to other sites: a test reaches no network, so that a person has opened each of them."""


def test_links_to_other_sites_are_those_that_a_person_has_opened() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert {*re.findall(r"\]\((https?://[^\s)]+)\)", text)} == ELSEWHERE


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))}
    assert set(nonempty(named)) - targets == set()


def test_the_figures_of_the_comparison_are_those_of_the_trial() -> None:
    """README shows some figures of docs/verdicts.md, which is regenerated when verdicts change."""
    readme, trial = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/verdicts.md"))
    shown = re.findall(r"\b[0-9]{4,}\b", readme.partition("## How it compares")[2].partition("\n## ")[0])
    assert len(shown) > 6
    assert [figure for figure in shown if f"| {figure} |" not in trial] == []


def test_every_measured_time_to_page_is_within_its_goal() -> None:
    """`make paging` measures; README promises two minutes for the faults that it names."""
    measured = nonempty(json.loads((ROOT / "docs" / "time-to-page.json").read_text(encoding="utf-8")))
    assert [row for row in measured if is_missed(row) or row["runs"] < 10] == []
    assert [row["fault"] for row in measured] == [each.what for each in (*MEASURED, WATCHDOG)]
    promised = {"BoksReplicaAhead", "BoksReplicaDown", "BoksNoMaster", "BoksSeveralMasters"}
    assert max(row["max"] for row in measured if row["alert"] in promised) <= 120


def test_every_reason_of_an_unreachable_host_is_explained() -> None:
    """The page for the first hour names each word that a host can show, and no other."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    table = page.partition("| reason |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(FailureReason)


def test_command_lines_are_found() -> None:
    """The README and the runbooks tell people to type something, and it is seen."""
    lines = list(typed((ROOT / "README.md").read_text(encoding="utf-8")))
    assert "serve" in lines
    assert "gate install --from=192.0.2.10 --public-key=id_boksmon.pub" in lines
    assert [*typed((ROOT / "docs/runbooks/BoksDataStale.md").read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("status --config.file=x --output json", None),
        ("status --url http://EXPORTER:16500", None),
        ("", None),
        ("stats", "no such command: stats"),
        ("config chek FILE", "no such command: chek"),
        ("status --config x", "no such option: --config"),
        ("status --url", "no value for --url"),
        ("status --output yaml", "--output knows no yaml"),
        ("config check ONE TWO", "2 arguments, expected at most 1"),
    ],
)
def test_a_wrong_command_line_is_reported(line: str, wrong: str | None) -> None:
    """Each kind of slip has its own word; FILE and the like stand for something."""
    assert fault(line) == wrong


def test_what_is_typed_is_distinguished_from_what_is_named() -> None:
    """A path, a file name or the unit of systemd is no command line; comments and pipes end one."""
    text = (
        "Look with `boks-exporter status`, see `boks-exporter.yaml`, `journalctl -u boks-exporter -n 50`.\n\n"
        "```\nboks-exporter check --url \\\n  http://m:1   # one look\nboks-exporter gate > gate.sh\n```\n"
        "\n    /opt/x/bin/boks-exporter version | cat\n"
    )
    assert list(typed(text)) == ["check --url http://m:1", "gate", "version", "status"]


def test_links_and_anchors_are_read_as_a_browser_would() -> None:
    """Links in code are none, other schemes are left alone, and headings make GitHub's anchors."""
    text = "# A `b`: C/d\n## Again\n## Again\n[x](y.md#z) `[n](o)` [w](https://w.example)\n[r]: ../r.md\n"
    assert relative_links(text) == ["y.md#z", "../r.md"]
    assert anchors(text) == {"a-b-cd", "again", "again-1"}


def test_a_broken_link_is_reported(tmp_path: Path) -> None:
    """A missing file and a missing heading."""
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](#here) [b](#there) [c](gone.md) [d](page.md#here)\n", encoding="utf-8")
    assert broken(page) == ["#there", "gone.md"]


def test_the_limits_of_each_party_are_shown_as_they_are() -> None:
    """`make docs` regenerates the page."""
    assert generate_security_doc.PAGE.read_text(encoding="utf-8") == generate_security_doc.page()
