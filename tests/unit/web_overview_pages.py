"""The first page of made-up domains, rendered and read as a browser would."""

from html.parser import HTMLParser
from pathlib import Path

from boks_exporter.exposition import DomainView
from boks_exporter.report.next_commands import NextCommands
from boks_exporter.web.pages.facts import DomainFacts
from boks_exporter.web.pages.overview_page import overview_page
from boks_exporter.web.pages.page import PageContext
from tests.browser.situations import (
    NOW,
)
from tests.unit.web_serving import ready

DASH = "\N{EN DASH}"
FILE = Path("/etc/boks-exporter/config.yaml")


class Reader(HTMLParser):
    """Read a page as a person does who sees no colour: headings, texts, cells and links."""

    void = frozenset({"meta", "link", "input", "br", "path", "rect", "polyline"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.rows: list[list[str]] = []
        self.links: list[tuple[str, str]] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.void:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag == "a":
            self.links.append((dict(attrs)["href"] or "", ""))
        self.texts.append((tag, ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & {*self.open}:
            self.rows[-1][-1] = " ".join((self.rows[-1][-1] + data).split())
        if "a" in self.open:
            self.links[-1] = (self.links[-1][0], self.links[-1][1] + data)
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", " ".join(data.split())))

    @property
    def text(self) -> str:
        return " ".join(text for _, text in self.texts if text)

    def of(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag and text]


def facts_of(*views: DomainView, now: float = NOW) -> list[DomainFacts]:
    shown = ready(*views)
    commands = NextCommands(("--config.file", str(FILE)))
    return [
        DomainFacts(view, report, commands if len(views) == 1 else commands.of(report["domain"]), now)
        for view, report in zip(shown.views, shown.report["domains"], strict=True)
    ]


def page_of(*views: DomainView, now: float = NOW, **query: str) -> str:
    return overview_page(facts_of(*views, now=now), PageContext("1.0.0", "/metrics", now), query)


def read(*views: DomainView, now: float = NOW, **query: str) -> Reader:
    reader = Reader()
    reader.feed(page_of(*views, now=now, **query))
    reader.close()
    assert reader.open == []
    assert len(reader.ids) == len({*reader.ids})
    return reader


def hosts_of(reader: Reader) -> list[str]:
    return [row[0] for row in reader.rows[1:]]
