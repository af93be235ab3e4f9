"""What the views share: who asks, and that they may look."""

from __future__ import annotations

from django.http import HttpRequest

from accord.capabilities.exchange.permissions import ExchangePermission, PartnerPermission
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed, require
from accord.capabilities.permissions import Permission


def reader(request: HttpRequest, permission: Permission = ExchangePermission.READ) -> User:
    """The signed-in user, who works with partners (or may do what `permission` says); NotAllowed for others."""
    assert isinstance(request.user, User)
    require(request.user, permission)
    return request.user


def partner_reader(request: HttpRequest) -> User:
    """The signed-in user, who works with partners or looks after them; the latter see nothing of any case."""
    assert isinstance(request.user, User)
    if not allowed(request.user, PartnerPermission.MANAGE):
        require(request.user, ExchangePermission.READ)
    return request.user
