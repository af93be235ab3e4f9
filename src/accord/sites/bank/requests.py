"""What the bank's views share."""

from __future__ import annotations

from django.http import HttpRequest

from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import require
from accord.capabilities.permissions import Permission


def reader(request: HttpRequest, permission: Permission = InboxPermission.READ) -> User:
    """The signed-in user, who may look at the bank's inbox (or whatever `permission` says); NotAllowed for others."""
    assert isinstance(request.user, User)
    require(request.user, permission)
    return request.user
