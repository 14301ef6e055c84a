"""Where things are served."""

import pytest

from boks_exporter.errors import ConfigError
from boks_exporter.web import Paths, paths_of


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


@pytest.mark.parametrize(
    ("telemetry_path", "external_url", "message"),
    [
        ("metrics", None, "--web.telemetry-path: expected a path such as /metrics, found 'metrics'"),
        ("/", None, "--web.telemetry-path: expected a path such as /metrics, found '/'"),
        ("/{host}", None, "--web.telemetry-path: expected a path such as /metrics, found '/{host}'"),
        ("/-/ready", None, "--web.telemetry-path: /-/ready is served already; take another path"),
        (
            "/metrics",
            "m/boks",
            "--web.external-url: expected a URL such as https://monitor.example.com/boks/, found 'm/boks'",
        ),
    ],
)
def test_a_path_that_cannot_be_is_refused(telemetry_path: str, external_url: str | None, message: str) -> None:
    """The message names the flag, what was expected and what was found."""
    with pytest.raises(ConfigError) as caught:
        paths_of(telemetry_path, external_url, None)
    assert str(caught.value) == message


def test_all_faults_are_told_at_once() -> None:
    """Two wrong flags need one start, not two."""
    with pytest.raises(ConfigError) as caught:
        paths_of("x", "y", None)
    assert len(caught.value.problems) == 2
