"""Lengths of time in words."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import ngettext


def length_in_words(span: timedelta) -> str:
    """15 minutes, 48 hours, 180 days: in the largest unit of which it is a whole number, days from a week on."""
    minutes = span // timedelta(minutes=1)
    if minutes % 60:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = minutes // 60
    if hours >= 168 and hours % 24 == 0:
        return ngettext("%(count)d day", "%(count)d days", hours // 24) % {"count": hours // 24}
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
