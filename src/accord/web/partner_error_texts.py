"""The messages of our own errors about partners and what is exchanged with them; `error_texts` says how they are read."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop

PATTERNS: Final = (
    # lines to those who keep accounts
    gettext_noop("there is no line to {code}; check the institution's code"),
    gettext_noop("there is no line to {code} and this node's own records do not cover it"),
    # orders across the border
    gettext_noop("there is no such order of a partner"),
    gettext_noop("the partner's order was decided already, by {officer}"),
    gettext_noop("give the reason; it stays on record"),
    gettext_noop("the agreement knows these grounds of refusal: {grounds}"),
    gettext_noop("there is nothing to confirm: an officer decided it, or it has been confirmed or has lapsed"),
    gettext_noop("nothing is held for the partner any more"),
    gettext_noop("money goes back to victims under Returns, after everybody with a claim to it was heard; refuse this one"),
    gettext_noop("the partner asked for {order} until {time}, which is over; discard the draft"),
    # holds that partners' people ask for
    gettext_noop(
        "no money was traced to this account here: say which payment reached it, from which bank and about when, or ask "
        "the partner"
    ),
    gettext_noop("the payment must come from a bank of the partner's; ask it which"),
    gettext_noop("the payment cannot be in the future"),
    gettext_noop("the label allows no step that an offender could notice; ask the partner to relax it first"),
    gettext_noop("a hold was ordered for {request} already"),
    # why an order of a partner is refused, or what became of one there
    gettext_noop("nothing was traced here under this case for these payments; ask first"),
    gettext_noop("what was traced there is on hold already, or has gone on"),
    gettext_noop("{bank} keeps no accounts in this jurisdiction"),
    gettext_noop("the earlier order is not known here"),
    gettext_noop("nothing is held under the earlier order any more"),
    gettext_noop("the label allows no step that an offender could notice; relax it first"),
    gettext_noop("the order had run out before it arrived"),
    gettext_noop("the order names no amount; only traced money is held"),
    gettext_noop("orders of the kind {kind} are not taken across the border"),
    gettext_noop("an officer here did not approve it"),
    gettext_noop("it ended before anything was held"),
    # partners' centres
    gettext_noop("there is no such partner"),
    gettext_noop("there is no such alarm"),
    gettext_noop("{user} has looked at it already"),
    gettext_noop("is no card: it is not JSON"),
    gettext_noop("is no card as a node writes it; take the file anew, unchanged"),
    gettext_noop("is larger than any card ({limit} bytes)"),
    gettext_noop("a signature is not that of the card; take the file anew"),
    gettext_noop("this is this node's own card; give it to a partner, and take the partner's"),
    gettext_noop("an older card than the one that is known; ask the partner for its newest"),
    gettext_noop("another card of the same serial number is known; ask the partner which is right"),
    gettext_noop("no key that is trusted here has signed this card; call the partner first"),
    gettext_noop("the card names another jurisdiction than before; revoke the partner, then add it"),
    gettext_noop("these are not the words of this card; call the partner at a number that you know"),
    gettext_noop("{code} is not waiting for its words to be compared"),
    gettext_noop("give word {place} too"),
    gettext_noop("{code} answers for {other} already; agree with both who does, and take a new card"),
    gettext_noop("say why the partner is revoked; it stays on record"),
    gettext_noop("say why the key is revoked; it stays on record"),
    gettext_noop("{code} is revoked already"),
    gettext_noop("the key {key} is revoked already"),
    gettext_noop("{code} is no confirmed partner"),
    gettext_noop("{code} is no confirmed partner of this centre"),
    gettext_noop("say how the call went: {results}"),
    gettext_noop("this node has keys already; renew them with: accord partners keys rotate"),
    gettext_noop("this node has no keys for partners yet; an administrator makes them with: accord partners keys make"),
    gettext_noop("this node has no card yet; an administrator makes its keys with: accord partners keys make"),
    # requests between people
    gettext_noop("there is no such request"),
    gettext_noop("say what is asked of the partner"),
    gettext_noop("a request for a hold names the account, its institution and the amount"),
    gettext_noop("the label of this claim, which is {agency}'s, does not name {partner}; its own centre has to ask them"),
    gettext_noop("choose a ground of the agreement on which the request is refused"),
    gettext_noop("write what is answered"),
    gettext_noop("write something, or why it is escalated"),
    gettext_noop("say why the request is withdrawn; the partner reads it"),
    gettext_noop("a request with this id is known already"),
    gettext_noop("the request {reference} is settled already"),
    gettext_noop("the request {reference} is settled already; load the page afresh"),
    gettext_noop("only the side that asked may withdraw"),
    gettext_noop("the request {id} is not known here yet"),
    gettext_noop("there is no such request of this partner"),
    gettext_noop("the partner asked this request; it is to be answered here"),
    gettext_noop("this node asked it"),
    gettext_noop("the partner has asked nothing about this claim"),
    gettext_noop("a request is about a claim; open the claim and ask from there"),
    gettext_noop("choose whether it is answered in full, in part, or refused"),
    # partners, agreements, what waits, lists
    gettext_noop("choose a file or give an address, one of the two"),
    gettext_noop("a card has at most {count} bytes; this is no card"),
    gettext_noop("choose the file with the agreement"),
    gettext_noop("an agreement has at most {count} bytes; this is something else"),
    gettext_noop("choose whether this centre does it or refuses"),
    gettext_noop("a message is about an enquiry, an order or a request; give its number"),
    gettext_noop("choose a partner"),
    # where
    gettext_noop("wanted"),
    gettext_noop("text"),
    gettext_noop("ground"),
    gettext_noop("outcome"),
    gettext_noop("decision"),
    gettext_noop("partner"),
    gettext_noop("about"),
)
