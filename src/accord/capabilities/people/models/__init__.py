"""The rows of people: who works here, what they are allowed, and what they did and read."""

from __future__ import annotations

from accord.capabilities.people.models.audit import AuditEntry, AuditHead, ReadEntry, ReadHead
from accord.capabilities.people.models.retention import RetentionClock
from accord.capabilities.people.models.second_factors import FactorKind, SecondFactor
from accord.capabilities.people.models.tokens import ServiceAccount, ServiceToken
from accord.capabilities.people.models.users import Agency, AgencyKind, Purpose, Team, User, UserManager, UserSession
from accord.capabilities.people.roles import Role

__all__ = [
    "Agency",
    "AgencyKind",
    "AuditEntry",
    "AuditHead",
    "FactorKind",
    "Purpose",
    "ReadEntry",
    "ReadHead",
    "RetentionClock",
    "Role",
    "SecondFactor",
    "ServiceAccount",
    "ServiceToken",
    "Team",
    "User",
    "UserManager",
    "UserSession",
]
