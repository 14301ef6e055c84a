"""Write the part that both gates have in common into the two scripts that are shipped."""

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
COMMON: Final = ROOT / "scripts/gate_common.sh"
GATES: Final = tuple(ROOT / "boks_exporter/remote" / name for name in ("gate-reading.sh", "gate-operator.sh"))
BEGIN: Final = "# -- the common part of both gates: scripts/gate_common.sh, by scripts/generate_gates.py --\n"
END: Final = "# -- the common part ends here --\n"


def with_common_part(gate: str, common: str) -> str:
    """Replace the common part of a gate's text."""
    before, begin, rest = gate.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        message = f"expected the lines {BEGIN.strip()!r} and {END.strip()!r} in the gate"
        raise ValueError(message)
    return before + begin + common + end + after


def main() -> int:
    """Write both gates."""
    common = COMMON.read_text(encoding="utf-8")
    for gate in GATES:
        gate.write_text(with_common_part(gate.read_text(encoding="utf-8"), common), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
