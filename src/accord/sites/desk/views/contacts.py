"""Contact lists: whom to call at an institution, step by step, and whether they answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import groupby
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.capabilities.orders import queries, services
from accord.capabilities.orders.errors import Msg as OrdersMsg
from accord.capabilities.orders.models import Contact
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.people.policy import allowed, require
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.sites.common.requests import officer
from accord.sites.desk import institutions
from accord.sites.desk.forms.contacts import ContactForm
from accord.web.wording import message_of

TEST_EVERY: Final = timedelta(days=31)
"""A contact that nobody has tried for a month may be out of date: agreements ask for a test call every month."""


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = officer(request)
    require(actor, OrderPermission.READ)
    stale = clock.now() - TEST_EVERY
    rows = [
        (contact, contact.last_test_call_at is None or contact.last_test_call_at < stale) for contact in queries.contacts(actor)
    ]
    lists = [(code, list(of_list)) for code, of_list in groupby(rows, key=lambda row: row[0].institution)]
    default_steps = {contact.step for contact, _stale in rows if not contact.institution}
    context = {
        "lists": [(code, of_list, _gap(of_list, set() if not code else default_steps)) for code, of_list in lists],
        "without": queries.without_contact(actor),
        "has_default": bool(default_steps),
        "may_edit": allowed(actor, OrderPermission.CLEAR),
    }
    return render(request, "desk/contacts.html", context)


def _gap(rows: list[tuple[Contact, bool]], default_steps: set[int]) -> int:
    """The first step at which nobody is called although somebody is listed later; 0 where there is none."""
    steps = {contact.step for contact, _stale in rows} | default_steps
    return next((step for step in range(1, max(steps)) if step not in steps), 0)


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    actor = officer(request)
    require(actor, OrderPermission.CLEAR)
    first = {"institution": request.GET.get("institution", "")[:64], "step": 1, "after_minutes": 15}
    form = ContactForm(request.POST if request.method == "POST" else None, initial=first)
    return _edit(request, form, None, lambda: services.add_contact(actor, form.facts()))


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, contact_id: int) -> HttpResponse:
    actor = officer(request)
    require(actor, OrderPermission.CLEAR)
    contact = queries.contacts(actor).filter(pk=contact_id).first()
    if contact is None:
        raise NotFound(OrdersMsg.NO_SUCH_CONTACT)
    stated = {name: getattr(contact, name) for name in ("institution", "step", "after_minutes", "name", "reach")}
    form = ContactForm(request.POST if request.method == "POST" else None, initial=stated)
    return _edit(request, form, contact, lambda: services.change_contact(actor, contact_id, form.facts()))


def _edit(request: HttpRequest, form: ContactForm, contact: Contact | None, save: Callable[[], Contact]) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            saved = save()
        except (BadInput, Conflict) as error:
            form.add_error(None, message_of(error))
        else:
            messages.success(request, _("Saved: %(name)s.") % {"name": saved.name})
            return redirect("desk:contacts")
    context = {"form": form, "contact": contact, "institutions": institutions.known(officer(request))}
    return render(request, "desk/contact.html", context, status=400 if form.errors else 200)


@require_POST
def remove(request: HttpRequest, contact_id: int) -> HttpResponse:
    services.remove_contact(officer(request), contact_id)
    messages.success(request, _("The contact is removed."))
    return redirect("desk:contacts")


@require_POST
def test_call(request: HttpRequest, contact_id: int) -> HttpResponse:
    services.note_test_call(officer(request), contact_id, request.POST.get("note", ""))
    messages.success(request, _("The test call is on record."))
    return redirect("desk:contacts")
