"""Pages for contributors: their examples work, and the files, names and terms that they name exist."""

import ast
import re
import sys
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import pytest
from ruamel.yaml import YAML

from boks_exporter.errors import ParseError
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Guard, Level
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.preflight import PlanQuestion
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.step import HostRole
from boks_exporter.failover.runner import RunResult
from boks_exporter.model import Role
from boks_exporter.web.page_source import PageSource
from tests.nonempty import nonempty
from tests.shipped_rules import labels_in, metrics_in
from tests.unit.domain_rounds import silent
from tests.unit.failover_facts import host, sound_domain
from tests.unit.failover_world import FIRST, World, virtually
from tests.unit.test_contract import LABELS, PRODUCED, PROMETHEUS_OWN
from tests.unit.test_contract import test_an_alert_has_what_its_reader_needs as check_alert
from tests.unit.test_exposition_specs import test_a_metric_keeps_the_rules_of_the_field as check_metric
from tests.unit.test_failover_plans import test_every_row_is_whole as check_step
from tests.unit.web_serving import Scripted

ROOT = Path(__file__).parents[2]
CONTRIBUTING, STEP, GLOSSARY = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("CONTRIBUTING.md", "docs/failover-step.md", "docs/glossary.md")
)
EXAMPLES = dict(re.findall(r"^<!-- example: (\w+) -->\n```\w+\n(.*?)^```$", CONTRIBUTING, re.MULTILINE | re.DOTALL))
FILES = sorted(set(re.findall(r"`((?:boks_exporter|tests|deploy|docs|scripts)/[^`\s]*)`", CONTRIBUTING + STEP)))
NAMES = re.findall(r"`(boks_exporter/[\w/]+\.py)`: `([\w.]+)`", STEP)
TERMS = re.findall(r"^\| ([a-z][a-z, -]+) \|", GLOSSARY.partition("|---|---|")[2], re.MULTILINE)


def example(name: str) -> Any:
    """Run an example as a module."""
    names: dict[str, Any] = {}
    exec(compile(EXAMPLES[name], f"CONTRIBUTING.md, {name}", "exec"), names)  # noqa: S102 - a page of this project
    return SimpleNamespace(**names)


def test_every_kind_of_addition_has_an_example() -> None:
    """Those that a contributor asks for."""
    assert set(EXAMPLES) == {"metric", "parser", "guard", "step", "alert", "page"}


@pytest.mark.parametrize("name", FILES)
def test_a_named_file_exists(name: str) -> None:
    """A pattern matches files; a name in capitals is one that the contributor chooses, in a directory that exists."""
    path = ROOT / name
    assert path.exists() or any(path.parent.glob(path.name)) or (path.stem.isupper() and path.parent.is_dir())


@pytest.mark.parametrize(("file", "name"), NAMES)
def test_a_named_function_or_class_exists(file: str, name: str) -> None:
    """In the module that the page names."""
    scope: list[ast.stmt] = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    for part in nonempty(name.split(".")):
        found = [node for node in scope if part in _defined(node)]
        assert found, f"{file} has no {name}"
        scope = getattr(found[0], "body", [])


def _defined(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return {name}
    return set()


def test_a_step_passes_the_modules_of_the_page_in_their_order(journals: Path) -> None:
    """The functions that the page names are the ones that a promotion calls, and there are few of them."""
    wanted = {name: file for file, name in NAMES}
    called: dict[str, None] = {}

    def record(frame: FrameType, _event: str, _argument: object) -> None:
        code = frame.f_code
        if code.co_qualname in wanted and code.co_filename.endswith(wanted[code.co_qualname]):
            called.setdefault(code.co_qualname)

    async def promote() -> RunResult:
        world = World.at(journals)
        return await world.apply(Procedure.PROMOTE, FIRST, survey=await world.bereaved())

    before = sys.getprofile()
    sys.setprofile(record)
    try:
        result = virtually(promote)
    finally:
        sys.setprofile(before)
    way = [name for name in wanted if name not in {"TABLES", "Journal.intend"}]
    assert result.exit is Exit.DONE
    assert [name for name in called if name != "Journal.intend"] == way
    assert list(called).index("StepExecutor.perform") < list(called).index("Journal.intend")
    assert list(called).index("Journal.intend") < list(called).index("Sender.send")
    assert len({file for file, _ in NAMES}) <= 7


def test_the_metric_is_one_and_is_absent_without_its_fact() -> None:
    """It keeps the rules of every shipped metric."""
    made = example("metric")
    check_metric(made.SWAP_FREE)
    assert list(made.swap(("prod", "replica1"), 512)) == [(made.SWAP_FREE, ("prod", "replica1"), 512)]
    assert list(made.swap(("prod", "replica1"), None)) == []


def test_the_parser_reads_keeps_and_refuses() -> None:
    """A value, an unread line, and a text without a value."""
    made = example("parser")
    load, unread = made.parse_load("load=3\n\nhello\n")
    assert (load, [(line.line, line.text) for line in unread]) == (3, [(3, "hello")])
    with pytest.raises(ParseError, match="load=3"):
        made.parse_load("hello\n")


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (sound_domain(), None),
        (sound_domain(silent("R1")), Level.UNKNOWN),
        (sound_domain(host("R2", Role.CLIENT)), Level.REFUSE),
    ],
    ids=["passes", "unknown", "refuses"],
)
def test_the_guard_passes_refuses_and_knows_what_it_does_not_know(facts: FailoverFacts, level: Level | None) -> None:
    """One finding at most, with its level."""
    question = PlanQuestion(make_plan(Procedure.REBUILD, "R1", facts), facts, FailoverLimits())
    found = [(finding.guard, finding.level) for finding in example("guard").enough_replicas(question)]
    assert found == ([(Guard.SITE, level)] if level else [])


def test_the_step_is_whole_and_names_its_host_in_a_plan() -> None:
    """It keeps the rules of every shipped step."""
    step = example("step").STILL_A_REPLICA
    check_step(Procedure.PROMOTE, step)
    assert step.with_hosts({HostRole.TARGET: "R1", HostRole.MASTER: "M"}).host == "R1"


def test_the_alert_has_its_parts_and_asks_for_what_exists() -> None:
    """It keeps the rules of every shipped alert."""
    rule = YAML(typ="safe").load(EXAMPLES["alert"])
    check_alert(rule)
    assert metrics_in(rule["expr"]) <= PRODUCED
    assert labels_in(rule["expr"]) <= LABELS | PROMETHEUS_OWN


async def test_the_page_answers_from_what_is_published() -> None:
    """Without waiting for a host."""
    source: PageSource = Scripted().source()
    masters = [master for domain in source.published().report["domains"] for master in domain["masters"]]
    assert (await example("page").masters(source)).text == "\n".join(nonempty(masters)) + "\n"


def test_a_term_has_one_meaning() -> None:
    """No term is explained twice."""
    terms = [term for cell in TERMS for term in cell.split(", ")]
    assert len(terms) > 40
    assert sorted({term for term in terms if terms.count(term) > 1}) == []


@pytest.mark.parametrize("term", [term for cell in TERMS for term in cell.split(", ")])
def test_a_term_is_in_use(term: str) -> None:
    """In the documentation outside of the glossary, or in the code."""
    pages = [page for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")) if page.name != "glossary.md"]
    texts = (file.read_text(encoding="utf-8") for file in (*pages, *(ROOT / "boks_exporter").rglob("*.py")))
    word = re.compile(rf"\b{re.escape(term)}(?:e?s|d)?\b", re.IGNORECASE)
    assert any(word.search(text) for text in texts)


def test_a_semaphore_is_no_gate_and_a_domain_is_no_other_thing() -> None:
    """Of the two terms that used to have other meanings, no module uses those."""
    modules = {file: file.read_text(encoding="utf-8") for file in (ROOT / "boks_exporter").rglob("*.py")}
    assert [
        str(file) for file, text in modules.items() if re.search(r"gate\w* = asyncio\.(Bounded)?Semaphore", text)
    ] == []
