"""The name and the definition of every figure. A figure is never shown without its definition."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accord.capabilities.supervision.figures import Delay, Figure


class Words(NamedTuple):
    """`numerator` and `denominator` head the columns; `group` says what the rows of a table are."""

    name: Promise
    definition: Promise
    numerator: Promise | str = ""
    denominator: Promise | str = ""
    cases: Promise | str = ""
    group: Promise | str = ""


WORDS: Final[dict[Figure, Words]] = {
    Figure.HELD: Words(
        _("Held of what was claimed, by delay of the report"),
        _(
            "Claimed is what reporters stated, for reports taken in the period; further calls about the same payment count"
            " once. Held is what banks confirmed for these claims until today, before anything was given back or returned;"
            " payments that were stopped count too. The delay runs from the payment, as stated, to the report. Currencies"
            " are not added up."
        ),
        _("Held"),
        _("Claimed"),
        _("Claims"),
        _("Reported after"),
    ),
    Figure.HELD_ELSEWHERE: Words(
        _("Held in another currency than claimed"),
        _(
            "Money that was converted on its way is held in another currency. No rate is applied, so it stands in no share"
            " above."
        ),
        _("Held"),
        "",
        _("Claims"),
        _("Claimed in"),
    ),
    Figure.RETURNED: Words(
        _("Returned of what was claimed"),
        _(
            "Returned is what banks confirmed until today as paid to the reporters of the period, or to a bank that had"
            " reimbursed them. Claimed as above."
        ),
        _("Returned"),
        _("Claimed"),
        _("Claims"),
    ),
    Figure.INNOCENT: Words(
        _("Innocent money among what was held"),
        _(
            "Of what banks held in the period under stop payments, holds and freezes: what was given back to the holder"
            " until today because it was held wrongly, by appeal or without one. Releases for living costs do not count."
            " An order that was found wrong only after its end counts in full. What nobody complained of is not seen here."
        ),
        _("Given back"),
        _("Held"),
        _("Orders"),
    ),
    Figure.INNOCENT_TRUTH: Words(
        _("Innocent money among what was held, by the truth of the exercise"),
        _(
            "An exercise knows where the stolen money really went. Of what orders of the period keep, or kept to their end:"
            " what is held on an account beyond the stolen money that stood there when it was last held, had every payment of"
            " the exercise been made."
        ),
        _("Innocent"),
        _("Held"),
        _("Accounts"),
    ),
    Figure.PEOPLE: Words(
        _("Accounts held wrongly"),
        _(
            "Accounts on which money was held in the period, each counted once; and those of them to which something was"
            " given back because it was held wrongly, or whose holder’s appeal was found right."
        ),
        _("Held wrongly"),
        _("Accounts held"),
    ),
    Figure.TO_RELEASE: Words(
        _("From the decision to the confirmed release"),
        _(
            "For releases of what was held wrongly that banks confirmed in the period: from the moment the release was"
            " decided to the bank’s confirmation. The 95th percentile is the time within which 95 of 100 were confirmed."
        ),
    ),
    Figure.HELD_WRONGLY_FOR: Words(
        _("From the hold to the confirmed release"),
        _("For the same releases: from the bank’s confirmation of the hold to that of its release."),
    ),
    Figure.REPEATS: Words(
        _("Repeat victims within 90 days"),
        _(
            "Of the reports taken in the period: those of somebody who had reported another payment within the 90 days"
            " before. Somebody is recognised by the call-back number (its last nine digits) or by the account paid from."
        ),
        _("Repeated"),
        _("Reports"),
    ),
    Figure.FIRST_SENT: Words(
        _("From the call to the first order sent"),
        _("For reports taken in the period that have a claim: from taking the report to the moment its first order left."),
    ),
    Figure.FIRST_HELD: Words(
        _("From the call to the first confirmed hold"),
        _("For the same reports: from taking the report to the first confirmation that a bank keeps something."),
    ),
    Figure.IN_TIME: Words(
        _("Orders answered in time"),
        _(
            "Of the orders sent in the period, by who received them: those answered before their clock ran out. An order"
            " counts once it is answered or its clock has run out. The time of the answer is the receiver’s own statement."
        ),
        _("In time"),
        _("Answered or due"),
        "",
        _("Receiver"),
    ),
}

DELAYS: Final[dict[str, Promise]] = {
    Delay.TEN_MINUTES: _("at most 10 minutes"),
    Delay.ONE_HOUR: _("10 minutes to 1 hour"),
    Delay.SIX_HOURS: _("1 to 6 hours"),
    Delay.ONE_DAY: _("6 to 24 hours"),
    Delay.LATER: _("more than 24 hours"),
}

LOAD: Final = Words(
    _("Load of each officer"),
    _(
        "What each officer did on each day of the node’s time zone: calls taken (further calls about the same payment"
        " included), orders drafted, orders approved, appeals decided. An order that its drafter may approve counts in both."
    ),
)
