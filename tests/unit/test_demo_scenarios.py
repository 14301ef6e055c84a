"""The demo's scenarios: what comes, when, and what is said of it."""

from itertools import islice
from pathlib import Path

import pytest

from boks_exporter.simulator.domain import Connectivity, Fault, SimulatedDomain, published_layout
from boks_exporter.simulator.domain.replica_link import Status
from boks_exporter.simulator.scenarios import SCENARIOS
from boks_exporter.simulator.timeline import Scenario, ScenarioHosts, ScenarioStep
from tests.nonempty import nonempty

CAST = ScenarioHosts(
    "MASTER1",
    ("REPHOST5", "REPHOST4", "REPHOST3", "REPHOST2", "REPHOST"),
    {"utrecht": ("MASTER1", "REPHOST5", "REPHOST4"), "rotterdam": ("REPHOST3", "REPHOST2", "REPHOST")},
)
ALL = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())


def first_steps(scenario: Scenario, seed: int = 1, count: int = 60) -> list[ScenarioStep]:
    return list(islice(scenario.steps(CAST, seed), count))


@ALL
def test_the_same_seed_gives_the_same_steps(scenario: Scenario) -> None:
    """A scenario is repeatable to the last step."""
    assert first_steps(scenario) == first_steps(scenario)


@ALL
def test_steps_come_in_the_order_of_time(scenario: Scenario) -> None:
    """No step lies before the one that is named before it, not even where the scenario begins again."""
    times = [step.at for step in first_steps(scenario)]
    assert times == sorted(times)


@ALL
def test_every_step_describes_what_happens_and_every_fault_what_to_check(scenario: Scenario) -> None:
    """Every step has a sentence, and no sentence has an unfilled placeholder."""
    for step in first_steps(scenario):
        assert step.text.endswith(".")
        assert bool(step.begins) == step.look_for.endswith(".")
        assert "{host}" not in step.text + step.look_for
    assert bool(first_steps(scenario)) is (scenario is not SCENARIOS["calm"])


def play(domain: SimulatedDomain, step: ScenarioStep) -> None:
    domain.advance(step.at)
    for trouble in step.begins:
        if trouble.removes_data:
            domain.remove_data(trouble.host)
        domain.set_fault(trouble.host, trouble.fault, **trouble.parameters)
    for trouble in step.ends:
        domain.clear_fault(trouble.host, trouble.fault)


@pytest.mark.parametrize("name", ["tour", "split-brain", "master-dead", "site-dark"])
def test_a_scenario_that_repairs_leaves_the_domain_healthy(name: str) -> None:
    """When one turn is over, each replica holds what the master has, and the master's list says OK."""
    domain = SimulatedDomain(published_layout(writes_per_second=2.0), seed=1)
    length = SCENARIOS[name].repeats_after
    assert length is not None
    for step in first_steps(SCENARIOS[name]):
        if step.at < length:
            play(domain, step)
    domain.advance(length + 120)  # a reload takes up to a minute and a half here
    truth = domain.truth()
    assert truth.masters == (CAST.master,)
    for replica in CAST.replicas:
        found = truth.hosts[replica]
        assert (found.ahead, found.wrong_stamps, found.missing_tables, found.link) == ({}, (), (), Status.OK), replica
        assert found.oldest_missing is not None
        assert found.oldest_missing < 5.0


@ALL
def test_every_step_can_be_done_to_the_simulated_domain(scenario: Scenario) -> None:
    """Each fault is set and cleared with the parameters that it knows, and what is repaired is reachable again."""
    domain = SimulatedDomain(published_layout(), seed=1)
    done = 0
    for step in first_steps(scenario):
        play(domain, step)
        for trouble in step.begins:
            assert trouble.fault in domain.hosts[trouble.host].faults
            done += 1
        for trouble in step.ends:
            assert domain.connectivity(trouble.host) is Connectivity.OK
            done += 1
    assert bool(done) is (scenario is not SCENARIOS["calm"])


def test_the_tour_shows_every_kind_of_fault() -> None:
    """Nothing that the simulator can do is left out of one turn of the tour."""
    episodes = SCENARIOS["tour"].episodes(CAST, seed=1)
    shown = {trouble.fault for episode in episodes for trouble in episode.host_faults}
    assert shown == set(Fault)


def test_the_tour_begins_with_the_published_listing() -> None:
    """REPHOST, the last of the list, is DOWN first."""
    (first,) = first_steps(SCENARIOS["tour"], count=1)[0].begins
    assert (first.host, first.fault) == ("REPHOST", Fault.DOWN)


def test_the_tour_repairs_everything_before_it_goes_on() -> None:
    """At no time do two episodes overlap, and nothing is left when the tour begins again."""
    tour = SCENARIOS["tour"]
    episodes = tour.episodes(CAST, seed=1)
    ends = [episode.starts + (episode.lasts or float("inf")) for episode in episodes]
    assert all(end < later.starts for end, later in nonempty(zip(ends, episodes[1:], strict=False)))
    assert tour.repeats_after is not None
    assert ends[-1] < tour.repeats_after


def test_the_tour_hits_others_with_another_seed_and_in_the_next_turn() -> None:
    """The seed and the turn decide who is hit."""
    tour = SCENARIOS["tour"]
    turns = [tour.episodes(CAST, seed=1), tour.episodes(CAST, seed=2), tour.episodes(CAST, seed=1, turn=1)]
    assert len(set(turns_of_hosts := [tuple(e.host_faults[0].host for e in turn) for turn in turns])) == 3, (
        turns_of_hosts
    )


def test_the_incident_is_three_tables_ahead_of_one_replica_for_good() -> None:
    """As published: the list says OK, three tables are ahead, and it is not repaired."""
    (step,) = first_steps(SCENARIOS["incident"])
    (trouble,) = step.begins
    assert (trouble.fault, dict(trouble.parameters)) == (Fault.AHEAD, {"by": 2, "tables": (7, 9, 15)})


def test_the_dark_site_is_not_the_masters() -> None:
    """The site that goes dark is the one without the master, and all of it."""
    begins = first_steps(SCENARIOS["site-dark"], count=1)[0].begins
    assert tuple(trouble.host for trouble in begins) == CAST.sites["rotterdam"]


def test_the_page_about_the_demo_names_every_scenario() -> None:
    """docs/demo.md has a row for each scenario with its own summary."""
    page = (Path(__file__).parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")
    for scenario in SCENARIOS.values():
        assert f"| `{scenario.name}` | {scenario.summary} |" in page
