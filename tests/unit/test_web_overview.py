"""The first page: its order, its words, and what becomes of whatever a host can send."""

import re
from dataclasses import replace

import pytest

from boks_exporter.exposition import DomainView, Operations, Window
from boks_exporter.model import Promotion
from tests.browser.situations import (
    NOW,
    ahead,
    dark_site,
    dead_master,
    down,
    failing_over,
    healthy,
    many,
    replace_domain,
    rivals,
)
from tests.nonempty import nonempty
from tests.unit.exposition_views import BEGUN, busy, published, two_masters
from tests.unit.web_overview_pages import DASH, hosts_of, page_of, read
from tests.unit.web_serving import ready

# -- what is wrong, and in which order ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "shape", "situation"),
    [
        (healthy(), "\N{CHECK MARK}", "All 5 replicas are healthy."),
        (down(), "\N{BLACK SQUARE}", "2 of 5 replicas need attention since"),
        (ahead(), "\N{BLACK DIAMOND}", "1 of 5 replicas needs attention since"),
        (dead_master(), "\N{BLACK SQUARE}", "No master since"),
        (rivals(), "\N{BLACK SQUARE}", "2 masters since"),
        (dark_site(), "?", "3 of 5 replicas need attention since"),
    ],
    ids=["healthy", "down", "ahead", "no-master", "two-masters", "dark-site"],
)
def test_the_first_sentence_is_the_situation_and_the_tab_begins_with_the_worst_shape(
    view: DomainView, shape: str, situation: str
) -> None:
    reader = read(view)
    assert " ".join(reader.of("h1")).removeprefix("boks_exporter ").removeprefix("harbour: ").startswith(situation)
    assert reader.of("title")[0].startswith(f"{shape} ")


def test_an_open_failover_run_is_named_above_everything_that_could_be_typed() -> None:
    """A second person on call must not begin a second run."""
    text = read(failing_over()).text
    assert "anna has a failover run open: promote REPHOST5." in text
    assert text.index("anna has a failover run open") < text.index("boks-exporter failover history --config.file")
    assert "boks-exporter failover promote" not in text


def test_sections_come_in_the_order_of_the_questions_of_the_night() -> None:
    headings = read(down()).of("h2")
    assert headings == [
        "Needs attention",
        "What still works: sites",
        "What still works: sections",
        "Maintenance and failover runs",
        "All hosts",
    ]


def test_nothing_that_is_fine_is_before_what_is_not() -> None:
    assert hosts_of(read(down())) == [
        *("REPHOST", "REPHOST4"),
        *("CLIENT1", "MASTER1", "REPHOST2", "REPHOST3", "REPHOST5"),
    ]


def test_a_host_in_trouble_has_since_reason_runbook_and_the_next_command_of_this_installation() -> None:
    reader = read(ahead())
    assert ("./hosts/harbour/REPHOST2", "REPHOST2") in reader.links
    assert ("./runbooks/BoksReplicaAhead", "Runbook BoksReplicaAhead") in reader.links
    assert "boks-exporter failover rebuild REPHOST2 --config.file /etc/boks-exporter/config.yaml" in reader.of("code")
    assert re.search(r"since 13:\d\d UTC, 42 min \d+ s", reader.text)


def test_commands_name_the_domain_where_there_are_several() -> None:
    commands = read(ahead(), replace_domain(healthy(), "it's")).of("code")
    assert commands == [
        "boks-exporter failover rebuild REPHOST2 --config.file /etc/boks-exporter/config.yaml --domain harbour"
    ]
    quoted = read(replace_domain(ahead(), "it's"), healthy()).of("code")
    assert quoted[0].endswith("""--domain 'it'"'"'s'""")


def test_the_worst_domain_is_first_and_the_others_in_trouble_have_a_sentence() -> None:
    reader = read(replace_domain(healthy(), "alpha"), replace_domain(ahead(), "beta"), dead_master())
    tabs = [text for href, text in reader.links if href.startswith("?domain=")]
    assert [" ".join(tab.split()) for tab in tabs[:3]] == [
        "\N{BLACK SQUARE} harbour, no master",
        "\N{BLACK DIAMOND} beta, ahead",
        "\N{CHECK MARK} alpha, ok",
    ]
    assert re.search(r"ahead beta : 1 of 5 replicas needs attention", reader.text)
    assert hosts_of(read(healthy(), replace_domain(down(), "beta"), domain="harbour"))[0] == "CLIENT1"


# -- what still works, and who is at work ------------------------------------------------------------------------------


def test_sites_and_sections_show_their_healthy_replicas_and_the_short_ones_come_first() -> None:
    text = read(down()).text
    assert text.index("utrecht ▲ 1 of 2 healthy") < text.index("rotterdam 2 of 3 healthy")
    assert "dmz ▲ 0 of 2 healthy" in text


def test_who_is_at_work_is_shown_while_it_lasts() -> None:
    """What cannot be read is not taken for nothing."""
    windows = [
        Window(host=host, started_at=BEGUN, until=BEGUN + until, owner="anna on ops7", reason="<b>disks</b>")
        for host, until in (("REPHOST3", 10), ("REPHOST4", 3600))
    ]
    shown = read(replace(published(), operations=Operations(windows=tuple(windows)))).text
    assert "REPHOST4 is under maintenance" in shown
    assert "anna on ops7: <b>disks</b>" in shown
    assert "REPHOST3 is under maintenance" not in shown
    unknown = read(replace(published(), operations=Operations(is_readable=False))).text
    assert "Maintenance is unknown" in unknown
    running = read(replace(published(), operations=Operations(in_progress=True)))
    assert "A failover run is open" in running.text
    assert "boks-exporter failover history --config.file /etc/boks-exporter/config.yaml" in running.text
    frozen = read(replace(published(), operations=Operations(frozen_until=NOW + 60))).text
    assert "The roles of this domain are frozen until" in frozen


def test_an_open_failover_run_shows_what_it_does_and_its_newest_step() -> None:
    text = read(failing_over()).text
    assert "Failover run 20261129-1402-promote: promote REPHOST5" in text
    assert "by anna; newest step: convert master on REPHOST5, in progress" in text
    assert "MASTER1 is under maintenance (failover run 20261129-1402-promote)" in text


# -- without one master ------------------------------------------------------------------------------------------------


def test_without_a_master_the_page_shows_who_was_it_and_who_can_take_over() -> None:
    reader = read(dead_master())
    assert "Last known master (utrecht)" in reader.text
    assert "no answer in time (timeout): no answer within 20 s" in reader.text
    commands = reader.of("code")
    assert commands[:2] == [
        "boks-exporter failover candidates --config.file /etc/boks-exporter/config.yaml",
        "boks-exporter failover promote REPHOST5 --config.file /etc/boks-exporter/config.yaml",
    ]
    successors = reader.text[reader.text.index("Who can take over") : reader.text.index("What still works")]
    assert successors.index("REPHOST5") < successors.index("REPHOST2") < successors.index("REPHOST4")
    assert "it is 311 updates behind the most advanced reachable server" in successors
    assert "rotterdam 2 of 2 answer, 1 not known" in reader.text  # REPHOST does not answer, and was never read


def test_last_known_figures_are_marked_with_their_age_and_never_current() -> None:
    page = page_of(dead_master())
    rows = re.findall(r'<td role="cell" class="n lag last"[^>]*>(.*?)</td>', page)
    assert len(nonempty(rows)) == 5
    assert all("ago" in row for row in nonempty(rows))
    assert 'class="n lag last"' not in page_of(healthy())


def test_who_must_never_be_promoted_is_last_and_is_not_in_the_command() -> None:
    view = dead_master()
    hosts = tuple(
        replace(host, promotion=Promotion.NEVER) if host.name == "REPHOST5" else host for host in view.snapshot.hosts
    )
    reader = read(replace(view, snapshot=replace(view.snapshot, hosts=hosts)))
    assert "promotion: never" in reader.text


def test_two_masters_show_who_was_first_and_what_each_has_alone() -> None:
    text = read(rivals()).text
    assert text.index("MASTER1") < text.index("It was master first.")
    assert "12 updates in T1 (user accounts)" in text
    assert "7 updates in T5 (logged-in users)" in text


def test_a_second_master_of_which_nothing_is_known_is_shown_too() -> None:
    text = read(two_masters()).text
    assert "since when is not known" in text
    assert "It was master first." not in text


# -- the table ---------------------------------------------------------------------------------------------------------


def test_a_row_has_what_is_known_and_a_dash_where_nothing_is() -> None:
    rows = {row[0]: row for row in read(published()).rows}
    assert rows["REPHOST"][3:5] == [DASH, DASH]
    assert rows["REPHOST2"][3:5] == ["0", "0"]
    assert rows["REPHOST2"][6].startswith("1 min 8 s ago")
    assert "connection refused" in rows["REPHOST"][8]


def test_bounds_that_are_not_decided_are_shown_as_bounds() -> None:
    rows = {row[0]: row for row in read(busy()).rows}
    assert rows["REPHOST2"][3] == f"0{DASH}5"
    assert "T7 (host group to host)" in rows["REPHOST3"][5]


@pytest.mark.parametrize(
    ("query", "hosts"),
    [
        ({"state": "down"}, ["REPHOST"]),
        ({"state": "not-ok"}, ["REPHOST", "REPHOST4"]),
        ({"site": "rotterdam"}, ["REPHOST", "REPHOST2", "REPHOST3"]),
        ({"role": "client"}, ["CLIENT1"]),
        ({"q": "HOST GROUP"}, ["REPHOST"]),
        ({"q": "rephost4"}, ["REPHOST4"]),
        ({"q": "no such text"}, ["No host matches the filter."]),
        ({"state": "no such state"}, ["No host matches the filter."]),
        ({"site": "rotterdam", "sort": "host", "order": "desc"}, ["REPHOST3", "REPHOST2", "REPHOST"]),
        ({"role": "replica", "sort": "lag", "order": "desc"}, ["REPHOST4", "REPHOST"]),
        ({"sort": "nonsense", "state": "not-ok"}, ["REPHOST", "REPHOST4"]),
    ],
)
def test_rows_can_be_filtered_and_sorted(query: dict[str, str], hosts: list[str]) -> None:
    assert hosts_of(read(down(), **query))[: len(hosts)] == hosts


@pytest.mark.parametrize("sort", ["host", "site", "state", "lag", "ahead", "packet", "poll"])
def test_every_column_sorts_both_ways_and_what_is_unknown_comes_last(sort: str) -> None:
    up, below = (hosts_of(read(dead_master(), sort=sort, order=order)) for order in ("", "desc"))
    assert sorted(up) == sorted(below)


def test_the_first_hundred_of_three_hundred_hosts_are_shown_and_the_rest_on_request() -> None:
    """Three that are not well are among the first; the page is small enough for a slow line."""
    shown = ready(many())
    reader = read(many())
    assert len(hosts_of(reader)) == 100
    assert len(reader.rows[1:]) == 100
    assert ("./?all=yes", "Show all 300") in reader.links
    assert len(hosts_of(read(many(), all="yes"))) == 300
    assert len(shown.report["domains"][0]["hosts"]) == 300
