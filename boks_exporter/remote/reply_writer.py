"""Write a reply as the gate does, for recorded files."""

from collections.abc import Iterable
from dataclasses import dataclass

from boks_exporter.model import Section


@dataclass(frozen=True, slots=True)
class Recorded:
    """One section as it was recorded, or the reason for which there is none."""

    name: Section
    text: str | None = None
    skipped: str = "not_recorded"


def frame(sections: Iterable[Recorded], version: str) -> bytes:
    """Frame recorded sections; without a clock, since the time of the recording is not known."""
    lines = [f"=boks-gate/1 version={version}"]
    count = 0
    for section in sections:
        count += 1
        lines.append(f"=section {section.name}")
        if section.text is None:
            lines.append(f"=end {section.name} skipped={section.skipped}")
            continue
        if section.text:
            lines += [f"|{line}" for line in section.text.removesuffix("\n").split("\n")]
        lines.append(f"=end {section.name} exit=0")
    lines.append(f"=done sections={count}")
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")
