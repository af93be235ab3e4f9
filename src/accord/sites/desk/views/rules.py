"""The legal rules in force at this desk, with their sources and whether anybody checked them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.regime import Approval, current_regime, known_codes, regime, stated_kinds
from accord.core.errors import NotFound
from accord.core.money import Money
from accord.sites.common.words import RULES
from accord.sites.desk.errors import Msg

SETTING_WORDS = {
    "approval": _("who approves"),
    "hours": _("how long it lasts"),
    "renewals": _("how often it is renewed"),
    "renewal_hours": _("how long a renewal lasts"),
    "grounds": _("the grounds"),
    "conditions": _("the conditions"),
    "acknowledge_minutes": _("the clock to acknowledge"),
    "execute_minutes": _("the clock to carry out"),
    "report_hours": _("the clock to report"),
    "appeal_hours": _("the clock of appeals"),
    "release_hours": _("the clock of releases"),
    "tell_after_hours": _("when the holder is told"),
}
"""What a regime file may name as a choice of the node."""


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Every rule of the jurisdiction, or of another one for comparison (`?code=`)."""
    here = current_regime()
    code = request.GET.get("code", "").upper() or here.code
    if code not in (here.code, *known_codes()):
        raise NotFound(Msg.NO_RULES_THEIR_OWN_FOR_JURISDICTION)
    shown, stated = regime(code), stated_kinds(code)
    words = dict(OrderKind.choices)
    approvals = dict(Approval.choices)
    context = {
        "regime": shown,
        "here": here,
        "others": [regime(other) for other in known_codes() if other != code],
        "rows": [
            {
                "kind": kind.value,
                "name": words[kind],
                "law": rule,
                "approval": approvals[rule.approval.value],
                "own": kind in stated,
                "choices": [SETTING_WORDS[name] for name in rule.settings],
            }
            for kind, rule in shown.kinds.items()
        ],
        "tracing_rule": RULES[shown.tracing_rule],
        "first_order": words[shown.first_order],
        "plan_order": words[shown.plan_order],
        "living_costs": [Money(minor, currency) for currency, minor in shown.living_costs.items()],
    }
    return render(request, "desk/rules.html", context)
