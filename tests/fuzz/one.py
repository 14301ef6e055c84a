"""Fuzz one target with atheris, which keeps what reaches new code.

`python -m tests.fuzz.one TARGET [LIBFUZZER OPTIONS]`
"""

import sys
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["boks_exporter"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Run until the given number of executions, or until something unexpected is raised."""
    name = sys.argv.pop(1)
    target = TARGETS[name]

    def run(data: bytes) -> None:
        with suppress(*target.declared):
            target.run(data)

    atheris.Setup(sys.argv, run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
