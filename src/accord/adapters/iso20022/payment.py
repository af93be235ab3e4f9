"""The payment that a recall is about, as camt.056 asks for it and camt.029 answers about it: references and both sides.

A useful recall names the debtor, the creditor and both accounts: a bank that has to look them up first answers days later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from accord.adapters.iso20022.errors import Msg
from accord.adapters.iso20022.nodes import Node
from accord.core.errors import BadInput
from accord.core.identifiers import is_iban
from accord.core.money import Money

_BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_UETR: Final = re.compile(r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}")
_UETR_LENGTH: Final = 36
_LONGEST_NAME: Final = 140
_LONGEST_ACCOUNT: Final = 34


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a payment; "" where not known. `bank` is a BIC, or what else the bank is called by."""

    name: str = ""
    account: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class OriginalPayment:
    """The payment as its own message (pacs.008) named it; "" and None where not known."""

    message_id: str = ""
    message_name: str = ""
    instruction_id: str = ""
    end_to_end_id: str = ""
    transaction_id: str = ""
    uetr: str = ""
    amount: Money | None = None
    settled_on: date | None = None
    debtor: Side = Side()
    creditor: Side = Side()


def bank_key(node: Node, path: str) -> str:
    """How a bank at `path` is called: its BIC, else its number in a clearing system, else another number, else its name."""
    steps = ("BICFI", "BIC", "ClrSysMmbId/MmbId", "CmbndId/BIC", "Othr/Id", "PrtryId/Id", "Nm")
    return node.text(*(f"{path}/FinInstnId/{step}" for step in steps))


def account_number(node: Node, path: str) -> str:
    """The account at `path`: an IBAN or what else the bank calls it; else the proxy (a phone, an e-mail) it was paid by."""
    return node.text(
        *(f"{path}/{step}" for step in ("Id/IBAN", "Id/Othr/Id", "Id/BBAN", "Id/UPIC", "Id/PrtryAcct/Id", "Prxy/Id"))
    )


def put_bank(node: Node, path: str, bank: str) -> None:
    """A bank at `path`, as BIC where `bank` is one."""
    if bank:
        node.put(f"{path}/FinInstnId/{'BICFI' if _BIC.fullmatch(bank) else 'Othr/Id'}", bank)


def put_references(node: Node, payment: OriginalPayment) -> None:
    """OrgnlGrpInf to OrgnlUETR, as far as known; BadInput where too little is known for any bank to find the payment."""
    named = payment.uetr or payment.transaction_id or payment.end_to_end_id or payment.instruction_id
    if not named and not (payment.amount and payment.debtor.account):
        raise BadInput(Msg.PAYMENT_NO_REFERENCE)
    if payment.uetr and not _UETR.fullmatch(payment.uetr):
        raise BadInput(Msg.NOT_UETR, value=payment.uetr, where="OrgnlUETR")
    if payment.message_id or payment.message_name:
        if not (payment.message_id and payment.message_name):
            raise BadInput(Msg.ORIGINAL_MESSAGE_NEEDS_BOTH_ID_NAME, where="OrgnlGrpInf")
        group = node.add("OrgnlGrpInf")
        group.put("OrgnlMsgId", payment.message_id)
        group.put("OrgnlMsgNmId", payment.message_name)
    node.put("OrgnlInstrId", payment.instruction_id)
    node.put("OrgnlEndToEndId", payment.end_to_end_id)
    node.put("OrgnlTxId", payment.transaction_id)
    node.put("OrgnlUETR", payment.uetr, _UETR_LENGTH)


def put_amount(node: Node, payment: OriginalPayment) -> None:
    """OrgnlIntrBkSttlmAmt and OrgnlIntrBkSttlmDt."""
    node.put_money("OrgnlIntrBkSttlmAmt", payment.amount)
    if payment.settled_on:
        node.put("OrgnlIntrBkSttlmDt", payment.settled_on.isoformat())


def put_reference_copy(node: Node, payment: OriginalPayment) -> None:
    """OrgnlTxRef: the parties and accounts as the payment had them."""
    parts = (payment.amount, payment.settled_on, payment.debtor != Side(), payment.creditor != Side())
    if not any(parts):
        return
    copy = node.add("OrgnlTxRef")
    copy.put_money("IntrBkSttlmAmt", payment.amount)
    if payment.settled_on:
        copy.put("IntrBkSttlmDt", payment.settled_on.isoformat())
    copy.put("Dbtr/Pty/Nm", payment.debtor.name, _LONGEST_NAME)
    _put_account(copy, "DbtrAcct", payment.debtor.account)
    put_bank(copy, "DbtrAgt", payment.debtor.bank)
    put_bank(copy, "CdtrAgt", payment.creditor.bank)
    copy.put("Cdtr/Pty/Nm", payment.creditor.name, _LONGEST_NAME)
    _put_account(copy, "CdtrAcct", payment.creditor.account)


def _put_account(node: Node, path: str, account: str) -> None:
    node.put(f"{path}/Id/{'IBAN' if is_iban(account) else 'Othr/Id'}", account, _LONGEST_ACCOUNT)


def read_payment(node: Node, where: str, group: Node | None = None) -> OriginalPayment:
    """The payment that a TxInf or TxInfAndSts is about; `group` is the group that stands above it."""
    headers = [header for header in (node.find("OrgnlGrpInf"), group) if header is not None]
    return OriginalPayment(
        message_id=next((text for header in headers if (text := header.text("OrgnlMsgId"))), ""),
        message_name=next((text for header in headers if (text := header.text("OrgnlMsgNmId"))), ""),
        instruction_id=node.text("OrgnlInstrId"),
        end_to_end_id=node.text("OrgnlEndToEndId"),
        transaction_id=node.text("OrgnlTxId"),
        uetr=node.text("OrgnlUETR"),
        amount=node.money("OrgnlIntrBkSttlmAmt", where) or node.money("OrgnlTxRef/IntrBkSttlmAmt", where),
        settled_on=node.day("OrgnlIntrBkSttlmDt", where) or node.day("OrgnlTxRef/IntrBkSttlmDt", where),
        debtor=_read_side(node, "Dbtr"),
        creditor=_read_side(node, "Cdtr"),
    )


def _read_side(node: Node, role: str) -> Side:
    party = f"OrgnlTxRef/{role}"
    return Side(
        name=node.text(f"{party}/Pty/Nm", f"{party}/Nm"),
        account=account_number(node, f"{party}Acct"),
        bank=bank_key(node, f"{party}Agt"),
    )
