"""The first page."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from boks_exporter.exposition import DomainView, Operations, Window
from boks_exporter.web import Paths
from boks_exporter.web.landing import CONTENT_SECURITY_POLICY, landing_page
from tests.unit.exposition_views import BEGUN, busy, incident, no_master, published, two_masters
from tests.unit.web_serving import ready

DASH = "\N{EN DASH}"
CLOCK = f"{datetime.fromtimestamp(BEGUN + 3600, UTC):%Y-%m-%d %H:%M:%S} UTC"


class Reader(HTMLParser):
    """Read a page as a person does who sees no colour: headings, paragraphs and cells as text, links."""

    void = frozenset({"meta"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.paragraphs: list[str] = []
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.title = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in self.void:
            self.open.append(tag)
        match tag:
            case "tr":
                self.rows.append([])
            case "td" | "th":
                self.rows[-1].append("")
            case "h2":
                self.headings.append("")
            case "p":
                self.paragraphs.append("")
            case "a":
                self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data
        elif "h2" in self.open:
            self.headings[-1] += data
        elif "p" in self.open:
            self.paragraphs[-1] += data
        elif "title" in self.open:
            self.title += data


def read(*views: DomainView) -> Reader:
    reader = Reader()
    reader.feed(landing_page(ready(*views), Paths(), BEGUN + 20))
    reader.close()
    assert reader.open == []
    return reader


def test_every_host_has_a_row_with_what_is_known() -> None:
    """Host, site, role, state, lag, ahead, last packet and reason; what is unknown is a dash, never a zero."""
    assert read(published()).rows == [
        ["Host", "Site", "Role", "State", "Lag", "Ahead", "Last packet", "Reason"],
        ["MASTER", "amsterdam", "master", "ok", DASH, DASH, DASH, "is the master"],
        [
            "REPHOST",
            "amsterdam",
            "unknown",
            "unreachable",
            DASH,
            DASH,
            "3 min 18 s ago",
            "cannot be polled (connect): connection refused; the master lists it as DOWN too",
        ],
        ["REPHOST2", "amsterdam", "replica", "ok", "0", "0", "1 min 8 s ago", "listed as OK, nothing ahead"],
        ["REPHOST3", "utrecht", "replica", "ok", "0", "0", "1 min 8 s ago", "listed as OK, nothing ahead"],
        ["REPHOST4", "utrecht", "replica", "ok", "0", "0", "1 min 8 s ago", "listed as OK, nothing ahead"],
        ["REPHOST5", "", "replica", "ok", "0", "0", "1 min 8 s ago", "listed as OK, nothing ahead"],
    ]


@pytest.mark.parametrize(
    ("view", "heading", "title"),
    [
        (published(), "bank: degraded", "bank degraded · BoKS"),
        (no_master(), "bank: no master", "bank no master · BoKS"),
        (two_masters(), "bank: several masters", "bank several masters · BoKS"),
        (incident(), "bank: degraded", "bank degraded · BoKS"),
    ],
)
def test_the_verdict_stands_on_top_in_words(view: DomainView, heading: str, title: str) -> None:
    """The heading and the tab's title tell the state; the paragraph below tells why, and of when it is."""
    reader = read(view)
    assert (reader.headings, reader.title) == ([heading], title)
    assert reader.paragraphs[0] == f"{view.health.reason}. Last round 13 s ago."


def test_lag_shows_amount_and_age() -> None:
    """A replica that lags tells how many updates and for how long."""
    rows = {row[0]: row for row in read(busy()).rows}
    lag = {name: row[4] for name, row in rows.items()}
    assert lag["REPHOST3"].startswith("52")
    assert lag["MASTER"] == DASH


def test_who_works_where_is_told_while_it_lasts() -> None:
    """Alerts about such a host are held back; what cannot be read is not taken for nothing."""
    windows = [
        Window(host=host, started_at=BEGUN, until=BEGUN + until, owner="anna on ops7", reason="<b>disks</b>")
        for host, until in (("REPHOST3", 10), ("REPHOST4", 3600))
    ]
    reader = read(replace(published(), operations=Operations(windows=tuple(windows))))
    assert reader.paragraphs[1:-1] == [
        f"REPHOST4 is under maintenance until {CLOCK}, anna on ops7: <b>disks</b>",
    ]
    unknown = read(replace(published(), operations=Operations(is_readable=False)))
    assert unknown.paragraphs[1] == "Maintenance is unknown: the failover journal cannot be read."


def test_an_exporter_without_a_round_says_so() -> None:
    """Before the first round there is a page already."""
    reader = read()
    assert (reader.rows, reader.title) == ([], "BoKS replication")
    assert reader.paragraphs[0] == "No round has ended yet."


def test_links_are_relative_so_that_any_proxy_may_stand_before() -> None:
    """Metrics, JSON, health and readiness are one click away."""
    assert read(published()).links == ["metrics", "api/v1/status", "-/healthy", "-/ready"]


def test_names_cannot_inject_anything() -> None:
    """Names come from files and hosts; whatever they hold is shown as text."""
    evil = "\"><script>alert(1)</script>&amp;'"
    view = published()
    hosts = (replace(view.snapshot.hosts[0], site=evil), *view.snapshot.hosts[1:])
    changed = replace(view, snapshot=replace(view.snapshot, domain=evil, hosts=hosts))
    reader = read(changed)
    assert reader.headings == [f"{evil}: degraded"]
    assert reader.rows[1][1] == evil
    assert "script" not in reader.tags


def test_the_page_needs_nothing_from_anywhere() -> None:
    """No script, no image, no other file; the policy knows the one style by its hash and forbids all else."""
    page = landing_page(ready(published()), Paths(), BEGUN + 20)
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    assert f"{nothing}; style-src 'sha256-{digest}'" == CONTENT_SECURITY_POLICY
    assert not re.search(r"\b(src|style|onclick)=|https?://|url\(|@import", page)


def test_an_age_that_no_calendar_holds_is_shown_all_the_same() -> None:
    """A host may print any number; the page must not break over it."""
    view = published()
    listing = view.snapshot.listing
    assert listing
    line = replace(listing.entries[0].line, since_packet=1e17)
    entries = (replace(listing.entries[0], line=line), *listing.entries[1:])
    changed = replace(view, snapshot=replace(view.snapshot, listing=replace(listing, entries=entries)))
    rows = {row[0]: row[6] for row in read(changed).rows}
    assert rows["REPHOST5"] == "1157407407407 d 9 h ago"


def test_a_moment_in_the_future_is_just_now() -> None:
    """The machine's clock may have been set back between a round and the page."""
    page = landing_page(ready(published()), Paths(), BEGUN - 100)
    assert ">just now</time>" in page


def test_lines_that_cannot_be_read_are_shown_once_for_each_form() -> None:
    """With the section and the hosts that print them."""
    shown = [paragraph for paragraph in read(busy()).paragraphs if "Welcome" in paragraph]
    assert len(shown) == 1
    assert "REPHOST5" in shown[0]
