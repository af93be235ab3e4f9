"""What a reporter and an appellant read, in plain words. Each sentence is true whatever else may be going on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from accord.capabilities.orders.models import AppealDecision, AppealState
from accord.core.money import Money
from accord.web.templatetags.accord import bank_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accord.capabilities.orders.models import Appeal
    from accord.capabilities.orders.reporter_status import ReporterStatus


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way: its name, whether it was reached and on which day, and what that means."""

    name: str
    reached: bool
    day: date | None
    text: str


def steps(status: ReporterStatus) -> list[Step]:
    """The way of a report, from the call to the money's return."""
    return [
        Step(_("Report received"), True, status.received_on, _received(status)),
        Step(_("Banks asked"), status.asked_on is not None, status.asked_on, _asked(status)),
        Step(_("Money traced"), status.traced_on is not None, status.traced_on, _traced(status)),
        Step(_("Money on hold"), status.held_on is not None, status.held_on, _held(status)),
        Step(_("Money returned"), bool(status.returned), status.returned_on, _returned(status)),
    ]


def amounts(sums: Sequence[Money]) -> str:
    """Sums of several currencies side by side; they are never added up."""
    return _(" and ").join(str(money) for money in sums)


def _received(status: ReporterStatus) -> str:
    parts = {"amount": status.claimed, "bank": bank_name(status.own_bank)}
    return _("You reported a payment of %(amount)s from your account at %(bank)s.") % parts


def _asked(status: ReporterStatus) -> str:
    if status.asked_on is not None:
        return _("We have asked banks to stop or hold the money.")
    return _("As soon as your report is taken, we ask banks to stop or hold the money.")


def _traced(status: ReporterStatus) -> str:
    if status.traced_on is not None:
        return _("Banks have told us where money of yours went. We go on asking until nothing more is to be found.")
    return _("Banks look for the payment and tell us where the money went on to. This can take from minutes to days.")


def _held(status: ReporterStatus) -> str:
    told = []
    if status.stopped:
        told.append(_("%(amount)s was stopped before it left your bank.") % {"amount": amounts(status.stopped)})
    if status.held:
        told.append(_("%(amount)s of the money you reported is on hold at a bank.") % {"amount": amounts(status.held)})
        told.append(_("It cannot be paid out to anyone while it is on hold. The amount can still change."))
    if status.held_on is not None and not told and not status.returned:
        told.append(_("Money was on hold, but is not any more: the hold ran out or was lifted. You can ask us why."))
    if not told and status.is_closed and not status.returned:
        told.append(_("No money could be put on hold."))
    return " ".join(told) or _("Where some of your money still stands on an account, we order the bank to hold it.")


def _returned(status: ReporterStatus) -> str:
    if status.returned:
        return _("%(amount)s was paid back, to you or to the bank that has already compensated you.") % {
            "amount": amounts(status.returned)
        }
    if status.return_under_way:
        return _("The return has begun. We tell you in writing what you get, and you can object before it is decided.")
    return _("Money on hold is returned once it is decided whose it is. The holder of the account may be heard first.")


def next_for(status: ReporterStatus) -> str:
    """What happens next, in one sentence."""
    if status.is_closed:
        return _("The work on your report has ended. If you learn anything new, call us and name your reference.")
    if status.return_under_way and not status.returned:
        return _("You hear from us in writing about the return. You need not do anything before.")
    if status.held or status.stopped:
        return _("It is decided whose the money is. That takes time: weeks or months are usual. We call you if we need you.")
    if status.asked_on is not None:
        return _("Banks answer us one after another. We call you back at the number that you gave.")
    return _("An officer calls you back at the number that you gave, usually within an hour of your call.")


def advice(status: ReporterStatus) -> list[str]:
    """What to do now, the most urgent first."""
    now = []
    if status.may_pay_again:
        now.append(_("End every call and chat with the person who made you pay. Do not tell them that you have reported it."))
        now.append(_("If they had you install an app, switch the device off and call your bank from another telephone."))
    now.append(_("Pay nothing more: no fee, no tax, no deposit to get your money back. Whoever asks for one is a fraudster."))
    now.append(_("Keep every message, number, receipt and screenshot. Delete nothing."))
    now.append(_("Tell your own bank, if you have not yet, and change the passwords that the other side may know."))
    now.append(_("Give your code to nobody. No officer and no bank ever asks for it."))
    return now


def too_many_tries() -> str:
    return _("There were too many wrong codes. Wait ten minutes, then try again.")


def appeal_steps(appeal: Appeal) -> list[Step]:
    """The way of an appeal, from its receipt to the release."""
    begun = appeal.review_began_at is not None or appeal.decided_at is not None
    way = [
        Step(_("Appeal received"), True, _day(appeal.received_at), _("We have your appeal.")),
        Step(_("Being looked at"), begun, _day(appeal.review_began_at), _review(appeal)),
        Step(_("Decided"), appeal.decided_at is not None, _day(appeal.decided_at), _decision(appeal)),
    ]
    if appeal.decision in (AppealDecision.RELEASE, AppealDecision.RELEASE_PARTLY):
        way.append(Step(_("Money released"), appeal.released_at is not None, _day(appeal.released_at), _release(appeal)))
    return way


def _review(_appeal: Appeal) -> str:
    return _("Somebody who neither drafted nor approved the order looks at it afresh, with what you wrote.")


def _decision(appeal: Appeal) -> str:
    if appeal.state == AppealState.WITHDRAWN:
        return _("The appeal was withdrawn.")
    if appeal.decision == AppealDecision.RELEASE:
        return _("You are right: the order is lifted in full.")
    if appeal.decision == AppealDecision.RELEASE_PARTLY:
        released = Money(appeal.release_amount, appeal.order.currency)
        return _("You are right in part: %(amount)s is released, the rest stays on hold.") % {"amount": released}
    if appeal.decision == AppealDecision.KEEP:
        return _("The order stays.")
    return _("You get the decision with its reasons on this page.")


def _release(appeal: Appeal) -> str:
    if appeal.released_at is not None:
        return _("Your bank has confirmed that it is free.")
    return _("Your bank was told to release it. It confirms that to us, and we watch its clock.")


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else timezone.localtime(moment).date()
