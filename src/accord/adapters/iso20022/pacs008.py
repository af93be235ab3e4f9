"""pacs.008, credit transfers between banks, as transfers.

An id is the UETR, else the transaction id (both stay the same from bank to bank), else the instruction id, else the end-to-end
id. A time is when the payment was accepted, else debited or credited, else when the message was made. Where the payer's own
currency is not that of the settlement, the transfer converts: what was instructed is paid, what settled is received.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from accord.adapters.iso20022.nodes import Node
from accord.adapters.iso20022.rows import Row, end_to_end, ledger
from accord.adapters.iso20022.xml import XmlStream


class CreditTransfers:
    """Rows of transfers from one Document."""

    def __init__(self, namespace: str, stream: XmlStream) -> None:
        self._header = f"{{{namespace}}}GrpHdr"
        self._transfer = f"{{{namespace}}}CdtTrfTxInf"
        self._stream = stream
        self._made_at = ""

    def ended(self, element: etree._Element) -> Iterator[Row]:
        if element.tag == self._header:
            self._made_at = Node(element).text("CreDtTm")
        elif element.tag == self._transfer:
            yield _row(Node(element), self._made_at)
            self._stream.release(element)


def _row(node: Node, made_at: str) -> Row:
    settled, currency = node.amount("IntrBkSttlmAmt")
    instructed, own_currency = node.amount("InstdAmt")
    converts = bool(own_currency and currency and own_currency != currency)
    return Row(
        {
            "id": node.text("PmtId/UETR", "PmtId/TxId", "PmtId/InstrId") or end_to_end(node.text("PmtId/EndToEndId")),
            "time": node.text("AccptncDtTm", "AddtlDtTm/AccptncDtTm", "SttlmTmIndctn/DbtDtTm", "SttlmTmIndctn/CdtDtTm")
            or made_at,
            **ledger(node, "DbtrAcct", "DbtrAgt").columns("debtor"),
            **ledger(node, "CdtrAcct", "CdtrAgt").columns("creditor"),
            "amount": instructed if converts else settled,
            "currency": own_currency if converts else currency,
            "counter_amount": settled if converts else "",
            "counter_currency": currency if converts else "",
        }
    )
