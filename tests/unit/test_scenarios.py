"""Scenario folders: raw replies of one or several rounds, the verdicts on them, and the page that is served."""

import re
from collections.abc import Iterator

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.health import DomainState, GroupVerdict, ReplicaState
from tests.unit.scenario_runs import Scenario, load, page, run, scenarios, verdicts

ENOUGH = 40
ALL = scenarios()


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
async def test_every_scenario_is_judged_and_published_as_expected(scenario: Scenario) -> None:
    """Each round's verdicts equal `verdicts.yaml`; the last round's page equals `metrics.prom`."""
    views = await run(scenario)
    printed = {directory.name: verdicts(view) for directory, view in zip(scenario.rounds, views, strict=True)}
    assert printed == load(scenario.folder / "verdicts.yaml")
    assert page(views[-1]) == (scenario.folder / "metrics.prom").read_text(encoding="utf-8")


def test_there_are_enough_scenarios() -> None:
    """What can happen to a domain is covered by many folders, not by a few."""
    assert len(ALL) >= ENOUGH


def test_a_scenario_is_named_by_a_verdict_that_it_shows() -> None:
    """The name begins with the state of a domain, of a group or of a host in one of its rounds."""
    shown = {scenario.name: {*shown_in(scenario)} for scenario in ALL}
    assert {name: states for name, states in shown.items() if not re.match(rf"({'|'.join(states)})(-|$)", name)} == {}


def shown_in(scenario: Scenario) -> Iterator[str]:
    """Name every state that a scenario shows, as folders spell it."""
    for printed in load(scenario.folder / "verdicts.yaml").values():
        yield printed["domain"].partition(":")[0].replace("_", "-")
        yield from printed.get("groups", {}).values()
        for host in printed["hosts"].values():
            yield host["verdict"].partition(":")[0]
            if "promotable" in host:
                yield f"promotable-{host['promotable']}"


def test_every_verdict_and_every_failure_has_its_scenario() -> None:
    """No state of a host, a domain or a group, and no reason of a failure, is without a scenario that shows it."""
    rounds = [printed for scenario in ALL for printed in load(scenario.folder / "verdicts.yaml").values()]
    shown_between_rounds = {DomainState.ROLE_CHANGING}
    assert {printed["domain"].partition(":")[0] for printed in rounds} == set(DomainState) - shown_between_rounds
    hosts = [host for printed in rounds for host in printed["hosts"].values()]
    assert {host["verdict"].partition(":")[0] for host in hosts} == set(ReplicaState)
    assert {group for printed in rounds for group in printed.get("groups", {}).values()} == set(GroupVerdict)
    assert {host["promotable"] for host in hosts if "promotable" in host} == {"yes", "no", "unknown"}
    reasons = {
        path.read_text(encoding="utf-8").strip() for scenario in ALL for path in scenario.folder.rglob("error.txt")
    }
    assert reasons == set(FailureReason)


def test_every_scenario_shows_what_it_is_about() -> None:
    """Each domain begins with a comment, and every round exists."""
    for scenario in ALL:
        assert scenario.description["about"].endswith("."), scenario.name
        assert [path.name for path in scenario.rounds] == [f"round-{n + 1}" for n in range(len(scenario.rounds))]
        assert scenario.rounds
