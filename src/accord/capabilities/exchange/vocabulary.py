"""Codes of the exchange that no other enumeration has, with their labels: clauses, alarms, news, what an order waits for."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Clause(TextChoices):
    """What of an agreement a message was refused by."""

    ACCOUNT_DETAIL = "account_detail", _("How precisely places of money are named")
    AGREEMENT = "agreement", _("No agreement is in force")
    DATES = "dates", _("Outside the agreement’s time")
    DEPTH = "depth", _("Too many centres in a row")
    FIELDS = "fields", _("A field that may not be disclosed")
    FLOOR = "floor", _("The amount is too small")
    KEY = "key", _("The key is not known or no longer valid")
    KINDS = "kinds", _("A kind of message that is not agreed")
    LABELS = "labels", _("The handling label")
    LANGUAGES = "languages", _("A language that is not agreed")
    OFFICER = "officer", _("An officer has decided so")
    OFFENCES = "offences", _("An offence that is not agreed")
    ONWARD = "onward", _("Passing on to a third centre")
    PARTNER = "partner", _("The partner is not confirmed")
    PROBING = "probing", _("The money does not come from the asking centre’s banks")
    PURPOSES = "purposes", _("A purpose that is not agreed")
    QUOTAS = "quotas", _("More than agreed in a day")
    RETENTION = "retention", _("Kept longer than agreed")
    SUITE = "suite", _("The way it is signed or encrypted")


class OrderNews(TextChoices):
    """Why a partner's centre says that an order stands otherwise than before."""

    CONFIRMED = "confirmed", pgettext_lazy("news of an order", "an officer there has confirmed it")
    EXPIRED = "expired", pgettext_lazy("news of an order", "its time was over")
    LAPSED = "lapsed", pgettext_lazy("news of an order", "no officer there confirmed it in time")
    REDUCED = "reduced", pgettext_lazy("news of an order", "less is held there than before")
    RELEASED = "released", pgettext_lazy("news of an order", "it was released there")
    RETURNED = "returned", pgettext_lazy("news of an order", "the money was returned there")
    UNTIL = "until", pgettext_lazy("news of an order", "it ends there at another time")


class WaitsFor(TextChoices):
    """What an order waits for at a partner's centre."""

    OFFICER = "officer", _("an officer there has to decide; the order binds nobody there")
    SECOND_OFFICER = "second_officer", _("a second officer there has to approve it")
    BANK = "bank", _("a bank there has to answer")


class TestResult(TextChoices):
    """How a test call to a partner's contact went."""

    ANSWERED = "answered", _("The contact answered")
    NOT_ANSWERED = "not_answered", _("Nobody answered")
    WRONG_NUMBER = "wrong_number", _("The number is wrong")


class AlarmKind(TextChoices):
    """What never happens by accident, and that somebody must look at."""

    UNKNOWN_SIGNER = "unknown_signer", _("A card that no trusted key has signed")
    CARD_ROLLBACK = "card_rollback", _("An older card than the one that is known")
    CARD_CHANGED = "card_changed", _("Two different cards under one number")
    OTHER_JURISDICTION = "other_jurisdiction", _("A card that names another jurisdiction")
    KEY_REVOKED = "key_revoked", _("The partner took back the key that it was known by: compare the words of its new card")
    COVERS_MORE = "covers_more", _("The partner says that it also answers for others")
    WRONG_WORDS = "wrong_words", _("Wrong words for a partner’s card")
    CONFLICT = "conflict", _("One message came with two contents")
    EPOCHS = "epochs", _("It asks ever again for messages that it has received")
    KEY = "key", _("Envelopes under keys that nobody knows here")
    LABEL_NOT_TOLD = (
        "label_not_told",
        _("A stricter label of what it was told could not be sent to it: tell it by telephone"),
    )
    PARTS_GONE = "parts_gone", _("It has lost large messages that cannot be sent again")
    PROBING = "probing", _("Questions about money that does not come from the asking centre")
    RECIPIENT = "recipient", _("Envelopes for somebody else")
    SUITE = "suite", _("Envelopes that are protected in another way than agreed")
