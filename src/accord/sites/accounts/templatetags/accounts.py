"""What the header of every page needs from accounts.

{% purposes as offered %}      (value, label, chosen) of each purpose that the signed-in user may state
{% if user|may:"audit:read" %} whether the user holds a permission: for links that would otherwise lead to a refusal
{% navigation as links %}      the links of the frame that the user may follow, as the apps declare them
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.shortcuts import resolve_url
from django.template.context import RequestContext

from accord.capabilities.navigation import Entry
from accord.capabilities.people.models import Purpose, User
from accord.capabilities.people.policy import ROLE_PURPOSES, allowed, default_purpose, permission_of
from accord.capabilities.plugin import declared
from accord.sites.accounts.middleware.record_of_reads import PURPOSE_KEY

register = template.Library()


@register.simple_tag(takes_context=True)
def purposes(context: RequestContext) -> list[tuple[str, str, bool]]:
    request = context.request
    if not isinstance(request.user, User):
        return []
    offered = ROLE_PURPOSES.get(request.user.role, ())
    chosen = str(request.session.get(PURPOSE_KEY, ""))
    if chosen not in offered:
        chosen = default_purpose(request.user.role)
    return [(purpose.value, str(Purpose(purpose).label), purpose.value == chosen) for purpose in offered]


@register.filter
def may(user: Any, permission: str) -> bool:
    return isinstance(user, User) and allowed(user, permission_of(permission))


class Link(NamedTuple):
    """One link of the frame for one reader; `waiting` is how much waits there."""

    address: str
    label: str
    is_here: bool
    key: str
    waiting: int


@register.simple_tag(takes_context=True)
def navigation(context: RequestContext) -> list[Link]:
    user = context.request.user
    match = context.request.resolver_match
    site, page = (match.app_name, match.url_name or "") if match else ("", "")
    found = []
    for entry in _entries():
        if entry.needs and not any(may(user, permission) for permission in entry.needs):
            continue
        count = entry.count(user) if entry.count else 0
        if count is not None:
            found.append(Link(resolve_url(entry.page), str(entry.label), entry.is_here(site, page), entry.key, count))
    return found


def _entries() -> list[Entry]:
    kind = settings.ACCORD_AGENCY_KIND
    entries = (entry for _, declaration in declared() for entry in declaration.navigation)
    return sorted((entry for entry in entries if kind in entry.kinds), key=lambda entry: entry.rank)
