"""The first page: what a host can send, ages that no calendar holds, and many hosts."""

import gzip
import random
import re
from dataclasses import replace

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.health import ReplicaState
from boks_exporter.health.timeline import KEPT_SECONDS, SLOT_SECONDS, HostTimeline, StateSpan
from boks_exporter.web.pages.charts import strip
from boks_exporter.web.pages.page import static_files
from tests.browser.situations import (
    NOW,
    down,
    healthy,
    many,
    nothing_answers,
    replace_domain,
)
from tests.unit.exposition_views import BEGUN, busy, no_master, published, silent
from tests.unit.web_overview_pages import Reader, page_of, read

# -- what comes from outside -------------------------------------------------------------------------------------------

EVIL = "\"><script>alert(1)</script>&amp;'\x1b[31m\u202e\N{SNOWMAN}"


def test_names_and_reasons_cannot_inject_anything() -> None:
    """Whatever files and hosts hold is shown as text, without control characters and changes of direction."""
    view = down()
    hosts = tuple(replace(host, site=EVIL, section=EVIL) for host in view.snapshot.hosts)
    verdicts = tuple(replace(verdict, reason=EVIL, evidence=(EVIL,)) for verdict in view.health.hosts)
    snapshot = replace(view.snapshot, domain=EVIL, hosts=hosts)
    evil = replace(view, snapshot=snapshot, health=replace(view.health, hosts=verdicts, reason=EVIL))
    page = page_of(evil, healthy(), domain=EVIL, q=EVIL, site=EVIL)
    reader = Reader()
    reader.feed(page)
    assert [name for tag, name, _ in reader.attributes if name.startswith("on") or name == "style"] == []
    assert page.count("<script") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)
    assert "\N{SNOWMAN}" in page


def test_the_page_loads_its_own_two_files_and_nothing_else() -> None:
    page = page_of(down())
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    outside = [place for place in loaded if re.match(r"[a-z]+:|//|/", place)]
    assert outside == ["data:,"]
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|@import|url\(", page)


def test_an_age_that_no_calendar_holds_is_shown_all_the_same() -> None:
    """A host may print any number; the page must not break over it."""
    view = published()
    listing = view.snapshot.listing
    assert listing
    line = replace(listing.entries[0].line, since_packet=1e17)
    entries = (replace(listing.entries[0], line=line), *listing.entries[1:])
    changed = replace(view, snapshot=replace(view.snapshot, listing=replace(listing, entries=entries)))
    rows = {row[0]: row for row in read(changed).rows}
    assert rows["REPHOST5"][6].startswith("1157407407407 d 9 h ago")


def test_a_moment_in_the_future_is_just_now() -> None:
    """The machine's clock may have been set back between a round and the page."""
    assert "just now" in read(published(), now=BEGUN - 100).text


def test_an_exporter_without_a_round_reports_it() -> None:
    reader = read()
    assert "No round has ended yet." in reader.text
    assert reader.rows == []


def test_a_page_of_an_old_round_shows_that_it_is_stale() -> None:
    """Without the script too: at two intervals, and not before."""
    assert "This page is stale" not in read(down(), now=BEGUN + 6.5 + 59).text
    stale = read(down(), now=BEGUN + 6.5 + 61)
    assert "This page is stale: what it shows is 61 s old, and a round is due every 30 s." in stale.text
    assert ("div", "class", "old") in stale.attributes


def test_without_the_script_the_page_loads_itself_again() -> None:
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in page_of(down())


def test_lines_that_cannot_be_read_are_shown_once_for_each_form() -> None:
    text = read(busy()).text
    assert text.count("Welcome") >= 1
    assert "The master lists STRANGER, which is not configured and is not polled." in text


def test_many_unresolved_names_are_counted() -> None:
    """A master that lists ten thousand names fills no page; how many they are is not lost."""
    view = busy()
    listing = view.snapshot.listing
    assert listing is not None
    stranger = next(entry for entry in listing.entries if entry.host is None)
    entries = [replace(stranger, line=replace(stranger.line, server=f"S{number}")) for number in range(10_000)]
    lied = replace(view.snapshot, listing=replace(listing, entries=tuple(entries)))
    page = page_of(replace(view, snapshot=lied))
    assert page.count("which is not configured") == 20
    assert "9980 more" in page


def test_a_domain_without_history_is_a_page_too() -> None:
    """As right after a first start."""
    assert "No master. 5 replicas answer." in read(no_master()).text


# -- size --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [3, 299])
def test_the_first_page_of_many_hosts_is_small(bad: int) -> None:
    """At most 150 kB compressed, together with style sheet and script, even if nearly every host is in trouble."""
    page = gzip.compress(page_of(many(300, bad)).encode(), 5)
    files = [gzip.compress(file.content, 5) for file in static_files().values()]
    assert len(page) + sum(map(len, files)) <= 150_000


def test_the_first_page_is_small_after_the_worst_day() -> None:
    """Every host changes its state as often as is kept, and its lag in every slot."""
    chance = random.Random(1)  # noqa: S311 - no secret
    view = many(100, 99)
    begin = NOW - KEPT_SECONDS
    hosts = {
        name: HostTimeline(
            tuple(StateSpan(begin + 720 * at, chance.choice(["ok", "lagging", "down", "ahead"])) for at in range(120)),
            {int(begin // SLOT_SECONDS) + at: chance.randrange(10**6) for at in range(1, 289)},
        )
        for name in view.timeline.hosts
    }
    page = gzip.compress(page_of(replace(view, timeline=replace(view.timeline, hosts=hosts))).encode(), 5)
    files = [gzip.compress(file.content, 5) for file in static_files().values()]
    assert len(page) + sum(map(len, files)) <= 150_000


def test_a_coarse_strip_shows_the_worst_of_each_step() -> None:
    """A short failure is seen also where a day has many changes; times that were not recorded stay empty."""
    begin = NOW - KEPT_SECONDS
    spans = [StateSpan(begin + 43200 + 300 * at, "ok" if at % 2 else "lagging") for at in range(24)]
    host = HostTimeline((*spans, StateSpan(begin + 86100 - 300, "down"), StateSpan(begin + 86100, "ok")), {})
    assert strip(host, NOW, 3).paths == {
        "warn": "M144 4h24v12h-24z",
        "ok": "M168 7h117v12h-117z",
        "bad": "M285 0h3v12h-3z",
    }


def test_a_large_group_shows_its_worst_hosts_and_the_master_and_counts_the_others() -> None:
    """Three hundred healthy names are no answer to the question what still works."""
    reader = read(many(300))
    assert "and 24 more, all ok" in reader.text
    chips = [href for href, _ in reader.links if href and "/hosts/bank/" in href]
    assert len(chips) < 100 + 13 * 6 + 25
    first = next(index for index, href in enumerate(chips) if href.endswith("MASTER1"))
    assert [href.rsplit("/", 1)[1] for href in chips[first - 2 : first]] == ["REP0200", "REP0100"]


def test_many_healthy_domains_do_not_come_before_the_first_sentence() -> None:
    """The worst domains have tabs; the others are there on request, and the chosen one is seen."""
    views = [replace_domain(healthy(), f"d{at:02}") for at in range(20)]
    views[17] = replace_domain(down(), "d17")
    page = page_of(*views)
    before, _, rest = page.partition("<details")
    assert [name for name in re.findall(r"d\d\d", before.partition("<nav class")[2]) if name != "d17"][:4] == [
        "d00", "d00", "d01", "d01",
    ]  # fmt: skip
    assert before.count("domain=d") == 6
    assert rest.partition("</nav>")[0].count("domain=d") == 14
    assert not rest.startswith(' id="more-domains" open')
    assert 'id="more-domains" open' in page_of(*views, domain="d19")


def test_what_is_not_known_is_not_reported_absent() -> None:
    """An exporter that starts while nothing answers does not know which hosts are replicas."""
    text = read(nothing_answers()).text
    assert "What serves logins is not known." in text
    assert "its replicas are not known" in text
    assert "no replica" not in text.lower().replace("no replica is", "")


@pytest.mark.parametrize(
    ("reason", "runbook"),
    [
        (FailureReason.HOST_KEY, "BoksHostKeyRefused"),
        (FailureReason.AUTH, "BoksLoginRefused"),
        (FailureReason.TIMEOUT, "BoksHostUnreachable"),
    ],
)
def test_the_runbook_of_an_unreachable_host_is_that_of_its_alert(reason: FailureReason, runbook: str) -> None:
    view = down()
    failed = silent("REPHOST3", BEGUN, reason, "no")
    outcomes = tuple(failed if each.host == failed.host else each for each in view.snapshot.outcomes)
    verdicts = tuple(
        replace(each, state=ReplicaState.UNREACHABLE) if each.host == "REPHOST3" else each for each in view.health.hosts
    )
    changed = replace(
        view, snapshot=replace(view.snapshot, outcomes=outcomes), health=replace(view.health, hosts=verdicts)
    )
    assert (f"./runbooks/{runbook}", f"Runbook {runbook}") in read(changed).links


def test_where_no_host_answers_the_runbook_begins_at_the_exporter() -> None:
    links = {href for href, _ in read(nothing_answers()).links if href and "runbooks/" in href}
    assert links == {"./runbooks/", "./runbooks/BoksExporterReachesNoHost"}
