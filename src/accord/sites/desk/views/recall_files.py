"""A recall as a file for the payer's bank (camt.056), and the bank's copy of the answer handed in (camt.029)."""

from __future__ import annotations

import hashlib
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accord.adapters.iso20022.recall import write_recall
from accord.adapters.iso20022.recalls import KnownReferences, recall_draft, resolution_to_answer
from accord.adapters.iso20022.resolution import read_resolutions
from accord.adapters.iso20022.xml import MESSAGE
from accord.capabilities import unit_of_work
from accord.capabilities.orders import queries, services
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import require
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.errors import Msg as CoreMsg
from accord.sites.common.requests import go, officer
from accord.sites.desk.errors import Msg

_FORM: Final = "camt.029"


@require_GET
def draft(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The draft as a download; that it was taken is on record."""
    actor = officer(request)
    order = _recall(actor, order_id)
    if order.approved_at is None:
        raise Conflict(Msg.RECALL_NOT_APPROVED_YET)
    known = KnownReferences(
        uetr=_given(request, "uetr").lower(),
        end_to_end_id=_given(request, "end_to_end_id"),
        transaction_id=_given(request, "transaction_id"),
        payee_bank=_given(request, "payee_bank"),
    )
    content = write_recall(recall_draft(message_of(order), clock.now(), known))
    unit_of_work.record(actor, OrderAudit.RECALL_DRAFT_TAKEN, subject=order.claim_id, obj=order, sha256=_digest(content))
    response = HttpResponse(content, content_type="application/xml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="camt.056-{order.reference}.xml"'
    return response


@require_POST
def hand_in(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Apply the bank's answer from its copy of the camt.029."""
    actor = officer(request)
    require(actor, OrderPermission.APPROVE)
    order = _recall(actor, order_id)
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile) or not upload.size:
        raise BadInput(Msg.CHOOSE_BANK_COPY_CAMT_029)
    if upload.size > MESSAGE.bytes:
        raise BadInput(CoreMsg.FILE_LARGER_THAN_MIB, limit=MESSAGE.bytes >> 20)
    content = upload.read()
    reply = resolution_to_answer(read_resolutions(content, upload.name or _FORM), message_of(order), clock.now())
    services.hand_in_answer(actor, order.pk, reply, _FORM, _digest(content))
    messages.success(request, _("The bank’s answer to %(reference)s is taken over.") % {"reference": order.reference})
    return go(request, "desk:order", order.pk)


def _recall(actor: User, order_id: UUID) -> Order:
    order = queries.get(actor, order_id)
    if order.kind != OrderKind.RECALL:
        raise NotFound(Msg.ONLY_RECALL_THESE_FILES)
    return order


def _given(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").strip()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
