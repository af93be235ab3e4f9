"""Words of the desk's own pages."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accord.core.identifiers import IdentifierType
from accord.engine.text import TextType

register = template.Library()

_TYPES: Final[dict[str, Promise]] = {
    IdentifierType.PHONE: _("Telephone"),
    IdentifierType.BANK_ACCOUNT: _("Bank account"),
    IdentifierType.ALIAS: _("Payment alias"),
    IdentifierType.VIRTUAL_ACCOUNT: _("Virtual account"),
    IdentifierType.WALLET: _("Wallet"),
    IdentifierType.URL: _("Web address"),
    IdentifierType.DOMAIN: _("Domain"),
    IdentifierType.HANDLE: _("Handle"),
    IdentifierType.EMAIL: _("E-mail"),
    IdentifierType.PERSON_NAME: _("Name"),
    TextType.AMOUNT: _("Amount"),
    TextType.REFERENCE: _("Payment reference"),
}


@register.filter
def identifier_type(code: str) -> str:
    """What kind of find this is, in the reader's language."""
    return str(_TYPES.get(code, code))
