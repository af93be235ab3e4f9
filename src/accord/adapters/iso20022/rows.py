"""What pacs.008 and camt.053 have in common on their way into the record tables: rows of text under the tables' names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from lxml import etree

from accord.adapters.iso20022.nodes import Node
from accord.adapters.iso20022.payment import account_number, bank_key
from accord.core.identifiers import is_iban

_BIC: Final = re.compile(r"[A-Z0-9]{4}([A-Z]{2})[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?", re.ASCII)
NOT_PROVIDED: Final = "NOTPROVIDED"
"""What stands for an end-to-end id that the payer did not give."""


@dataclass(frozen=True, slots=True)
class Row:
    """Columns of the tables as text (absent: blank), to be checked like any other source; or `refusal`, why it is no row.

    `shown` is how a person finds a refused one in the file.
    """

    values: dict[str, str] = field(default_factory=dict)
    refusal: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """An account as the tables know it: number, bank, country."""

    account: str
    bank: str
    country: str

    def columns(self, role: str) -> dict[str, str]:
        """The columns of a debtor or creditor."""
        return {role: self.account, f"{role}_bank": self.bank, f"{role}_country": self.country}


class RowSource(Protocol):
    """Makes rows of one kind of message."""

    def ended(self, element: etree._Element) -> Iterator[Row]:
        """The rows that are complete now that an element has ended."""
        ...


def ledger(node: Node, account_path: str, bank_path: str) -> Ledger:
    """The account at one path, at the bank at another.

    A bank is known by the first eight characters of its BIC: branches share its accounts, so "DEUTDEFF500" is DEUTDEFF.
    """
    account, stated = account_number(node, account_path), bank_key(node, bank_path)
    bic = _BIC.fullmatch(stated)
    country = bic[1] if bic else ""
    if len(account) > 4 and is_iban(account.replace(" ", "").upper()):
        country = account[:2].upper()
    return Ledger(account, stated[:8] if bic else stated, country)


def moment(text: str) -> str:
    """A date as the start of its day; a date and time as it is. A zone stays where there is one."""
    matched = _DATE.fullmatch(text)
    return f"{matched[1]}T00:00:00{matched[2] or ''}" if matched else text


def end_to_end(text: str) -> str:
    """An end-to-end id, where the payer gave one."""
    return "" if text == NOT_PROVIDED else text
