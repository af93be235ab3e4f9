"""Forms about people and their rights. What they may not be is said by the services; a form says what is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accord.capabilities.people import queries
from accord.capabilities.people.models import AgencyKind, Role, Team, User
from accord.capabilities.people.policy import grantable, permission_of
from accord.capabilities.people.services import Station
from accord.capabilities.people.services.service_accounts import DEFAULT_LIFE, LONGEST_LIFE
from accord.capabilities.permissions import Permission
from accord.core.errors import BadInput
from accord.web.wording import text_of


class StationForm(forms.Form):
    """Where a user stands: role, agency, team, language."""

    full_name = forms.CharField(label=_("Full name"), max_length=150, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    agency = forms.ChoiceField(label=_("Agency"), required=False)
    team = forms.ChoiceField(label=_("Team"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    must_enrol = forms.BooleanField(label=_("Needs a second factor, whatever the role"), required=False)

    def __init__(self, actor: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nothing = [("", "–")]
        self._field("agency").choices = nothing + [(agency.code, str(agency)) for agency in queries.agencies(actor)]
        self._field("team").choices = nothing + [(str(team.pk), _team_label(team)) for team in queries.teams(actor)]

    def _field(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def station(self) -> Station:
        """What a valid form says."""
        stated = self.cleaned_data
        return Station(
            role=Role(stated["role"]),
            full_name=stated["full_name"],
            language=stated["language"],
            agency=stated["agency"] or None,
            team=UUID(stated["team"]) if stated["team"] else None,
            must_enrol=stated["must_enrol"],
        )


def _team_label(team: Team) -> str:
    return f"{team.agency}: {team.name}"


class NewUserForm(StationForm):
    """A user to be added, with the password that they change when they first sign in."""

    username = forms.CharField(label=_("User name"), max_length=150)
    password = forms.CharField(label=_("First password"), max_length=200, strip=False)
    field_order = ("username", "password")


class PasswordForm(forms.Form):
    """A new password of one's own."""

    old = forms.CharField(label=_("Present password"), max_length=200, strip=False)
    new = forms.CharField(label=_("New password"), max_length=200, strip=False)
    again = forms.CharField(label=_("New password once more"), max_length=200, strip=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "new" in cleaned and "again" in cleaned and cleaned["new"] != cleaned["again"]:
            self.add_error("again", forms.ValidationError(_("The two new passwords differ.")))
        return cleaned


class AgencyForm(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=40)
    name = forms.CharField(label=pgettext_lazy("thing", "Name"), max_length=150)
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=150, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=AgencyKind.choices)


class TeamForm(forms.Form):
    agency = forms.ChoiceField(label=_("Agency"))
    team_name = forms.CharField(label=pgettext_lazy("thing", "Name"), max_length=100)

    def __init__(self, actor: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["agency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(agency.code, str(agency)) for agency in queries.agencies(actor)]


class ServiceAccountForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("thing", "Name"), max_length=100)
    agency = forms.ChoiceField(label=_("Agency"))

    def __init__(self, actor: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["agency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(agency.code, str(agency)) for agency in queries.agencies(actor)]


def _grantable() -> list[tuple[str, str]]:
    return [(permission.value, permission.value) for permission in sorted(grantable())]


class TokenForm(forms.Form):
    """What a new token carries and how long it lasts."""

    permissions = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=_grantable,
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=LONGEST_LIFE.days, initial=DEFAULT_LIFE.days)

    def granted(self) -> list[Permission]:
        return [permission_of(value) for value in self.cleaned_data["permissions"]]

    def lasts(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])


def refuse(form: forms.Form, error: BadInput) -> None:
    """Show what a service refused at the field that it names, else above the form."""
    field = error.where if error.where in form.fields else None
    form.add_error(field, text_of(error))
