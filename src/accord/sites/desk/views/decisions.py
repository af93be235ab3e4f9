"""What people decide on orders. Whatever lets something leave the desk is shown once more before it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accord.capabilities.orders import queries, services
from accord.capabilities.orders.errors import Msg as OrdersMsg
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import User
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.errors import Msg as CoreMsg
from accord.core.money import Money
from accord.sites.common.confirm import Question, ask
from accord.sites.common.lengths import length_in_words
from accord.sites.common.requests import is_htmx, officer
from accord.sites.desk.errors import Msg
from accord.sites.desk.forms.decisions import FollowUpForm, HolderForm, ReasonForm, ReleaseForm
from accord.sites.desk.presenters.order_page import OrderPage
from accord.sites.desk.views.orders import order_page
from accord.sites.desk.views.plan import totals_of
from accord.web.wording import message_of


def _decide(
    request: HttpRequest,
    page: OrderPage,
    form: ReasonForm | HolderForm,
    question: Callable[[Mapping[str, Any]], Question] | None,
    carry_out: Callable[[Mapping[str, Any]], str],
) -> HttpResponse:
    """Check what was typed, ask once more, then do it; a refusal leaves everything as it was and says why."""
    if not form.is_valid():
        return _refused(request, page, form.first_error(), 400)
    if question is not None and "confirmed" not in request.POST:
        return ask(request, question(form.cleaned_data))
    try:
        told = carry_out(form.cleaned_data)
    except (BadInput, Conflict) as error:
        return _refused(request, page, message_of(error), 409 if isinstance(error, Conflict) else 400)
    messages.success(request, told)
    return redirect("desk:order", page.order.pk)


def _refused(request: HttpRequest, page: OrderPage, why: str, status: int) -> HttpResponse:
    if is_htmx(request):
        raise (BadInput if status == 400 else Conflict)(CoreMsg.VERBATIM, text=why)
    return order_page(request, page.order.pk, problem=why, status=status)


@require_POST
def approve(request: HttpRequest) -> HttpResponse:
    """Approve one draft or several, all or none."""
    actor = officer(request)
    chosen = _chosen(request)
    drafts = list(queries.orders(actor).filter(pk__in=chosen).order_by("drafted_at", "id"))
    if len(drafts) != len(chosen):
        raise NotFound(OrdersMsg.NO_SUCH_ORDER)
    back = reverse("desk:order", args=[chosen[0]]) if request.POST.get("back") == "order" else reverse("desk:to-approve")
    if "confirmed" not in request.POST:
        if any(order.state != State.DRAFT for order in drafts):
            raise Conflict(Msg.SOME_THESE_DRAFTS_DECIDED_MEANWHILE)
        return ask(request, _approval(drafts, back))
    approved = services.approve(actor, chosen, request.POST.get("note", ""))
    text = ngettext("%(count)d order is on its way.", "%(count)d orders are on their way.", len(approved))
    messages.success(request, text % {"count": len(approved)})
    return redirect(back)


def _approval(drafts: Sequence[Order], back: str) -> Question:
    heading = ngettext("Approve and send %(count)d order?", "Approve and send %(count)d orders?", len(drafts))
    lines = [_("Each goes to its receiver at once and has a life of its own from then on.")]
    if any(order.tell_from for order in drafts):
        lines.append(_("You also approve that the holder is told later, until the moment that the order states."))
    kept = [order for order in drafts if order.keeps_money]
    return Question(
        heading % {"count": len(drafts)}, _("Approve and send"), lines, drafts, totals_of(kept), danger=False, back=back
    )


def _chosen(request: HttpRequest) -> list[UUID]:
    try:
        chosen = list(dict.fromkeys(UUID(text) for text in request.POST.getlist("order")))
    except ValueError as error:
        raise BadInput(Msg.NOT_AN_ORDER) from error
    if not chosen:
        raise BadInput(OrdersMsg.CHOOSE_AT_LEAST_ONE_DRAFT)
    return chosen


@require_POST
def send_in_emergency(request: HttpRequest, order_id: UUID) -> HttpResponse:
    page = OrderPage(officer(request), order_id)

    def question(_given: Mapping[str, Any]) -> Question:
        lines = [
            _("Nobody else has looked at it. It leaves at once."),
            _("A mark stays on the order until a supervisor has looked at it and cleared it."),
        ]
        return _about(page, _("Send this order without a second person?"), _("Send at once"), lines, danger=True)

    def carry_out(given: Mapping[str, Any]) -> str:
        services.send_in_emergency(officer(request), order_id, given["reason"])
        return _("Sent in an emergency. A supervisor must look at it.")

    return _decide(request, page, ReasonForm(request.POST), question, carry_out)


@require_POST
def discard(request: HttpRequest, order_id: UUID) -> HttpResponse:
    page = OrderPage(officer(request), order_id)

    def carry_out(given: Mapping[str, Any]) -> str:
        services.discard(officer(request), order_id, given["reason"])
        return _("The draft is discarded. Nothing was sent.")

    return _decide(request, page, ReasonForm(request.POST), None, carry_out)


@require_POST
def holder_terms(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The name of the holder whom a draft touches, and from when the holder is told."""
    page = OrderPage(officer(request), order_id)
    form = HolderForm(request.POST)

    def carry_out(_given: Mapping[str, Any]) -> str:
        services.set_holder_terms(officer(request), order_id, form.terms())
        return _("Saved. Whoever approves the order approves this too.")

    return _decide(request, page, form, None, carry_out)


@require_POST
def clear(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """A supervisor has looked at what was sent in an emergency."""
    page = OrderPage(officer(request), order_id)

    def carry_out(given: Mapping[str, Any]) -> str:
        services.clear_override(officer(request), order_id, given["reason"])
        return _("The mark is cleared.")

    return _decide(request, page, ReasonForm(request.POST), None, carry_out)


@require_POST
def release(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Give back what is held, all or a part; lift a restriction; withdraw what is not answered yet."""
    page = OrderPage(officer(request), order_id)

    def question(given: Mapping[str, Any]) -> Question:
        law = page.regime.rule(OrderKind.RELEASE)
        lines = [
            _("The receiver must have done it within %(length)s.") % {"length": length_in_words(page.law.release_within)},
            _("The plan does not propose again what is given back."),
        ]
        if law.asks_for_two:
            lines.append(_("The regime asks for a second person: the release waits as a draft."))
        return _about(page, _release_heading(page, given["minor"]), _("Send the release"), lines, danger=True)

    def carry_out(given: Mapping[str, Any]) -> str:
        order = services.ask_release(officer(request), order_id, given["reason"], given["minor"])
        return _sent_or_waiting(order, _("The receiver is told to release %(reference)s."), page.order)

    return _decide(request, page, ReleaseForm(page.order, request.POST), question, carry_out)


def _release_heading(page: OrderPage, minor: int | None) -> str:
    order = page.order
    if page.is_withdrawal:
        return _("Withdraw this order?")
    if not order.is_on_money:
        return _("Lift what this order restricts?")
    amount = Money(order.held if minor is None else minor, order.currency)
    return _("Give %(amount)s back to the holder?") % {"amount": amount}


@require_POST
def renew(request: HttpRequest, order_id: UUID) -> HttpResponse:
    page = OrderPage(officer(request), order_id)

    def question(given: Mapping[str, Any]) -> Question:
        lines = [
            _("It then ends %(length)s later than now. Until the receiver confirms, it ends as before.")
            % {"length": length_in_words(page.law.renewal_lasts)},
            *(_("Condition: %(condition)s") % {"condition": _(text)} for text in page.law.conditions),
            *_second_person(page.law.asks_for_two, given["emergency"]),
        ]
        return _about(page, _("Ask to prolong this order?"), _("Renew"), lines)

    def carry_out(given: Mapping[str, Any]) -> str:
        order = services.renew(officer(request), order_id, given["reason"], given["emergency"])
        return _sent_or_waiting(order, _("The receiver is asked to prolong %(reference)s."), page.order)

    return _decide(request, page, FollowUpForm(page.law, request.POST), question, carry_out)


@require_POST
def freeze(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """A freeze takes the place of a stop payment or a hold, without a moment between them."""
    page = OrderPage(officer(request), order_id)
    law = page.freeze_law

    def question(given: Mapping[str, Any]) -> Question:
        lines = [
            _("The freeze lasts %(length)s. The order that it replaces ends when the bank confirms the freeze, not before.")
            % {"length": length_in_words(law.lasts)},
            *_second_person(law.asks_for_two, given["emergency"]),
        ]
        return _about(page, _("Replace this order by a freeze of the same money?"), _("Freeze"), lines)

    def carry_out(given: Mapping[str, Any]) -> str:
        order = services.freeze(officer(request), order_id, given["reason"], given["court_reference"], given["emergency"])
        return _sent_or_waiting(order, _("The bank is told to freeze what %(reference)s holds."), page.order)

    return _decide(request, page, FollowUpForm(law, request.POST), question, carry_out)


def _second_person(asks_for_two: bool, emergency: str) -> list[str]:
    if not asks_for_two:
        return []
    if emergency.strip():
        return [_("It leaves at once, in an emergency; a supervisor must clear the mark that this leaves.")]
    return [_("It waits as a draft until a colleague approves it.")]


def _sent_or_waiting(order: Order, sent: str, about: Order) -> str:
    if order.state == State.DRAFT:
        text = _("%(kind)s %(reference)s waits for a colleague to approve it.")
        return text % {"kind": order.get_kind_display(), "reference": order.reference}
    return sent % {"reference": about.reference}


def _about(page: OrderPage, heading: str, button: str, lines: Sequence[str], *, danger: bool = False) -> Question:
    back = reverse("desk:order", args=[page.order.pk])
    return Question(heading, button, lines, [page.order], (), danger=danger, back=back)


@require_POST
def send_again(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Send an order once more whose answer could not be used."""
    order = services.send_again(officer(request), order_id)
    messages.success(request, _("%(reference)s is sent to the bank again.") % {"reference": order.reference})
    return redirect("desk:order", order_id)


@require_POST
def note_escalation(request: HttpRequest, order_id: UUID, escalation_id: int) -> HttpResponse:
    """A contact was reached, or not: what was said."""
    actor: User = officer(request)
    order = queries.get(actor, order_id)
    if not queries.escalations(actor, order.pk).filter(pk=escalation_id).exists():
        raise NotFound(OrdersMsg.NO_SUCH_ESCALATION)
    services.note_escalation(actor, escalation_id, request.POST.get("note", ""))
    messages.success(request, _("What was said is on record."))
    return redirect(reverse("desk:order", args=[order_id]) + "#escalations")
