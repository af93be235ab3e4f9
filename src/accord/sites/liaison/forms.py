"""What people type when they ask a partner something, or answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accord.capabilities.exchange.crossborder.services.orders.requested_holds import HoldFacts
from accord.capabilities.exchange.crossborder.services.requests import LONGEST_TEXT, RequestFacts
from accord.capabilities.exchange.kinds import RequestKind
from accord.core.errors import BadInput
from accord.core.labels import Label, Pap, Tlp
from accord.core.money import Money
from accord.sites.liaison.words import LANGUAGE_NAMES
from accord.web.label_words import PURPOSES
from accord.web.wording import text_of

if TYPE_CHECKING:
    from accord.capabilities.exchange.agreements.queries import InForce


class RequestForm(forms.Form):
    """A request to one partner, within what the agreement in force offers: its offences, purposes, languages and labels."""

    kind = forms.ChoiceField()
    offence = forms.ChoiceField()
    purpose = forms.ChoiceField()
    language = forms.ChoiceField()
    wanted = forms.CharField(max_length=LONGEST_TEXT, error_messages={"required": _("Say what is asked of the partner.")})
    reasons = forms.CharField(max_length=LONGEST_TEXT, required=False)
    urgent = forms.BooleanField(required=False)
    account = forms.CharField(max_length=64, required=False)
    institution = forms.CharField(max_length=64, required=False)
    amount = forms.CharField(max_length=40, required=False)
    currency = forms.CharField(max_length=3, required=False)
    tlp = forms.ChoiceField()
    pap = forms.ChoiceField()

    def __init__(self, agreement: InForce, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        terms = agreement.terms
        self.defaults = terms.labels
        self._choose("kind", RequestKind.choices)
        self._choose("offence", [(offence.code, offence.name) for offence in terms.offences])
        self._choose("purpose", [(code, PURPOSES.get(code, code)) for code in terms.purposes])
        self._choose("language", [(code, LANGUAGE_NAMES.get(code.lower(), code)) for code in terms.languages])
        self._choose("tlp", [(code.value, f"TLP:{code.upper()}") for code in _no_looser(Tlp, terms.labels.tlp)])
        self._choose("pap", [(code.value, f"PAP:{code.upper()}") for code in _no_looser(Pap, terms.labels.pap)])

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["money"] = None
        if amount := cleaned.get("amount", "").strip():
            try:
                cleaned["money"] = Money.parse(amount, cleaned.get("currency", "").strip().upper())
            except BadInput as error:
                self.add_error("amount", text_of(error))
        return cleaned

    def facts(self, claim_id: UUID) -> RequestFacts:
        given = self.cleaned_data
        return RequestFacts(
            claim_id=claim_id,
            kind=RequestKind(given["kind"]),
            offence=given["offence"],
            purpose=given["purpose"],
            language=given["language"],
            wanted=given["wanted"],
            reasons=given["reasons"],
            urgent=given["urgent"],
            account=given["account"],
            institution=given["institution"],
            amount=given["money"],
            label=Label(
                originator=str(settings.ACCORD_AGENCY),
                tlp=Tlp(given["tlp"]),
                handling=self.defaults.handling,
                pap=Pap(given["pap"]),
            ),
        )


class RequestedHoldForm(forms.Form):
    """A hold that a partner's people ask for, as this centre would order it; what they said of it stands there already."""

    institution = forms.CharField(max_length=64)
    account = forms.CharField(max_length=64)
    amount = forms.CharField(max_length=40)
    currency = forms.CharField(max_length=3)
    payer_bank = forms.CharField(max_length=64, required=False)
    payer_account = forms.CharField(max_length=64, required=False)
    about_when = forms.DateTimeField(required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    reason = forms.CharField(max_length=2_000, error_messages={"required": _("Say why; it stays on record.")})

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            cleaned["money"] = Money.parse(cleaned.get("amount", ""), cleaned.get("currency", "").strip().upper())
        except BadInput as error:
            self.add_error("amount", text_of(error))
        return cleaned

    def facts(self) -> HoldFacts:
        given = self.cleaned_data
        return HoldFacts(
            institution=given["institution"],
            account=given["account"],
            money=given["money"],
            reason=given["reason"],
            payer_bank=given["payer_bank"],
            payer_account=given["payer_account"],
            about_when=given["about_when"],
        )


def _no_looser(scale: Any, default: Any) -> list[Any]:
    """The codes that are at least as strict as the agreement's default, that default first."""
    codes = list(scale)
    return codes[: codes.index(default) + 1][::-1]
