"""Forms of the report page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from accord.capabilities.claims.ports import Credit
from accord.capabilities.reports.models import Report, ReportState, StatementLine
from accord.core.errors import BadInput
from accord.core.money import Money
from accord.sites.desk.institutions import code_of
from accord.sites.desk.statements import MAPS
from accord.web.wording import text_of


class StatementForm(forms.Form):
    """A file and how to read it."""

    file = forms.FileField(allow_empty_file=True)
    map = forms.ChoiceField(choices=MAPS)


class StartForm(forms.Form):
    """The payment that the claim starts at: a row of the statement, who received it, how much of it is claimed."""

    line = forms.IntegerField()
    institution = forms.CharField(max_length=64)
    amount = forms.CharField(max_length=40)

    def __init__(self, lines: list[StatementLine], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = {line.pk: line for line in lines}

    def clean_line(self) -> StatementLine:
        line = self._lines.get(self.cleaned_data["line"])
        if line is None:
            raise forms.ValidationError(_("This row is no longer in the statement; choose again."))
        if not line.transfer:
            raise forms.ValidationError(_("No bank could find this row: it has no reference. The first order matches it."))
        return line

    def clean_institution(self) -> str:
        return code_of(self.cleaned_data["institution"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        line: StatementLine | None = cleaned.get("line")
        if line is None or "amount" not in cleaned:
            return cleaned
        try:
            claimed = Money.parse(cleaned["amount"], line.currency)
        except BadInput as error:
            self.add_error("amount", text_of(error))
            return cleaned
        if claimed.minor <= 0:
            self.add_error("amount", _("The amount must be more than zero."))
        elif claimed.minor > line.amount:
            self.add_error("amount", _("No more than the payment itself can be claimed of it."))
        cleaned["claimed"] = claimed.minor
        return cleaned

    def credit(self) -> Credit:
        """The claimed part of the payment; of a part, its first units."""
        line: StatementLine = self.cleaned_data["line"]
        claimed: int = self.cleaned_data["claimed"]
        part = ((0, claimed),) if claimed < line.amount else ()
        return Credit(transfer=line.transfer, amount=claimed, currency=line.currency, intervals=part)


class ReportFilter(forms.Form):
    """The list's filters; whatever is not understood filters nothing."""

    q = forms.CharField(required=False, max_length=200)
    state = forms.ChoiceField(choices=(("", ""), *ReportState.choices), required=False)
    mine = forms.BooleanField(required=False)
    since = forms.DateField(required=False)

    def value(self, name: str) -> Any:
        return self.cleaned_data.get(name) if self.is_valid() or name in self.cleaned_data else None


def first_error(form: forms.BaseForm) -> str:
    """The first thing that is wrong, for an alert."""
    return str(next(iter(form.errors.values()))[0])


def start_choices(report: Report, lines: list[StatementLine]) -> list[dict[str, Any]]:
    """Candidates with what the form is filled in with: the receiver where it is known, the claimed part."""
    return [
        {
            "line": line,
            "money": Money(line.amount, line.currency),
            "institution": line.creditor_bank or report.payee_bank,
            "claimed": f"{Money(min(line.amount, report.amount), line.currency).decimal():f}"
            if line.currency == report.currency
            else f"{Money(line.amount, line.currency).decimal():f}",
            "fits": line.amount == report.amount and line.currency == report.currency,
        }
        for line in lines
    ]
