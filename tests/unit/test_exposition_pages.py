"""The pages as a whole: golden files, and prometheus_client's own rendering as the measure."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_classic
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from bench.client_families import families
from boks_exporter.exposition import SPECS, DomainView, ExporterInfo, render
from boks_exporter.exposition.text_format import grouped, number_text, printable
from boks_exporter.model import Host, Role
from tests.unit.exposition_views import BEGUN, GOLDEN, INFO, PAGES, PUBLISHED, line, published, seen, view


class Collected(Collector):
    """Show views to a registry."""

    def __init__(self, views: Iterable[DomainView], exporter: ExporterInfo) -> None:
        self.views = tuple(views)
        self.exporter = exporter

    def collect(self) -> Iterable[Metric]:
        return families(self.views, self.exporter)


def strange() -> DomainView:
    """Make a view whose names need every kind of escape."""
    host = Host('quo"te', "back\\slash", site="two\nlines", section="ünï\0\udc80")
    return view((host,), [seen(host.name, Role.MASTER, {7: 2**64}, BEGUN)], domain='b"ank\\')


ALL = [*PAGES.items(), ("strange names", (strange(),)), ("two domains", (published(), strange()))]


@pytest.mark.parametrize(("name", "views"), PAGES.items())
def test_a_page_is_the_golden_one(name: str, views: tuple[DomainView, ...]) -> None:
    """To change one: python -m tests.unit.exposition_views, and read the difference."""
    assert render(views, INFO).classic.decode() == (GOLDEN / f"{name}.prom").read_text(encoding="utf-8")


def test_every_golden_page_is_tested() -> None:
    """No file is left over."""
    assert {path.stem for path in GOLDEN.glob("*.prom")} == set(PAGES)


@pytest.mark.parametrize(("name", "views"), ALL)
def test_the_page_is_what_prometheus_client_writes(name: str, views: tuple[DomainView, ...]) -> None:
    """Byte by byte, in both formats."""
    registry = CollectorRegistry()
    registry.register(Collected(views, INFO))
    page = render(views, INFO)
    assert page.classic == generate_latest(registry), name
    assert page.openmetrics == generate_openmetrics(registry), name


@pytest.mark.parametrize(("name", "views"), ALL)
def test_the_page_can_be_read_in_both_formats_and_shows_the_same(name: str, views: tuple[DomainView, ...]) -> None:
    """The samples of both are equal."""
    page = render(views, INFO)

    def samples(found: Iterable[Metric]) -> list[tuple[str, dict[str, str], float]]:
        return [(sample.name, sample.labels, sample.value) for family in found for sample in family.samples]

    classic = samples(read_classic(page.classic.decode()))
    assert classic == samples(read_openmetrics(page.openmetrics.decode())), name
    assert classic


@pytest.mark.parametrize(("name", "views"), ALL)
def test_no_series_is_shown_twice(name: str, views: tuple[DomainView, ...]) -> None:
    """Prometheus refuses a page that does."""
    lines = [row for row in render(views, INFO).classic.decode().splitlines() if not row.startswith("#")]
    series = [row.rpartition(" ")[0] for row in lines]
    assert len(series) == len(set(series)), name


def test_of_two_samples_with_the_same_labels_the_first_counts() -> None:
    twice = grouped((published(), published()), INFO)
    assert [len(values) for _, values in twice] == [len(values) for _, values in grouped((published(),), INFO)]


def test_what_no_page_can_hold_is_replaced() -> None:
    """NUL and halves of characters, which a garbled reply can bring."""
    assert printable("plain") == "plain"
    assert printable("ünï\0\udc80\n") == "ünï??\n"


def test_metrics_come_in_the_order_of_the_table() -> None:
    """And each once."""
    order = [spec.name for spec, _ in grouped((published(),), INFO)]
    assert order == [spec.name for spec in SPECS if spec.name in order]


def test_a_page_before_the_first_round_shows_the_exporter_only() -> None:
    """Nothing is known yet, and nothing is made up."""
    page = render((), ExporterInfo(version="1", revision="", python="3.12"))
    names = {row.split(" ")[0].split("{")[0] for row in page.classic.decode().splitlines() if row[0] != "#"}
    assert names == {"boks_exporter_build_info", "boks_exporter_config_last_reload_successful"}


def test_a_number_beyond_53_bits_is_shown_as_go_shows_it() -> None:
    """Prometheus holds floats: the last digits are lost there, and the magnitude is not."""
    hosts = tuple(Host(f"h{index}", f"h{index}") for index in range(3))
    outcomes = [seen(hosts[0].name, Role.MASTER, {7: 2**64}, BEGUN)]
    outcomes += [seen(host.name, Role.REPLICA, {7: 2**64}, BEGUN + 1) for host in hosts[1:]]
    listed = [line(host.name, "OK", 1, None, 1, 1) for host in hosts[1:]]
    text = render((view(hosts, outcomes, listed=listed, second=PUBLISHED),), INFO).classic.decode()
    assert 'boks_table_sequence{boks_domain="bank",host="h1",table="T7"} 1.8446744073709552e+19' in text


@given(st.floats())
def test_numbers_are_those_of_prometheus_client(value: float) -> None:
    """Every float, the infinities and NaN included, is formatted as prometheus_client formats it."""
    assert number_text.__wrapped__(value) == floatToGoString(value)
