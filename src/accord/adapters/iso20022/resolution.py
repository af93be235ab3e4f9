"""camt.029, the answer to a recall. The centre reads it from the copy of the payer's bank."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from accord.adapters.iso20022 import schemas
from accord.adapters.iso20022.case import Assignment, put_assignment, read_assignment, read_document
from accord.adapters.iso20022.codes import CodeList, is_known, refuse_unknown
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
from accord.core.money import Money

_LONGEST_LINE: Final = 105


class RecallOutcome(StrEnum):
    """What an answer says of the recall. UNCLEAR: its codes are unknown, or say nothing of a cancellation."""

    CANCELLED = "cancelled"
    PARTIALLY = "partially"
    PENDING = "pending"
    REJECTED = "rejected"
    UNCLEAR = "unclear"


_BY_TRANSACTION: Final = {
    "ACCR": RecallOutcome.CANCELLED,
    "PDCR": RecallOutcome.PENDING,
    "RJCR": RecallOutcome.REJECTED,
}
_BY_STATUS: Final = {
    "CNCL": RecallOutcome.CANCELLED,
    "PECR": RecallOutcome.PARTIALLY,
    "PDCR": RecallOutcome.PENDING,
    "PDNG": RecallOutcome.PENDING,
    "CWFW": RecallOutcome.PENDING,
    "FTNA": RecallOutcome.PENDING,
    "RJCR": RecallOutcome.REJECTED,
}
_CONTRADICTIONS: Final = frozenset(
    [
        (RecallOutcome.CANCELLED, RecallOutcome.REJECTED),
        (RecallOutcome.REJECTED, RecallOutcome.CANCELLED),
        (RecallOutcome.PENDING, RecallOutcome.CANCELLED),
        (RecallOutcome.PENDING, RecallOutcome.REJECTED),
        (RecallOutcome.CANCELLED, RecallOutcome.PENDING),
        (RecallOutcome.REJECTED, RecallOutcome.PENDING),
    ]
)
"""(what the status of the case says, what the payment's own says) that cannot both be true of one payment."""


@dataclass(frozen=True, slots=True)
class RecallResolution:
    """What happened to the recall of one payment.

    `status` is that of the case, `transaction_status` the payment's own; `resolved` is what comes back, where it is stated.
    `schema_checked` is False for a version whose official schema is not here.
    """

    assignment: Assignment
    payment: OriginalPayment
    status: str
    transaction_status: str = ""
    reasons: tuple[str, ...] = ()
    info: tuple[str, ...] = ()
    resolved: Money | None = None
    cancellation_status_id: str = ""
    schema_checked: bool = True

    @property
    def outcome(self) -> RecallOutcome:
        """What the codes say; a part of the payment that comes back is not all of it. Unknown codes decide nothing."""
        case = _BY_STATUS.get(self.status)
        own = _BY_TRANSACTION.get(self.transaction_status)
        if (self.transaction_status and own is None) or (case, own) in _CONTRADICTIONS:
            return RecallOutcome.UNCLEAR
        outcome = own or case or RecallOutcome.UNCLEAR
        if outcome is not RecallOutcome.CANCELLED:
            return outcome
        return RecallOutcome.PARTIALLY if case is RecallOutcome.PARTIALLY or self._less_comes_back() else outcome

    def _less_comes_back(self) -> bool:
        whole = self.payment.amount
        if self.resolved is None or whole is None:
            return False
        return self.resolved.currency == whole.currency and self.resolved.minor < whole.minor

    @property
    def unknown_codes(self) -> tuple[str, ...]:
        """The codes that no list here has, to be shown as unknown."""
        stated = [
            (CodeList.STATUS, self.status),
            (CodeList.TRANSACTION_STATUS, self.transaction_status),
            *((CodeList.REJECTION_REASON, reason) for reason in self.reasons),
        ]
        return tuple(code for which, code in stated if code and not is_known(which, code))


def write_resolution(resolution: RecallResolution) -> bytes:
    """The message, valid against the official schema. BadInput names the field that cannot be written."""
    refuse_unknown(CodeList.STATUS, resolution.status, "Sts/Conf")
    written = document(schemas.namespace(schemas.RESOLUTION))
    body = written.add("RsltnOfInvstgtn")
    put_assignment(body, resolution.assignment, "RslvdCase")
    body.put("Sts/Conf", resolution.status)
    answered = body.add("CxlDtls/TxInfAndSts")
    answered.put("CxlStsId", resolution.cancellation_status_id)
    put_references(answered, resolution.payment)
    if resolution.transaction_status:
        refuse_unknown(CodeList.TRANSACTION_STATUS, resolution.transaction_status, "TxCxlSts")
        answered.put("TxCxlSts", resolution.transaction_status)
    _put_reasons(answered, resolution)
    answered.put_money("RsltnRltdInf/IntrBkSttlmAmt", resolution.resolved)
    put_amount(answered, resolution.payment)
    put_reference_copy(answered, resolution.payment)
    schemas.check(written.element, "the answer to a recall")
    return as_bytes(written)


def _put_reasons(answered: Node, resolution: RecallResolution) -> None:
    """One CxlStsRsnInf for each reason; the text stands with the last of them."""
    if not resolution.reasons and not resolution.info:
        return
    for code in resolution.reasons:
        refuse_unknown(CodeList.REJECTION_REASON, code, "CxlStsRsnInf/Rsn/Cd")
        answered.put("CxlStsRsnInf/Rsn/Cd", code)
    last = list(answered.all("CxlStsRsnInf"))[-1] if resolution.reasons else answered.add("CxlStsRsnInf")
    for line in resolution.info:
        last.put("AddtlInf", line, _LONGEST_LINE)


def read_resolutions(content: bytes, where: str = "camt.029") -> tuple[RecallResolution, ...]:
    """The answers of a message, one for each payment it is about; BadInput where it is about none, or not valid."""
    found, checked = read_document(content, "camt.029", where)
    body = found.find("RsltnOfInvstgtn")
    if body is None:
        raise BadInput(Msg.DOCUMENT_NO_RSLTNOFINVSTGTN, where=where)
    groups = [(group, payment) for group in body.all("CxlDtls") for payment in group.all("TxInfAndSts")]
    answers = tuple(_read(body, group, payment, checked, where) for group, payment in groups)
    if not answers:
        raise BadInput(Msg.MESSAGE_NAMES_NO_PAYMENT, where=where)
    return answers


def _read(body: Node, group: Node, payment: Node, checked: bool, where: str) -> RecallResolution:
    header = group.find("OrgnlGrpInfAndSts")
    cases = (payment.find("RslvdCase"), header.find("RslvdCase") if header else None, body.find("RslvdCase"))
    stated = list(payment.all("CxlStsRsnInf"))
    return RecallResolution(
        assignment=read_assignment(body, cases, where),
        payment=read_payment(payment, where, header),
        status=body.text("Sts/Conf"),
        transaction_status=payment.text("TxCxlSts"),
        reasons=tuple(code for reason in stated if (code := reason.text("Rsn/Cd", "Rsn/Prtry"))),
        info=tuple(line for reason in stated for line in reason.texts("AddtlInf")),
        resolved=payment.money("RsltnRltdInf/IntrBkSttlmAmt", where) or body.money("RsltnRltdInf/IntrBkSttlmAmt", where),
        cancellation_status_id=payment.text("CxlStsId"),
        schema_checked=checked,
    )
