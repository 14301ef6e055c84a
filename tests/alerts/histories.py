"""Histories of series, healthy and faulty, and the expected alerts."""

from dataclasses import dataclass, field
from typing import Final

STEP: Final = 30
"""Seconds between scrapes and between evaluations, as the rules' own header assumes."""

_EXACT: Final = 1e5
HEALTHY_MINUTES: Final = 20
"""How long everything is healthy before the fault begins; longer than every window of the rules."""

LABELS: Final = {"job": "boks", "instance": "exporter:16500"}
DOMAIN: Final = LABELS | {"boks_domain": "prod"}
HOST: Final = DOMAIN | {"host": "replica1"}

DOMAIN_ONLY: Final = {"boks_domain": "prod"}
HOST_ONLY: Final = {"boks_domain": "prod", "host": "replica1"}


def series(name: str, labels: dict[str, str]) -> str:
    """Write a series as promtool does."""
    inside = ", ".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{inside}}}"


@dataclass(frozen=True)
class Line:
    """One series: its value while all is healthy, and while something is wrong.

    A value is a number, `+n` or `-n` for what rises or falls by n each step, `t-n` for a point in time n seconds before the step,
    `frozen` for the value before, `_` for no sample.
    """

    name: str
    labels: dict[str, str]
    healthy: str
    sick: str

    def values(self, sound_steps: int, sick_steps: int, after_steps: int, gap: tuple[int, int] = (0, 0)) -> str:
        """Write the samples of the whole history; `gap` are steps in which a scrape failed.

        Prometheus marks a series as stale when a scrape fails or no longer shows it; `up` alone goes on, as 0.
        """
        now, words = 0.0, [""]
        for step in range(sound_steps + sick_steps + after_steps):
            rule = self.sick if sound_steps <= step < sound_steps + sick_steps else self.healthy
            now = _value(rule, now, step)
            failed = gap[0] <= step < gap[1]
            if rule == "_" or (failed and self.name != "up"):
                words.append("_" if words[-1] in {"", "_", "stale"} else "stale")
            elif failed:
                words.append("0")
            else:
                words.append(f"{now:g}" if now < _EXACT else f"{now:.0f}")
        return " ".join(words[1:])


def _value(rule: str, now: float, step: int) -> float:
    if rule.startswith(("+", "-")):
        return now + float(rule)
    if rule.startswith("t-"):
        return step * STEP - float(rule[2:])
    return now if rule in {"_", "frozen"} else float(rule)


@dataclass(frozen=True)
class Case:
    """One alert: `fires` and `ends` are seconds from the first and from the last sick sample's successor."""

    alert: str
    severity: str
    lines: tuple[Line, ...]
    fires: int
    ends: int
    summary: str
    description: str
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def sick_minutes(self) -> int:
        """How long the fault lasts: long enough to see that the alert goes on, over two lost scrapes."""
        return self.fires // 60 + 10


@dataclass(frozen=True)
class Quiet:
    """A history that resembles a fault at first: these alerts must not fire at any time."""

    name: str
    alerts: tuple[str, ...]
    lines: tuple[Line, ...]
    sick_minutes: int = 35


def up(healthy: str = "1", sick: str = "1") -> Line:
    return Line("up", LABELS, healthy, sick)


def of_host(name: str, healthy: str, sick: str, /, **more: str) -> Line:
    return Line(name, HOST | more, healthy, sick)


def of_domain(name: str, healthy: str, sick: str, /, **more: str) -> Line:
    return Line(name, DOMAIN | more, healthy, sick)


def stands_at(site: str) -> Line:
    return of_host("boks_host_info", "1", "1", address="192.0.2.7", site=site, section="core")


def host_failing(reason: str) -> tuple[Line, ...]:
    return (
        of_host("boks_host_up", "1", "0"),
        of_host("boks_host_poll_failures_total", "+0", "+1", reason=reason),
    )
