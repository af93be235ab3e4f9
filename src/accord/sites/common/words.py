"""What codes mean to an officer, in the reader’s language."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

RULES: Final = {
    "fifo": _("First in, first out (FIFO)"),
    "lifo": _("Last in, first out (LIFO)"),
    "haircut": _("In proportion (haircut)"),
    "libr": _("Lowest intermediate balance (LIBR)"),
    "poison": _("Upper bound (poison)"),
}

REFUSALS: Final = {
    "no_such_account": _("The bank has no such account. Check the number with the victim; another bank may keep it."),
    "no_such_transfer": _("The bank finds no such transfer. Check amount, time and account with the victim."),
    "already_settled": _("Too late to recall: the payment has settled. The receiving bank got a hold for it at once."),
    "nothing_stands": _("Nothing is left of the money on this account. The chase goes on where it went."),
    "legal_review": _("The bank's lawyers want to look at the order first. Call the bank."),
    "no_such_number": _("The operator does not keep this number. It may have moved to another operator, or be made up."),
    "no_such_order": _("The receiver does not know the order that this one is about. Call them."),
    "name_mismatch": _("The account belongs to somebody else than the order says. Check the holder’s name."),
    "already_ended": _("The order that this one is about had ended before."),
    "withdrawn": _("It was withdrawn before it was carried out."),
    "protected_funds": _("What stands there is protected: living costs, wages, benefits or clients’ money."),
    "court_order_needed": _("The receiver wants a court’s decision. Ask a supervisor whether to go to court."),
    "not_supported": _("The receiver does not carry out orders of this kind."),
    "not_authorised": _("The bank does not accept this authority for the order. A supervisor must call the bank."),
}
"""Why a bank refuses, and what that means for the officer."""

ASK_FIRST: Final = {
    "joint": _("Several people use a joint account. A hold may hit someone who has nothing to do with this: ask first."),
    "salary": _("Wages are paid into this account. A hold may leave someone without their pay: ask first."),
    "merchant": _("A merchant's takings. Ask what was bought, and to stop its delivery, before holding."),
    "pooled": _("Many customers' money stands on this account. Ask which customer was paid before holding."),
}
"""Why the plan proposes to ask before holding, by kind of account."""

TRACE_WORDS: Final = {
    "flow": _("Passed on"),
    "standing": _("Standing"),
    "held": _("Held"),
    "held_partly": _("Held in part"),
    "victim": _("Victim's account"),
    "passed": _("Money passed through"),
    "asked": _("Bank asked"),
    "silent": _("Bank silent"),
    "failed": _("Answer unusable"),
    "left": _("Went on to another jurisdiction"),
    "cash": _("Cash withdrawn"),
    "exchange": _("Sent to an exchange"),
    "payroll": _("Paid as wages"),
    "merchant": _("Paid to a merchant"),
    "hub": _("Into a hub account"),
    "outside": _("Outside the ledgers"),
    "below_minimum": _("Too small to follow"),
}
"""What a row, or an account in the picture, is called."""
