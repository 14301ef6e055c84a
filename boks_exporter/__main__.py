"""Run the command line with `python -m boks_exporter`."""

from boks_exporter.cli import main

if __name__ == "__main__":
    main()
