"""News of claims for later capabilities."""

from __future__ import annotations

from typing import Final

from accord.capabilities.news import Changed

changed: Final = Changed()
"""What is known of claims has changed: an answer or a failure came, or a hold on their money was confirmed or ended."""
