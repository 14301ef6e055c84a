"""The configurations of docs/several-exporters.md do what the page says, in real Prometheus servers."""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.integration.alerting import free_port, get, running, until

PAGE = (Path(__file__).parents[2] / "docs" / "several-exporters.md").read_text(encoding="utf-8")
SNIPPETS = dict(re.findall(r"<!-- test: (\w+) -->\n```yaml\n(.*?)```", PAGE, re.DOTALL))
DOMAINS = {f"domain{number}" for number in range(12)}
METRICS = (
    "".join(f'boks_domain_masters{{boks_domain="{name}"}} 1\n' for name in sorted(DOMAINS)) + "boks_exporter_up 1\n"
)


@pytest.mark.parametrize("name", sorted(SNIPPETS))
def test_promtool_accepts_each_configuration(name: str, tmp_path: Path) -> None:
    """What is copied from the page is a valid configuration."""
    file = tmp_path / "prometheus.yml"
    file.write_text(SNIPPETS[name], encoding="utf-8")
    done = subprocess.run(["promtool", "check", "config", file], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_shows_three_configurations() -> None:
    """The tests above run over what was found."""
    assert sorted(SNIPPETS) == ["federate", "shard", "split"]


def test_each_server_keeps_its_share_and_the_one_above_sees_all(tmp_path: Path) -> None:
    """Every domain is with exactly one server; the exporter's own series are with both."""
    with ExitStack() as stack:
        page = stack.enter_context(_page())
        shares = [
            stack.enter_context(_server(tmp_path / f"share{number}", _shard(number), page)) for number in range(2)
        ]
        domains = [_domains(url) for url in shares]
        assert all(domains), "a share of twelve domains is empty"
        assert domains[0] | domains[1] == DOMAINS
        assert domains[0] & domains[1] == set()
        assert [len(_series(url, "boks_exporter_up")) for url in shares] == [1, 1]
        assert [
            label for url in shares for each in _series(url, "boks_domain_masters") for label in each if "tmp" in label
        ] == []
        above = SNIPPETS["federate"].replace("60s", "1s")
        targets = ", ".join(f'"{url.removeprefix("http://")}"' for url in shares)
        above = re.sub(r"targets: \[.*\]", f"targets: [{targets}]", above)
        view = stack.enter_context(_server(tmp_path / "view", above, None))
        until("every domain in the view", lambda: _domains(view) == DOMAINS)


def _shard(number: int) -> str:
    return SNIPPETS["shard"].replace(";0", f";{number}").replace("30s", "1s")


def _series(url: str, name: str) -> list[dict[str, str]]:
    return [each["metric"] for each in get(f"{url}/api/v1/query?query={name}")["data"]["result"]]


def _domains(url: str) -> set[str]:
    return {each["boks_domain"] for each in _series(url, "boks_domain_masters")}


@contextmanager
def _server(directory: Path, config: str, page: str | None) -> Iterator[str]:
    """Run Prometheus on a configuration of the page; wait for its first samples of a page to scrape."""
    directory.mkdir()
    file = directory / "prometheus.yml"
    text = re.sub(r"targets: \[.*\]", f'targets: ["{page}"]', config) if page else config
    file.write_text(text, encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={directory / 'data'}"]
    with running([*command, f"--web.listen-address={address}"], directory / "log"):
        url = f"http://{address}"
        until("Prometheus", lambda: get(f"{url}/-/ready"))
        if page:
            until("a scrape", lambda: _series(url, "boks_exporter_up"))
        yield url


@contextmanager
def _page() -> Iterator[str]:
    """Serve a page of metrics; give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(METRICS.encode())

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
