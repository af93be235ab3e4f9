"""One example of each message, for the documentation and the OpenAPI document; what stands there is made from these."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from accord.adapters.bank_wire.contract import Contract
from accord.adapters.bank_wire.letters import Letter, LetterType, Problem
from accord.adapters.bank_wire.messages import encode
from accord.adapters.bank_wire.signatures import read_secrets, signed_headers
from accord.adapters.bank_wire.version import CONTRACT_VERSION
from accord.capabilities.claims.ports import AccountStanding, Acknowledged, Credit, EnquiryAnswer, EnquiryRequest, TransferLeg
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import AppealMessage, HolderNotice, OrderAnswer, OrderMessage, OrderStatus, Refusal
from accord.engine.tracing.model import Parcel, Rule

_NOON: Final = datetime(2026, 3, 20, 12, tzinfo=UTC)
_ORDER: Final = UUID("0195b3a0-0000-7000-8000-000000000001")
_RELEASE: Final = UUID("0195b3a0-0000-7000-8000-000000000002")
_ENQUIRY: Final = UUID("0195b3a0-0000-7000-8000-000000000003")
_CREDIT: Final = Credit("E2E-20260320-0042", 500_000, "CNY", ((0, 500_000),))
_PAID: Final = TransferLeg(
    "E2E-20260320-0042", "6222000011112222", "BANKV", "6228000033334444", "BANKA", _NOON, 500_000, "CNY", ((0, 500_000),)
)
_ONWARD: Final = TransferLeg(
    "E2E-20260320-0077", "6228000033334444", "BANKA", "6217000055556666", "BANKB",
    _NOON + timedelta(minutes=4), 120_000, "CNY", ((0, 120_000),),
)  # fmt: skip
_TOLD: Final = EnquiryAnswer(
    answered_at=_NOON + timedelta(minutes=9),
    flows=(_PAID,),
    standing=(
        AccountStanding(
            "6228000033334444", 380_000, "CNY", parcels=(Parcel("E2E-20260320-0042", 120_000, 500_000),), seconds_to_pass_on=540
        ),
    ),
    onward=(_ONWARD,),
    exits=(),
)

ORDER: Final = OrderMessage(
    order_id=_ORDER,
    reference="O-7K3M-92QF",
    kind=OrderKind.STOP_PAYMENT,
    authority="Public security organ, anti-fraud centre",
    institution="BANKA",
    account="6228000033334444",
    amount=500_000,
    currency="CNY",
    rule=Rule.FIFO,
    until=_NOON + timedelta(hours=48),
    credits=(_CREDIT,),
    holder_name="王芳",
    grounds="telecom fraud reported by the victim",
    legal_basis="Yinfa [2016] 86",
    verified=True,
    contact="+86 10 0000 0000, at any hour",
    living_costs=200_000,
    notice=HolderNotice(_NOON + timedelta(hours=48), {"zh-Hans": "…", "en": "…"}),
)

EXAMPLES: Final[dict[str, Any]] = {
    "order": ORDER,
    "acknowledgement": Acknowledged(_NOON + timedelta(minutes=10)),
    "answer, held in part": OrderAnswer(
        _NOON + timedelta(minutes=9), 380_000, reason="the rest has left the account", transfer=_CREDIT.transfer, followed=_TOLD
    ),
    "answer, refused": OrderAnswer(
        _NOON + timedelta(minutes=9), refusal=Refusal.NAME_MISMATCH, reason="the account belongs to somebody else"
    ),
    "release of a part": OrderMessage(
        order_id=_RELEASE,
        reference="O-8Q2N-11XD",
        kind=OrderKind.RELEASE,
        authority=ORDER.authority,
        institution="BANKA",
        account=ORDER.account,
        amount=80_000,
        currency="CNY",
        rule=Rule.FIFO,
        until=ORDER.until,
        target=_ORDER,
        grounds="the holder has shown where the money came from",
    ),
    "status": OrderStatus(300_000, ORDER.until),
    "enquiry": EnquiryRequest(_ENQUIRY, ORDER.authority, "BANKA", (_CREDIT,), Rule.FIFO),
    "enquiry answered": _TOLD,
    "contract": Contract(CONTRACT_VERSION, "BANKA", _NOON, ("stop_payment", "freeze", "release")),
    "problem": Problem(409, "The state of things refuses it", "this id came before with another content"),
    "letter": Letter(
        LetterType.ORDER_ANSWERED,
        _ORDER,
        "BANKA",
        _NOON + timedelta(minutes=9),
        msgspec.Raw(encode(OrderAnswer(_NOON + timedelta(minutes=9), refusal=Refusal.NOTHING_STANDS, reason="all has left"))),
    ),
    "appeal": AppealMessage(_ORDER, "王芳", "这笔钱是我卖车的货款。", _NOON + timedelta(days=2), language="zh-Hans"),
}
"""Name in the documentation → message."""

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the published secret of the specification's vector
_VECTOR_ID: Final = "msg_p5jXN8AQM9LWM0D4loKWxJek"
_VECTOR_TIME: Final = 1614265330
_VECTOR_BODY: Final = '{"test": 2432232314}'


def as_json(message: Any) -> str:
    """The message as the documentation shows it."""
    return msgspec.json.format(encode(message), indent=2).decode()


def rendered() -> str:
    """All examples in Markdown, for docs/bank-api.md."""
    parts = [f"**{name}**\n\n```json\n{as_json(message)}\n```" for name, message in EXAMPLES.items()]
    return "\n\n".join(parts)


def rendered_vector() -> str:
    """The test vector of signatures in Markdown; the one that the Standard Webhooks specification's libraries publish."""
    keys = read_secrets(SECRET, "test vector")
    moment = datetime.fromtimestamp(_VECTOR_TIME, UTC)
    headers = signed_headers(keys, _VECTOR_ID, moment, _VECTOR_BODY.encode())
    lines = [f"secret             {SECRET}", f"body               {_VECTOR_BODY}"]
    lines += [f"{name:18} {value}" for name, value in headers.items()]
    return "```text\n" + "\n".join(lines) + "\n```"
