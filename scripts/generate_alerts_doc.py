"""Write docs/alerts.md from the shipped rules; a test compares."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "alerts.md"
RULES: Final = ROOT / "deploy" / "prometheus"

INTRODUCTION: Final = """\
# Alerts

<!-- Written by scripts/generate_alerts_doc.py from deploy/prometheus/*.rules.yml; change them there. -->

`boks-exporter rules DIRECTORY` writes the rules, an example for Alertmanager and the runbooks; with `--runbook-base-url` the alerts link to where you serve
the latter. In a checkout they are `deploy/prometheus/*.rules.yml` and `deploy/alertmanager/alertmanager.yml`. The rules need Prometheus 2.42 or newer, and
assume that the exporter is scraped as job `boks` every 30 seconds:

```yaml
rule_files: [/etc/prometheus/boks/*.rules.yml]
scrape_configs:
  - job_name: boks
    scrape_interval: 30s
    static_configs: [{targets: ["monitor:16500"]}]
```

* **Amount and time.** Lag pages only when both the number of missing updates and the age of the oldest are beyond a limit, for a while.
* **A lost scrape is no news.** Every alert looks at a window, so that a failed scrape or a restart neither raises nor ends one.
* **A restart of Prometheus ends no page.** What pages keeps its time in windows, which Prometheus remembers, and hardly any in `for`, which it forgets.
* **One trouble, one page.** Alertmanager's example holds back what another alert explains: all of an exporter that is down, a site's replicas while the site is
  dark, a host's lag while it is down, warnings of a host that pages. It groups pages by domain.
* **Two exporters may watch one domain.** Their alerts differ in `instance` only, and Alertmanager groups them.
* **Each alert has a [runbook](runbooks/README.md)**, written for whoever is woken and does not know BoKS.
"""

THRESHOLDS: Final = """
## Thresholds

All limits are series of their own, recorded in one group of `boks-recording.rules.yml`. Change a number there, and alerts and dashboards follow.
None of these figures is published by the vendor, except the one for shared memory; the file says what speaks for each.

| series | value |
|---|---|"""

FOR_PEOPLE: Final = """
## Recording rules for your own queries

| series | what |
|---|---|
| `boks_domain:replicas:count` | replicas of a domain |
| `boks_domain:replicas_ok:ratio` | how many of them are ok |
| `boks_domain:replica_lag_seconds:max` | age of the oldest update that any replica lacks |
| `boks_domain:replica_lag_sequences:max` | updates that the worst table of the worst replica lacks |
| `boks_domain:master_updates:rate5m` | updates a second that the master writes, over all tables |
| `boks_host:poll_failures:rate5m` | failed looks a second, by host and reason |
"""


def page() -> str:
    """Write the whole page."""
    return "\n".join([INTRODUCTION, *_alerts(), THRESHOLDS, *_thresholds(), FOR_PEOPLE])


def _groups() -> Iterator[dict[str, Any]]:
    for file in sorted(RULES.glob("*.rules.yml")):
        yield from YAML(typ="safe").load(file)["groups"]


def _alerts() -> Iterator[str]:
    yield "| alert | severity | after | what it says |"
    yield "|---|---|---|---|"
    for rule in (rule for group in _groups() for rule in group["rules"] if "alert" in rule):
        name, labels = rule["alert"], rule["labels"]
        says = rule["annotations"]["summary"].replace("{{ $labels.", "*").replace(" }}", "*")
        says = says.replace("{{ $value | humanizeDuration*", "*so long*").replace(
            "{{ $value | humanizePercentage*", "*n* %"
        )
        says = says.replace("{{ $value*", "*n*")
        yield f"| [{name}](runbooks/{name}.md) | {labels['severity']} | {rule['for']} | {says} |"


def _thresholds() -> Iterator[str]:
    for group in _groups():
        for rule in group["rules"]:
            if group["name"] == "boks-thresholds":
                yield f"| `{rule['record']}` | {rule['expr'].removeprefix('vector(').removesuffix(')')} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
