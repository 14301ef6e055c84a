"""The definitions for Nagios, Icinga 2 and Checkmk start commands that exist, with options that they have."""

import re
from pathlib import Path

import click
import pytest

from boks_exporter.cli.check.command import check
from tests.nonempty import nonempty
from tests.unit.documented_commands import fault

FOLDER = Path(__file__).parents[2] / "deploy" / "monitoring"
OPTIONS = {flag for parameter in check.params if isinstance(parameter, click.Option) for flag in parameter.opts}


def test_every_system_has_a_file() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == ["checkmk-mrpe.cfg", "icinga2.conf", "nagios.cfg"]


@pytest.mark.parametrize("name", ["nagios.cfg", "checkmk-mrpe.cfg"])
def test_every_command_line_is_one(name: str) -> None:
    """Macros stand for values that a site fills in."""
    lines = nonempty(re.findall(r"^[^#\n]*/usr/bin/boks-exporter (.*)$", (FOLDER / name).read_text(), re.MULTILINE))
    assert [fault(re.sub(r"\$ARG[0-9]\$", "http://x:1", line)) for line in lines] == [None] * len(lines)


def test_every_argument_of_icinga_is_an_option() -> None:
    """Icinga leaves out arguments whose variable is not set, so each must be one of the plugin's."""
    text = (FOLDER / "icinga2.conf").read_text()
    assert set(nonempty(re.findall(r'"(--[a-z-]+)" =', text, re.MULTILINE))) <= OPTIONS
    assert text.count("{") == text.count("}")
    used = set(nonempty(re.findall(r"\$(boks_[a-z_]+)\$", text, re.MULTILINE)))
    assert {"boks_url", "boks_domain"} <= used


def test_each_line_of_checkmk_has_a_name_and_an_interval() -> None:
    """The agent takes the first word for the service's name, so it has no blanks."""
    lines = [line for line in (FOLDER / "checkmk-mrpe.cfg").read_text().splitlines() if not line.startswith("#")]
    named = [re.match(r"[A-Za-z0-9_]+ \(interval=[0-9]+\) /", line) is not None for line in lines]
    assert named == [True, True]
