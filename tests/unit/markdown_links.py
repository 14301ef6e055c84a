"""The links of Markdown pages, and the anchors that their headings make."""

import re
from pathlib import Path

_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)(?: \"[^\"]*\")?\)")
_DEFINED = re.compile(r"^\[[^\]]+\]: (\S+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


def relative_links(text: str) -> list[str]:
    """List the targets within this project; what stands in code is no link."""
    prose = _CODE.sub("", text)
    return [link for link in (*_LINK.findall(prose), *_DEFINED.findall(prose)) if not _ELSEWHERE.match(link)]


def anchors(text: str) -> set[str]:
    """Name the headings as GitHub does: small letters, no punctuation, dashes for blanks, numbers for repetitions."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCED.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = 0
        while slug + (f"-{number}" if number else "") in found:
            number += 1
        found.add(slug + (f"-{number}" if number else ""))
    return found


def broken(page: Path) -> list[str]:
    """List the links of a page that lead nowhere."""
    return [link for link in relative_links(page.read_text(encoding="utf-8")) if not _leads(page, link)]


def _leads(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in anchors(target.read_text(encoding="utf-8"))
