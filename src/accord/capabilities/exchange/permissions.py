"""What may be done about exchange, and by whom."""

from __future__ import annotations

from typing import Final

from accord.capabilities.people.roles import OPERATOR_ROLE, Role
from accord.capabilities.permissions import Grant, Permission


class ExchangePermission(Permission):
    """Other countries’ and provinces’ centres."""

    READ = "exchange:read"
    ASK = "exchange:ask"
    ANSWER = "exchange:answer"


class AgreementPermission(Permission):
    """Agreements with them."""

    DRAFT = "agreements:draft"
    SIGN = "agreements:sign"


class PartnerPermission(Permission):
    """Partners’ centres and their cards."""

    MANAGE = "partners:manage"


GRANTS: Final = (
    Grant(ExchangePermission.READ, (Role.OFFICER, Role.SUPERVISOR, Role.LIAISON, OPERATOR_ROLE)),
    Grant(ExchangePermission.ASK, (Role.OFFICER, Role.SUPERVISOR, Role.LIAISON), decides=True),
    Grant(ExchangePermission.ANSWER, (Role.SUPERVISOR, Role.LIAISON), decides=True),
    Grant(AgreementPermission.DRAFT, (Role.SUPERVISOR, Role.LIAISON, OPERATOR_ROLE)),
    Grant(AgreementPermission.SIGN, (Role.SUPERVISOR, OPERATOR_ROLE), decides=True),
    Grant(PartnerPermission.MANAGE, (Role.ADMINISTRATOR, OPERATOR_ROLE), decides=True),
)
