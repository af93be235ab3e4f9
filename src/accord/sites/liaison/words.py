"""Languages by their names."""

from __future__ import annotations

from typing import Final

LANGUAGE_NAMES: Final = {"en": "English", "zh-hans": "中文", "zh": "中文"}
"""Languages by their code, each in itself."""
