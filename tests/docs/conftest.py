"""The example of docs/drivers.md, importable as it is once it is installed."""

import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "statuspage"

sys.path.insert(0, str(EXAMPLE))
