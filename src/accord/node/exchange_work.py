"""The worker's part of the exchange with partners' nodes."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Final

from django.conf import settings

from accord.adapters.partner_http import PartnerLines, Trust
from accord.capabilities.delivery import Courier, keep_leases
from accord.capabilities.exchange.channel.services.partner_messages import test_calls_due
from accord.capabilities.exchange.crossborder.services.enquiries import answers
from accord.capabilities.exchange.crossborder.services.labels.retention import delete_due
from accord.capabilities.exchange.crossborder.services.orders.foreign_orders import answer_due_orders, lapse_due
from accord.capabilities.exchange.partners.services.own_keys import rotate_due
from accord.capabilities.exchange.tasks import ExchangeCourier, apply_ready, partner_of, retry_parked, send_due, take_replies
from accord.core import clock

APPLIED_TOGETHER: Final = 64
"""Messages applied in one sweep: orders and answers of banks wait no longer than that."""

PARTNER_CLOCKS: Final = (lapse_due, rotate_due, test_calls_due, delete_due)
"""What runs out between centres: holds that nobody confirmed, keys, test calls, what may be kept no longer."""


class ExchangeWork:
    """Sends, takes replies over and applies what came in. One worker, one thread."""

    def __init__(self, executor: Executor) -> None:
        trust = Trust(settings.ACCORD_PARTNER_CA, settings.ACCORD_PARTNER_CERTIFICATE, settings.ACCORD_PARTNER_KEY)
        self._lines = PartnerLines(trust)
        self._courier: ExchangeCourier = Courier(executor, partner_of)

    def __len__(self) -> int:
        """How many calls to partners' nodes are under way."""
        return len(self._courier)

    def once(self, wait_seconds: float) -> int:
        """One sweep; how many batches and messages it worked on."""
        done = apply_ready(APPLIED_TOGETHER) + retry_parked(clock.now())
        done += answers.answer_due(clock.now()) + answer_due_orders(clock.now())
        done += send_due(self._lines, self._courier)
        done += take_replies(self._courier, wait_seconds if len(self._courier) else 0)
        keep_leases(self._courier.rows(), clock.now())
        return done

    def close(self) -> None:
        self._lines.close()
