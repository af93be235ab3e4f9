"""Who is called when a receiver stays silent."""

from __future__ import annotations

from django import forms

from accord.capabilities.orders.services import ContactFacts
from accord.capabilities.orders.services.contacts import MOST_MINUTES, MOST_STEPS
from accord.sites.desk.institutions import code_of


class ContactForm(forms.Form):
    """One step of a list; an empty institution is the list for all that have none of their own."""

    institution = forms.CharField(max_length=64, required=False)
    step = forms.IntegerField(min_value=1, max_value=MOST_STEPS)
    after_minutes = forms.IntegerField(min_value=0, max_value=MOST_MINUTES)
    name = forms.CharField(max_length=150)
    reach = forms.CharField(max_length=200)

    def clean_institution(self) -> str:
        return code_of(self.cleaned_data["institution"])

    def facts(self) -> ContactFacts:
        given = self.cleaned_data
        return ContactFacts(given["institution"], given["step"], given["after_minutes"], given["name"], given["reach"])
