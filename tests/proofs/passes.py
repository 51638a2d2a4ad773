"""Run passes of the program, each at its own time: `python -m tests.proofs.passes mailboxes.toml 0 240 1200`.

As `run_bot.py once` does, with the clock so many seconds ahead; what waits for minutes need not be waited for.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from bot.edges import clock
from bot.loop import once
from bot.settings import load


def main() -> int:
    failures: list[str] = []
    for seconds in map(int, sys.argv[2:]):
        clock.set_ahead(timedelta(seconds=seconds))
        failures += once(load(Path(sys.argv[1]))).failures
    for failure in failures:
        sys.stderr.write(failure + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
