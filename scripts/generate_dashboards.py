"""Write deploy/grafana/dashboards/ from scripts/dashboards/; a test compares."""

from pathlib import Path
from typing import Final

from scripts.dashboards.every import DASHBOARDS, text

FOLDER: Final = Path(__file__).resolve().parent.parent / "deploy" / "grafana" / "dashboards"

if __name__ == "__main__":
    for build in DASHBOARDS:
        dashboard = build()
        file = FOLDER / f"{dashboard.uid}.json"
        file.write_text(text(dashboard), encoding="utf-8")
        print(f"wrote {file.relative_to(FOLDER.parents[2])}")
