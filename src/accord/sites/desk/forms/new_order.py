"""Orders that stand on no trace, as an officer types them: limits, restrictions, numbers, calls, data to keep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accord.capabilities.orders.kinds import ON_NUMBERS, OrderKind
from accord.capabilities.orders.ports import CallFacts, Care, Limits
from accord.capabilities.orders.regime import Approval, KindRule, current_regime
from accord.capabilities.orders.services import OrderFacts
from accord.core.errors import BadInput
from accord.core.identifiers import IdentifierType, parse
from accord.core.money import EXPONENTS
from accord.sites.desk.forms.call import read_amount
from accord.sites.desk.institutions import code_of
from accord.web.wording import text_of

FIELDS_OF: Final[dict[OrderKind, tuple[str, ...]]] = {
    OrderKind.LIMIT: (
        "account",
        "holder_name",
        "currency",
        "amount_per_day",
        "payees_per_day",
        "cash_per_day",
        "delay_minutes",
    ),
    OrderKind.RESTRICTION: ("account", "holder_name"),
    OrderKind.NUMBER_BLOCK: ("number",),
    OrderKind.NUMBER_SUSPENSION: ("number",),
    OrderKind.TRACE_BACK: ("caller", "called", "about_when", "seconds"),
    OrderKind.PRESERVATION: ("account", "data_wanted"),
}
"""What each kind asks for, besides the receiver, the reason and the time."""

NEEDED_OF: Final[dict[OrderKind, tuple[str, ...]]] = {
    OrderKind.LIMIT: ("account", "currency"),
    OrderKind.RESTRICTION: ("account",),
    OrderKind.NUMBER_BLOCK: ("number",),
    OrderKind.NUMBER_SUSPENSION: ("number",),
    OrderKind.TRACE_BACK: ("caller", "called", "about_when"),
    OrderKind.PRESERVATION: ("data_wanted",),
}

TOUCHES_A_HOLDER: Final = (
    OrderKind.LIMIT,
    OrderKind.RESTRICTION,
    OrderKind.NUMBER_BLOCK,
    OrderKind.NUMBER_SUSPENSION,
)
"""Kinds whose holder is told, and so may be told later, and who may need care."""

LIMIT_FIELDS: Final = ("amount_per_day", "payees_per_day", "cash_per_day", "delay_minutes")

LONGEST_TEXT: Final = 4_000


class NewOrderForm(forms.Form):
    """One form for all kinds; fields that a kind does not ask for are left out."""

    institution = forms.CharField(max_length=64)
    account = forms.CharField(label=gettext_lazy("Account"), max_length=128, required=False)
    holder_name = forms.CharField(label=gettext_lazy("Holder"), max_length=150, required=False)
    number = forms.CharField(label=gettext_lazy("Number"), max_length=40, required=False)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, required=False)
    amount_per_day = forms.CharField(label=gettext_lazy("Payments a day, at most"), max_length=40, required=False)
    payees_per_day = forms.IntegerField(
        label=gettext_lazy("Payees a day, at most"), min_value=0, max_value=10_000, required=False
    )
    cash_per_day = forms.CharField(label=gettext_lazy("Cash a day, at most"), max_length=40, required=False)
    delay_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes that each payment waits"), min_value=0, max_value=14 * 24 * 60, required=False
    )
    caller = forms.CharField(label=gettext_lazy("Number shown"), max_length=40, required=False)
    called = forms.CharField(label=gettext_lazy("Number called"), max_length=40, required=False)
    about_when = forms.DateTimeField(label=gettext_lazy("About when"), required=False)
    seconds = forms.IntegerField(label=gettext_lazy("Seconds it lasted"), min_value=0, max_value=7 * 24 * 3600, required=False)
    data_wanted = forms.CharField(label=gettext_lazy("Data to keep"), max_length=LONGEST_TEXT, required=False)

    grounds = forms.CharField(label=gettext_lazy("Why (stays on record, and stands on the order)"), max_length=LONGEST_TEXT)
    hours = forms.IntegerField(label=gettext_lazy("Hours it lasts"), min_value=1, required=False)
    court_reference = forms.CharField(label=gettext_lazy("Reference of the court’s decision"), max_length=120, required=False)
    care = forms.ChoiceField(label=gettext_lazy("Whom it touches"), choices=Care.choices, required=False)
    tell_from = forms.DateTimeField(label=gettext_lazy("The holder is told from"), required=False)
    delay_reason = forms.CharField(label=gettext_lazy("Why not at once"), max_length=2_000, required=False)
    at_once = forms.BooleanField(required=False)
    emergency = forms.CharField(
        label=gettext_lazy("Why it cannot wait for a second person (stays on record)"), max_length=2_000, required=False
    )

    def __init__(self, kind: OrderKind, law: KindRule, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self._law = kind, law
        every = {name for names in FIELDS_OF.values() for name in names}
        for name in every - set(FIELDS_OF[kind]):
            del self.fields[name]
        if kind not in TOUCHES_A_HOLDER:
            for name in ("care", "tell_from", "delay_reason"):
                del self.fields[name]
        if law.approval is not Approval.COURT:
            del self.fields["court_reference"]
        if not law.asks_for_two or law.approval is Approval.COURT:
            del self.fields["at_once"], self.fields["emergency"]
        for name in (*NEEDED_OF[kind], *(["court_reference"] if law.approval is Approval.COURT else [])):
            self.fields[name].required = True
        for field in self.fields.values():
            field.error_messages["required"] = gettext_lazy("This is needed.")

    def clean_institution(self) -> str:
        return code_of(self.cleaned_data["institution"])

    def clean_number(self) -> str:
        return self._phone("number")

    def clean_caller(self) -> str:
        return self._phone("caller")

    def clean_called(self) -> str:
        return self._phone("called")

    def _phone(self, name: str) -> str:
        """The number in its canonical form; officers leave out the country code of their own country."""
        try:
            return parse(IdentifierType.PHONE, self.cleaned_data[name], region=current_regime().code).canonical
        except BadInput as error:
            raise forms.ValidationError(text_of(error)) from error

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"].strip().upper()
        if currency not in EXPONENTS:
            raise forms.ValidationError(_("Not a currency code; write one like CNY."))
        return currency

    def clean_hours(self) -> int | None:
        hours: int | None = self.cleaned_data["hours"]
        longest = self._law.lasts // timedelta(hours=1)
        if hours is not None and hours > longest:
            raise forms.ValidationError(_("The rule allows at most %(hours)d hours.") % {"hours": longest})
        return hours

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("amount_per_day", "cash_per_day"):
            if cleaned.get(name) and cleaned.get("currency"):
                cleaned[f"{name}_minor"] = self._minor(name, cleaned)
        if cleaned.get("tell_from") and not cleaned.get("delay_reason", "").strip():
            self.add_error("delay_reason", _("Say why the holder is not told at once."))
        if cleaned.get("at_once") and not cleaned.get("emergency", "").strip():
            self.add_error("emergency", _("Say why it cannot wait for a second person; it stays on record."))
        stated = any(cleaned.get(name) not in (None, "") for name in LIMIT_FIELDS)
        if self.kind is OrderKind.LIMIT and not stated and not any(name in self.errors for name in LIMIT_FIELDS):
            self.add_error("amount_per_day", _("State at least one limit."))
        return cleaned

    def _minor(self, name: str, cleaned: dict[str, Any]) -> int | None:
        try:
            amount = read_amount(cleaned[name], cleaned["currency"])
        except BadInput as error:
            self.add_error(name, text_of(error))
            return None
        if amount.minor < 0:
            self.add_error(name, _("A limit is zero or more."))
        return amount.minor

    def facts(self, report_id: UUID | None, replaces: UUID | None) -> OrderFacts:
        """The valid form as the facts of an order."""
        given = self.cleaned_data
        return OrderFacts(
            institution=given["institution"],
            grounds=given["grounds"],
            report_id=report_id,
            account=given.get("account", ""),
            holder_name=given.get("holder_name", ""),
            currency=given.get("currency", ""),
            number=given.get("number", ""),
            limits=self._limits() if self.kind is OrderKind.LIMIT else None,
            call=self._call() if self.kind is OrderKind.TRACE_BACK else None,
            data_wanted=given.get("data_wanted", ""),
            lasts=timedelta(hours=given["hours"]) if given["hours"] else None,
            court_reference=given.get("court_reference", ""),
            tell_from=given.get("tell_from"),
            delay_reason=given.get("delay_reason", ""),
            care=Care(given.get("care", "")),
            replaces=replaces,
        )

    @property
    def emergency_reason(self) -> str:
        """Why it leaves without a second person; empty where it does not."""
        return self.cleaned_data.get("emergency", "") if self.cleaned_data.get("at_once") else ""

    def _limits(self) -> Limits:
        given = self.cleaned_data
        return Limits(
            given.get("amount_per_day_minor"), given["payees_per_day"], given.get("cash_per_day_minor"), given["delay_minutes"]
        )

    def _call(self) -> CallFacts:
        given = self.cleaned_data
        return CallFacts(given["caller"], given["called"], given["about_when"], given["seconds"])

    @property
    def is_about_a_number(self) -> bool:
        return self.kind in ON_NUMBERS
