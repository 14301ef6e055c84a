"""Memory, disk, processes, log, queue and polls of one host."""

from scripts.dashboards import colours as c
from scripts.dashboards import panel_ids as n
from scripts.dashboards import scales
from scripts.dashboards.failure_colours import REASONS
from scripts.dashboards.panel_types import Column, bars, grid, lines, words
from scripts.dashboards.panels import Builder, PanelFrame, Query
from scripts.dashboards.queries import IN_DOMAIN, OF_HOSTS, age, memory_free, of_host
from scripts.dashboards.thresholds import limit


def server() -> dict[int, Builder]:
    """Return panels of memory, log, queue and configuration."""
    return {
        41: _memory(),
        42: _error_log(),
        43: _oldest_in_queue(),
        44: _queue(),
        45: _configuration(),
        46: _master_sent(),
        47: _data_free(),
        48: _processes(),
    }


def _memory() -> Builder:
    return lines(
        PanelFrame(
            "Free shared memory",
            f"Below {100 * limit('shared_memory_free_ratio:warning'):g} % updates may no longer fit; "
            "the vendor's aim is 50 %.",
            6,
            8,
        ),
        [Query(memory_free(), "free")],
        scales.MEMORY,
    )


def _data_free() -> Builder:
    return lines(
        PanelFrame(
            "Free space for BoKS's data",
            f"Of the file system of $BOKS_var. Below {100 * limit('data_free_ratio:warning'):g} % it is a warning.",
            12,
            6,
        ),
        [Query(f"{of_host('boks_host_data_free_bytes')} / {of_host('boks_host_data_size_bytes')}", "free")],
        scales.DATA_FREE,
        empty="the gate does not report it",
    )


def _processes() -> Builder:
    return words(
        PanelFrame(
            "Processes",
            "The daemons and bridges that sites check, by the names of their programs, as of the last rare poll.",
            12,
            6,
        ),
        [Query(f"max by (process) (boks_host_process_running{{{OF_HOSTS}}})", "{{process}}")],
        {0: ("MISSING", c.VERMILLION), 1: ("runs", c.GREEN)},
    )


def _error_log() -> Builder:
    return lines(
        PanelFrame(
            "Error log",
            "Lines a second that BoKS writes to its error log, over 15 minutes. "
            "Read the last thirty lines of it before any promotion.",
            6,
            8,
        ),
        [Query(f"max by (boks_domain, host) (rate(boks_host_errlog_lines_total{{{OF_HOSTS}}}[15m]))", "lines")],
        scales.ERRORS,
    )


def _oldest_in_queue() -> Builder:
    return lines(
        PanelFrame(
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
        PanelFrame("Queue: files", "Files that wait in the spool for the replicas. Only a master has one.", 6, 8),
        [Query(of_host("boks_host_queue_files"), "files")],
        scales.UPDATES,
        empty="only a master has a queue",
        colours=(c.SKY,),
    )


def _configuration() -> Builder:
    return grid(
        PanelFrame(
            "Configuration comparison",
            "Checksums of files and settings that must be equal on all servers. Like this one: servers, including "
            "this one, that have the same; different: versions that are in use. More than one is wrong.",
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
            Column("checksum", "Checksum here", width=150),
            Column("Value #A", "Like this one", width=120),
            Column("Value #B", "Different", scales.VERSIONS, 110),
        ],
        sort=[("Different", True)],
        empty="No checksum is known",
    )


def _master_sent() -> Builder:
    return lines(
        PanelFrame(
            "Since the master's last packet and update",
            "Ages from the master's list. On an idle domain the age of the last update grows on every replica.",
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
    """Return panels of the polls of this host."""
    return {
        n.POLLS: bars(
            PanelFrame("Failed polls by reason", "Failed polls of this host, by reason.", 12, 8),
            Query(
                f"max by (reason) (increase(boks_host_poll_failures_total{{{OF_HOSTS}}}[$__rate_interval])) > 0",
                "{{reason}}",
            ),
            colours=REASONS,
        ),
        52: lines(
            PanelFrame("Duration of a poll", "Duration of an exchange with this host, failed or not.", 6, 8),
            [Query(of_host("boks_host_poll_duration_seconds"), "exchange")],
            scales.SECONDS,
            colours=(c.SKY,),
        ),
        53: lines(
            PanelFrame(
                "Polls, new connections, unread lines",
                "Polls in each interval, reconnects, and lines of the last reply that could not be read.",
                6,
                8,
            ),
            [
                Query(f"{_grown('boks_host_polls_total')}", "polls"),
                Query(f"{_grown('boks_host_reconnects_total')}", "connections"),
                Query(of_host("boks_host_unrecognised_lines"), "unknown lines"),
            ],
            scales.SHORT,
            colours=(c.GREEN, c.SKY, c.ORANGE),
        ),
    }


def _grown(counter: str) -> str:
    return f"max by (boks_domain, host) (increase({counter}{{{OF_HOSTS}}}[$__rate_interval]))"
