"""The messages of our own errors in the reader's language.

Below the pages an error speaks English, for logs and the command line. What an officer may meet is listed here as a pattern
whose {parts} are carried over into the translation; a message that no pattern fits is shown as it is.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from django.utils.translation import gettext, gettext_noop

PATTERNS: Final = (
    gettext_noop("there is no such report"),
    gettext_noop("there is no such claim"),
    gettext_noop("there is no such order"),
    gettext_noop("there is no such identifier on this report"),
    gettext_noop("there is no such hand-over"),
    gettext_noop("{user} may not do this ({permission}); ask a supervisor"),
    gettext_noop("{officer} is working on {report} until {time}; ask them to unlock it"),
    gettext_noop("{officer} is working on {report}; ask them or a supervisor"),
    gettext_noop("{officer} already took this hand-over"),
    gettext_noop("another officer must acknowledge your hand-over"),
    gettext_noop("say why the report is closed"),
    gettext_noop("say why the hold is released; it stays on record"),
    gettext_noop("choose at least one line of the plan"),
    gettext_noop("an order that is {state} cannot {event}"),
    gettext_noop("the narrative contains NUL characters; paste it as plain text"),
    gettext_noop("the narrative has {count} characters; at most {limit} are accepted; shorten it"),
    gettext_noop("the amount must be more than zero"),
    gettext_noop("the payment lies in the future; check the time and the time zone"),
    gettext_noop("{amount} is not an amount; write it like 1234.50"),
    gettext_noop("{amount} has {count} decimals but {currency} has {decimals}"),
    gettext_noop("{amount} {currency} is larger than any amount accepted here"),
    gettext_noop("unknown currency {currency}; give an ISO 4217 code such as CNY"),
    # recalls between banks, as files
    gettext_noop("only a recall has these files"),
    gettext_noop("the recall is not approved yet; the bank gets its draft after that"),
    gettext_noop("the payee's bank is not known; ask the payer's bank, or give it here"),
    gettext_noop("choose the bank's copy of the camt.029, an XML file"),
    gettext_noop("the file is larger than {limit} MiB"),
    gettext_noop("an order that is {state} awaits no answer"),
    gettext_noop("{value} is not a UETR (a version 4 UUID in lower case)"),
    gettext_noop("this is not well-formed XML: {reason}"),
    gettext_noop("this is no valid {message}: {errors}"),
    gettext_noop("expected one {message}, found {names}"),
    gettext_noop("the message names no case; ask the bank for one that does"),
    gettext_noop("the message names no payment (TxInfAndSts); ask the bank which one it is about"),
    gettext_noop("{count} answers in the file are about {order}; expected one (it has: {cases})"),
    gettext_noop("the answer is between {parties}; {bank} has no part in it"),
    gettext_noop("the answer does not say what became of the recall (status {codes}); call the bank"),
    gettext_noop("the answer says that a part comes back, but not how much; ask the bank"),
    gettext_noop("the answer is in {stated}, the order in {ordered}; ask the bank for the amount"),
    gettext_noop("the answer names no reference of the payment (UETR, transaction or end-to-end id); ask the bank for it"),
    # people and their rights
    gettext_noop("there is no such user"),
    gettext_noop("there is no such session"),
    gettext_noop("there is no such second factor"),
    gettext_noop("there is no such service account"),
    gettext_noop("there is no such token"),
    gettext_noop("there is no such page"),
    gettext_noop("{name} cannot be a user name; use letters, digits and . @ + - _"),
    gettext_noop("there is already a user named {name}; choose another name"),
    gettext_noop("there is no agency {code}; add it first"),
    gettext_noop("the team is not one of the agency"),
    gettext_noop("{user} is active already"),
    gettext_noop("{user} is deactivated already"),
    gettext_noop("this is not your present password"),
    gettext_noop("the new password is the old one; choose another"),
    gettext_noop("you cannot change your own role; ask another administrator"),
    gettext_noop("you cannot deactivate yourself; ask another administrator"),
    gettext_noop("{code} cannot be an agency's code; use letters, digits and . _ -"),
    gettext_noop("there is already an agency {code}; choose another code"),
    gettext_noop("a team needs a name"),
    gettext_noop("there is already a team {name} in this agency; choose another name"),
    gettext_noop("{name} cannot be a service account's name; use letters, digits and . _ -"),
    gettext_noop("there is already a service account {name}; choose another name"),
    gettext_noop("the service account {name} is deactivated; reactivate it first"),
    gettext_noop("the token {prefix} is revoked already"),
    gettext_noop("a token needs at least one permission"),
    gettext_noop("the code is not right; check the clock of your device and type the code it shows now"),
    gettext_noop("the passkey was not accepted; try again"),
    gettext_noop("sign in with your password first"),
    gettext_noop("sign in with your second factor before you add another"),
    gettext_noop("this is your only second factor, and your role needs one; add another before you remove it"),
    gettext_noop("recovery codes stand in for an authenticator app or a passkey; add one first"),
    gettext_noop(
        "second factors cannot be read with this node's secret key; restore the key, or reset the factor and enrol again"
    ),
    gettext_noop("unknown language; choose English or Chinese"),
    gettext_noop("choose a purpose from the list"),
    gettext_noop("the record of reads cannot be written, so that nothing is shown"),
    # appeals
    gettext_noop("there is no such appeal"),
    gettext_noop("there is no such compensation"),
    gettext_noop("there is no such claimant"),
    gettext_noop("there is no such objection"),
    gettext_noop("there is no such return"),
    gettext_noop("nobody was touched by this order, so there is nothing to appeal against"),
    gettext_noop("{name} already has the appeal {appeal} against this order; it is open"),
    gettext_noop("{officer} drafted or approved {order}; somebody who did not order it decides the appeal"),
    gettext_noop("an appeal that is {state} cannot {event}"),
    gettext_noop("choose a decision"),
    gettext_noop("give the reasons in words that the appellant understands"),
    gettext_noop("say how much is released; only an order that keeps money can be released in part"),
    gettext_noop("that is all that is held, or more: decide to release in full"),
    gettext_noop("the order is over and nothing is kept under it: find it wrong in full, or not wrong"),
    gettext_noop("another order about it is still open; wait for its answer, or discard its draft"),
    gettext_noop("say who appeals"),
    gettext_noop("say why the order is wrong"),
    gettext_noop("say who took the appeal back, and how"),
    gettext_noop("the text contains NUL characters; paste it as plain text"),
    gettext_noop("{field} has {count} characters; at most {limit} are accepted; shorten it"),
    gettext_noop("say how it is known; it stays on record"),
    gettext_noop("say what the holder lives on; it stays on record"),
    gettext_noop("nothing more is to be left for living costs under this order"),
    gettext_noop("an order that is {state} touches nobody any more"),
    gettext_noop("only for an appeal that was granted, in full or in part, can compensation be noted"),
    gettext_noop("say what the compensation is for; it stays on record"),
    gettext_noop("this compensation is already noted as paid"),
    gettext_noop("give the reference of the payment, at most 128 characters"),
    # returns to victims
    gettext_noop("a return that is {state} cannot {event}"),
    gettext_noop("choose at least one hold whose money is returned"),
    gettext_noop("one of the holds keeps no money any more; look again"),
    gettext_noop("the holds are in several currencies; prepare one return for each currency"),
    gettext_noop("give the reference of the decision or agreement that states the amounts"),
    gettext_noop("{order} keeps no money now, so that nothing of it can be returned"),
    gettext_noop("of {order} at most {amount} can be returned, and more than nothing"),
    gettext_noop("give the {field} of the claimant, at most {limit} characters"),
    gettext_noop("a bank that has reimbursed needs the victim's claim and the document that shows it"),
    gettext_noop("say what the claim of somebody else than the victim stands on"),
    gettext_noop("the claim is in another currency; say what the amount in this one stands on"),
    gettext_noop("name the victim's claim"),
    gettext_noop("choose the claim from the list"),
    gettext_noop("what is stated for a claimant lies between nothing and what is claimed"),
    gettext_noop("on this claim at most {amount} more can be claimed: the rest is named, returned or under way already"),
    gettext_noop("say why the claimant is taken out; it stays on record"),
    gettext_noop("give between 1 and {days} days for objections"),
    gettext_noop("nobody would get anything: name the claimants first, with the claims that the holds were traced for"),
    gettext_noop("nobody would get anything"),
    gettext_noop("write what is intended, and how to object"),
    gettext_noop("say who objects"),
    gettext_noop("say what is objected"),
    gettext_noop("say whether the objection is right"),
    gettext_noop("give the answer in plain words"),
    gettext_noop("this objection is already answered"),
    gettext_noop("say why the return is given up; it stays on record"),
    gettext_noop("{officer} prepared {restitution}; somebody else must decide on it"),
    gettext_noop("give the reasons; they stay on record"),
    gettext_noop("the return cannot be decided yet: {reasons}"),
    gettext_noop("the time for objections is not over"),
    gettext_noop("an objection is not answered"),
    gettext_noop("{order} keeps no money any more"),
    gettext_noop("{order} keeps less than is to be returned"),
    gettext_noop("the appeal {appeal} against {order} is not decided"),
    gettext_noop("more is claimed on {claim} than was lost and is not returned yet"),
    gettext_noop("every part of this return is paid or under way"),
    gettext_noop("{order} no longer keeps what is to be paid from it"),
    gettext_noop("the account can be corrected once a bank has refused to pay to it"),
    gettext_noop("give the bank, the account and how you know that it is the claimant's"),
    gettext_noop("say why the rest is given up; it stays on record"),
    gettext_noop("a return order is still under way; wait for its answer"),
    gettext_noop("the regime asks for a court's decision: give its reference"),
    # files that a victim hands in
    gettext_noop("the file is empty"),
    gettext_noop("the file has no header line"),
    gettext_noop("this is not text (it holds zero bytes); export it as CSV"),
    gettext_noop("this is {kind}, not a CSV or Parquet file; export it as CSV"),
    gettext_noop(
        "there is no column {column}, which is needed for {target}; the file has: {names}. Name the right column {rest}"
    ),
    gettext_noop("byte {offset} ({byte}) is not {encoding}; save the file as UTF-8, or name the encoding it has {rest}"),
    gettext_noop("the Parquet file is damaged ({error}); fetch it again"),
    gettext_noop("the file is larger than {limit} MB; cut it down to the days in question"),
    gettext_noop("the file has more than {limit} rows; cut it down to the days in question"),
    # rows of such a file
    gettext_noop("is missing"),
    gettext_noop("is not an amount; write it like 1234.50"),
    gettext_noop("has no known currency"),
    gettext_noop("is negative"),
    gettext_noop("is zero"),
    gettext_noop("has more decimals than {currency} has ({count})"),
    gettext_noop("is larger than any amount accepted here"),
    gettext_noop("is not a time; write it like 2024-05-01T13:30:00+08:00, or as seconds since 1970"),
    gettext_noop("is not a time that exists"),
    gettext_noop("is in the future (a plain number counts seconds since 1970)"),
    gettext_noop("is not a currency; give an ISO 4217 code such as CNY"),
    gettext_noop("is longer than {count} bytes"),
    gettext_noop("the row has {count} values where the header has {expected}"),
)

_PART: Final = re.compile(r"\\\{(\w+)\\\}")


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(_PART.sub(r"(?P<\1>.+?)", re.escape(text))), text) for text in PATTERNS)


def in_readers_language(message: str) -> str:
    """`message`, translated with its parts when its pattern is known."""
    for pattern, text in _compiled():
        if match := pattern.fullmatch(message):
            return gettext(text).format(**match.groupdict())
    return message
