"""Asking for a reference and a code, the same way everywhere."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from accord.capabilities.people.lockout import client_address
from accord.capabilities.reports.guessing import TooManyTries, slowed
from accord.core.errors import NotFound
from accord.sites.public import visits
from accord.sites.public.forms import CodeForm
from accord.sites.public.wording import too_many_tries

OPENED = 302


def ask(request: HttpRequest, what: str, look_up: Callable[[str, str], object], nothing_fits: str) -> tuple[CodeForm, int]:
    """The form, and the status to answer with; OPENED when the code was right, and `what` is open to the visitor.

    An unknown reference and a wrong code get the same answer after the same work.
    """
    if request.method != "POST":
        return CodeForm(), 200
    form = CodeForm(request.POST)
    if not form.is_valid():
        return form, 400
    reference, code = form.cleaned_data["reference"], form.cleaned_data["code"]
    try:
        with slowed(client_address(request), reference):
            look_up(reference, code)
    except NotFound:
        form.add_error(None, nothing_fits)
        return form, 404
    except TooManyTries:
        form.add_error(None, too_many_tries())
        return form, 429
    visits.open_with(request, what, reference, code)
    return form, OPENED
