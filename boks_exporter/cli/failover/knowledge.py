"""Read what `--knowledge` names: a running exporter, or a file that `failover check` or an export wrote."""

import os
from pathlib import Path
from typing import Final

from boks_exporter.failover.earlier_knowledge import EarlierKnowledge
from boks_exporter.knowledge.knowledge_file import read_knowledge
from boks_exporter.knowledge.knowledge_report import knowledge_from_report

_TIMEOUT_SECONDS: Final = 10.0


def knowledge_from(source: str, domain: str) -> EarlierKnowledge:
    """Return what a URL or a file knows of a domain; raises KnowledgeError and ExporterError.

    User and password are those of `status --url`, from the environment.
    """
    if not source.startswith(("http://", "https://")):
        return read_knowledge(Path(source), domain)
    from boks_exporter.cli.http_client import Access, fetch_report
    from boks_exporter.cli.report_source import password_of

    password_file = os.environ.get("BOKS_EXPORTER_PASSWORD_FILE")
    access = Access(
        url=source,
        username=os.environ.get("BOKS_EXPORTER_USERNAME"),
        password=password_of(Path(password_file) if password_file else None),
    )
    return knowledge_from_report(fetch_report(access, _TIMEOUT_SECONDS).report, source, domain)
