"""Kernels whose compiled code is kept on disk, where there is a place for it."""

from collections.abc import Callable
from typing import Any

from numba import njit

from msbook._compile.kernels.elementary import KERNEL_OPTIONS


def cached_kernel(function: Callable) -> Any:
    """Compile a kernel, and keep what was compiled for the next process.

    numba keeps it beside the source, or in the user's cache folder or the one that
    ``NUMBA_CACHE_DIR`` names. Where none of them can be written, as in a container with
    neither a home nor a writable package, every process compiles for itself.

    Parameters
    ----------
    function : callable
        A plain function that numba can compile.

    Returns
    -------
    callable
        The compiled function.
    """
    try:
        return njit(**KERNEL_OPTIONS, cache=True)(function)
    except RuntimeError:  # of numba, when it has looked for a place in vain
        return njit(**KERNEL_OPTIONS)(function)
