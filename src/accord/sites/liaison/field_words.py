"""What the fields that an agreement lets a side disclose are called: lawyers read words, programs read the code beside them."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accord.capabilities.exchange.kinds import MessageKind

_LEG: Final[dict[str, Promise]] = {
    "flows": _("transfers that the money took inside"),
    "flows.debtor": _("their paying accounts"),
    "flows.debtor_bank": _("their paying banks"),
    "flows.creditor": _("their receiving accounts"),
    "flows.creditor_bank": _("their receiving banks"),
    "onward": _("transfers to other jurisdictions"),
    "onward.debtor": _("their paying accounts"),
    "onward.debtor_bank": _("their paying banks"),
    "onward.creditor": _("their receiving accounts"),
    "onward.creditor_bank": _("their receiving banks"),
    "exits": _("exits, such as cash or an exchange"),
    "exits.debtor": _("the accounts from which it left"),
    "exits.debtor_bank": _("the banks from which it left"),
    "exits.creditor": _("who received it, by account"),
    "exits.creditor_bank": _("who received it, by bank"),
}

_CREDITS: Final[dict[str, Promise]] = {
    "credits.account": _("the account that each transfer reached"),
    "credits.time": _("when each transfer arrived"),
    "credits.debtor_bank": _("from which bank each transfer came"),
}

FIELDS: Final[dict[str, dict[str, Promise]]] = {
    MessageKind.ENQUIRY: _CREDITS,
    MessageKind.ENQUIRY_ANSWER: {
        "reason": _("the reason in words"),
        **_LEG,
        "standing.bank": _("the bank where money stands"),
        "standing.account_kind": _("the kind of account where it stands"),
        "standing.seconds_to_pass_on": _("how fast the account passes money on"),
        "standing.parcels": _("of which transfer it is which part"),
        "open.bank": _("the bank that has still to answer"),
    },
    MessageKind.ORDER: {
        "account": _("the account"),
        **_CREDITS,
        "payment": _("the payment as the victim states it"),
        "payment.payer_account": _("the victim’s account"),
        "holder_name": _("the name of the holder"),
        "grounds": _("the grounds in words"),
        "contact": _("whom to call at any hour"),
    },
    MessageKind.ORDER_ANSWER: {
        "reason": _("the reason in words"),
        "transfer": _("the transfer that the bank found"),
        "settled": _("what arrived, and when"),
        "settled.bank": _("at which bank it arrived"),
        "settled.place": _("on which account it arrived"),
    },
    MessageKind.REQUEST: {
        "reasons": _("the reasons"),
        "account": _("the account"),
        "institution": _("the bank"),
        "amount": _("the amount"),
        "currency": _("the currency"),
    },
    MessageKind.REQUEST_ANSWER: {"text": _("the answer in words")},
}
"""By kind of message; `fields.disclosable` has the same names."""
