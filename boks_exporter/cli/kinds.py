"""Kinds of values on the command line."""

from typing import Any

import click


class Duration(click.ParamType[float]):
    """A duration such as `30s`; a bare number is in seconds, as monitoring plugins have it."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it as seconds."""
        from boks_exporter.config.units import duration

        if isinstance(value, float):
            return value
        try:
            seconds = duration(f"{value}s" if str(value).isdecimal() else value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds <= 0:
            self.fail("expected a duration longer than 0s", param, ctx)
        return seconds


DURATION = Duration()
