"""What a bank's checks and codes are called, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accord.capabilities.claims.ports import AccountKind
from accord.capabilities.controls.checks import Result
from accord.capabilities.orders.ports import Care, Refusal
from accord.web.templatetags.accord import local_text, masked
from accord.web.vocabulary import code_label

CHECKS: Final[dict[str, Promise]] = {
    "channel": _("Channel"),
    "kind": _("Kind of order"),
    "authority": _("Authority"),
    "basis": _("Legal basis"),
    "court": _("Court"),
    "expiry": _("When it ends"),
    "account": _("Account"),
    "name": _("Name of the holder"),
    "protected": _("Protected accounts"),
    "care": _("Special care"),
    "amount": _("Amount and currency"),
    "credits": _("Claimed credits"),
    "later_credits": _("Later credits"),
    "living_costs": _("Living costs"),
    "target": _("Order that it is about"),
    "pay_to": _("Payee"),
    "replaces": _("Order that it replaces"),
}

FOUND: Final[dict[str, Promise]] = {
    "channel_good": _("The sender is on the list of agreements; the line it used is its own."),
    "no_agreement": _("There is no agreement with this sender."),
    "kind_good": _("The agreement covers this kind."),
    "kind_not_for_banks": _("Orders of this kind go to telecom operators."),
    "kind_not_agreed": _("The agreement with the sender does not cover this kind."),
    "authority_good": _("%(authority)s is named and known."),
    "no_authority": _("No authority is named."),
    "authority_unknown": _("%(authority)s is not among the authorities of the agreement."),
    "basis_good": _("A legal basis is named, and the sender says that it was checked."),
    "no_basis": _("No legal basis is named."),
    "basis_not_checked": _("The sender says that nobody has checked this legal basis; it never acts alone."),
    "no_court_reference": _("The agreement asks for a court’s decision, and none is named."),
    "court_reference_given": _("The decision %(reference)s is named; compare it with what the court sent."),
    "expiry_good": _("It ends on %(until)s, within what was agreed."),
    "already_over": _("It ended on %(until)s, before it was checked."),
    "lasts_too_long": _("It would last until %(until)s, longer than the %(hours)s hours agreed; it is cut to them."),
    "account_good": _("The account %(account)s is kept here."),
    "no_such_account": _("There is no account %(account)s here."),
    "several_accounts": _("%(account)s names %(count)s accounts here."),
    "name_good": _("The account is in the name of %(stated)s."),
    "no_name_stated": _("The order names no holder."),
    "no_name_kept": _("The order names %(stated)s; the core keeps no name for this account."),
    "name_alike": _("The order names %(stated)s; the account is in the name of %(holder)s."),
    "name_of_somebody_else": _("The order names %(stated)s; the account is in another name."),
    "protected_good": _("An account of one person or firm, on which nobody else depends."),
    "protected_account": _("%(kind)s: people may depend on it who have nothing to do with this."),
    "care_marked": _("The sender marks the holder: %(care)s."),
    "amount_good": _("At most %(amount)s; the account has this currency."),
    "no_such_currency": _("The account has no %(currency)s."),
    "credits_good": _("Every claimed credit reached this bank (%(count)s)."),
    "payment_by_facts": _("No transfer is named; the core finds the payment by the stated facts."),
    "credits_unknown": _("The transfer %(transfer)s never reached this bank."),
    "poison_rule": _("Poison is an upper bound and never the ground of an order."),
    "later_credits_good": _("Only the named credits can be kept; whatever arrives later stays free."),
    "living_costs_good": _("%(left)s stay available to the holder."),
    "less_than_living_costs": _("The account has less than the %(left)s that must stay available."),
    "target_good": _("The earlier order is the sender’s own and has its effect."),
    "target_to_come": _("The earlier order has not come; when it comes it counts as withdrawn."),
    "target_unknown": _("This sender never sent the order that this one is about."),
    "target_over": _("The earlier order is over already."),
    "pay_to_good": _("To be paid to %(name)s, account %(account)s."),
    "no_payee": _("Nobody is named to whom the money goes."),
    "replaces_good": _("The earlier order ends in the same moment in which this one begins."),
    "replaced_unknown": _("This sender never sent the order that this one replaces."),
    "replaced_over": _("The earlier order is over already; this one begins afresh."),
}

FOR_PEOPLE_TO_CHOOSE: Final = (
    Refusal.LEGAL_REVIEW,
    Refusal.PROTECTED_FUNDS,
    Refusal.NOT_AUTHORISED,
    Refusal.COURT_ORDER_NEEDED,
    Refusal.NAME_MISMATCH,
    Refusal.NO_SUCH_ACCOUNT,
    Refusal.NO_SUCH_TRANSFER,
    Refusal.NOTHING_STANDS,
    Refusal.NOT_SUPPORTED,
)
"""Reasons that a person of the bank may refuse with; the others are found out by the node itself."""

CHANNELS: Final[dict[str, Promise]] = {"https": _("HTTPS line"), "file": _("File drop")}


def check_rows(checks: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The checks of a row for a page: name, result and what was found, in words."""
    return [
        {
            "name": str(CHECKS.get(one["name"], one["name"])),
            "result": one["result"],
            "result_words": code_label(Result, one["result"]),
            "words": _found(one["code"], one["facts"]),
            "refusal": code_label(Refusal, one["refusal"]),
        }
        for one in checks
    ]


def _found(code: str, facts: Mapping[str, str]) -> str:
    shown = dict(facts)
    if "until" in shown:
        shown["until"] = local_text(datetime.fromisoformat(shown["until"]), seconds=False, dated=True)
    if "account" in shown:
        shown["account"] = masked(shown["account"])
    if code == "protected_account":
        shown["kind"] = code_label(AccountKind, shown["kind"])
    if code == "care_marked":
        shown["care"] = code_label(Care, shown["care"])
    words = FOUND.get(code)
    return str(words) % shown if words else code.replace("_", " ")
