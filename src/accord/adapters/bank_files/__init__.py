"""Lines through a folder that two systems can reach (SFTP, a mounted share): one file a message, one file an answer.

    out/<id>.json            an order or an enquiry, written by the agency
    out/<id>.ask.json        the question how an order stands now
    in/<id>.ack.json         "we have it", written by the ledger holder
    in/<id>.answer.json      the answer
    in/<id>.error.json       why the message was not taken
    in/<id>.status.json      how the order stands
    archive/out, archive/in  what has been dealt with; nothing is deleted
    rejected/                what could not be used, each beside a .reason.txt

Every file is one letter (`bank_wire.letters`) and names in itself what it is about and who wrote it. A file appears under its
name in one step, whole and on disk; a reader looks only at such names and leaves alone what is still being written.
"""

from accord.adapters.bank_files.agency import FileLine
from accord.adapters.bank_files.drop import Drop
from accord.adapters.bank_files.holder import FileServer

__all__ = ["Drop", "FileLine", "FileServer"]
