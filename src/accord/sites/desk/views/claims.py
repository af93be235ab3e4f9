"""The page of a claim: where its money is, and the chase after it."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accord.capabilities.claims import services
from accord.capabilities.people.models import User
from accord.core.errors import BadInput
from accord.engine.tracing.model import Rule
from accord.sites.common.csv_download import csv_response
from accord.sites.common.words import ASK_FIRST, REFUSALS, RULES, TRACE_WORDS
from accord.sites.desk.errors import Msg
from accord.sites.desk.live_sections import LiveSection, live_section, news
from accord.sites.desk.presenters.claim_page import ClaimPage
from accord.sites.desk.presenters.trace_rows import ACCOUNT_KINDS, CSV_COLUMNS, csv_rows

_SECTIONS = ("figures", "plan", "jurisdictions", "table", "orders", "enquiries", "history")


@require_GET
def show(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    return claim_page(request, claim_id)


def claim_page(request: HttpRequest, claim_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
    """The whole page; `problem` is what kept a decision from being carried out, shown above everything else."""
    page = _page(request, claim_id)
    context = {
        **_context(page),
        "sections": {section.name: section for section in _sections(request, page)},
        "problem": problem,
        "rules": [(rule, RULES[rule]) for rule in page.rules],
        "trace_words": _script_words(),
    }
    return render(request, "desk/claim.html", context, status=status)


@require_GET
def live(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """What has changed on the page since it was last told."""
    return news(request, _sections(request, _page(request, claim_id)))


@require_GET
def trace_json(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """The picture's document; with `download`, the joined trace itself as a file."""
    page = _page(request, claim_id)
    if "download" in request.GET:
        response = JsonResponse(page.shown_trace.to_json(), json_dumps_params={"ensure_ascii": False, "indent": 2})
        response["Content-Disposition"] = f'attachment; filename="{page.claim.reference}-{page.shown_rule}.json"'
        return response
    document = page.graph()
    etag = f'"{document["version"]}"'
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False}, headers={"ETag": etag})
    return get_conditional_response(request, etag=etag, response=response) or response


@require_GET
def trace_csv(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    page = _page(request, claim_id)
    return csv_response(f"{page.claim.reference}-{page.shown_rule}.csv", CSV_COLUMNS, csv_rows(page.rows))


@require_POST
def trace_again(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Ask the banks afresh where the picture may be old."""
    asked = len(services.trace_again(cast("User", request.user), claim_id))
    text = ngettext("%(count)d question was asked again.", "%(count)d questions were asked again.", asked)
    messages.success(request, text % {"count": asked} if asked else _("Nothing to ask again: all money found is held."))
    return redirect("desk:claim", claim_id)


@require_POST
def trace_under(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Trace under another rule too, and show it beside the claim's own."""
    wanted = request.POST.get("rule", "")
    if wanted not in RULES:
        raise BadInput(Msg.CHOOSE_RULE_FROM_LIST, where="rule")
    page = _page(request, claim_id)
    if wanted == page.claim.rule:
        return redirect("desk:claim", claim_id)
    services.trace_under(cast("User", request.user), claim_id, Rule(wanted))
    return redirect(f"{reverse('desk:claim', args=[claim_id])}?rule={wanted}")


def _page(request: HttpRequest, claim_id: UUID) -> ClaimPage:
    return ClaimPage(cast("User", request.user), claim_id, request.GET.get("rule", ""))


def _context(page: ClaimPage) -> dict[str, object]:
    return {
        "page": page,
        "claim": page.claim,
        "words": TRACE_WORDS,
        "account_kinds": ACCOUNT_KINDS,
        "rule_words": RULES,
        "refusals": REFUSALS,
        "ask_first": ASK_FIRST,
    }


def _sections(request: HttpRequest, page: ClaimPage) -> list[LiveSection]:
    context = _context(page)
    names = [*_SECTIONS, *(["comparison"] if page.comparison else [])]
    return [
        live_section(request, name, f"desk/_claim_{name}.html", context, keeps_input=name in ("plan", "enquiries"))
        for name in names
    ]


def _script_words() -> dict[str, str]:
    """The words that the page's scripts need."""
    return {
        "hop": _("step"),
        "standing": _("standing:"),
        "held": _("held:"),
        "left": _("left:"),
        "asked": _("being asked about:"),
        "nothing": _("No movement is known yet."),
        "timeline": _("Transfers and orders over time; the table lists the same in text"),
        "zone": timezone.get_current_timezone_name(),
    }
