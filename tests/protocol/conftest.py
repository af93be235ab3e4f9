"""Where the modules lie that these tests share with others."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(folder) for folder in (HERE / "second_node", HERE.parent / "faults") if str(folder) not in sys.path]
