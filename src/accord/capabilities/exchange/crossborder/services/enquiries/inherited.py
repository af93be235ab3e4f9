"""The label of what this centre asks third centres on behalf of another: what it is made of binds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings

from accord.capabilities.exchange.agreements import enforcement, labelling
from accord.capabilities.exchange.agreements.queries import InForce
from accord.capabilities.exchange.crossborder.queries import budgets
from accord.capabilities.exchange.models import ForeignEnquiry, ForeignOrder
from accord.core.labels import Label

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim


def enquiry_behind(claim: Claim) -> ForeignEnquiry | None:
    """The enquiry of another centre for which the claim is followed here; None for a claim of our own."""
    return budgets.enquiry_behind(claim.pk) if claim.origin else None


def inherited_label(agreement: InForce, claim: Claim, order_ids: Sequence[UUID] = ()) -> Label | None:
    """The agreement's own label joined with that of the enquiry behind the claim, and of the partner's orders behind ours.

    To whom the claim may go on is said by the enquiry; an order's label names nobody but this centre. None for a claim of our
    own, and for what goes back to whom the claim comes from.
    """
    behind = enquiry_behind(claim)
    if behind is None or claim.origin == agreement.partner:
        return None
    theirs = labelling.from_json(behind.label)
    ordered = ForeignOrder.objects.filter(parts__order__in=order_ids).exclude(label={}).values_list("label", flat=True)
    labels = [replace(labelling.from_json(one), recipients=theirs.recipients, onward=theirs.onward) for one in ordered]
    return labelling.derive(enforcement.default_label(agreement, settings.ACCORD_AGENCY, theirs.onward), theirs, *labels)
