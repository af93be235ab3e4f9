"""What goes over a line between an agency and a ledger holder, whatever carries it: JSON of the ports' own dataclasses.

HTTPS and file drops share the messages, the letter around what is sent unasked, the checks of shape and the signatures.
"""

from accord.adapters.bank_wire.letters import Letter, LetterType, Problem, open_letter, write_letter
from accord.adapters.bank_wire.messages import decode, encode
from accord.adapters.bank_wire.shape import check_shape
from accord.adapters.bank_wire.version import CONTRACT_VERSION, MOST_BYTES_ASKED, MOST_BYTES_TOLD

__all__ = [
    "CONTRACT_VERSION",
    "MOST_BYTES_ASKED",
    "MOST_BYTES_TOLD",
    "Letter",
    "LetterType",
    "Problem",
    "check_shape",
    "decode",
    "encode",
    "open_letter",
    "write_letter",
]
