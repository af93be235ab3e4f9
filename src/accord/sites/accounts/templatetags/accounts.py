"""What the header of every page needs from accounts.

{% purposes as offered %}      (value, label, chosen) of each purpose that the signed-in user may state
{% if user|may:"audit:read" %} whether the user holds a permission: for links that would otherwise lead to a refusal
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext

from accord.capabilities.people.models import Purpose, User
from accord.capabilities.people.policy import ROLE_PURPOSES, allowed, default_purpose, permission_of
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
