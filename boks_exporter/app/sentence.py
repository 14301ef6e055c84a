"""The fleet in one sentence, for `systemctl status`."""

from boks_exporter.health import DomainState
from boks_exporter.report import DomainReport, StatusReport


def fleet_in_a_sentence(report: StatusReport) -> str:
    """Name every domain with its verdict; the sick ones come first, with the reason."""
    if not report["domains"]:
        return "Looking for the first time"
    sick = [f"{one['domain']} is {_words(one['state'])}: {one['reason']}" for one in report["domains"] if not _ok(one)]
    well = [one["domain"] for one in report["domains"] if _ok(one)]
    return "; ".join([*sick, *([f"{', '.join(well)} ok"] if well else [])])


def _ok(domain: DomainReport) -> bool:
    return domain["state"] == DomainState.OK


def _words(state: str) -> str:
    return state.replace("_", " ")
