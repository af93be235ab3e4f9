"""How this package compiles: kernels are called from Python and cached on disk, the rest only ever from kernels.

A helper has no wrapper for Python and no cache entry of its own, which more than halves the time of a first run. An
accessor is written out where it is called: it reads the index, and handing the index's arrays on would count references
to each of them at every call. Division follows numpy's rules because no kernel divides by zero: amounts are at least 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

Compiler = Callable[[Callable[..., Any]], Any]

kernel: Compiler = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
helper: Compiler = numba.njit(nogil=True, error_model="numpy", _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
accessor: Compiler = numba.njit(inline="always", _nrt=False)
