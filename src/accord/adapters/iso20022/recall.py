"""camt.056, the request to cancel a payment: from the payer's bank to the payee's bank. The centre drafts it for the former."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from accord.adapters.iso20022 import schemas
from accord.adapters.iso20022.case import Assignment, put_assignment, read_assignment, read_document
from accord.adapters.iso20022.codes import FRAUD, CodeList, refuse_unknown
from accord.adapters.iso20022.errors import Msg
from accord.adapters.iso20022.nodes import Node, as_bytes, document
from accord.adapters.iso20022.payment import (
    OriginalPayment,
    put_amount,
    put_reference_copy,
    put_references,
    read_payment,
)
from accord.core.errors import BadInput

_LONGEST_LINE: Final = 105


@dataclass(frozen=True, slots=True)
class RecallDraft:
    """One payment to be cancelled. `reason` is a code; `info` are lines of at most 105 characters beside it."""

    assignment: Assignment
    payment: OriginalPayment
    reason: str = FRAUD
    info: tuple[str, ...] = ()
    cancellation_id: str = ""


def write_recall(draft: RecallDraft) -> bytes:
    """The message, valid against the official schema. BadInput names the field that cannot be written."""
    refuse_unknown(CodeList.CANCELLATION_REASON, draft.reason, "CxlRsnInf/Rsn/Cd")
    written = document(schemas.namespace(schemas.RECALL))
    body = written.add("FIToFIPmtCxlReq")
    put_assignment(body, draft.assignment, "Case")
    payment = body.add("Undrlyg/TxInf")
    payment.put("CxlId", draft.cancellation_id)
    put_references(payment, draft.payment)
    put_amount(payment, draft.payment)
    reason = payment.add("CxlRsnInf")
    reason.put("Rsn/Cd", draft.reason)
    for line in draft.info:
        reason.put("AddtlInf", line, _LONGEST_LINE)
    put_reference_copy(payment, draft.payment)
    schemas.check(written.element, "the recall")
    return as_bytes(written)


def read_recall(content: bytes, where: str = "camt.056") -> RecallDraft:
    """The one recall that a message holds; BadInput where it holds none, several, or is not valid."""
    body = _body(content, where)
    found = [(group, payment) for group in body.all("Undrlyg") for payment in group.all("TxInf")]
    if len(found) != 1:
        raise BadInput(Msg.MESSAGE_RECALLS_PAYMENTS, count=len(found), where=where)
    group, payment = found[0]
    cases = (payment.find("Case"), group.find("OrgnlGrpInfAndCxl/Case"), body.find("Case"))
    reason = payment.find("CxlRsnInf") or group.find("OrgnlGrpInfAndCxl/CxlRsnInf")
    return RecallDraft(
        assignment=read_assignment(body, cases, where),
        payment=read_payment(payment, where, group.find("OrgnlGrpInfAndCxl")),
        reason=reason.text("Rsn/Cd", "Rsn/Prtry") if reason else "",
        info=reason.texts("AddtlInf") if reason else (),
        cancellation_id=payment.text("CxlId"),
    )


def _body(content: bytes, where: str) -> Node:
    found, _ = read_document(content, "camt.056", where)
    body = found.find("FIToFIPmtCxlReq")
    if body is None:
        raise BadInput(Msg.DOCUMENT_NO_FITOFIPMTCXLREQ, where=where)
    return body
