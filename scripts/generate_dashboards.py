"""Write deploy/grafana/dashboards/ from scripts/dashboards/; a test compares."""

from pathlib import Path
from typing import Final

from scripts.dashboards.build import texts

FOLDER: Final = Path(__file__).resolve().parent.parent / "deploy" / "grafana" / "dashboards"

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"wrote deploy/grafana/dashboards/{name}")
