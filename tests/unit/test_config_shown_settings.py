"""The settings in force as text: everything that a person needs, and nothing that may be a secret."""

from pathlib import Path

from ruamel.yaml import YAML

from boks_exporter.config import load, shown_settings
from boks_exporter.config.shown_settings import MASK

SECRET = "hunter2-or-what-else-a-site-puts-there"
CONFIG = f"""\
domains:
  - name: prod
    transport: {{kind: ssh, user: boksmon, identity_files: [id_reader], known_hosts: known_hosts}}
    hosts: [{{name: MASTER}}, {{name: REPHOST5}}]
    failover:
      journal: journal.sqlite
      operator: {{user: boksop, identity_files: [id_operator]}}
      hooks:
        before: [/usr/local/bin/announce, --token, {SECRET}]
        after: [/usr/local/bin/announce, "https://anna:{SECRET}@chat.example.net/"]
      fence: {{program: [/usr/local/bin/fence, "{SECRET}"]}}
"""


def shown(directory: Path) -> str:
    (directory / "config.yaml").write_text(CONFIG, encoding="utf-8")
    return shown_settings(load(directory / "config.yaml", check_files=False))


def test_no_argument_of_a_program_and_no_login_in_a_url_is_shown(tmp_path: Path) -> None:
    text = shown(tmp_path)
    assert SECRET not in text
    assert text.count(MASK) == 3
    assert "/usr/local/bin/announce" in text


def test_what_is_shown_is_yaml_with_every_setting_and_its_default(tmp_path: Path) -> None:
    settings = YAML(typ="safe").load(shown(tmp_path))
    assert settings["poll"]["interval_seconds"] == 30.0
    (domain,) = settings["domains"]
    assert domain["name"] == "prod"
    assert domain["thresholds"]["lag_seconds"] > 0
    assert [host["name"] for host in domain["hosts"]] == ["MASTER", "REPHOST5"]
    assert domain["failover"]["operator"]["user"] == "boksop"
    assert domain["failover"]["hooks"]["before"] == ["/usr/local/bin/announce", MASK]
