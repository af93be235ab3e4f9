"""The messages of our own errors about partners and what is exchanged with them; `error_texts` says how they are read."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop

PATTERNS: Final = (
    # requests between people
    gettext_noop("there is no such request"),
    gettext_noop("say what is asked of the partner"),
    gettext_noop("a request for a hold names the account, its institution and the amount"),
    gettext_noop("the text has {count} characters; at most {limit} are accepted; shorten it"),
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
    gettext_noop("there is no such partner"),
    gettext_noop("there is no such agreement"),
    gettext_noop("there is no such enquiry"),
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
