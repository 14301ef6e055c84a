"""A plugin that runs every minute loads only what reading a report needs."""

import subprocess
import sys

POLLING = {
    "asyncio",
    "asyncssh",
    "aiohttp",
    "cryptography",
    "jinja2",
    "prometheus_client",
    "pydantic",
    "rich",
    "ruamel",
    "structlog",
}
PROGRAM = """\
import sys
from boks_exporter.cli.root_command import run
run(["check", "--url", "http://127.0.0.1:1"])
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_a_check_of_a_running_exporter_loads_nothing_that_only_polling_needs() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    first, *_, loaded = ended.stdout.splitlines()
    assert first.startswith("BOKS UNKNOWN")
    assert {"http", "click", "boks_exporter"} <= {*loaded.split()}
    assert not POLLING & {*loaded.split()}
