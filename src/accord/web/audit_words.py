"""What the audit says happened, in the reader's language. The rows keep the codes."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ACTIONS: Final[dict[str, Promise]] = {
    "report taken": _("report taken"),
    "narrative added": _("narrative added"),
    "identifier confirmed": _("identifier confirmed"),
    "identifier rejected": _("identifier rejected"),
    "identifier proposed": _("choice about an identifier taken back"),
    "statement added": _("statement added"),
    "report unlocked": _("report unlocked"),
    "called back": _("victim called back"),
    "report closed": _("report closed"),
    "report reopened": _("report reopened"),
    "reports exported": _("reports exported"),
    "orders exported": _("orders exported"),
    "audit exported": _("audit exported"),
    "shift handed over": _("shift handed over"),
    "shift acknowledged": _("hand-over acknowledged"),
    "claim opened": _("claim opened"),
    "claim transfer found": _("payment found"),
    "traced again": _("asked again"),
    "traced under another rule": _("traced under another rule"),
    "plan decided": _("plan decided"),
    "enquiry answered": _("enquiry answered"),
    "enquiry failed": _("enquiry: answer unusable"),
    "recall approved": _("recall approved"),
    "recall sent": _("recall sent"),
    "recall held": _("recall: payment stopped"),
    "recall held_partly": _("recall: stopped in part"),
    "recall refused": _("recall refused"),
    "hold approved": _("hold approved"),
    "hold sent": _("hold sent"),
    "hold held": _("hold: held in full"),
    "hold held_partly": _("hold: held in part"),
    "hold refused": _("hold refused"),
    "hold expired": _("hold expired"),
    "hold released": _("hold released"),
    "recall expired": _("recall expired"),
    "order sent again": _("order sent again"),
    "release approved": _("release approved"),
    "answer handed in": _("bank’s answer handed in as a file"),
    "recall draft taken": _("draft of a recall between banks taken"),
    "answer unusable": _("order: answer unusable"),
    # a bank's inbox
    "inbox order received": _("order of another agency received"),
    "inbox order for_decision": _("order for decision"),
    "inbox order decided": _("order: let through by a person"),
    "inbox order executed": _("order carried out"),
    "inbox order executed_partly": _("order carried out in part"),
    "inbox order refused": _("order refused"),
    "inbox order expired": _("order had run out before it was carried out"),
    "inbox order lift": _("lifted at its end"),
    "inbox order renew": _("prolonged"),
    "inbox order release": _("released"),
    "inbox order release_partly": _("released in part"),
    "inbox order replace": _("replaced by another order"),
    "inbox order return": _("paid back"),
    "inbox order return_partly": _("paid back in part"),
    "inbox order stuck": _("order stuck: the core could not deal with it"),
    "inbox order tried again": _("core asked again"),
    "inbox enquiry received": _("enquiry of another agency received"),
    "inbox enquiry decided": _("enquiry: let through by a person"),
    "inbox enquiry answered": _("enquiry answered"),
    "inbox enquiry refused": _("enquiry refused"),
    "inbox enquiry stuck": _("enquiry stuck: the core could not deal with it"),
    "inbox enquiry tried again": _("core asked again"),
    "inbox answer pushed": _("answer taken by the sender"),
    "holder told": _("holder told"),
    "appeal handed in": _("holder’s appeal taken down"),
    "appeal delivered": _("holder’s appeal taken by the centre"),
    "agreement set": _("agreement set"),
    "agreement ended": _("agreement ended"),
    "rule set": _("rule set"),
    "rule ended": _("rule ended"),
    # people and their rights
    "signed in": _("signed in"),
    "signed out": _("signed out"),
    "sign-in locked": _("locked out after failed sign-ins"),
    "sessions ended": _("sessions ended"),
    "password changed": _("password changed"),
    "password given": _("password given by an administrator"),
    "second factor added": _("second factor added"),
    "second factor removed": _("second factor removed"),
    "second factor reset": _("second factors reset"),
    "recovery codes made": _("recovery codes made"),
    "recovery code used": _("recovery code used"),
    "user added": _("user added"),
    "user changed": _("user changed"),
    "user deactivated": _("user deactivated"),
    "user reactivated": _("user reactivated"),
    "user unlocked": _("user unlocked"),
    "agency added": _("agency added"),
    "team added": _("team added"),
    "service account added": _("service account added"),
    "service account deactivated": _("service account deactivated"),
    "service account reactivated": _("service account reactivated"),
    "token issued": _("token issued"),
    "token revoked": _("token revoked"),
    "retention carried out": _("retention carried out"),
    "reads removed": _("old reads removed"),
    "narrative removed": _("old narrative removed"),
}

OBJECTS: Final[dict[str, Promise]] = {
    "report": _("report"),
    "claim": _("claim"),
    "order": _("order"),
    "receivedorder": _("order received"),
    "receivedenquiry": _("enquiry received"),
    "control": _("control in force"),
}
"""Kinds of things that a read shows."""

PURPOSES: Final[dict[str, Promise]] = {
    "case_work": _("case work"),
    "supervision": _("supervision"),
    "appeal": _("appeal"),
    "audit": _("audit"),
    "training": _("training"),
    "maintenance": _("maintenance"),
    "appeal received": _("appeal received"),
    "appeal review began": _("appeal: somebody looks at it"),
    "appeal decided": _("appeal decided"),
    "appeal withdrawn": _("appeal taken back"),
    "appeal overdue": _("appeal overdue: supervisors are told"),
    "appeal released": _("appeal: the bank has released"),
    "appeal release failed": _("appeal: the release failed"),
    "appeal release ordered again": _("appeal: release ordered again"),
    "appeal closed": _("appeal closed: the order is over"),
    "care noted": _("care marked"),
    "living costs declined": _("living costs not needed"),
    "compensation noted": _("compensation noted"),
    "compensation paid": _("compensation paid"),
    "return prepared": _("return prepared"),
    "claimant added": _("claimant added"),
    "claimant removed": _("claimant taken out"),
    "return announced": _("return: notice given"),
    "objection received": _("objection received"),
    "objection upheld": _("objection upheld"),
    "objection rejected": _("objection rejected"),
    "return decided": _("return decided"),
    "return ordered again": _("return: payment ordered again"),
    "payee corrected": _("return: account corrected"),
    "return paid": _("return: all is paid"),
    "return closed": _("return closed"),
    "return abandoned": _("return given up"),
}

DETAILS: Final[dict[str, Promise]] = {
    "amount": _("amount"),
    "appeal": _("appeal"),
    "by": _("by"),
    "care": _("care"),
    "channel": _("channel"),
    "claimant": _("claimant"),
    "decision": _("decision"),
    "distribution": _("shared"),
    "living_costs": _("living costs"),
    "order": _("order"),
    "restitution": _("return"),
    "held": _("held"),
    "released": _("released"),
    "standing": _("accounts it stands on"),
    "onward": _("onward transfers"),
    "exits": _("exits"),
    "institution": _("bank"),
    "account": _("account"),
    "transfer": _("transfer"),
    "until": _("until"),
    "reason": _("reason"),
    "refusal": _("refusal"),
    "error": _("error"),
    "note": _("note"),
    "rule": _("rule"),
    "state": _("state"),
    "action_chosen": _("action"),
    "rows": _("rows"),
    "characters": _("characters"),
    "proposed": _("found"),
    "enquiries": _("enquiries"),
    "type": _("kind"),
    "form": _("form"),
    "sha256": _("SHA-256 of the file"),
    "name": _("name"),
    "role": _("role"),
    "role_before": _("role before"),
    "agency": _("agency"),
    "team": _("team"),
    "address": _("address"),
    "left": _("left over"),
    "permissions": _("permissions"),
    "token": _("token"),
    "days": _("days"),
    "chain": _("record"),
    "upto": _("up to entry"),
    "link": _("link"),
    "searched": _("searched for"),
    "taken": _("file taken"),
    "sender": _("sender"),
    "automatic": _("by the bank’s rule"),
    "hours": _("hours"),
    "reference": _("reference"),
    "exported": _("rows exported"),
}

VALUES: Final[dict[str, Promise]] = {
    "officer": _("Duty officer"),
    "supervisor": _("Supervisor"),
    "administrator": _("Administrator"),
    "auditor": _("Auditor"),
    "bank_officer": _("Bank officer"),
    "bank_supervisor": _("Bank supervisor"),
    "totp": _("Authenticator app"),
    "passkey": _("Passkey"),
    "police": _("Police"),
    "bank": _("Bank"),
    "telecom": _("Telecom operator"),
    "payment": _("Payment institution"),
    "prosecutor": _("Prosecutor"),
    "regulator": _("Regulator"),
    "partner": _("Partner centre"),
    "changes": _("changes"),
    "reads": pgettext_lazy("record", "reads"),
}
"""Codes that stand as values in the details of entries about people."""

MONEY: Final = ("amount", "held", "living_costs", "released")
"""Details that are minor units of the entry's currency."""


def action_in_words(code: str) -> str:
    """What happened; the code itself where no words are known."""
    return str(ACTIONS.get(code, code))


def object_in_words(kind: str) -> str:
    return str(OBJECTS.get(kind, kind))


def purpose_in_words(code: str) -> str:
    return str(PURPOSES.get(code, code)) if code else "–"


def value_in_words(code: str) -> str:
    return str(VALUES.get(code, code))


def detail_in_words(name: str) -> str:
    return str(DETAILS.get(name, name))
