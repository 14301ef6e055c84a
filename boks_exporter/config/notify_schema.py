"""Pydantic model of the receivers of state changes."""

from typing import Final

from pydantic import Field

from boks_exporter.config.field_types import FilePath, HookWord, PositiveDuration
from boks_exporter.config.settings import NotifySettings
from boks_exporter.config.transport_schema import Strict

_NOTIFY: Final = NotifySettings()


class NotifyModel(Strict):
    """A receiver of state changes, in addition to Alertmanager: a program, a webhook, or both."""

    program: tuple[HookWord, ...] = Field(
        default=(),
        strict=False,
        description="Run for each change, as an argument list without a shell; the facts come as JSON on its standard "
        "input.",
    )
    webhook_file: FilePath | None = Field(
        default=None, description="A file whose first line is the URL to which the facts are posted as JSON."
    )
    timeout_seconds: PositiveDuration = Field(
        alias="timeout", default=_NOTIFY.timeout_seconds, description="Time limit of each notification."
    )
    queue: int = Field(
        default=_NOTIFY.queue, ge=1, le=10000, description="Changes that may wait; the oldest ones are dropped."
    )
