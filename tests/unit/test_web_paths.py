"""Where things are served."""

import re

import pytest

from boks_exporter.web import Paths, paths_of
from boks_exporter.web.paths import checked_external_url, checked_route_prefix, checked_telemetry_path


@pytest.mark.parametrize(
    ("external_url", "route_prefix", "prefix"),
    [
        (None, None, ""),
        ("https://monitor.example.com/", None, ""),
        ("https://monitor.example.com/boks", None, "/boks"),
        ("https://monitor.example.com/a/b/", None, "/a/b"),
        ("https://monitor.example.com/boks/", "/", ""),
        ("https://monitor.example.com/boks/", "/inside/", "/inside"),
        (None, "inside", "/inside"),
        (None, "", ""),
    ],
)
def test_the_prefix_follows_prometheus(external_url: str | None, route_prefix: str | None, prefix: str) -> None:
    """The external URL's path is the prefix unless a route prefix is given."""
    assert paths_of("/metrics", external_url, route_prefix) == Paths(prefix=prefix)


@pytest.mark.parametrize("path", ["metrics", "", "/", "/{host}", "/a b", "/m?x=1", "/m#x"])
def test_what_is_no_path_for_metrics_is_refused(path: str) -> None:
    """The message tells what was expected and what was found."""
    with pytest.raises(ValueError, match=f"^expected a path such as /metrics, found {re.escape(repr(path))}$"):
        checked_telemetry_path(path)


def test_a_path_that_is_taken_is_refused() -> None:
    """The exporter's own pages stay where scripts and load balancers look for them."""
    with pytest.raises(ValueError, match=r"^/-/ready is already in use; choose another path$"):
        checked_telemetry_path("/-/ready")


@pytest.mark.parametrize(
    "url",
    ["m/boks", "ftp://m/", "https://", "http://[", "http://m:99999/", "http://m:0/", "http://m/{x}", "http://m/?a"],
)
def test_what_no_browser_can_open_is_refused(url: str) -> None:
    """A slip in brackets or in the port is no bug of the program."""
    with pytest.raises(ValueError, match=f"^expected a URL such as .+, found {re.escape(repr(url))}$"):
        checked_external_url(url)


@pytest.mark.parametrize("prefix", ["/{x}", "a b", "?", "/a#"])
def test_what_cannot_precede_a_path_is_refused(prefix: str) -> None:
    """Braces would be a pattern to the router."""
    with pytest.raises(ValueError, match=f"^expected a path such as /boks, found {re.escape(repr(prefix))}$"):
        checked_route_prefix(prefix)


def test_good_values_come_back_as_they_are() -> None:
    """Nothing is rewritten behind the administrator's back; an empty URL or prefix is none."""
    assert [checked_telemetry_path("/m/x"), checked_external_url("https://m:1/a/"), checked_route_prefix("a/")] == [
        "/m/x",
        "https://m:1/a/",
        "a/",
    ]
    assert (checked_external_url(""), checked_route_prefix("")) == ("", "")
