"""Text: identifiers, amounts and payment references from Chinese and English narratives.

found = extract("骗子让我转到卡号6222 0200 0000 0012 344，一共三万五，微信 helper_88", region="CN", currency="CNY")
found.identifiers, found.amounts, found.references
"""

from __future__ import annotations

from accord.engine.text.extract import MAX_MENTIONS, extract
from accord.engine.text.model import Extraction, Mention, MentionType, TextType

__all__ = ["MAX_MENTIONS", "Extraction", "Mention", "MentionType", "TextType", "extract"]
