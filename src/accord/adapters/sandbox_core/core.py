"""A core system to practise on: one bank of a made-up world, whose accounts, holds and payments the sandbox keeps."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from accord.adapters.sandbox_bank import SandboxBanks
from accord.capabilities.claims.ports import Acknowledged, Credit, EnquiryAnswer, EnquiryRequest
from accord.capabilities.controls.ports import CoreAccount, Reply
from accord.capabilities.orders.ports import OrderMessage, OrderStatus
from accord.engine.tracing.model import AccountRef


class SandboxCore:
    """The core system of the bank `code`. Safe for threads; several processes may share the sandbox's folder."""

    def __init__(self, banks: SandboxBanks, code: str) -> None:
        """Raises NotFound where the sandbox has no such bank."""
        self._banks = banks
        self._bank = banks.bank(code)

    @property
    def institution(self) -> str:
        return self._bank.code

    def accounts(self, named: str) -> Sequence[CoreAccount]:
        return [self._account(ref) for ref in self._bank.refs(named)]

    def _account(self, ref: AccountRef) -> CoreAccount:
        directory = self._banks.directory
        return CoreAccount(ref.number, directory.holder_of(ref), directory.kind_of(ref), self._banks.available(ref))

    def missing_credits(self, credits_: Sequence[Credit]) -> Sequence[str]:
        return self._bank.missing(credit.transfer for credit in credits_)

    def enquire(self, request: EnquiryRequest) -> Acknowledged | EnquiryAnswer:
        return self._bank.enquire(request)

    def stop_payment(self, order: OrderMessage) -> Reply:
        return self._bank.carry_out(order)

    def block(self, order: OrderMessage) -> Reply:
        return self._bank.carry_out(order)

    def limit(self, order: OrderMessage) -> Reply:
        return self._bank.carry_out(order)

    def give_back(self, order: OrderMessage) -> Reply:
        return self._bank.carry_out(order)

    def prolong(self, order: OrderMessage) -> Reply:
        return self._bank.carry_out(order)

    def pay_out(self, order: OrderMessage) -> Reply:
        return self._bank.carry_out(order)

    def lift(self, order_id: UUID) -> None:
        self._banks.lift(order_id)

    def status(self, order_id: UUID) -> OrderStatus | None:
        return self._bank.status(order_id)
