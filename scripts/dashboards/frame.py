"""The frame of a dashboard: variables, links, annotations, and the ids of its panels."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.models import dashboard

from scripts.dashboards.colours import YELLOW
from scripts.dashboards.panels import SOURCE, Builder
from scripts.dashboards.queries import IN_DOMAIN, role_changes

TAG: Final = "boks"


class Row(NamedTuple):
    """A heading and the panels below it, each with a permanent id."""

    title: str
    panels: Mapping[int, Builder]


class Frame(NamedTuple):
    """Title, description and variables of a dashboard."""

    uid: str
    title: str
    description: str
    since: str
    chooses_one_domain: bool
    chooses_one_host: bool


def framed(frame: Frame, rows: Sequence[Row]) -> dashboard.Dashboard:
    """Build a dashboard. The id of a row's heading is that of its first panel, plus 1000."""
    made = dashboards.Dashboard(frame.title).uid(frame.uid).description(frame.description).tags([TAG])
    made.timezone("browser").time(frame.since, "now").refresh("30s").readonly()
    made.tooltip(dashboard.DashboardCursorSync.CROSSHAIR).variables(_variables(frame))
    made.annotation(_role_changes()).link(_links())
    for row in rows:
        first = min(row.panels)
        made.with_row(dashboards.Row(row.title).id(1000 + first))
        for number, panel in row.panels.items():
            made.with_panel(panel.id(number))
    return made.build()


def _links() -> dashboards.DashboardLink:
    links = dashboards.DashboardLink("BoKS").type(dashboard.DashboardLinkType.DASHBOARDS).tags([TAG])
    return links.include_vars(include_vars=True).keep_time(keep_time=True).icon("external link").tooltip("")


def _role_changes() -> dashboards.AnnotationQuery:
    """Mark changes of a host's role: a promotion, or a second master."""
    query = prometheus.Dataquery().datasource(SOURCE).expr(role_changes(IN_DOMAIN)).ref_id("RoleChanges").range()
    made = dashboards.AnnotationQuery().name("Role changes").datasource(SOURCE).enable(enable=True)
    made.icon_color(YELLOW).target(query).expr(role_changes(IN_DOMAIN)).step("60s")
    return made.title_format("{{host}} is {{role}}").text_format("BoKS domain {{boks_domain}}").tag_keys("role,host")


def _variables(frame: Frame) -> list[dashboards.QueryVariable | dashboards.DatasourceVariable]:
    domain = _labels("domain", "Domain", "label_values(boks_domain_hosts, boks_domain)")
    site = _labels("site", "Site", f"label_values(boks_host_info{{{IN_DOMAIN}}}, site)")
    host = _labels("host", "Host", f'label_values(boks_host_info{{{IN_DOMAIN}, site=~"$site"}}, host)')
    return [
        dashboards.DatasourceVariable("datasource").label("Prometheus").type("prometheus"),
        domain if frame.chooses_one_domain else _any_of(domain),
        _any_of(site).all_value(".*"),
        host if frame.chooses_one_host else _any_of(host),
    ]


def _labels(name: str, title: str, query: str) -> dashboards.QueryVariable:
    made = dashboards.QueryVariable(name).label(title).datasource(SOURCE).definition(query)
    made.query({"query": query, "refId": f"{name}-values"}).sort(dashboard.VariableSort.NATURAL_ASC)
    return made.refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)


def _any_of(variable: dashboards.QueryVariable) -> dashboards.QueryVariable:
    """Allow several values and all of them, which is the default."""
    everything = dashboard.VariableOption(selected=True, text=["All"], value=["$__all"])
    return variable.multi(multi=True).include_all(include_all=True).current(everything)
