"""Base of all panels: description, legend, and colours with a fixed meaning."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

Builder = stat.Panel | statetimeline.Panel | table.Panel | timeseries.Panel
Shown = Mapping[int, tuple[str, str]]
Step = tuple[float | None, str]

SOURCE: Final = common.DataSourceRef(type_val="prometheus", uid="${datasource}")
_EVERY: Final = "30s"
"""Smallest step: the usual interval of the exporter's rounds."""


class PanelFrame(NamedTuple):
    """Title and description of a panel, and its size on the grid of 24 columns."""

    title: str
    description: str
    width: int
    height: int


class Scale(NamedTuple):
    """Format of a value: its unit, the colours of its limits, or the words for its numbers."""

    unit: str = "none"
    limits: tuple[Step, ...] = ()
    shown: Shown | None = None
    decimals: int | None = None
    worst: str = "max"
    """Which extreme is bad; the legend is sorted by it."""


class Query(NamedTuple):
    """One expression and the names of its series."""

    expression: str
    legend: str = "{{host}}"


class Link(NamedTuple):
    """Target of a click on a value."""

    title: str
    url: str


HOST_LINK: Final = Link(
    "Open the replica ${__field.labels.host}",
    "/d/boks-replica?${datasource:queryparam}&var-domain=${__field.labels.boks_domain}"
    "&var-host=${__field.labels.host}&${__url_time_range}",
)
ROW_LINK: Final = Link(
    "Open the replica ${__data.fields.Host}",
    "/d/boks-replica?${datasource:queryparam}&var-domain=${__data.fields.Domain}"
    "&var-host=${__data.fields.Host}&${__url_time_range}",
)
FAILOVER_LINK: Final = Link(
    "Candidates for promotion",
    "/d/boks-failover?${datasource:queryparam}&var-domain=${__field.labels.boks_domain}&${__url_time_range}",
)


def panel_link(dashboard_uid: str, number: int, title: str) -> Link:
    """Link to a panel of the same dashboard, in full size."""
    return Link(
        title,
        f"/d/{dashboard_uid}?${{datasource:queryparam}}&${{domain:queryparam}}&${{site:queryparam}}"
        f"&${{host:queryparam}}&viewPanel={number}&${{__url_time_range}}",
    )


def steps(*limits: Step) -> dashboards.ThresholdsConfig:
    """Colour by limits; the first colour applies below all limits."""
    made = [dashboard.Threshold(value=value, color=colour) for value, colour in limits]
    return dashboards.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(made)


def mapping(shown: Shown) -> list[dashboard.ValueMapping]:
    """Show numbers as words in their colours."""
    results = {
        str(code): dashboard.ValueMappingResult(text=text, color=colour, index=index)
        for index, (code, (text, colour)) in enumerate(sorted(shown.items()))
    }
    return [dashboard.ValueMap(results)] if results else []


def links(targets: Sequence[Link]) -> list[dashboards.DashboardLink]:
    """Make the links of a value."""
    return [dashboards.DashboardLink(link.title).url(link.url) for link in targets]


def by_thresholds() -> dashboards.FieldColor:
    """Use the colours of the limits or words."""
    return dashboards.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS)


def fixed(colour: str) -> dashboard.FieldColor:
    """Use a fixed colour."""
    return dashboards.FieldColor().mode(dashboard.FieldColorModeId.FIXED).fixed_color(colour).build()


def framed(panel: Builder, frame: PanelFrame, queries: Sequence[prometheus.Dataquery]) -> Builder:
    """Set what all panels have in common."""
    panel.title(frame.title).description(frame.description).span(frame.width).height(frame.height)
    panel.datasource(SOURCE).interval(_EVERY)
    return panel.targets([query.ref_id(chr(ord("A") + index)) for index, query in enumerate(queries)])


def _query(query: Query) -> prometheus.Dataquery:
    return prometheus.Dataquery().datasource(SOURCE).expr(query.expression).legend_format(query.legend)


def over_time(query: Query) -> prometheus.Dataquery:
    """Query a time range."""
    return _query(query).range()


def now(query: Query) -> prometheus.Dataquery:
    """Query the newest values."""
    return _query(query).instant()


def rows(expression: str) -> prometheus.Dataquery:
    """Query the newest values as rows of a table."""
    return _query(Query(expression, "__auto")).instant().format(PromQueryFormat.TABLE)


def no_legend() -> common_builders.VizLegendOptions:
    """Hide the legend: a single series, or rows that are named at their side."""
    legend = common_builders.VizLegendOptions().show_legend(show_legend=False).calcs([])
    return legend.display_mode(common.LegendDisplayMode.LIST).placement(common.LegendPlacement.BOTTOM)


def table_legend(*calcs: str) -> common_builders.VizLegendOptions:
    """Show the legend as a table, worst first; the last of the calculations, `max` or `min`, defines the order."""
    worst = calcs[-1]
    legend = common_builders.VizLegendOptions().show_legend(show_legend=True).calcs(list(calcs))
    legend.display_mode(common.LegendDisplayMode.TABLE).placement(common.LegendPlacement.BOTTOM)
    return legend.sort_by(worst.capitalize()).sort_desc(sort_desc=worst == "max")


def all_series() -> common_builders.VizTooltipOptions:
    """Show all series at the pointer, the highest first."""
    tooltip = common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI)
    return tooltip.sort(common.SortOrder.DESCENDING).hide_zeros(hide_zeros=True)
