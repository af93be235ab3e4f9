"""What errors of made-up worlds say."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    EXERCISE_CANNOT_PLAY = "an exercise cannot play in {code!r}; choose among {countries}"
    FORM_WITH_FREE_DIGITS_CANNOT_NUMBER = (
        "a form with {digits} free digits cannot number {count} accounts; ask for fewer people or more banks"
    )
    NO_BANK_IN_WORLD = "no bank {code!r} in this world; its banks are {banks}"
    NO_LEDGER_HOLDER_IN_WORLD = "no ledger holder {holder!r} in this world; there are {holders}"
    WORLD_NEEDS_AT_LEAST_ONE_COUNTRY = "a world needs at least one country, each named once"
    CENTRAL_SWITCH_ELSEWHERE = "central switch in {countries}: not a country played in"
    START_MUST_BE_MIDNIGHT_UTC_DAY = "start {start} must be midnight UTC of a day, with its zone"
    PEOPLE_TOO_FEW = "{people} people are too few; give at least {least} for each country"
    WORLD_NEEDS_AT_LEAST_TWO_BANKS = "a world needs at least two banks, or no money could move between them"
    OUT_OF_RANGE = "{name} is {value}; it must lie between {least} and {most}"
    SOMETHING_STANDS_ALREADY = "something stands there already; name a new folder or remove it first"
    NO_SAVED_WORLD_HERE = "no saved world here; make one first"
    COLUMNS_NOT_THOSE_VERSION = "columns are not those of this version; make the world anew"
    FORMAT_NOT_ONE_VERSION_READS = "format {found} is not one this version reads ({expected}); make the world anew"
    NOT_INDEX_SAVED_WORLD = "not the index of a saved world ({error}); make the world anew"
    MISSING_NOT_WHAT_SAVED = "missing or not what was saved; make the world anew"
