"""Loading structlog."""

import subprocess
import sys

PROGRAM = """\
import sys
from boks_exporter.loggers import structlog
print(*{name.partition(".")[0] for name in sys.modules})
from rich.table import Table
print(Table.__name__)
"""


def test_a_program_that_logs_does_not_load_rich_and_can_load_it_later() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    loaded, table = ended.stdout.splitlines()
    assert "structlog" in loaded.split()
    assert not {"rich", "pygments"} & {*loaded.split()}
    assert table == "Table"
