"""How this package compiles: kernels are called from Python and cached on disk, helpers only ever from kernels.

A helper has no wrapper for Python and no cache entry of its own, which more than halves the time of a first run. Division
follows numpy's rules because no kernel ever divides by zero: amounts are at least 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

Compiler = Callable[[Callable[..., Any]], Any]

kernel: Compiler = numba.njit(cache=True, nogil=True, error_model="numpy")
helper: Compiler = numba.njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
