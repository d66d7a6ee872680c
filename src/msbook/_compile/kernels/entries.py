"""Steps called by their address: the loop over them is compiled once for all systems.

A compiled function that is handed to another is one of its types, so that a loop would
be compiled anew for every step. An address is a number, whatever it leads to, and the
loop is kept on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from llvmlite import ir
from numba import cfunc, types
from numba.extending import intrinsic
from numba.np.numpy_support import carray
from numpy.typing import NDArray

from msbook._compile.kernels.elementary import KERNEL_OPTIONS

NUMBER, COUNT = types.float64, types.int64
NUMBERS = types.CPointer(NUMBER)
"""What a step gets of an array: it can take entries ``[i]``, and nothing else."""


def pack(constants: tuple) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    """Numbers and tables in one array, and how many entries each table has.

    Parameters
    ----------
    constants : tuple
        Numbers and arrays of shape (n,), see ``Traced``.

    Returns
    -------
    packed : ndarray, shape (n_packed,)
    sizes : tuple of int
        Of the tables; 0 for a number.

    Examples
    --------
    >>> import numpy as np
    >>> pack((2.0, np.array([3.0, 5.0])))
    (array([2., 3., 5.]), (0, 2))
    """
    sizes = tuple(len(one) if np.ndim(one) else 0 for one in constants)
    if not any(sizes):
        return np.array(constants, dtype=float), sizes
    return np.concatenate([np.atleast_1d(one) for one in constants]), sizes


@lru_cache(maxsize=256)
def compile_entry(step: Callable, kinds: tuple, sizes: tuple[int, ...]) -> Any:
    """Compile the entry to a step, whose ``address`` is for :func:`call_entry`.

    Parameters
    ----------
    step : callable
        Compiled; ``step(*arguments, constants)`` returns a whole number.
    kinds : tuple
        Types of its arguments: ``NUMBER``, ``COUNT`` or ``NUMBERS``.
    sizes : tuple of int
        Of the constants, from :func:`pack`. The entry takes them packed, and hands
        them to the step as a tuple.
    """
    ends = list(accumulate((max(size, 1) for size in sizes), initial=0))
    constants = "".join(
        f"packed[{first}:{first + size}], " if size else f"packed[{first}], "
        for first, size in zip(ends, sizes, strict=False)
    )
    names = "".join(f"a{i}, " for i in range(len(kinds)))
    text = (
        f"def entry({names}constants):\n"
        f"    packed = carray(constants, ({ends[-1]},))\n"
        f"    return step({names}({constants}))"
    )
    known: dict[str, Any] = {"step": step, "carray": carray}
    exec(text, known)  # our own text, no input
    return cfunc(COUNT(*kinds, NUMBERS), **KERNEL_OPTIONS)(known["entry"])


def _call_entry(typing_context, address, arguments):
    """Call the entry at an address; of an array it gets where its numbers begin."""

    def generate(context, builder, signature, values):
        place, packed = values
        handed = []
        for i, kind in enumerate(signature.args[1]):
            value = builder.extract_value(packed, i)
            if isinstance(kind, types.Array):
                value = context.make_array(kind)(context, builder, value).data
            handed.append(value)
        function = ir.FunctionType(ir.IntType(64), [one.type for one in handed])
        return builder.call(builder.inttoptr(place, function.as_pointer()), handed)

    return COUNT(address, arguments), generate


call_entry: Any = intrinsic(_call_entry)  # call_entry(address, arguments) in a loop
