"""Rows of sites, sections and polls."""

from scripts.dashboards import colours as c
from scripts.dashboards import panel_ids as n
from scripts.dashboards import scales
from scripts.dashboards import value_maps as w
from scripts.dashboards.failure_colours import REASONS
from scripts.dashboards.panel_types import Column, bars, grid, lines, words
from scripts.dashboards.panels import HOST_LINK, Builder, PanelFrame, Query
from scripts.dashboards.queries import AT_SITES, IN_DOMAIN, OF_HOSTS, age, of_host, replicas_at


def places() -> dict[int, Builder]:
    """Return tables of the healthy replicas of each site and section."""
    return {
        n.SITES: _redundancy("Sites", "site", AT_SITES, "at each site"),
        32: _redundancy("Network sections", "section", IN_DOMAIN, "in each section"),
    }


def _redundancy(title: str, label: str, selector: str, where: str) -> Builder:
    return grid(
        PanelFrame(
            title,
            f"Number of healthy replicas {where}: none is an emergency, one means that there is no spare. "
            "If the network to other sites fails, logins there need at least one.",
            12,
            6,
        ),
        [
            replicas_at(label, f'{selector}, state="ok"'),
            replicas_at(label, f'{selector}, state="unknown"'),
            replicas_at(label, selector),
        ],
        [
            Column(label, label.capitalize()),
            Column("Value #A", "Healthy", scales.SPARES, 90, fills=True),
            Column("Value #B", "Unknown", width=100),
            Column("Value #C", "Replicas", width=100),
            Column("boks_domain", "Domain", width=130),
        ],
        sort=[("Healthy", False)],
        empty=f"No {label} is configured",
    )


def polling() -> dict[int, Builder]:
    """Return panels of which hosts answer, and how fast."""
    return {
        n.ANSWERS: _answers(),
        42: _age(),
        43: _failures(),
        44: _exchanges(),
        n.ROUNDS: _rounds(),
    }


def _answers() -> Builder:
    return words(
        PanelFrame(
            "Who answers",
            "Whether the poll of each host succeeded: connection, commands and their output.",
            12,
            8,
        ),
        [Query(f"50 + {of_host('boks_host_up')}")],
        w.ANSWERS,
        targets=[HOST_LINK],
    )


def _age() -> Builder:
    return lines(
        PanelFrame(
            "Age of the values",
            "Time since the last successful poll of each host. The line is the alert's limit.",
            12,
            8,
        ),
        [Query(age("boks_host_last_success_timestamp_seconds"))],
        scales.STALE,
        targets=[HOST_LINK],
    )


def _failures() -> Builder:
    return bars(
        PanelFrame("Failed polls", "Failed polls by reason, over all selected hosts.", 8, 8),
        Query(
            f"sum by (reason) (max by (boks_domain, host, reason) "
            f"(increase(boks_host_poll_failures_total{{{OF_HOSTS}}}[$__rate_interval]))) > 0",
            "{{reason}}",
        ),
        colours=REASONS,
    )


def _exchanges() -> Builder:
    return lines(
        PanelFrame("Duration of a poll", "Duration of an exchange: the slowest host and the median.", 8, 8),
        [
            Query(f"max({of_host('boks_host_poll_duration_seconds')})", "slowest"),
            Query(f"quantile(0.5, {of_host('boks_host_poll_duration_seconds')})", "middle"),
        ],
        scales.SECONDS,
        colours=(c.ORANGE, c.SKY),
    )


def _rounds() -> Builder:
    return lines(
        PanelFrame(
            "Duration of a round",
            "Duration of a round over a domain, and the interval. Rounds longer than the interval overrun.",
            8,
            8,
        ),
        [
            Query(f"max by (boks_domain) (boks_round_duration_seconds{{{IN_DOMAIN}}})", "round of {{boks_domain}}"),
            Query(f"max by (boks_domain) (boks_round_interval_seconds{{{IN_DOMAIN}}})", "interval of {{boks_domain}}"),
        ],
        scales.SECONDS,
        colours=(c.SKY, c.GREY),
    )
