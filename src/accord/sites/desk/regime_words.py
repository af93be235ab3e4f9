"""The texts of the shipped regime files, so that they can be translated; the files themselves are data in English.

A test keeps the list equal to the files.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop

TEXTS: Final = (
    gettext_noop("Brazil: Pix special return mechanism"),
    gettext_noop("Participant of Pix, special return mechanism"),
    gettext_noop("Pix MED 2.0: up to five levels, 7 days of analysis. The appeal and answer clocks are settings of this node."),
    gettext_noop("at most five levels are followed"),
    gettext_noop("Pix MED 2.0: return within 11 days."),
    gettext_noop("China: stop payment and freeze"),
    gettext_noop("Public security organ, anti-fraud centre"),
    gettext_noop(
        "The payer's bank is asked to stop the payer's own payment while it is pending; it needs no power over anybody else."
    ),
    gettext_noop(
        "Yinfa [2016] 86: a signed message to the bank's head office, which checks name, number, amount and time and "
        "stops at once; a stop payment lasts 48 hours, at most twice per account. The tracing rule, the approval and "
        "the answer clocks are settings of this node, not law."
    ),
    gettext_noop("telecom fraud reported by the victim"),
    gettext_noop(
        "Yinfa [2016] 86 and the rules it stands on: a freeze lasts six months and may be renewed. The number of "
        "renewals here is a setting of this node, so that every freeze is looked at again."
    ),
    gettext_noop("Strict default"),
    gettext_noop("Anti-scam centre"),
    gettext_noop(
        "No rule of this jurisdiction is known here: the shortest times in use anywhere, traced amount only, expiry "
        "always set. The payer's own bank is asked to stop the payer's own payment."
    ),
    gettext_noop(
        "No rule of this jurisdiction is known here: the shortest times in use anywhere, traced amount only, expiry always set."
    ),
    gettext_noop(
        "No rule of this jurisdiction is known here: the shortest times in use anywhere, traced amount only, expiry "
        "always set. A freeze for longer than a hold is a court's decision."
    ),
    gettext_noop(
        "No rule of this jurisdiction is known here: the shortest times in use anywhere, traced amount only, expiry "
        "always set. A would-be victim's own account, for the holder's own protection."
    ),
    gettext_noop(
        "No rule of this jurisdiction is known here: the shortest times in use anywhere, traced amount only, expiry "
        "always set. Data are kept for 60 days so that a formal request can follow (compare Budapest Convention, "
        "article 29)."
    ),
    gettext_noop(
        "No rule of this jurisdiction is known here: the shortest times in use anywhere, traced amount only, expiry "
        "always set. Giving back needs no second person."
    ),
    gettext_noop("United Kingdom: hold"),
    gettext_noop("Police unit for payment crime"),
    gettext_noop(
        "From memory, to be checked: a payment may be delayed for up to four working days where fraud is suspected; "
        "account freezing orders are a court's."
    ),
    gettext_noop(
        "From memory, to be checked: account freezing orders under the Proceeds of Crime Act 2002, made by a "
        "magistrates' court."
    ),
    gettext_noop("India: lien on each layer"),
    gettext_noop("Indian Cyber Crime Coordination Centre"),
    gettext_noop(
        "Standard operating procedure of 2 January 2026: a lien on each layer; the bank raises a grievance within 7 "
        "days and the officer decides within 15 days. How long the lien lasts is a setting of this node: until the "
        "grievance must be decided."
    ),
    gettext_noop("a complaint on 1930 or the national portal"),
    gettext_noop("Republic of Korea: number suspension and payment stop"),
    gettext_noop("Integrated response centre against telecom finance fraud"),
    gettext_noop(
        "From memory, to be checked: a stop of payment at the victim's request under the special act on refund of "
        "damage from telecommunications finance fraud."
    ),
    gettext_noop(
        "A number is suspended within 10 minutes for 7 days, then permanently (by a number block that replaces the suspension)."
    ),
    gettext_noop("used in telecom fraud"),
    gettext_noop(
        "After a suspension of 7 days the number is blocked permanently. Every order expires here, so that it is "
        "looked at again: after ten years, a setting of this node."
    ),
    gettext_noop("suspended for 7 days for telecom fraud"),
    gettext_noop("Singapore: hold and restriction"),
    gettext_noop("Anti-Scam Command"),
    gettext_noop(
        "A hold of 24 hours is known for outflows of more than half of a balance of S$50,000 or more from one's own "
        "account; its use for a beneficiary account is assumed here."
    ),
    gettext_noop(
        "Since 2025 the account of a would-be victim may be restricted for up to 30 days, with up to five extensions "
        "and an appeal. The appeal clock is a setting of this node."
    ),
    gettext_noop("the holder is about to be defrauded and will not be persuaded"),
    gettext_noop("Thailand: temporary hold"),
    gettext_noop("Anti-Online Scam Operation Centre"),
    gettext_noop(
        "A victim's call lets the bank hold for 72 hours; with a police complaint within them, 7 days more; since "
        "September 2025 only the suspicious amount, and release within 12 hours where it is wrong. The tracing rule "
        "and the answer clocks are settings of this node, not law."
    ),
    gettext_noop("the victim's call"),
    gettext_noop("a police complaint"),
    gettext_noop("a renewal needs a police complaint within the first 72 hours"),
    gettext_noop("United States: financial fraud kill chain"),
    gettext_noop("Internet Crime Complaint Center, Recovery Asset Team"),
    gettext_noop(
        "Financial fraud kill chain: an international transfer, a recall started, at most 72 hours old, at least "
        "US$50,000, later relaxed. How long a recall stays open is a setting of this node."
    ),
    gettext_noop("international wire"),
    gettext_noop("the payer's bank has started a recall"),
    gettext_noop("at most 72 hours old"),
    gettext_noop("at least US$50,000 (later relaxed)"),
    gettext_noop(
        "From memory, to be checked: banks hold voluntarily at the request of the recovery team; there is no "
        "statutory length. The tracing rule is the one that courts there know best, a setting of this node."
    ),
)
