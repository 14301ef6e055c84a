"""The page of a host, the map, the changes and the runbooks, over a real connection."""

import json
import re
from dataclasses import replace
from urllib.parse import urldefrag, urljoin

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.exposition import DomainView
from boks_exporter.model import ConnectionFacts, FailedPoll, Garbled, Section, SectionReply, UnreadLine
from boks_exporter.web import Paths
from tests.browser.situations import NOW, ahead, clock_of, dark_site, dead_master, down, healthy, many, rivals
from tests.nonempty import nonempty
from tests.unit.exposition_views import BEGUN
from tests.unit.test_web_overview_limits import EVIL
from tests.unit.web_overview_pages import Reader
from tests.unit.web_serving import Scripted, Visitor, ready, serving

RAW = "T1 13678d 8:33:46 4870 (4870)\n<b>Welcome</b> to \x1b[31mREPHOST\nT7 13678d 8:33:46 5107 (5107)\n"


def with_output(view: DomainView, host: str) -> DomainView:
    """Add the raw output of two sections, with a line that no rule reads."""
    outcome = view.snapshot.outcome(host)
    sections = (
        SectionReply(Section.SEQUENCE, RAW, exit_status=0, took=0.25),
        SectionReply(Section.LIST, "", skipped="not_master"),
        SectionReply(Section.MEMORY, "", "no <memory>\n", exit_status=3),
    )
    unread = (UnreadLine(2, "<b>Welcome</b> to REPHOST"),)
    changed = replace(
        outcome,
        reply=replace(outcome.reply, sections=sections),
        sequences=replace(outcome.sequences, unread_lines=unread),
    )
    outcomes = tuple(changed if one is outcome else one for one in view.snapshot.outcomes)
    return replace(view, snapshot=replace(view.snapshot, outcomes=outcomes))


def with_connection(view: DomainView, host: str) -> DomainView:
    counters = replace(
        view.counters.hosts[host],
        connection=ConnectionFacts(
            "10.1.0.2",
            22,
            "ssh-ed25519 SHA256:abc",
            "aes256-gcm@openssh.com",
            "hmac-sha2-256",
            "SSH-2.0-OpenSSH_9.2",
            opened_at=NOW - 3600,
            keeps_loop=True,
            received_cipher="aes128-ctr",
            received_mac="hmac-sha2-512",
            allowed_kex=("curve25519-sha256", "ecdh-sha2-nistp256"),
        ),
        last_failures=(FailedPoll(NOW - 60, FailureReason.TIMEOUT, "no complete reply within 20 s"),),
        reconnects=3,
    )
    return replace(view, counters=replace(view.counters, hosts={**view.counters.hosts, host: counters}))


async def read(visitor: Visitor, path: str, status: int = 200) -> Reader:
    answered, text = await visitor.text(path)
    assert answered == status
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


async def shown(path: str, *views: DomainView, status: int = 200) -> Reader:
    async with serving(Scripted(published=ready(*views))) as visitor:
        return await read(visitor, path, status)


async def test_a_host_shows_its_verdict_its_evidence_and_the_rule_behind_it() -> None:
    reader = await shown("/hosts/harbour/REPHOST", down())
    assert "The master lists it as DOWN, though it answers" in reader.text
    assert "The last failed update (5 min 0 s before) came after the last packet." in reader.text
    assert "The master's list shows DOWN: clients that ask it are not served, whatever its numbers." in reader.text
    assert "not promotable" in reader.text
    assert ("../../runbooks/BoksReplicaDown", "Runbook BoksReplicaDown") in reader.links
    assert reader.of("title")[0] == "\N{BLACK SQUARE} REPHOST: down"


async def test_every_table_has_both_readings_bounds_and_stamps_and_those_with_a_finding_come_first() -> None:
    rows = (await shown("/hosts/harbour/REPHOST2", ahead())).rows
    assert rows[0][0] == "Table"
    assert len(rows) == 17
    assert [row[0].split(" (")[0] for row in rows[1:4]] == ["T1", "T7", "T14"]
    assert rows[3][1:] == ["0", "2", "5,240", "5,238", "5,238", "13678d 8:33:46", "13678d 8:33:46", "5,240"]


async def test_the_raw_output_is_whole_and_the_lines_that_no_rule_reads_are_marked() -> None:
    async with serving(Scripted(published=ready(with_output(down(), "REPHOST")))) as visitor:
        text = (await visitor.text("/hosts/harbour/REPHOST"))[1]
    marked = re.findall(r'<span class="unread">(.*?)</span>', text)
    assert len(marked) == 1
    assert "&lt;b&gt;Welcome&lt;/b&gt; to  [31mREPHOST" in marked[0]
    assert "(not read)" in marked[0]
    assert "T7 13678d 8:33:46 5107 (5107)" in text
    assert "stderr: no &lt;memory&gt;" in text
    assert "not run: not_master" in text
    assert "exit status 3" in text
    assert '<details id="raw-sequence" open>' in text


async def test_the_connection_and_the_last_failures_are_in_words() -> None:
    text = (await shown("/hosts/harbour/REPHOST", with_connection(down(), "REPHOST"))).text
    for part in (
        "10.1.0.2 port 22",
        "ssh-ed25519 SHA256:abc",
        "key exchange one of curve25519-sha256, ecdh-sha2-nistp256",
        "cipher aes256-gcm@openssh.com to the host, aes128-ctr from it",
        "MAC hmac-sha2-256 to the host, hmac-sha2-512 from it",
        "1 h 0 min ago",
        "reconnects 3",
    ):
        assert part in text
    assert "no answer in time (timeout): no complete reply within 20 s" in text


async def test_a_host_that_does_not_answer_shows_why_and_what_was_known() -> None:
    text = (await shown("/hosts/harbour/REPHOST", dead_master())).text
    assert "The connection failed (connect): connection refused." in text
    assert re.search(r"Last compared .+ ago: lag 0, ahead 0\. This is not current\.", text)


async def test_an_answer_that_is_no_reply_is_shown() -> None:
    view = down()
    garbled = Garbled("REPHOST3", BEGUN, BEGUN + 1, FailureReason.PARSE, "no frame", "<h1>login:\x07\nPassword")
    outcomes = tuple(garbled if one.host == "REPHOST3" else one for one in view.snapshot.outcomes)
    text = (
        await shown("/hosts/harbour/REPHOST3", replace(view, snapshot=replace(view.snapshot, outcomes=outcomes)))
    ).text
    assert "<h1>login: Password" in text


async def test_a_host_that_is_not_known_is_not_found() -> None:
    text = (await shown("/hosts/harbour/<b>", down(), status=404)).text
    assert "There is no host <b> in a domain harbour." in text
    await shown("/hosts/elsewhere/REPHOST", down(), status=404)


@pytest.mark.parametrize("name", ["a/b", "a b", "%41", "a..b", "a?b#c", "ü", '"<x>'])
async def test_a_host_of_any_name_has_a_page_to_which_the_links_lead(name: str) -> None:
    """The master's list can hold any name."""
    view = down()
    hosts = tuple(replace(host, name=name) if host.name == "REPHOST3" else host for host in view.snapshot.hosts)
    outcomes = tuple(replace(one, host=name) if one.host == "REPHOST3" else one for one in view.snapshot.outcomes)
    verdicts = tuple(replace(one, host=name) if one.host == "REPHOST3" else one for one in view.health.hosts)
    changed = replace(
        view,
        snapshot=replace(view.snapshot, hosts=hosts, outcomes=outcomes),
        health=replace(view.health, hosts=verdicts),
    )
    async with serving(Scripted(published=ready(changed))) as visitor:
        links = [href for href, text in (await read(visitor, "/")).links if text == name]
        async with visitor.session.get(f"{visitor.base}/{nonempty(links)[0].removeprefix('./')}") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/html")


# -- one poll on request -----------------------------------------------------------------------------------------------


async def test_a_poll_on_request_is_text_and_limited_in_rate() -> None:
    scripted = Scripted()
    async with serving(scripted) as visitor:
        status, headers, body = await visitor.ask("/hosts/bank/REPHOST?debug=true")
        assert (status, headers["Content-Type"], body) == (200, "text/plain; charset=utf-8", b"One poll of REPHOST\n")
        status, headers, _ = await visitor.ask("/hosts/bank/REPHOST?debug=true")
        assert status == 429
        assert 1 <= int(headers["Retry-After"]) <= 10
        assert (await visitor.ask("/hosts/bank/nobody-else?debug=true"))[0] == 404
        assert (await visitor.ask("/hosts/bank/REPHOST"))[0] == 200
    assert scripted.polls == [("bank", "REPHOST"), ("bank", "nobody-else")]


# -- the other pages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [5, 50, 300])
async def test_the_map_shows_every_host_once_with_its_state_in_words(count: int) -> None:
    reader = await shown("/topology", many(count))
    labels = [value for tag, name, value in reader.attributes if (tag, name) == ("a", "aria-label")]
    assert len(labels) == count
    assert len({label.split(",")[0] for label in labels}) == count
    assert ("svg", "role", "group") in reader.attributes
    edges = [value for tag, name, value in reader.attributes if tag == "path" and name == "class"]
    assert edges.count("edge ok") + edges.count("edge warn") + edges.count("edge odd") >= count - 1


def _boxes(reader: Reader) -> list[tuple[float, float]]:
    places = [float(value) for tag, name, value in reader.attributes if tag == "rect" and name in {"x", "y"}]
    return list(zip(places[::2], places[1::2], strict=True))


async def test_no_two_hosts_of_the_map_are_drawn_at_the_same_place() -> None:
    boxes = _boxes(await shown("/topology", many()))
    assert len(boxes) == len({*boxes}) == 310


async def test_without_one_master_no_edge_is_drawn_as_current() -> None:
    for view, note in ((dead_master(), "There is no master"), (rivals(), "Which replica follows which master")):
        reader = await shown("/topology", view)
        edges = {value for tag, name, value in reader.attributes if tag == "path" and name == "class"}
        assert edges == {"edge away"}
        assert note in reader.text
    assert "last known master MASTER1" in (await shown("/topology", dead_master())).text
    assert "3 of 3 answer" in (await shown("/topology", rivals())).text  # not compared, which is not unhealthy


async def test_what_changed_is_listed_newest_first() -> None:
    text = (await shown("/events", dark_site())).text
    assert text.index("REPHOST3 : ok → ? unreachable") < text.index("degraded") or "unreachable" in text


async def test_runbooks_are_served_without_anything_else_that_works() -> None:
    async with serving(Scripted(published=ready(down()))) as visitor:
        names = [href for href, text in (await read(visitor, "/runbooks/")).links if text.startswith("Boks")]
        for href in nonempty(names):
            assert (await read(visitor, f"/{href.removeprefix('../')}")).of("h1")[0].startswith("Boks")
        assert (await visitor.ask("/runbooks/README"))[0] == 404
        assert (await visitor.ask("/runbooks/..%2F..%2Fpyproject"))[0] == 404


async def test_the_configuration_is_shown() -> None:
    text = (await shown("/config", down())).text
    assert "interval_seconds: 30.0" in text
    assert "/etc/boks-exporter/config.yaml" in text


@pytest.mark.parametrize("name", ["pages.css", "pages.js"])
async def test_the_files_of_the_pages_are_served_with_their_type(name: str) -> None:
    async with serving(Scripted()) as visitor:
        status, headers, body = await visitor.ask(f"/static/{name}")
        assert (status, headers["X-Content-Type-Options"]) == (200, "nosniff")
        assert headers["Content-Type"].startswith("text/css" if name.endswith("css") else "text/javascript")
        assert len(body) > 1000
        assert (await visitor.ask("/static/..%2Fbase.html"))[0] == 404


PAGES = ("/", "/topology", "/events", "/runbooks/", "/runbooks/BoksNoMaster", "/config", "/hosts/bank/REPHOST")


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_works_below_a_prefix_and_links_only_to_what_is_served(path: str) -> None:
    async with serving(Scripted(), Paths(prefix="/a/b", telemetry="/own")) as visitor:
        reader = await read(visitor, f"/a/b{path}")
        targets = {href for href, _ in reader.links} | {
            value for tag, name, value in reader.attributes if (tag, name) in {("link", "href"), ("script", "src")}
        }
        base = f"{visitor.base}/a/b{path}"
        for target in nonempty(targets - {"data:,", "?debug=true"}):
            place = urldefrag(urljoin(base, target)).url
            assert place.startswith(f"{visitor.base}/a/b/"), target
            async with visitor.session.get(place) as answer:
                assert answer.status == 200, target


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_can_be_changed_or_changes_anything(path: str) -> None:
    async with serving(Scripted()) as visitor:
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert (await visitor.ask(path, method))[0] == 405


async def test_nothing_is_rendered_twice_for_many_who_ask_at_the_same_time() -> None:
    """A page is rendered for all of them, and again when something new is published."""
    scripted = Scripted(published=ready(down()))
    async with serving(scripted) as visitor:
        first = (await visitor.text("/"))[1]
        assert (await visitor.text("/"))[1] == first
        scripted.published = ready(healthy())
        assert "All 5 replicas are healthy." in (await visitor.text("/"))[1]


async def test_hostile_text_is_text_on_every_page() -> None:
    view = with_output(down(), "REPHOST")
    verdicts = tuple(replace(one, reason=EVIL, evidence=(EVIL,)) for one in view.health.hosts)
    events = tuple(replace(event, reason=EVIL) for event in view.timeline.events)
    evil = replace(
        view,
        health=replace(view.health, hosts=verdicts, reason=EVIL),
        timeline=replace(view.timeline, events=events),
    )
    scripted = Scripted(published=ready(evil), clock=clock_of("down"))
    async with serving(scripted) as visitor:
        for path in ("/", "/topology", "/events", "/hosts/harbour/REPHOST"):
            text = (await visitor.text(path))[1]
            assert text.count("<script") == 1, path
            assert "\u202e" not in text, path
            assert "\x1b" not in text, path
        document = json.loads((await visitor.text("/api/v1/hosts/harbour/REPHOST"))[1])
    assert document["status"]["reason"] == EVIL
