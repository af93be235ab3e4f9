"""Agreements as the gate of the channel: which agreement a message stands under, and what `enforcement` lets pass of it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from django.conf import settings

from accord.capabilities.exchange.agreements import enforcement, labelling, queries
from accord.capabilities.exchange.channel.admission import Admitted
from accord.capabilities.exchange.kinds import MessageKind
from accord.core.labels import Label


class AgreementGate:
    """Implements `channel.admission.Gate`."""

    def outbound(self, partner: str, kind: MessageKind, body: Any, label: Label | None, sent_before: int) -> Admitted:
        agreement = enforcement.agreement_for(partner, kind, body)
        body, whole = enforcement.admit(agreement, settings.ACCORD_AGENCY, kind, body, label, sent_before=sent_before)
        return Admitted(body, agreement.hash, labelling.to_json(whole), whole.retain_until)

    def inbound(
        self, partner: str, agreement: str, kind: MessageKind, body: Any, label: dict[str, Any] | None, sent_before: int
    ) -> Admitted:
        known = queries.by_hash(partner, agreement)
        stated = None if label is None else labelling.from_json(label)
        body, whole = enforcement.admit(known, partner, kind, body, stated, sent_before=sent_before)
        return Admitted(body, known.hash, labelling.to_json(whole), whole.retain_until)

    def reading_once(self) -> AbstractContextManager[None]:
        return queries.read_once()
