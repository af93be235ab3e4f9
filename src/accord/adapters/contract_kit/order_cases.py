"""What a bank does with orders and enquiries, whatever line they come over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Final
from uuid import UUID

from accord.adapters.contract_kit.bench import Bench, NotTried, broken, expect
from accord.adapters.contract_kit.case import case
from accord.capabilities.claims.ports import Acknowledged, Credit
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import Limits, Refusal
from accord.core.errors import AccordError, BadInput, Conflict, NotAllowed, NotFound
from accord.core.object_ids import new_id

_REFUSED: Final = (BadInput, Conflict, NotAllowed, NotFound)


@case
def hold_is_placed_and_known(bench: Bench) -> None:
    """A hold names the transfer, keeps what was ordered, and its status says how much and until when."""
    order = bench.order()
    told = bench.held(order)
    expect(told.amount == order.amount, f"{told.amount} held of {order.amount}, though all of the credit stands")
    expect(told.transfer == bench.data.standing.credit, f"the answer names transfer {told.transfer!r}")
    status = bench.status(order)
    expect(status is not None and status.amount == told.amount, f"the status says {status}, the answer {told.amount}")
    expect(status is not None and status.until <= order.until, "the status lets the hold last longer than was ordered")


@case
def same_order_again(bench: Bench) -> None:
    """The same order sent again, also at the same moment, gives the same answer and does nothing twice."""
    order = bench.order()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: bench.answer(order), range(2))
    third = bench.answer(order)
    expect(first == second == third, f"three answers to one order differ: {first}, {second}, {third}")
    expect(bench.in_force(order) == order.amount, f"{bench.in_force(order)} in force under an order of {order.amount}")


@case
def same_id_other_content(bench: Bench) -> None:
    """The same id with other content is refused, and what came first stands."""
    order = bench.order()
    bench.held(order)
    bench.not_accepted(
        lambda: bench.line.carry_out(replace(order, amount=9)), "another content under a known id is refused", Conflict
    )
    expect(bench.in_force(order) == order.amount, "the refused message has changed what the first one did")


@case
def acknowledgement_then_answer(bench: Bench) -> None:
    """An answer may be promised first; once given it is never taken back or changed."""
    order = bench.order()
    told = bench.answer(order)
    again = bench.line.carry_out(order)
    expect(not isinstance(again, Acknowledged), "an answer was given, and then only an acknowledgement")
    expect(again == told, "an answer that was given has changed")


@case
def never_more_than_ordered(bench: Bench) -> None:
    """A hold of one minor unit keeps one; a hold of more than the credit keeps at most the credit."""
    one = bench.order(amount=1)
    expect(bench.held(one).amount == 1, "a hold of one minor unit keeps another amount")
    standing = bench.data.standing
    everything = bench.order(amount=standing.amount * 2)
    told = bench.answer(everything)
    expect(told.amount <= standing.amount - 1, f"{told.amount} and 1 are held of a credit of {standing.amount}")


@case
def claims_share_one_total(bench: Bench) -> None:
    """Orders on one credit together never keep more than the credit; each is asked about by itself, in any order."""
    standing = bench.data.standing
    first, second = bench.order(amount=standing.amount), bench.order(amount=standing.amount)
    told = bench.held(first)
    other = bench.answer(second)
    expect(told.amount + other.amount <= standing.amount, f"{told.amount} and {other.amount} held of {standing.amount}")
    expect(bench.answer(second) == other and bench.answer(first) == told, "asked again in another order, the answers differ")
    bench.held(bench.about(first, OrderKind.RELEASE, amount=told.amount))
    third = bench.order(amount=standing.amount)
    expect(bench.held(third).amount == standing.amount - other.amount, "what was released cannot be held for another claim")


@case
def later_credits_are_not_captured(bench: Bench) -> None:
    """What has come into the account since is not touched, however much is ordered."""
    later = bench.data.later
    if later is None or later.left is None:
        raise NotTried("the test data have no [later] with `left`")
    told = bench.answer(bench.order(on=later, amount=later.amount))
    expect(told.amount <= later.left, f"{told.amount} held, though only {later.left} of the credit still stand")


@case
def nothing_stands(bench: Bench) -> None:
    """Where all of the credit has left the account the order is refused with that code, and what happened to it is told."""
    spent = bench.data.spent
    if spent is None:
        raise NotTried("the test data have no [spent]")
    told = bench.refused(bench.order(on=spent), Refusal.NOTHING_STANDS)
    expect(told.followed is not None, "the answer does not say where the money went")


@case
def unknown_account(bench: Bench) -> None:
    """An account that does not exist is a refusal with that code."""
    bench.refused(bench.order(account=bench.data.unknown_account, holder_name=""), Refusal.NO_SUCH_ACCOUNT)


@case
def unknown_transfer(bench: Bench) -> None:
    """A credit that never arrived is a refusal with that code."""
    unknown = (Credit(f"NONE-{new_id()}", 10, bench.data.standing.currency),)
    bench.refused(bench.order(credits=unknown), Refusal.NO_SUCH_TRANSFER)


@case
def another_name(bench: Bench) -> None:
    """Where the account belongs to somebody else than the order says nothing is held before a person has looked."""
    if not bench.data.standing.holder:
        raise NotTried("the test data name no holder")
    order = bench.order(holder_name="Nobody Of This Name")
    reply = bench.reply(order)
    if isinstance(reply, Acknowledged):
        expect(bench.in_force(order) == 0, "money is held though the name is another")
        return
    expect(reply.refusal in (Refusal.NAME_MISMATCH, Refusal.LEGAL_REVIEW), f"answered {reply.refusal or reply.amount}")


@case
def release_in_part_and_in_full(bench: Bench) -> None:
    """A release gives back what it names; the rest stays until it is released too, and then the order has ended."""
    order = bench.order()
    bench.held(order)
    told = bench.held(bench.about(order, OrderKind.RELEASE, amount=4))
    expect(told.amount == 4, f"{told.amount} given back of 4")
    expect(bench.in_force(order) == 6, f"{bench.in_force(order)} left of 10 after 4 were released")
    bench.held(bench.about(order, OrderKind.RELEASE, amount=6))
    status = bench.status(order)
    expect(status is not None and status.ended_at is not None, "everything is released and the order has no end")
    again = bench.answer(bench.about(order, OrderKind.RELEASE, amount=1))
    expect(again.refusal is Refusal.ALREADY_ENDED, f"a release of what has ended is answered {again.refusal}")


@case
def release_before_its_order(bench: Bench) -> None:
    """A release that overtakes its order withdraws it: the order is refused when it comes, and holds nothing."""
    order = bench.order()
    told = bench.answer(bench.about(order, OrderKind.RELEASE))
    expect(told.refusal is None, f"the withdrawal was refused ({told.refusal})")
    bench.refused(order, Refusal.WITHDRAWN)
    status = bench.status(order)
    expect(status is None or status.amount == 0, "a withdrawn order holds money")


@case
def freeze_replaces_without_a_gap(bench: Bench) -> None:
    """A freeze that replaces a hold keeps the same money in one step; a refused one leaves the hold as it was."""
    order = bench.order(OrderKind.STOP_PAYMENT)
    bench.held(order)
    wrong = bench.order(OrderKind.FREEZE, replaces=order.order_id, account=bench.data.unknown_account, holder_name="")
    bench.answer(wrong)
    expect(bench.in_force(order) == 10, "a freeze that was refused has ended what it would have replaced")
    freeze = bench.order(OrderKind.FREEZE, replaces=order.order_id, court_reference="KIT-COURT-1")
    expect(bench.held(freeze).amount == 10, "the freeze keeps less than what it replaces")
    expect(bench.in_force(order) == 0, "what was replaced is still in force")
    expect(bench.in_force(freeze) == 10, "the freeze is not in force")


@case
def limit_is_put_in_force_and_lifted(bench: Bench) -> None:
    """A limit is in force until it is released; a bank that knows no limits refuses with that code."""
    order = bench.order(OrderKind.LIMIT, amount=0, credits=(), limits=Limits(amount_per_day=100))
    told = bench.answer(order)
    if told.refusal is Refusal.NOT_SUPPORTED:
        return
    expect(told.refusal is None, f"the limit was refused ({told.refusal}: {told.reason})")
    status = bench.status(order)
    expect(status is not None and status.ended_at is None, f"the limit is not in force: {status}")
    bench.held(bench.about(order, OrderKind.RELEASE))
    status = bench.status(order)
    expect(status is not None and status.ended_at is not None, "the limit was released and has no end")


@case
def follow_up_of_nothing(bench: Bench) -> None:
    """A renewal of an order that the bank never had is refused with that code."""
    never = bench.order()
    bench.refused(bench.about(never, OrderKind.RENEWAL), Refusal.NO_SUCH_ORDER)


@case
def order_for_another_bank(bench: Bench) -> None:
    """A message for another institution is not accepted, and nothing of it is kept."""
    order = bench.order(institution="NOTTHISBANK")
    bench.not_accepted(lambda: bench.line.carry_out(order), "a message for another institution is refused", *_REFUSED)
    expect(bench.status(order) is None, "the bank knows an order that it did not accept")


@case
def unknown_order_has_no_status(bench: Bench) -> None:
    """The status of an order that never came is that there is none."""
    expect(bench.status(bench.order()) is None, "the bank knows an order that was never sent")


@case
def another_agency_sees_nothing(bench: Bench) -> None:
    """For another agency the order does not exist, and its id cannot be applied."""
    if bench.other is None:
        raise NotTried("no second token was given")
    order = bench.order()
    bench.held(order)
    expect(bench.status(order, bench.other) is None, "another agency sees how an order of ours stands")
    other = bench.other
    bench.not_accepted(lambda: other.carry_out(order), "another agency's message under our id is refused", *_REFUSED)
    release = bench.about(order, OrderKind.RELEASE)
    with suppress(AccordError):
        bench.answer(release, bench.other)
    expect(bench.in_force(order) == 10, "another agency could release what is held for us")


@case
def enquiry_adds_up(bench: Bench) -> None:
    """What stands, went on and left adds up to what was asked about; asked again, the answer is the same."""
    asked = bench.enquiry()
    told = bench.told(asked)
    expect(bench.told(asked) == told, "an answer that was given has changed")
    here = [place for place in told.standing if place.account == bench.data.standing.account]
    expect(sum(place.amount for place in here) == bench.data.standing.amount, f"standing: {here}")
    other = bench.enquiry(enquiry_id=UUID(str(asked.enquiry_id)), credits=(Credit(bench.data.standing.credit, 5, "CNY"),))
    bench.not_accepted(lambda: bench.line.enquire(other), "another content under a known id is refused", Conflict)


@case
def enquiry_about_nothing(bench: Bench) -> None:
    """A question about a credit that never arrived is not answered as if it had."""
    unknown = bench.enquiry(credits=(Credit(f"NONE-{new_id()}", 10, bench.data.standing.currency),))
    try:
        told = bench.told(unknown)
    except AccordError:
        return
    broken(f"a credit that never arrived is answered: {told}")
