"""The contract test kit: cases that any ledger holder's adapter must pass, usable by whoever writes one.

From the command line: `accord lines contract URL --token-file TOKEN --data FILE`. From a test suite of one's own:

    from accord.adapters.contract_kit import CASES, Bench, TestData

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_contract(case, bench):     # bench: a fixture that makes a Bench for your line
        case.run(bench)                 # raises ContractBroken, or NotTried where test data for it are missing

The bank's test system needs a few accounts and credits, named in a small file (`TestData`). Every case leaves the accounts as
it found them.
"""

from accord.adapters.contract_kit import order_cases, raw_cases, time_cases  # noqa: F401 - importing adds their cases
from accord.adapters.contract_kit.bench import Bench, ContractBroken, NotTried
from accord.adapters.contract_kit.case import CASES, Case
from accord.adapters.contract_kit.data import TestData
from accord.adapters.contract_kit.report import Outcome, Result, run_all

__all__ = ["CASES", "Bench", "Case", "ContractBroken", "NotTried", "Outcome", "Result", "TestData", "run_all"]
