"""Which form of the page a client gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.web.negotiation import Format, accepts_gzip, format_for

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", Format.CLASSIC),
        ("*/*", Format.CLASSIC),
        ("text/*", Format.CLASSIC),
        (BROWSER, Format.CLASSIC),
        (PROMETHEUS_2, Format.OPENMETRICS),
        (PROMETHEUS_3, Format.OPENMETRICS),
        ("text/plain;version=0.0.4;q=1,*/*;q=0.1", Format.CLASSIC),
        ("application/openmetrics-text", Format.OPENMETRICS),
        ('Application/OpenMetrics-Text; Version="1.0.0"', Format.OPENMETRICS),
        ("application/*", Format.OPENMETRICS),
        ("application/openmetrics-text;q=0.3, text/plain;q=0.7", Format.CLASSIC),
        ("application/openmetrics-text;q=0.7, text/plain;q=0.3", Format.OPENMETRICS),
        ("application/openmetrics-text, text/plain", Format.OPENMETRICS),
        ("text/plain, application/openmetrics-text", Format.CLASSIC),
        ("application/openmetrics-text, */*", Format.OPENMETRICS),
        ("application/openmetrics-text;q=0, */*", Format.CLASSIC),
        ("application/openmetrics-text;q=0", Format.CLASSIC),
        ("application/openmetrics-text;version=0.0.1", Format.CLASSIC),
        ("application/openmetrics-text;version=2.0.0, text/plain;q=0.1", Format.CLASSIC),
        ("text/plain;version=1.0.0, application/openmetrics-text;q=0.2", Format.OPENMETRICS),
        ("application/openmetrics-text;q=much", Format.CLASSIC),
        ("application/openmetrics-text;q=nan", Format.CLASSIC),
        ("application/openmetrics-text;q=7", Format.CLASSIC),
        ("text/plain;q=0.5;charset=utf-8, application/openmetrics-text;q=0.4", Format.CLASSIC),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", Format.CLASSIC),
        (",;,=", Format.CLASSIC),
    ],
)
def test_the_form_that_weighs_most_wins(accept: str, form: Format) -> None:
    """OpenMetrics is sent to clients that prefer it, the classic text to all others."""
    assert format_for(accept) is form


@pytest.mark.parametrize(
    ("accept_encoding", "compressed"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("gzip, deflate, br, zstd", True),
        ("x-gzip", True),
        ("*", True),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=0.1", True),
        ("br;q=1, *;q=0", False),
        ("deflate", False),
    ],
)
def test_gzip_is_sent_only_to_clients_that_accept_it(accept_encoding: str, compressed: bool) -> None:
    """A weight of zero is a refusal, and the coding's own weight counts before the star's."""
    assert accepts_gzip(accept_encoding) is compressed


@given(st.text(alphabet='aq*/;=,.01 "-gzip', max_size=60))
def test_no_header_however_broken_breaks_the_answer(header: str) -> None:
    """Whatever a client sends, it gets one of the two forms."""
    assert format_for(header) in Format
    assert accepts_gzip(header) in {True, False}
