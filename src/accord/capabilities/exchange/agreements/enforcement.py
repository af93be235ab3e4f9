"""The one function that every message passes, out and in: `admit`. It carries out the agreement, clause by clause.

On the way out what the sender may not disclose is taken out, and the label gets what the agreement states where it says
nothing; whatever else does not fit is refused. On the way in the same clauses refuse what should not be there. So a partner
whose node does not keep the agreement gets no further than one that does.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import msgspec

from accord.capabilities.exchange.agreements import labelling
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.clauses import CLAUSES, Passing, gives_back, is_merged, winds_up
from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.agreements.fields import disclosed, undisclosed
from accord.capabilities.exchange.agreements.queries import InForce
from accord.capabilities.exchange.agreements.terms import Informs, OnwardRule
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import REQUESTS, UNDER_NO_AGREEMENT, MessageKind
from accord.capabilities.exchange.messages import EnquiryAnswerBody, OrderBody, RelabelBody, WireLeg
from accord.core import clock
from accord.core.labels import Handling, Label, Pap, Tlp

_NAMED_RECIPIENTS: Final = (Tlp.RED, Tlp.AMBER_STRICT, Tlp.AMBER)
_DAYS_APART: Final = timedelta(days=2)
"""By how much the clock of a partner may be wrong before what it says about retention is refused and not only shortened."""
_TLP: Final = tuple(Tlp)
_PAP: Final = tuple(Pap)


def admit(
    agreement: InForce, sender: str, kind: MessageKind, body: Any, label: Label | None, *, sent_before: int = 0
) -> tuple[Any, Label]:
    """The body and the label with which a message may cross. Refused, naming the clause, where it may not.

    `body` is the struct of `messages.BODIES`. `sent_before`: how many messages of this kind the sender has sent in the 24
    hours before. Kinds that stand under no agreement do not come here.
    """
    assert kind not in UNDER_NO_AGREEMENT, kind
    message = Passing(agreement, sender, _recipient(agreement, sender), kind, body, sent_before, clock.now())
    message = replace(message, body=_with_what_may_be_disclosed(message))
    for check in CLAUSES:
        check(message)
    if isinstance(message.body, RelabelBody):
        new = _completed(message, labelling.from_json(message.body.label))
        _check_label(message, new)
        _check_shown(message, new)
    whole = _completed(message, label or default_label(agreement, sender))
    _check_label(message, whole)
    _check_passing_on(message, whole)
    return message.body, whole


def default_label(agreement: InForce, sender: str, onward: tuple[str, ...] = ()) -> Label:
    """The label that the agreement states where a sender says nothing, for the other side alone and those it may go on to.

    Start from it to be stricter.
    """
    stated = agreement.terms.labels
    recipients = (_recipient(agreement, sender), *onward)
    return Label(
        originator=sender, tlp=stated.tlp, handling=stated.handling, pap=stated.pap, recipients=recipients, onward=onward
    )


def agreement_for(partner_code: str, kind: MessageKind, body: Any) -> InForce:
    """The agreement that a message to a partner stands under: the one in force, or, where nothing is in force any more and
    the message asks nothing new, the last one; how long that still lets it pass is its `dates`. Refused where there is none."""
    asks = kind in REQUESTS and not winds_up(kind, body)
    return agreements.in_force(partner_code) if asks else agreements.winding_up(partner_code)


def _recipient(agreement: InForce, sender: str) -> str:
    agencies = [party.agency for party in agreement.terms.parties]
    if sender not in agencies or agreement.partner not in agencies:
        raise Refused("parties", Msg.NO_PARTY_OF_AGREEMENT, agency=sender, agencies=tuple(agencies))
    return agreement.terms.other(sender).agency


def _with_what_may_be_disclosed(message: Passing) -> Any:
    allowed = message.terms.party(message.sender).fields.get(message.kind, ())
    if isinstance(message.body, OrderBody) and is_merged(message.body.account):
        allowed = (*allowed, "account")  # a total that the recipient itself named tells of no account
    if message.outgoing:
        return _silent_about_clauses(message, disclosed(message.kind, message.body, allowed))
    if unasked := undisclosed(message.kind, message.body, allowed):
        raise Refused(
            "fields", Msg.MAY_NOT_DISCLOSE_IN_MESSAGE_KIND, agency=message.sender, names=tuple(unasked), kind=message.kind
        )
    return message.body


def _silent_about_clauses(message: Passing, body: Any) -> Any:
    """Without what two clauses of their own keep back: where money went on to, and from when the holder may be told."""
    if isinstance(body, EnquiryAnswerBody) and not message.terms.says_left_to:
        return msgspec.structs.replace(
            body,
            flows=tuple(map(_going_nowhere, body.flows)),
            onward=tuple(map(_going_nowhere, body.onward)),
            exits=tuple(map(_going_nowhere, body.exits)),
        )
    if isinstance(body, OrderBody) and message.terms.informs_holder is Informs.RECEIVER:
        return msgspec.structs.replace(body, tell_from=None)
    return body


def _going_nowhere(leg: WireLeg) -> WireLeg:
    return msgspec.structs.replace(leg, jurisdiction="", referral="")


def _completed(message: Passing, label: Label) -> Label:
    """The label with what the agreement states where it says nothing. It only ever becomes stricter."""
    latest = message.now + timedelta(days=message.terms.retention_days)
    if label.retain_until is not None and label.retain_until > latest + (timedelta() if message.outgoing else _DAYS_APART):
        raise Refused("retention", Msg.LABEL_KEEPS_BEYOND_DAYS_AGREEMENT_ALLOWS, count=message.terms.retention_days)
    unnamed = not label.recipients and label.tlp in _NAMED_RECIPIENTS and label.originator == message.sender
    return replace(
        label,
        purposes=label.purposes or message.terms.purposes,
        recipients=(message.recipient, *label.onward) if unnamed else label.recipients,
        retain_until=min(label.retain_until or latest, latest),
    )


def _check_label(message: Passing, label: Label) -> None:
    terms, defaults = message.terms, message.terms.labels
    if _TLP.index(label.tlp) > _TLP.index(defaults.tlp) or _PAP.index(label.pap) > _PAP.index(defaults.pap):
        agreed = f"TLP:{defaults.tlp.upper()} PAP:{defaults.pap.upper()}"
        raise Refused("labels", Msg.MORE_OPEN_THAN_AGREED, tlp=label.tlp.upper(), pap=label.pap.upper(), agreed=agreed)
    if lacking := sorted({*defaults.handling} - {*label.handling} - {Handling.H0}):
        raise Refused("labels", Msg.LABEL_LEAVES_OUT, codes=tuple(lacking))
    if Handling.H3 in label.handling and not label.handling_text:
        raise Refused("labels", Msg.H3_STANDS_FOR_RESTRICTION_IN_WORDS)
    if strange := sorted({*label.purposes} - {*terms.purposes}):
        raise Refused("purposes", Msg.LABEL_PURPOSE_NOT_AGREED, names=tuple(strange), purposes=tuple(terms.purposes))
    if label.onward and terms.onward is OnwardRule.NEVER:
        raise Refused("onward", Msg.AGREEMENT_LETS_NOBODY_GO, agencies=tuple(label.onward))
    if message.kind is MessageKind.ORDER and not labelling.may_order(label) and not gives_back(message.body):
        raise Refused("labels", Msg.PAP_FORBIDS_ORDER, pap=label.pap.upper())


def _check_shown(message: Passing, label: Label) -> None:
    """Whatever it is, it is meant for the recipient."""
    if not labelling.may_show(label, message.recipient):
        named = ", ".join(label.recipients) or "nobody"
        raise Refused("recipients", Msg.LABEL_NAMES_OTHERS, names=named, agency=message.recipient)


def _check_passing_on(message: Passing, label: Label) -> None:
    """What others told the sender goes on only where their label lets it."""
    _check_shown(message, label)
    others = labelling.originators(label) - {message.sender, message.recipient}
    if others and not labelling.may_pass_on(label, message.recipient):
        raise Refused("onward", Msg.LABEL_DOES_NOT_LET_GO, agencies=sorted(others), agency=message.recipient)
