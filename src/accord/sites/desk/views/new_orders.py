"""Orders that stand on no trace: choose the kind, state the facts, look once more, draft."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accord.capabilities.orders import queries as orders
from accord.capabilities.orders import services
from accord.capabilities.orders.errors import Msg as OrdersMsg
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.regime import KindRule, current_regime
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import require
from accord.capabilities.reports import queries as reports
from accord.capabilities.reports.errors import Msg as ReportsMsg
from accord.capabilities.reports.models import IdentifierState, Report
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.identifiers import IdentifierType
from accord.sites.common.confirm import Question, ask
from accord.sites.common.lengths import length_in_words
from accord.sites.common.requests import officer
from accord.sites.desk import institutions
from accord.sites.desk.errors import Msg
from accord.sites.desk.forms.new_order import FIELDS_OF, LIMIT_FIELDS, NEEDED_OF, NewOrderForm
from accord.web.templatetags.accord import bank_name, local_text
from accord.web.wording import message_of

_WHEN_TO_USE: Final = {
    OrderKind.LIMIT: gettext_lazy(
        "Slow an account down while the facts are found out: an amount, payees or cash a day, a delay."
    ),
    OrderKind.RESTRICTION: gettext_lazy(
        "Protect somebody who is about to pay and will not be persuaded, on their own account."
    ),
    OrderKind.NUMBER_BLOCK: gettext_lazy("Cut a number that offenders call from, for as long as the rule allows."),
    OrderKind.NUMBER_SUSPENSION: gettext_lazy("Cut a number at once for a short time; a block can take its place."),
    OrderKind.TRACE_BACK: gettext_lazy("Ask an operator who handed a call over, and whether it came from abroad."),
    OrderKind.PRESERVATION: gettext_lazy("Have records kept until a formal request for them follows."),
}


@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """The kinds, each with when to use it and what the rules in force say of it."""
    actor = officer(request)
    require(actor, OrderPermission.DRAFT)
    report = _report(request, actor)
    regime = current_regime()
    kinds = [
        {"kind": kind.value, "name": kind.label, "use": use, "law": regime.rule(kind)} for kind, use in _WHEN_TO_USE.items()
    ]
    return render(request, "desk/order_new.html", {"kinds": kinds, "report": report})


@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, kind: str) -> HttpResponse:
    """The form of one kind; once it is complete, what would leave; once that is confirmed, the order."""
    actor = officer(request)
    require(actor, OrderPermission.DRAFT)
    order_kind = _kind(kind)
    law, report = current_regime().rule(order_kind), _report(request, actor)
    replaced = _replaced(request, actor, order_kind)
    bound = request.POST if request.method == "POST" else None
    form = NewOrderForm(order_kind, law, bound, initial=_known(request, report, replaced))
    if form.is_bound and form.is_valid() and "edit" not in request.POST:
        if "confirmed" not in request.POST:
            return ask(request, _question(form, law))
        if (order := _drafted(actor, form, report, replaced)) is not None:
            messages.success(request, _told(order))
            return redirect("desk:order", order.pk)
    return render(
        request, "desk/order_draft.html", _context(actor, form, law, report, replaced), status=400 if form.errors else 200
    )


def _drafted(actor: User, form: NewOrderForm, report: Report | None, replaced: Order | None) -> Order | None:
    """The order; None, with the reason on the form, where it is refused."""
    facts = form.facts(report.pk if report else None, replaced.pk if replaced else None)
    try:
        return services.draft_order(actor, form.kind, facts, form.emergency_reason)
    except (BadInput, Conflict) as error:
        form.add_error(None, message_of(error))
        return None


def _context(actor: User, form: NewOrderForm, law: KindRule, report: Report | None, replaced: Order | None) -> dict[str, Any]:
    return {
        "form": form,
        "kind": form.kind.value,
        "name": OrderKind(form.kind).label,
        "use": _WHEN_TO_USE[form.kind],
        "law": law,
        "authority": current_regime().authority,
        "report": report,
        "replaced": replaced,
        "has_limits": "amount_per_day" in FIELDS_OF[form.kind],
        "needed": NEEDED_OF[form.kind],
        "limit_fields": [form[name] for name in LIMIT_FIELDS if name in form.fields],
        "institutions": institutions.known(actor),
        "longest_hours": int(law.lasts.total_seconds()) // 3600,
    }


def _kind(text: str) -> OrderKind:
    kind = next((kind for kind in FIELDS_OF if kind.value.replace("_", "-") == text), None)
    if kind is None:
        raise NotFound(Msg.NO_SUCH_KIND_ORDER_TO_DRAFT)
    return kind


def _report(request: HttpRequest, actor: User) -> Report | None:
    """The report that the order goes with, if the address names one."""
    stated = request.GET.get("report", "")
    if not stated:
        return None
    try:
        return reports.get(actor, UUID(stated))
    except ValueError as error:
        raise NotFound(ReportsMsg.NO_SUCH_REPORT) from error


def _replaced(request: HttpRequest, actor: User, kind: OrderKind) -> Order | None:
    """The suspension whose place a number block is to take, if the address names one."""
    stated = request.GET.get("replaces", "")
    if not stated or kind is not OrderKind.NUMBER_BLOCK:
        return None
    try:
        return orders.get(actor, UUID(stated))
    except ValueError as error:
        raise NotFound(OrdersMsg.NO_SUCH_ORDER) from error


def _known(request: HttpRequest, report: Report | None, replaced: Order | None) -> dict[str, Any]:
    """What the form begins with: from the address, the order replaced, or the report."""
    known: dict[str, Any] = {}
    if report is not None:
        known = {"currency": report.currency, "called": report.callback_number, "about_when": ""}
    for name, longest in (("institution", 64), ("account", 128), ("number", 40), ("caller", 40), ("currency", 3)):
        if stated := request.GET.get(name, "")[:longest]:
            known[name] = stated
    if replaced is not None:
        known |= {"institution": replaced.institution, "number": replaced.identifier}
    if institution := known.get("institution"):
        known["institution"] = bank_name(institution)
    return known


def _question(form: NewOrderForm, law: KindRule) -> Question:
    given = form.cleaned_data
    name = str(OrderKind(form.kind).label)
    waits = law.asks_for_two and not form.emergency_reason
    lines = [
        f"{bank_name(given['institution'])} · {_subject(given)}",
        *_limits_said(form),
        _("Why: %(grounds)s") % {"grounds": given["grounds"]},
        _("It lasts %(length)s.")
        % {"length": length_in_words(law.lasts) if not given["hours"] else _("%(n)d hours") % {"n": given["hours"]}},
    ]
    if tell_from := given.get("tell_from"):
        lines.append(_("The holder is told from %(moment)s on, not before.") % {"moment": local_text(tell_from, seconds=False)})
    if waits:
        lines.append(_("It waits as a draft until a colleague approves it."))
    elif law.asks_for_two:
        lines.append(_("It leaves at once, in an emergency; a supervisor must clear the mark that this leaves."))
    else:
        lines.append(_("It leaves at once."))
    button = _("Draft it") if waits else _("Send it")
    back = reverse("desk:order-new")
    return Question(_("%(kind)s: is this right?") % {"kind": name}, button, lines, danger=not waits, back=back, editable=True)


def _subject(given: dict[str, Any]) -> str:
    call = f"{given['caller']} → {given['called']}" if given.get("caller") else ""
    return given.get("account") or given.get("number") or call or given.get("data_wanted", "")


def _limits_said(form: NewOrderForm) -> list[str]:
    return [f"{form.fields[name].label}: {form.data[name]}" for name in LIMIT_FIELDS if form.data.get(name)]


def _told(order: Order) -> str:
    if order.state == State.DRAFT:
        text = _("%(kind)s %(reference)s waits for a colleague to approve it.")
    else:
        text = _("%(kind)s %(reference)s is on its way.")
    return text % {"kind": order.get_kind_display(), "reference": order.reference}


def report_links(actor: User, report: Report) -> list[tuple[str, str]]:
    """(words, address) of orders that a report suggests: its confirmed numbers, the victim's and the payee's account."""
    base = f"?report={report.pk}"
    found: list[tuple[str, str]] = []
    confirmed = reports.identifiers(actor, report.pk).filter(state=IdentifierState.CONFIRMED, type=IdentifierType.PHONE)
    for number in dict.fromkeys(confirmed.values_list("canonical", flat=True)):
        for kind in (OrderKind.NUMBER_SUSPENSION, OrderKind.NUMBER_BLOCK, OrderKind.TRACE_BACK):
            name = "caller" if kind is OrderKind.TRACE_BACK else "number"
            found.append((f"{OrderKind(kind).label} · {number}", _address(kind, base, {name: number})))
    own = {"institution": report.payer_bank, "account": report.payer_account}
    found.append((str(OrderKind.RESTRICTION.label), _address(OrderKind.RESTRICTION, base, own)))
    payee = {"institution": report.payee_bank, "account": report.payee_account}
    for kind in (OrderKind.LIMIT, OrderKind.PRESERVATION):
        found.append((str(OrderKind(kind).label), _address(kind, base, payee)))
    return found


def _address(kind: OrderKind, base: str, known: dict[str, str]) -> str:
    stated = urlencode({name: value for name, value in known.items() if value})
    return reverse("desk:order-draft", args=[kind.value.replace("_", "-")]) + base + (f"&{stated}" if stated else "")
