"""Colours of the reasons why polls fail."""

from typing import Final

from boks_exporter.errors import FailureReason
from scripts.dashboards import colours as c

REASONS: Final = {
    FailureReason.DNS.value: c.BLUE,
    FailureReason.CONNECT.value: c.SKY,
    FailureReason.TIMEOUT.value: c.ORANGE,
    FailureReason.HOST_KEY.value: c.VERMILLION,
    FailureReason.AUTH.value: c.PURPLE,
    FailureReason.CHANNEL.value: c.GREEN,
    FailureReason.EXIT_STATUS.value: c.YELLOW,
    FailureReason.PARSE.value: "#AA4499",
    FailureReason.TOO_LARGE.value: c.GREY,
    FailureReason.CANCELLED.value: c.DARK,
    FailureReason.LOCAL.value: "#882255",
    FailureReason.RESOURCES.value: "#999933",
    FailureReason.BUSY.value: "#332288",
}
