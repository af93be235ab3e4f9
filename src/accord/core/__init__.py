"""The words everyone uses: identifiers, money, time, errors, the hash chain. Imports nothing else of ours."""
