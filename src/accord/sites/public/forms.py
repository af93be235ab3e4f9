"""What the public types. Nothing of it is offered again by the browser to whoever holds the device next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accord.capabilities.orders.ports import Care
from accord.core.errors import BadInput
from accord.core.object_ids import parse_code, parse_reference

_TYPED: Final = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
STATEMENT_LENGTH: Final = 5_000

CARE: Final = (
    (Care.NONE.value, gettext_lazy("None of these")),
    (Care.MINOR.value, gettext_lazy("I am under 18")),
    (Care.VULNERABLE.value, gettext_lazy("I am ill, disabled or old and depend on help, or I am in hardship")),
    (Care.DECEIVED_MULE.value, gettext_lazy("Somebody deceived me into lending or using my account for them")),
)


def _input(width: str, **attributes: str) -> forms.TextInput:
    return forms.TextInput(attrs={"class": f"govuk-input {width}", "autocomplete": "off", **attributes})


def _missing(text: Any) -> dict[str, Any]:
    return {"required": text}


class PublicForm(forms.Form):
    """A form whose widgets know of their hints and errors, so that a screen reader tells them with the field."""

    hints: tuple[str, ...] = ()
    """Names of the fields that the template gives a hint."""

    use_required_attribute = False
    """Our own words say what is missing, in the page's language and not the browser's."""

    def full_clean(self) -> None:
        super().full_clean()
        for name, field in self.fields.items():
            wrong = self.is_bound and name in self.errors
            told = [f"{name}-hint"] * (name in self.hints) + [f"{name}-error"] * wrong
            if told:
                field.widget.attrs["aria-describedby"] = " ".join(told)
            if wrong and "class" in field.widget.attrs:
                kind = "textarea" if isinstance(field.widget, forms.Textarea) else "input"
                field.widget.attrs["class"] += f" govuk-{kind}--error"


class CodeForm(PublicForm):
    """A reference and the code that goes with it, however they are spelled."""

    reference = forms.CharField(
        max_length=40,
        widget=_input("govuk-input--width-10 code", **_TYPED),
        error_messages=_missing(gettext_lazy("Enter your reference.")),
    )
    code = forms.CharField(
        max_length=40,
        widget=_input("govuk-input--width-10 code", **_TYPED),
        error_messages=_missing(gettext_lazy("Enter your code.")),
    )
    hints: tuple[str, ...] = ("reference", "code")

    def clean_reference(self) -> str:
        return _parsed(
            parse_reference, self.cleaned_data["reference"], _("This is not a reference. Compare each letter and digit.")
        )

    def clean_code(self) -> str:
        return _parsed(parse_code, self.cleaned_data["code"], _("This is not a code. It has eight letters and digits."))


def _parsed(parse: Callable[[str], str], text: str, wrong: str) -> str:
    try:
        return parse(text)
    except BadInput as error:
        raise forms.ValidationError(wrong) from error


class AppealForm(CodeForm):
    """What the holder of an account says against an order; reference and code are those of the bank's notice."""

    appellant = forms.CharField(
        max_length=150, widget=_input("govuk-!-width-two-thirds"), error_messages=_missing(gettext_lazy("Enter your name."))
    )
    reach = forms.CharField(
        max_length=200,
        widget=_input("govuk-!-width-two-thirds"),
        error_messages=_missing(gettext_lazy("Enter a telephone number or an address where we reach you.")),
    )
    care = forms.ChoiceField(choices=CARE, required=False, widget=forms.RadioSelect)
    statement = forms.CharField(
        max_length=STATEMENT_LENGTH,
        widget=forms.Textarea(attrs={"class": "govuk-textarea", "rows": 8, "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Say why the order is wrong."),
            "max_length": gettext_lazy("This is too long. Use at most 5,000 characters."),
        },
    )
    hints: tuple[str, ...] = ("reference", "code", "reach", "care", "statement")
