"""The confirm dialogue: whatever lets something leave, or cannot be undone, is shown once more before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accord.capabilities.orders.models import Order
from accord.core.money import Money
from accord.sites.common.requests import is_htmx


@dataclass(frozen=True, slots=True)
class Question:
    """What is shown before something leaves: the question, what leaves, what follows from it, the word on the button."""

    heading: str
    button: str
    lines: Sequence[str] = ()
    orders: Sequence[Order] = ()
    totals: Sequence[Money] = ()
    danger: bool = False
    back: str = ""
    editable: bool = False


_OWN_FIELDS: Final = ("csrfmiddlewaretoken", "confirmed", "edit")


def ask(request: HttpRequest, question: Question) -> HttpResponse:
    """The question as a dialog's content for htmx, as a page without it. What was typed travels along."""
    typed = [(name, value) for name, values in request.POST.lists() for value in values if name not in _OWN_FIELDS]
    context = {"question": question, "typed": typed, "action": request.get_full_path()}
    template = "common/_confirm.html" if is_htmx(request) else "common/confirm.html"
    return render(request, template, context)
