"""Identifiers: what an offender uses and leaves behind. One type a file; `parse` reads any of them.

identifier = parse(IdentifierType.PHONE, "138 0013 8000", region="CN")
identifier.canonical, identifier.masked, identifier.country
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from accord.core.errors import BadInput
from accord.core.identifiers.alias import Alias, AliasScheme, VirtualAccount
from accord.core.identifiers.bank_account import (
    AccountForm,
    BankAccount,
    is_card_number,
    is_iban,
    normalise_account_number,
    normalise_account_numbers,
    passes_luhn,
)
from accord.core.identifiers.base import Identifier, IdentifierType
from accord.core.identifiers.domain import Domain
from accord.core.identifiers.email import Email
from accord.core.identifiers.errors import Msg
from accord.core.identifiers.handle import Handle, Platform
from accord.core.identifiers.person_name import PersonName
from accord.core.identifiers.phone import DEFAULT_REGION, Phone, warm_up
from accord.core.identifiers.url import Url
from accord.core.identifiers.wallet import Wallet

_Parser = Callable[[str, str | None, str | None, str | None], Identifier]

_PARSERS: Final[dict[IdentifierType, _Parser]] = {
    IdentifierType.PHONE: lambda text, region, _institution, _service: Phone.parse(text, region=region),
    IdentifierType.BANK_ACCOUNT: lambda text, _region, institution, _service: BankAccount.parse(text, institution=institution),
    IdentifierType.ALIAS: lambda text, _region, _institution, service: Alias.parse(text, scheme=service),
    IdentifierType.VIRTUAL_ACCOUNT: lambda text, _r, institution, _service: VirtualAccount.parse(text, institution=institution),
    IdentifierType.WALLET: lambda text, _region, _institution, service: Wallet.parse(text, provider=service),
    IdentifierType.URL: lambda text, _region, _institution, _service: Url.parse(text),
    IdentifierType.DOMAIN: lambda text, _region, _institution, _service: Domain.parse(text),
    IdentifierType.HANDLE: lambda text, region, _institution, service: Handle.parse(text, platform=service, region=region),
    IdentifierType.EMAIL: lambda text, _region, _institution, _service: Email.parse(text),
    IdentifierType.PERSON_NAME: lambda text, _region, _institution, _service: PersonName.parse(text),
}


def parse(
    identifier_type: IdentifierType | str,
    text: str,
    *,
    region: str | None = DEFAULT_REGION,
    institution: str | None = None,
    service: str | None = None,
) -> Identifier:
    """Read `text` as an identifier of the given type; BadInput where it is not one or the type is unknown.

    A caller gives what it knows and each type takes what means something to it: `region` for national telephone numbers,
    `institution` for accounts, `service` for the platform, wallet provider or alias scheme (else it stands in the text, as
    in "wechat:name").
    """
    try:
        parser = _PARSERS[IdentifierType(identifier_type)]
    except ValueError:
        known = ", ".join(IdentifierType)
        raise BadInput(Msg.UNKNOWN_IDENTIFIER_TYPE, type=identifier_type, known=known) from None
    return parser(text, region, institution, service)


__all__ = [
    "DEFAULT_REGION",
    "AccountForm",
    "Alias",
    "AliasScheme",
    "BankAccount",
    "Domain",
    "Email",
    "Handle",
    "Identifier",
    "IdentifierType",
    "PersonName",
    "Phone",
    "Platform",
    "Url",
    "VirtualAccount",
    "Wallet",
    "is_card_number",
    "is_iban",
    "normalise_account_number",
    "normalise_account_numbers",
    "parse",
    "passes_luhn",
    "warm_up",
]
