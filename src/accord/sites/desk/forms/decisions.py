"""What a person types when deciding on an order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accord.capabilities.orders.models import Order
from accord.capabilities.orders.regime import Approval, KindRule
from accord.capabilities.orders.services import HolderTerms
from accord.core.errors import BadInput
from accord.core.money import Money
from accord.sites.desk.forms.call import read_amount
from accord.web.wording import text_of

LONGEST_REASON = 2_000


class ReasonForm(forms.Form):
    """A reason that stays on record."""

    reason = forms.CharField(
        max_length=LONGEST_REASON, error_messages={"required": gettext_lazy("Give a reason; it stays on record.")}
    )

    def first_error(self) -> str:
        return next((str(error) for errors in self.errors.values() for error in errors), "")


class ReleaseForm(ReasonForm):
    """All of it, or an amount of it. `amount` in minor units is None for all."""

    part = forms.ChoiceField(choices=(("all", "all"), ("some", "some")), required=False)
    amount = forms.CharField(max_length=40, required=False)

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._order = order

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["minor"] = None
        if cleaned.get("part") != "some":
            return cleaned
        try:
            amount = read_amount(cleaned.get("amount", ""), self._order.currency)
        except BadInput as error:
            self.add_error("amount", text_of(error))
            return cleaned
        if not 0 < amount.minor <= self._order.held:
            held = Money(self._order.held, self._order.currency)
            self.add_error("amount", _("Release more than nothing and at most the %(held)s that are held.") % {"held": held})
        cleaned["minor"] = amount.minor
        return cleaned


class FollowUpForm(ReasonForm):
    """A renewal or a freeze; `emergency` says why it cannot wait for a second person."""

    emergency = forms.CharField(max_length=LONGEST_REASON, required=False)
    court_reference = forms.CharField(max_length=120, required=False)

    def __init__(self, law: KindRule, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._law = law

    def clean_court_reference(self) -> str:
        given: str = self.cleaned_data["court_reference"].strip()
        if self._law.approval is Approval.COURT and not given:
            raise forms.ValidationError(_("The regime asks for a court’s decision: give its reference."))
        return given


class HolderForm(forms.Form):
    """The name of the holder whom a draft touches, and from when the holder is told."""

    holder_name = forms.CharField(max_length=150, required=False)
    tell_from = forms.DateTimeField(required=False)
    reason = forms.CharField(max_length=LONGEST_REASON, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("tell_from") and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Say why the holder is not told at once."))
        return cleaned

    def first_error(self) -> str:
        return next((str(error) for errors in self.errors.values() for error in errors), "")

    def terms(self) -> HolderTerms:
        given = self.cleaned_data
        return HolderTerms(given["holder_name"], given["tell_from"], given["reason"])
