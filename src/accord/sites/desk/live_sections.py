"""Parts of a page that are refreshed to date by polling, each replaced only when it has changed.

The page holds each part's digest in a hidden input and sends them with every poll; the answer carries the parts that
differ, out of band, and nothing at all (204) when none does. So what an officer has ticked, typed or focused stays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

_NO_NEWS: Final = re.compile(
    r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>'  # masked anew each time
    r"|(?<=>)[^<]*(?=</time>)|<time class=\"countdown[^\"]*\""  # counted down by the page itself
)


@dataclass(frozen=True, slots=True)
class LiveSection:
    """One part: `name` is its place in the page, `digest` stands for what it says."""

    name: str
    html: SafeString
    digest: str
    keeps_input: bool


def live_section(
    request: HttpRequest, name: str, template: str, context: Mapping[str, Any], *, keeps_input: bool = False
) -> LiveSection:
    html = render_to_string(template, dict(context), request)
    digest = hashlib.sha256(_NO_NEWS.sub("", html).encode()).hexdigest()[:16]
    return LiveSection(name, mark_safe(html), digest, keeps_input)  # noqa: S308 - rendered by a template just now


def news(request: HttpRequest, sections: Iterable[LiveSection]) -> HttpResponse:
    """The answer to a poll: the parts whose digest is not the one that the page has."""
    changed = [section for section in sections if request.GET.get(f"seen-{section.name}") != section.digest]
    if not changed:
        return HttpResponse(status=204)
    parts = (render_to_string("desk/_live_section.html", {"section": section, "oob": True}) for section in changed)
    return HttpResponse("\n".join(parts))
