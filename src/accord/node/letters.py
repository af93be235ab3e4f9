"""What a ledger holder tells unasked, applied by the capability that waits for it; the same for pushes and for files."""

from __future__ import annotations

from typing import Final

from accord.adapters.bank_wire import Letter, LetterType
from accord.adapters.bank_wire.letters import message_in
from accord.capabilities.claims import tasks as claims
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer
from accord.capabilities.orders import tasks as orders
from accord.capabilities.orders.ports import OrderAnswer
from accord.core.errors import BadInput
from accord.node.errors import Msg

OF_ORDERS: Final = (LetterType.ORDER_ANSWERED, LetterType.ORDER_ACKNOWLEDGED)
OF_ENQUIRIES: Final = (LetterType.ENQUIRY_ANSWERED, LetterType.ENQUIRY_ACKNOWLEDGED)


def apply(letter: Letter) -> bool:
    """Apply what a ledger holder tells of an order or enquiry; False where nothing was waited for.

    Who wrote the letter must be certain by now. Raises NotFound where it was not asked, Nonsense where it cannot be true,
    BadInput where the letter is none of these.
    """
    if letter.type in OF_ORDERS:
        return orders.receive(letter.sender, letter.about, message_in(letter, OrderAnswer, Acknowledged))
    if letter.type in OF_ENQUIRIES:
        return claims.receive(letter.sender, letter.about, message_in(letter, EnquiryAnswer, Acknowledged))
    raise BadInput(Msg.LETTER_TYPE_NOT_EXPECTED_HERE, type=letter.type, where="type")
