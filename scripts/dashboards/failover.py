"""Dashboard "BoKS failover": the master and the candidates."""

from grafana_foundation_sdk.models import common, dashboard

from scripts.dashboards import panel_ids as n
from scripts.dashboards import scales
from scripts.dashboards import value_maps as w
from scripts.dashboards.failover_runs import runs
from scripts.dashboards.frame import Frame, Row, framed
from scripts.dashboards.master import master
from scripts.dashboards.panel_types import Column, figure, grid, lines, words
from scripts.dashboards.panels import HOST_LINK, ROW_LINK, Builder, PanelFrame, Query, panel_link
from scripts.dashboards.queries import IN_DOMAIN, OF_HOSTS, coded, counted, memory_free, of_host, sites_of_replicas


def failover() -> dashboard.Dashboard:
    """Build the dashboard."""
    frame = Frame(
        uid=n.FAILOVER,
        title="BoKS failover",
        description="The master, the replicas that can be promoted, and past runs. This page changes nothing: "
        "that is done with boks-exporter on the operator's terminal.",
        since="now-6h",
        chooses_one_domain=False,
        chooses_one_host=False,
    )
    return framed(
        frame,
        (
            Row("Master and candidates", _now()),
            Row("Candidates", _candidates()),
            Row("Roles over time", _roles()),
            Row("Runs and maintenance", runs()),
        ),
    )


def _now() -> dict[int, Builder]:
    return {
        1: figure(
            PanelFrame(
                "Domain",
                "The exporter's verdict on each domain. Promote only if there is NO MASTER and its repair will take "
                "more than a few hours; with SEVERAL MASTERS stop one of them first.",
                6,
                4,
            ),
            Query(coded(w.DOMAIN, IN_DOMAIN, "boks_domain"), "{{boks_domain}}"),
            scales.DOMAIN,
            empty="no exporter",
        ),
        2: master(PanelFrame("Master", "The host that reports that it is master. Exactly one is correct.", 6, 4), []),
        3: figure(
            PanelFrame(
                "Promotable replicas",
                "Replicas without a finding against promotion, as observed from outside. None: repair first.",
                4,
                4,
            ),
            Query(counted(f"{of_host('boks_replica_promotable')} == 1")),
            scales.SPARES,
            empty="no exporter",
            targets=[panel_link(n.FAILOVER, n.CANDIDATES, "Candidates")],
        ),
        4: figure(
            PanelFrame(
                "Most advanced replicas",
                "Promotable replicas that are behind no server that answers. Promoting any other loses updates. "
                "Click for the replica.",
                8,
                4,
            ),
            Query(
                f"({of_host('boks_replica_behind_best_sequences')} == 0)\n"
                f"and on (boks_domain, host) {of_host('boks_replica_promotable')} == 1"
            ),
            scales.GOOD,
            empty="none",
            targets=[HOST_LINK],
            text=common.BigValueTextMode.NAME,
        ),
    }


def _candidates() -> dict[int, Builder]:
    return {
        n.CANDIDATES: _by_candidate(),
        12: _behind_best(),
        13: _promotable(),
    }


def _by_candidate() -> Builder:
    return grid(
        PanelFrame(
            "Candidates, most advanced first",
            "Findings for each replica, as the guards of a failover observe them from outside: behind "
            "no server that answers, not ahead, no table missing or of another generation, enough memory, OK "
            "in the master's list. Read its error log, too. Click a host for its dashboard.",
            24,
            9,
        ),
        [
            f"60 + {of_host('boks_replica_promotable')}",
            of_host("boks_replica_behind_best_sequences"),
            coded(w.STATE, OF_HOSTS),
            coded(w.REPORTED, OF_HOSTS),
            of_host("boks_replica_lag_sequences"),
            of_host("boks_replica_ahead_sequences"),
            f"{of_host('boks_replica_missing_tables')} + {of_host('boks_replica_stamp_mismatch_tables')}",
            (f"({memory_free()})\nand on (boks_domain, host) boks_replica_state{{{OF_HOSTS}}}"),
            sites_of_replicas(),
        ],
        [
            Column("host", "Host", links=[ROW_LINK]),
            Column("Value #A", "Promotable", scales.PROMOTABLE, 105),
            Column("Value #B", "Behind best", scales.ANY_IS_A_WARNING, 110),
            Column("Value #C", "State", scales.STATE, 120),
            Column("Value #D", "Master's list", scales.REPORTED, 120),
            Column("Value #E", "Lag", scales.LAG_UPDATES, 90),
            Column("Value #F", "Ahead", scales.AHEAD, 90),
            Column("Value #G", "Faulty tables", scales.ANY_IS_BAD, 120),
            Column("Value #H", "Free memory", scales.MEMORY, 120),
            Column("site", "Site", width=130),
            Column("boks_domain", "Domain", width=130),
        ],
        sort=[("Promotable", True), ("Behind best", False)],
        empty="-",
    )


def _behind_best() -> Builder:
    return lines(
        PanelFrame(
            "Behind the most advanced server",
            "Updates that each replica lacks compared with all servers that answer. It remains available when the "
            "master is dead. While updates are written, a few are always in flight.",
            12,
            8,
        ),
        [Query(of_host("boks_replica_behind_best_sequences"))],
        scales.LAG_UPDATES,
        targets=[HOST_LINK],
    )


def _promotable() -> Builder:
    return words(
        PanelFrame("Promotable over time", "Whether a finding was against promoting each replica.", 12, 8),
        [Query(f"60 + {of_host('boks_replica_promotable')}")],
        w.PROMOTABLE,
        targets=[HOST_LINK],
    )


def _roles() -> dict[int, Builder]:
    return {
        21: words(
            PanelFrame(
                "Role of each host",
                "The role that each host reported. There should be one MASTER at any time, and never two; "
                "marks show when a host took another role.",
                24,
                9,
            ),
            [Query(coded(w.ROLE, OF_HOSTS))],
            w.shown(w.ROLE),
            targets=[HOST_LINK],
        ),
        22: words(
            PanelFrame("State of the domain", "The exporter's verdict on each domain over time.", 12, 6),
            [Query(coded(w.DOMAIN, IN_DOMAIN, "boks_domain"), "{{boks_domain}}")],
            w.shown(w.DOMAIN),
        ),
        23: lines(
            PanelFrame("Masters", "Hosts that report that they are master. Exactly one is correct.", 12, 6),
            [Query(f"max by (boks_domain) (boks_domain_masters{{{IN_DOMAIN}}})", "{{boks_domain}}")],
            scales.MASTERS,
        ),
    }
