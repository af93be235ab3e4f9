"""camt.053, statements of accounts: booked entries as transfers, opening balances as balances.

An entry may hold many payments (TxDtls): each is a row; an entry without them is one row itself. Only booked entries (BOOK) are
rows; others, and entries that name no account on the other side, are refused with the reason. Cash has no such account: it goes
to, or comes from, the account CASH of the bank.

An id is the UETR, else the transaction id (both stay the same from bank to bank), else the bank's own reference with the bank's
name before it and, where it is that of a collective entry, the payment's place after it; else the end-to-end id. A payment that
comes back has the same id with ":return" after it.

A time is when the payment was accepted or made, else booked; a date alone is the start of its day.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from accord.adapters.iso20022.codes import CodeList, codes
from accord.adapters.iso20022.nodes import Node
from accord.adapters.iso20022.rows import Ledger, Row, end_to_end, ledger, moment
from accord.adapters.iso20022.xml import XmlStream
from accord.core.identifiers import normalise_account_number

_BOOKED: Final = "BOOK"
_CASH: Final = "CASH"
_OPENING: Final = ("OPBD", "PRCD")
"""Opening balance, else the previous statement's closing balance, which is the same by definition."""


class Entries:
    """Rows of transfers from one Document."""

    def __init__(self, namespace: str, stream: XmlStream) -> None:
        self._statement, self._account, self._entry, self._details = (
            f"{{{namespace}}}{name}" for name in ("Stmt", "Acct", "Ntry", "TxDtls")
        )
        self._stream = stream
        self._own = Ledger("", "", "")
        self._waiting: etree._Element | None = None
        self._read = 0  # payments of the entry so far, the waiting one included

    def ended(self, element: etree._Element) -> Iterator[Row]:
        """A payment waits for what comes after it: only then it is known whether its entry holds others."""
        if element.tag == self._account:
            statement = element.getparent()
            if statement is not None and statement.tag == self._statement:
                self._own = ledger(Node(statement), "Acct", "Acct/Svcr")
        elif element.tag == self._details:
            yield from self._released(element.getparent())
            self._waiting, self._read = element, self._read + 1
        elif element.tag == self._entry:
            if self._waiting is None:
                entry = Node(element)
                yield _row(entry, entry, self._own, place=0)
            yield from self._released()
            self._read = 0
            self._stream.release(element)
        elif element.tag == self._statement:
            self._own = Ledger("", "", "")
            self._stream.release(element)

    def _released(self, group: etree._Element | None = None) -> Iterator[Row]:
        """The waiting payment's row. It is let go of; so is the group it stood in, when the next one stands in `group`."""
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        entry, own_group = next(waiting.iterancestors(self._entry), None), waiting.getparent()
        if entry is not None:
            only = group is None and self._read == 1
            yield _row(Node(entry), Node(waiting), self._own, place=0 if only else self._read)
        self._stream.release(waiting)
        if group is not None and own_group is not None and own_group is not group:
            self._stream.release(own_group)


class OpeningBalances:
    """Rows of balances from one Document: of each account and currency the earliest statement's."""

    def __init__(self, namespace: str, stream: XmlStream) -> None:
        self._statement, self._entry = f"{{{namespace}}}Stmt", f"{{{namespace}}}Ntry"
        self._stream = stream
        self._earliest: dict[tuple[str, str], tuple[str, Row]] = {}

    def ended(self, element: etree._Element) -> Iterator[Row]:
        if element.tag == self._entry:
            self._stream.release(element)
        elif element.tag == self._statement:
            self._take(Node(element))
            self._stream.release(element)
        elif element.getparent() is None or str(element.tag).endswith("}Document"):
            yield from (row for _, row in self._earliest.values())
            self._earliest.clear()

    def _take(self, statement: Node) -> None:
        balance = _opening(statement)
        if balance is None:
            return
        own = ledger(statement, "Acct", "Acct/Svcr")
        amount, currency = balance.amount("Amt")
        sign = "-" if balance.text("CdtDbtInd") == "DBIT" and amount.strip("0.") else ""
        row = Row({"account": own.account, "bank": own.bank, "currency": currency, "amount": sign + amount})
        day = balance.text("Dt/DtTm", "Dt/Dt")
        key = (own.account, currency)
        if key not in self._earliest or day < self._earliest[key][0]:
            self._earliest[key] = (day, row)


def _opening(statement: Node) -> Node | None:
    """The statement's opening balance; that of a page in the middle of a statement (INTM) is none."""
    balances = [balance for balance in statement.all("Bal") if balance.text("Tp/SubTp/Cd") != "INTM"]
    for code in _OPENING:
        for balance in balances:
            if balance.text("Tp/CdOrPrtry/Cd", "Tp/Cd") == code:
                return balance
    return None


def _row(entry: Node, details: Node, own: Ledger, *, place: int) -> Row:
    """One payment of an entry; `details` is the entry itself where it has none.

    `place` is that within a collective entry, from 1; 0: the entry holds no other payment.
    """
    reference = details.text("Refs/AcctSvcrRef") or entry.text("AcctSvcrRef")
    if place and reference and not details.text("Refs/AcctSvcrRef"):
        reference = f"{reference}/{place}"
    shown = reference or entry.text("NtryRef") or f"line {details.element.sourceline}"
    status = entry.text("Sts/Cd", "Sts/Prtry", "Sts")
    if status != _BOOKED:
        return Row(refusal=f"the entry is not booked (its status is {status or 'missing'})", shown=shown)
    direction = details.text("CdtDbtInd") or entry.text("CdtDbtInd")
    if direction not in ("CRDT", "DBIT"):
        return Row(refusal=f"the entry says neither CRDT nor DBIT but {direction!r}", shown=shown)
    out, comes_back = direction == "DBIT", _comes_back(entry, details)
    kind = _kind(entry, details) if out else ""
    other = _counterparty(details, own, first="Cdtr" if out != comes_back else "Dbtr", kind=kind)
    if other is None:
        return Row(refusal="the entry names no account on the other side", shown=shown)
    amounts = _amounts(entry, details, out=out, several=place > 0)
    if amounts is None:
        return Row(refusal="a payment within a collective entry has no amount in the currency of the account", shown=shown)
    name = details.text("Refs/UETR", "Refs/TxId")
    if not name and reference:
        name = f"{own.bank}:{reference}" if own.bank else reference
    name = name or end_to_end(details.text("Refs/EndToEndId"))
    debtor, creditor = (own, other) if out else (other, own)
    return Row(
        {
            "id": f"{name}:return" if name and comes_back else name,
            "time": _time(entry, details),
            **debtor.columns("debtor"),
            **creditor.columns("creditor"),
            **amounts,
            "kind": kind,
        }
    )


def _comes_back(entry: Node, details: Node) -> bool:
    """Whether an entry takes back an earlier one: its parties then stand as in that one."""
    return entry.text("RvslInd") in ("true", "1") or details.find("RtrInf") is not None


def _time(entry: Node, details: Node) -> str:
    dates = "RltdDts"
    stated = details.text(f"{dates}/AccptncDtTm", f"{dates}/TxDtTm") or entry.text("BookgDt/DtTm", "BookgDt/Dt")
    return moment(stated or entry.text("ValDt/DtTm", "ValDt/Dt"))


def _kind(entry: Node, details: Node) -> str:
    """What the bank booked the payment as: cash and purchases end a trace. What a payer can state is not asked."""
    for node in (details, entry):
        domain = node.text("BkTxCd/Domn/Cd")
        if domain:
            family, sub_family = node.text("BkTxCd/Domn/Fmly/Cd"), node.text("BkTxCd/Domn/Fmly/SubFmlyCd")
            return codes(CodeList.TRANSACTION_KIND).codes.get(f"{family}/{sub_family}", "") if domain == "PMNT" else ""
    return ""


def _counterparty(details: Node, own: Ledger, first: str, kind: str) -> Ledger | None:
    """The account on the other side: that of the role `first`, unless it is the statement's own."""
    mine = normalise_account_number(own.account)
    for role in (first, "Dbtr" if first == "Cdtr" else "Cdtr"):
        found = ledger(details, f"RltdPties/{role}Acct", f"RltdAgts/{role}Agt")
        if found.account and normalise_account_number(found.account) != mine:
            return found
    if kind == "cash":
        return Ledger(_CASH, own.bank, own.country)
    name = details.text(f"RltdPties/{first}/Pty/Nm", f"RltdPties/{first}/Nm")
    return Ledger(name, "", "") if kind == "merchant" and name else None


def _amounts(entry: Node, details: Node, *, out: bool, several: bool) -> dict[str, str] | None:
    """The amount on the account's side, and that on the other side where it is in another currency."""
    booked, currency = entry.amount("Amt")
    stated = [details.amount(path) for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt", "AmtDtls/CntrValAmt/Amt")]
    if several or details is not entry:
        inside = next((amount for amount, unit in stated[:2] if amount and unit == currency), "")
        booked = inside or ("" if several else booked)
    if not booked and several:
        return None
    foreign = next(((amount, unit) for amount, unit in (stated[2], *stated) if amount and unit and unit != currency), ("", ""))
    if not foreign[0]:
        return {"amount": booked, "currency": currency}
    (amount, unit), (counter, counter_unit) = ((booked, currency), foreign) if out else (foreign, (booked, currency))
    return {"amount": amount, "currency": unit, "counter_amount": counter, "counter_currency": counter_unit}
