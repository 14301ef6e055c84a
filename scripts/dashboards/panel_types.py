"""The four kinds of panels: single value, graph, state timeline, and table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common, dashboard

from scripts.dashboards import panels as p
from scripts.dashboards.colours import GREEN, GREY


class Column(NamedTuple):
    """One column of a table: its field, its heading, and the format of its cells."""

    field: str
    title: str
    scale: p.Scale = p.Scale("")
    width: int = 0
    links: Sequence[p.Link] = ()
    empty: str = "-"
    texts: Mapping[str, str] | None = None
    fills: bool = False
    """Whether a limit colours the whole cell; words always do."""


_FILLED: Final = {"type": "color-background", "mode": "basic"}
_WRITTEN: Final = {"type": "color-text"}
_PLAIN: Final = "text"
"""Grafana's name for the colour of ordinary text: in a table only what is wrong has a colour."""


def figure(
    frame: p.PanelFrame,
    query: p.Query,
    scale: p.Scale,
    *,
    empty: str = "not known",
    targets: Sequence[p.Link] = (),
    text: common.BigValueTextMode = common.BigValueTextMode.AUTO,
) -> stat.Panel:
    """Show the newest value of each series, large, on its colour."""
    panel = stat.Panel().unit(scale.unit).mappings(p.mapping(scale.shown or {}))
    panel.thresholds(p.steps(*(scale.limits or ((None, GREY),))))
    panel.color_mode(common.BigValueColorMode.BACKGROUND_SOLID).graph_mode(common.BigValueGraphMode.NONE)
    panel.text_mode(text).color_scheme(p.by_thresholds()).no_value(empty).data_links(p.links(targets))
    panel.justify_mode(common.BigValueJustifyMode.CENTER).orientation(common.VizOrientation.AUTO)
    panel.reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(values=False))
    return p.framed(panel, frame, [p.now(query)])


def lines(
    frame: p.PanelFrame,
    queries: Sequence[p.Query],
    scale: p.Scale,
    *,
    colours: Sequence[str] = (),
    targets: Sequence[p.Link] = (),
    empty: str = "nothing is known",
) -> timeseries.Panel:
    """Draw lines: coloured by limits, or each query in its own colour."""
    panel = timeseries.Panel().unit(scale.unit).min(0).data_links(p.links(targets)).tooltip(p.all_series())
    panel.line_width(2).fill_opacity(0).show_points(common.VisibilityMode.NEVER).no_value(empty)
    panel.line_interpolation(common.LineInterpolation.STEP_AFTER).axis_soft_max(1).span_nulls(span_nulls=False)
    panel.legend(p.table_legend("lastNotNull", scale.worst))
    if scale.limits:
        panel.thresholds(p.steps(*scale.limits)).thresholds_style(
            common_builders.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        )
        panel.color_scheme(p.by_thresholds())
    p.framed(panel, frame, [p.over_time(query) for query in queries])
    for target, colour in zip(panel.build().targets or [], colours, strict=False):
        panel.override_by_query(str(target.ref_id), [_property("color", p.fixed(colour))])
    return panel


def bars(frame: p.PanelFrame, query: p.Query, *, colours: Mapping[str, str]) -> timeseries.Panel:
    """Stack bars; each name has its colour."""
    panel = timeseries.Panel().unit("short").min(0).tooltip(p.all_series()).legend(p.table_legend("max"))
    panel.draw_style(common.GraphDrawStyle.BARS).fill_opacity(90).line_width(0).axis_soft_max(1)
    panel.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    p.framed(panel, frame, [p.over_time(query)])
    for name, colour in colours.items():
        panel.override_by_name(name, [_property("color", p.fixed(colour))])
    return panel


def words(
    frame: p.PanelFrame,
    queries: Sequence[p.Query],
    shown: p.Shown,
    *,
    targets: Sequence[p.Link] = (),
) -> statetimeline.Panel:
    """Draw one row of coloured words for each series."""
    panel = statetimeline.Panel().mappings(p.mapping(shown)).merge_values(merge_values=True).fill_opacity(90)
    panel.color_scheme(p.by_thresholds()).thresholds(p.steps((None, GREY))).show_value(common.VisibilityMode.AUTO)
    panel.align_value(common.TimelineValueAlignment.LEFT).row_height(0.85).line_width(0).unit("none")
    panel.data_links(p.links(targets)).legend(p.no_legend()).tooltip(p.all_series())
    return p.framed(panel, frame, [p.over_time(query) for query in queries])


def grid(
    frame: p.PanelFrame,
    queries: Sequence[str],
    columns: Sequence[Column],
    *,
    sort: Sequence[tuple[str, bool]],
    empty: str = "-",
) -> table.Panel:
    """Merge queries into rows and show the named columns, sorted by some of them; the flag means descending."""
    panel = table.Panel().show_header(show_header=True).cell_height(common.TableCellHeight.SM).no_value(empty)
    panel.color_scheme(p.by_thresholds()).thresholds(p.steps((None, GREY))).frame_index(0).unit("none")
    panel.cell_options(common.TableAutoCellOptions())
    p.framed(panel, frame, [p.rows(query) for query in queries])
    panel.with_transformation(dashboard.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(dashboard.DataTransformerConfig(id_val="organize", options=_organised(columns)))
    panel.sort_by(
        [
            common_builders.TableSortByFieldState().display_name(title).desc(desc=descending)
            for title, descending in sort
        ]
    )
    for column in columns:
        panel.override_by_name(column.title, _properties(column))
    return panel


def _organised(columns: Sequence[Column]) -> dict[str, Any]:
    names = [column.field for column in columns]
    return {
        "includeByName": dict.fromkeys(names, True),
        "indexByName": {name: index for index, name in enumerate(names)},
        "renameByName": {column.field: column.title for column in columns},
        "excludeByName": {},
    }


def _properties(column: Column) -> list[dashboard.DynamicConfigValue]:
    scale = column.scale
    made = [_property("noValue", column.empty)]
    if scale.unit:
        made.append(_property("unit", scale.unit))
    if scale.decimals is not None:
        made.append(_property("decimals", scale.decimals))
    if column.width:
        made.append(_property("custom.width", column.width))
    if scale.shown:
        made.append(_property("mappings", p.mapping(scale.shown)))
    if column.texts:
        made.append(_property("mappings", _renamed(column.texts)))
    if scale.limits:
        good = GREEN if column.fills else _PLAIN
        steps = [(value, good if colour == GREEN else colour) for value, colour in scale.limits]
        made.append(_property("thresholds", p.steps(*steps).build()))
    if scale.shown or scale.limits:
        made.append(_property("custom.cellOptions", _FILLED if scale.shown or column.fills else _WRITTEN))
    if column.links:
        made.append(_property("links", [link.build() for link in p.links(column.links)]))
    return made


def _renamed(texts: Mapping[str, str]) -> list[dashboard.ValueMapping]:
    results = {
        value: dashboard.ValueMappingResult(text=text, index=index) for index, (value, text) in enumerate(texts.items())
    }
    return [dashboard.ValueMap(results)]


def _property(name: str, value: object) -> dashboard.DynamicConfigValue:
    return dashboard.DynamicConfigValue(id_val=name, value=value)
