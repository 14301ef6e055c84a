"""One host as a server: its memory, its log, its queue, and how it answers."""

from scripts.dashboards import colours as c
from scripts.dashboards import panel_ids as n
from scripts.dashboards import scales
from scripts.dashboards.failure_colours import REASONS
from scripts.dashboards.panel_types import Column, bars, grid, lines
from scripts.dashboards.panels import Builder, Look, Query
from scripts.dashboards.queries import IN_DOMAIN, OF_HOSTS, age, memory_free, of_host
from scripts.dashboards.thresholds import limit


def server() -> dict[int, Builder]:
    """Show what the host tells of itself."""
    return {
        41: _memory(),
        42: _error_log(),
        43: _oldest_in_queue(),
        44: _queue(),
        45: _configuration(),
        46: _master_sent(),
    }


def _memory() -> Builder:
    return lines(
        Look(
            "Free shared memory",
            f"Below {100 * limit('shared_memory_free_ratio:warning'):g} % updates may no longer fit; "
            "the vendor's aim is 50 %.",
            6,
            8,
        ),
        [Query(memory_free(), "free")],
        scales.MEMORY,
    )


def _error_log() -> Builder:
    return lines(
        Look(
            "Error log",
            "Lines a second that BoKS writes to its error log, over a quarter of an hour. "
            "Read the last thirty lines of it before any promotion.",
            6,
            8,
        ),
        [Query(f"max by (boks_domain, host) (rate(boks_host_errlog_lines_total{{{OF_HOSTS}}}[15m]))", "lines")],
        scales.ERRORS,
    )


def _oldest_in_queue() -> Builder:
    return lines(
        Look(
            "Queue: age of the oldest file",
            "How long the oldest update has waited in the spool. Only a master has one.",
            6,
            8,
        ),
        [Query(age("boks_host_queue_oldest_timestamp_seconds"), "oldest")],
        scales.QUEUE,
        empty="nothing waits, or this is no master",
    )


def _queue() -> Builder:
    return lines(
        Look("Queue: files", "Files that wait in the spool for the replicas. Only a master has one.", 6, 8),
        [Query(of_host("boks_host_queue_files"), "files")],
        scales.UPDATES,
        empty="only a master has a queue",
        colours=(c.SKY,),
    )


def _configuration() -> Builder:
    return grid(
        Look(
            "Configuration, compared",
            "Check sums of what has to be equal on all servers. Like this one: servers, this one included, "
            "that have the same; different: versions that are in use. More than one is wrong.",
            12,
            6,
        ),
        [
            (
                f"count by (name, checksum) (count by (name, checksum, host) "
                f"(boks_host_config_checksum_info{{{IN_DOMAIN}}}))\n"
                f"and on (name, checksum) boks_host_config_checksum_info{{{OF_HOSTS}}}"
            ),
            (
                f"count by (name) (count by (name, checksum) (boks_host_config_checksum_info{{{IN_DOMAIN}}}))\n"
                f"and on (name) boks_host_config_checksum_info{{{OF_HOSTS}}}"
            ),
        ],
        [
            Column("name", "What"),
            Column("checksum", "Check sum here", width=150),
            Column("Value #A", "Like this one", width=120),
            Column("Value #B", "Different", scales.VERSIONS, 110),
        ],
        sort=[("Different", True)],
        empty="No check sum is known",
    )


def _master_sent() -> Builder:
    return lines(
        Look(
            "Since the master's last packet and update",
            "Ages from the master's list. On an idle domain the last update grows old on every replica.",
            12,
            6,
        ),
        [
            Query(age("boks_replica_last_packet_timestamp_seconds"), "packet"),
            Query(age("boks_replica_last_sync_timestamp_seconds"), "update"),
        ],
        scales.SECONDS,
        colours=(c.SKY, c.GREEN),
    )


def polling() -> dict[int, Builder]:
    """Show how the looks at it go."""
    return {
        n.POLLS: bars(
            Look("Failed looks by reason", "Looks at this host that failed, by what went wrong.", 12, 8),
            Query(
                f"max by (reason) (increase(boks_host_poll_failures_total{{{OF_HOSTS}}}[$__rate_interval])) > 0",
                "{{reason}}",
            ),
            colours=REASONS,
        ),
        52: lines(
            Look("Time of a look", "How long an exchange with this host took, failed or not.", 6, 8),
            [Query(of_host("boks_host_poll_duration_seconds"), "exchange")],
            scales.SECONDS,
            colours=(c.SKY,),
        ),
        53: lines(
            Look(
                "Looks, new connections, unknown lines",
                "Looks in each interval, connections made anew, and lines of the last reply that no rule knows.",
                6,
                8,
            ),
            [
                Query(f"{_grown('boks_host_polls_total')}", "looks"),
                Query(f"{_grown('boks_host_reconnects_total')}", "connections"),
                Query(of_host("boks_host_unrecognised_lines"), "unknown lines"),
            ],
            scales.SHORT,
            colours=(c.GREEN, c.SKY, c.ORANGE),
        ),
    }


def _grown(counter: str) -> str:
    return f"max by (boks_domain, host) (increase({counter}{{{OF_HOSTS}}}[$__rate_interval]))"
