"""Every term of an agreement in words: what a lawyer and a liaison officer read before anybody signs."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accord.capabilities.exchange.agreements.terms import AgreementTerms, Party, RefusalGround
from accord.capabilities.exchange.kinds import MessageKind, RequestKind
from accord.core.labels import Label
from accord.sites.liaison.field_words import FIELDS
from accord.sites.liaison.words import LANGUAGE_NAMES
from accord.web.label_words import PURPOSES, short
from accord.web.templatetags.accord import local_text
from accord.web.vocabulary import code_label


def clauses_in_words(terms: AgreementTerms) -> list[tuple[str, str]]:
    """(clause, what it says), in the order in which an agreement is read."""
    return [
        *_basis(terms),
        *_what(terms),
        *_how(terms),
        *(clause for party in terms.parties for clause in _of_party(terms, party)),
    ]


def _basis(terms: AgreementTerms) -> Iterator[tuple[str, str]]:
    yield (
        _("In force"),
        _("from %(start)s to %(end)s") % {"start": local_text(terms.starts_at), "end": local_text(terms.ends_at)},
    )
    yield _("Legal basis"), terms.legal_basis
    yield _("Offences under both laws"), _lines(_offence(terms, number) for number in range(len(terms.offences)))
    yield _("Liability"), terms.liability
    yield _("Indemnity"), terms.indemnity
    yield _("Basis for the transfer of personal data"), terms.transfer_basis
    yield _("Approvals of the transfer"), _lines(terms.transfer_approvals)
    yield _("Limits of use"), _lines(terms.use_limits)
    yield _("Grounds of refusal"), _lines(str(RefusalGround(ground).label) for ground in terms.refusal_grounds)
    if terms.replaces:
        yield _("Takes the place of"), terms.replaces


def _offence(terms: AgreementTerms, number: int) -> str:
    offence = terms.offences[number]
    laws = "; ".join(f"{agency}: {provision}" for agency, provision in offence.provisions.items())
    return f"{offence.name} ({offence.code}) – {laws}"


def _what(terms: AgreementTerms) -> Iterator[tuple[str, str]]:
    yield _("Purposes"), _lines(str(PURPOSES.get(code, code)) for code in terms.purposes)
    yield _("Kinds of messages"), _lines(str(MessageKind(kind).label) for kind in terms.kinds)
    yield _("Places of money are named by"), str(terms.account_detail.label)
    yield _("Says where money went on to"), _("yes, by the centre’s name") if terms.says_left_to else _("no")
    yield _("Smallest amount that is followed"), _floor(terms.floor_minor)
    yield _("Going on to a third centre"), str(terms.onward.label)
    yield _("Centres in a row at most"), str(terms.most_depth)


def _floor(minor: int) -> str:
    return _("%(number)s minor units") % {"number": f"{minor:,}"} if minor else _("every amount is followed")


def _how(terms: AgreementTerms) -> Iterator[tuple[str, str]]:
    default = Label("", terms.labels.tlp, terms.labels.handling, pap=terms.labels.pap)
    yield _("Label where nothing else is said"), short(default)
    yield _("Kept for"), ngettext("%(count)d day", "%(count)d days", terms.retention_days) % {"count": terms.retention_days}
    yield _("The holder of an account is told by"), str(terms.informs_holder.label)
    clocks = terms.clocks
    yield _("Enquiries are answered within"), _minutes(clocks.enquiry_minutes)
    yield _("Orders are answered within"), _minutes(clocks.order_minutes)
    yield _("Requests by people are answered within"), _hours(clocks.request_hours)
    yield _("Urgent requests are answered within"), _hours(clocks.urgent_request_hours)
    yield _("Languages"), ", ".join(LANGUAGE_NAMES.get(code.lower(), code) for code in terms.languages)
    yield _("Templates"), _lines(f"{code_label(RequestKind, kind)}: {text}" for kind, text in terms.templates.items())


def _of_party(terms: AgreementTerms, party: Party) -> Iterator[tuple[str, str]]:
    who = f"{party.name} ({party.agency})"
    yield _("%(side)s: authority") % {"side": who}, f"{party.authority} · {party.jurisdiction}"
    yield _("%(side)s: standing authority") % {"side": who}, _standing(party)
    alone = _lines(str(MessageKind(kind).label) for kind in party.automatic)
    within = _("what it holds by itself lapses unless an officer confirms it within %(length)s") % {
        "length": _hours(party.confirm_hours)
    }
    yield _("%(side)s: deals with by itself") % {"side": who}, f"{alone}\n{within}" if party.automatic else alone
    yield _("%(side)s: may disclose") % {"side": who}, _fields(party)
    quotas = (
        _("%(kind)s: %(number)s in 24 hours") % {"kind": MessageKind(kind).label, "number": f"{most:,}"}
        for kind, most in sorted(party.quotas.items())
    )
    yield _("%(side)s: may ask") % {"side": who}, _lines(quotas)


def _fields(party: Party) -> str:
    """By kind of message, in the order of the protocol: what it may say beyond what every message of the kind must say."""
    named = [(kind, party.fields[kind]) for kind in MessageKind if party.fields.get(kind)]
    if not named:
        return _("nothing but what each message needs")
    rows = (
        (MessageKind(kind).label, format_html_join("", '<li class="{}">{} <code>{}</code></li>', _words(kind, names)))
        for kind, names in named
    )
    return format_html_join("", '<div class="discloses">{}<ul>{}</ul></div>', rows)


def _words(kind: str, names: Collection[str]) -> Iterator[tuple[str, Promise | str, str]]:
    """(class, words, code) of each field; one of something that is named itself stands under it."""
    known = FIELDS.get(kind, {})
    return (("is-part" if name.partition(".")[0] in names and "." in name else "", known.get(name, ""), name) for name in names)


def _standing(party: Party) -> str:
    if not party.standing_authority:
        return _("none; a person decides everything")
    checked = _("checked") if party.standing_authority_verified else _("not checked; a person decides everything")
    return f"{party.standing_authority} ({checked})"


def _lines(texts: Iterator[str] | tuple[str, ...]) -> str:
    return "\n".join(texts) or _("none")


def _minutes(number: int) -> str:
    return ngettext("%(count)d minute", "%(count)d minutes", number) % {"count": number}


def _hours(number: int) -> str:
    return ngettext("%(count)d hour", "%(count)d hours", number) % {"count": number}
