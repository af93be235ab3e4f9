"""The call form: what an officer types while the caller is on the line."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accord.capabilities.reports.services import CallFacts
from accord.core import clock
from accord.core.errors import BadInput
from accord.core.money import EXPONENTS, Money
from accord.sites.desk.institutions import code_of
from accord.web.wording import text_of

MINUTES_AGO: Final = (
    ("5", gettext_lazy("5 min")),
    ("15", gettext_lazy("15 min")),
    ("30", gettext_lazy("30 min")),
    ("60", gettext_lazy("1 h")),
    ("180", gettext_lazy("3 h")),
)
EXACT: Final = "exact"

_YES_NO: Final = (("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")))
_SHORTHAND: Final = re.compile(r"([\d.,\s]+)(万|萬|千|[kK])元?")
_FACTOR: Final = {"万": 10_000, "萬": 10_000, "千": 1_000, "k": 1_000}
_DIGITS_OF_A_NUMBER: Final = 5


def read_amount(text: str, currency: str) -> Money:
    """An amount as officers type it: 1234.50, 1,234.50, 5万, 50k. BadInput where it is none."""
    shorthand = _SHORTHAND.fullmatch(text.strip())
    if shorthand is None:
        return Money.parse(text, currency)
    base = Money.parse(shorthand[1], currency)
    return Money.parse(str(base.decimal() * _FACTOR[shorthand[2].lower()]), currency)


class CallForm(forms.Form):
    """Six facts, two optional ones, and the answers to the script's three questions."""

    still_talking = forms.ChoiceField(choices=_YES_NO, required=False)
    remote_control = forms.ChoiceField(choices=_YES_NO, required=False)
    more_planned = forms.ChoiceField(choices=_YES_NO, required=False)

    callback_number = forms.CharField(max_length=40)
    payer_bank = forms.CharField(max_length=64)
    payee_account = forms.CharField(max_length=128)
    amount = forms.CharField(max_length=40)
    currency = forms.CharField(max_length=3)
    about = forms.ChoiceField(choices=(*MINUTES_AGO, (EXACT, EXACT)))
    about_exact = forms.DateTimeField(required=False)
    still_pending = forms.ChoiceField(choices=_YES_NO)

    payee_bank = forms.CharField(max_length=64, required=False)
    payer_account = forms.CharField(max_length=64, required=False)

    at_once = forms.BooleanField(required=False)
    emergency = forms.CharField(max_length=2_000, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        missing = {
            "callback_number": _("Ask for the number to call back: the line may drop at any moment."),
            "payer_bank": _("Which bank did the money leave from?"),
            "payee_account": _("Where did it go? An account, a card number or an alias is enough."),
            "amount": _("How much was paid?"),
            "about": _("About when was it paid? A guess will do."),
            "still_pending": _("Does the bank’s app still show it as being processed?"),
        }
        for name, message in missing.items():
            self.fields[name].error_messages["required"] = message
        exact = self.fields["about_exact"]
        exact.error_messages["invalid"] = _("Write the time like 2026-01-31 14:05.")

    def clean_callback_number(self) -> str:
        number: str = self.cleaned_data["callback_number"]
        if sum(character.isdigit() for character in number) < _DIGITS_OF_A_NUMBER:
            raise forms.ValidationError(_("This is too short for a telephone number."))
        return number

    def clean_payer_bank(self) -> str:
        return code_of(self.cleaned_data["payer_bank"])

    def clean_payee_bank(self) -> str:
        return code_of(self.cleaned_data["payee_bank"])

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"].strip().upper()
        if currency not in EXPONENTS:
            raise forms.ValidationError(_("Not a currency code; write one like CNY."))
        return currency

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("amount") and cleaned.get("currency"):
            self._clean_amount(cleaned)
        if cleaned.get("about"):
            self._clean_time(cleaned)
        if cleaned.get("at_once") and not cleaned.get("emergency", "").strip():
            self.add_error("emergency", _("Say why it cannot wait for a second person; it stays on record."))
        return cleaned

    @property
    def emergency_reason(self) -> str:
        """Why the first order leaves without a second person; empty where it may wait."""
        reason: str = self.cleaned_data["emergency"] if self.cleaned_data["at_once"] else ""
        return reason

    def _clean_amount(self, cleaned: dict[str, Any]) -> None:
        try:
            cleaned["money"] = read_amount(cleaned["amount"], cleaned["currency"])
        except BadInput as error:
            self.add_error("amount", text_of(error))
            return
        if cleaned["money"].minor <= 0:
            self.add_error("amount", _("The amount must be more than zero."))

    def _clean_time(self, cleaned: dict[str, Any]) -> None:
        now = clock.now()
        if cleaned["about"] != EXACT:
            cleaned["about_when"] = now - timedelta(minutes=int(cleaned["about"]))
            return
        exact: datetime | None = cleaned.get("about_exact")
        if exact is None:
            if "about_exact" not in self.errors:
                self.add_error("about_exact", _("Write the date and time, or choose one of the others."))
        elif exact > now + timedelta(minutes=5):
            self.add_error("about_exact", _("This lies in the future."))
        else:
            cleaned["about_when"] = exact

    def facts(self) -> CallFacts:
        """The valid form as the facts of a call."""
        given = self.cleaned_data
        return CallFacts(
            callback_number=given["callback_number"],
            payer_bank=given["payer_bank"],
            payee_account=given["payee_account"],
            amount=given["money"],
            about_when=given["about_when"],
            still_pending=given["still_pending"] == "yes",
            payee_bank=given["payee_bank"],
            payer_account=given["payer_account"],
            still_talking=_answer(given["still_talking"]),
            remote_control=_answer(given["remote_control"]),
            more_planned=_answer(given["more_planned"]),
            language=get_language() or "en",
        )


def _answer(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text)
