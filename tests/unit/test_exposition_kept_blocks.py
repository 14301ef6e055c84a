"""A page of kept blocks is the page that is rendered from nothing."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from boks_exporter.exposition import DomainView, ExpositionOptions, Renderer, TableLag, Tables
from boks_exporter.model import Host, Role
from boks_exporter.web import Preparation
from boks_exporter.web.published import ProcessBlocks
from tests.nonempty import nonempty
from tests.unit.exposition_views import BEGUN, INFO, PAGES, seen, view
from tests.unit.hypothesis_budget import tried
from tests.unit.test_exposition_pages import ALL, Collected

NAMES = ("R1", "R2", "r%1", "line\nend", "nul\0", "nul?", 'quo"te\\')
numbers = st.dictionaries(st.integers(1, 4), st.integers(0, 10**17), max_size=4)
options = st.builds(ExpositionOptions, tables=st.sampled_from(list(Tables)), table_lag=st.sampled_from(list(TableLag)))


@st.composite
def views(draw: st.DrawFn) -> DomainView:
    """Draw a master and some replicas, of which each shows some tables."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    outcomes = [seen("M", Role.MASTER, draw(numbers), BEGUN)]
    outcomes += [seen(name, Role.REPLICA, draw(numbers), BEGUN + 1) for name in names]
    hosts = [Host(name, draw(st.sampled_from(["192.0.2.1", "192.0.2.2"]))) for name in ("M", *names)]
    return replace(view(hosts, outcomes, domain=draw(st.sampled_from(["bank", "shop"]))), options=draw(options))


def theirs(shown: Sequence[DomainView]) -> tuple[bytes, bytes]:
    registry = CollectorRegistry()
    registry.register(Collected(shown, INFO))
    return generate_latest(registry), generate_openmetrics(registry)


@tried(60)
@given(st.lists(st.lists(views(), min_size=1, max_size=2), min_size=1, max_size=3))
def test_pages_one_after_the_other_are_what_prometheus_client_writes(rounds: list[list[DomainView]]) -> None:
    """Hosts, tables and numbers come, stay, change and go; two domains or hosts may even look the same."""
    renderer = Renderer()
    for shown in nonempty(rounds):
        page = renderer.render(shown, INFO)
        assert (page.classic, page.openmetrics) == theirs(shown)


def test_one_golden_page_after_the_other_is_what_prometheus_client_writes() -> None:
    """Twice each: as what changed, and as what is the same as before."""
    renderer = Renderer()
    for name, shown in (*ALL, *ALL[::-1]):
        for _ in range(2):
            page = renderer.render(shown, INFO)
            assert (page.classic, page.openmetrics) == theirs(shown), name


def test_compressed_pages_hold_what_the_plain_ones_hold() -> None:
    """One after the other, so that pieces of the last one are used again; the same page is the same bytes."""
    preparation = Preparation()
    for shown in (*PAGES.values(), *PAGES.values()):
        process = ProcessBlocks(b"process_a 1.0\n", b"process_a 2.0\n")
        prepared = preparation.prepare(shown, INFO, process, is_ready=True)
        again = Preparation().prepare(shown, INFO, process, is_ready=True)
        for body, alone in zip(
            (prepared.classic, prepared.openmetrics, prepared.json),
            (again.classic, again.openmetrics, again.json),
            strict=True,
        ):
            assert gzip.decompress(body.gzipped) == body.plain
            assert body == alone
        assert (
            prepared.json.plain.decode()
            == json.dumps(prepared.report, ensure_ascii=False, separators=(",", ":")) + "\n"
        )
        assert prepared.openmetrics.plain.endswith(b"process_a 2.0\n# EOF\n")
