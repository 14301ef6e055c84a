"""The metrics of the exporter's own process on the page."""

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as classic_families

from boks_exporter.app.publisher import Publisher
from boks_exporter.app.systemd import Notifier
from boks_exporter.observe import SystemClock
from boks_exporter.web import ProcessMetrics, prepare
from tests.unit.exposition_views import INFO, published

NAMES = {
    "process_virtual_memory_bytes",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_open_fds",
    "process_max_fds",
}


@pytest.mark.parametrize("form", ["classic", "openmetrics"])
def test_the_page_has_them_in_both_formats(form: str) -> None:
    """Like every exporter; CPU seconds are a counter, whose family has another name in OpenMetrics."""
    page = prepare((published(),), INFO, ProcessMetrics().blocks(), is_ready=True)
    text = getattr(page, form).plain.decode()
    families = {
        family.name: family for family in (classic_families if form == "classic" else openmetrics_families)(text)
    }
    assert set(families) >= NAMES | {"process_cpu_seconds", "boks_host_up"}
    assert families["process_open_fds"].samples[0].value > 2
    assert text.count("# EOF") == (form == "openmetrics")


def test_the_daemon_publishes_them() -> None:
    """They are there from the start, before the first round."""
    assert b"process_resident_memory_bytes" in Publisher(Notifier(None), SystemClock()).published.classic.plain
