"""Butcher tableaux: the coefficients of Runge–Kutta methods, and their conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import combinations_with_replacement, groupby
from math import prod
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import finite_array

Tree = tuple  # a rooted tree is the tuple of the trees that hang on its root

_HIGHEST = 12
"""Beyond it trees are too many to check; 7 813 of them have up to 12 nodes."""

_LARGEST = 1e6  # a coefficient of a method is no larger

_PUBLISHED = 3e-8
"""What a condition may be off, as a share: tables print nine digits and more."""

_ROUNDING = 1e-13


@dataclass(frozen=True)
class Tableau:
    r"""Coefficients :math:`A, b, c` of a Runge–Kutta method, checked.

    The weights :math:`b` must sum to one and the rows of :math:`A` to the nodes
    :math:`c`. The method has order :math:`p` when, for every rooted tree
    :math:`\tau` with up to :math:`p` nodes,

    .. math:: \sum_i b_i \Phi_i(\tau) = \frac{1}{\gamma(\tau)}, \qquad
              \Phi_i([\tau_1, \dots, \tau_m]) = \prod_k \sum_j a_{ij} \Phi_j(\tau_k),

    where :math:`\gamma` is the number of nodes times the :math:`\gamma` of the trees
    that hang on the root. Trees are checked up to order twelve. Higher orders, such as
    those of collocation, must follow from Butcher's simplifying conditions
    :math:`B(p)`, :math:`C(q)` and :math:`D(r)` with :math:`p \le q + r + 1` and
    :math:`p \le 2q + 2`:

    .. math:: \sum_i b_i c_i^{k-1} = \frac{1}{k}, \qquad
              \sum_j a_{ij} c_j^{k-1} = \frac{c_i^k}{k}, \qquad
              \sum_i b_i c_i^{k-1} a_{ij} = \frac{b_j}{k} (1 - c_j^k)

    for :math:`k` up to :math:`p`, :math:`q` and :math:`r`. Coefficients may be off in
    the ninth digit, as those printed in tables are; the error of the method does not
    fall below that then.

    Parameters
    ----------
    A : array_like, shape (n_stages, n_stages)
        Weights of the stages in one another.
    b : array_like, shape (n_stages,)
        Weights of the stages in the step.
    c : array_like, shape (n_stages,)
        Times of the stages, in steps.
    order : int
        Order that the method claims.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, a condition is violated, which
        the message names, or the order is too high to be checked.

    Examples
    --------
    >>> heun = Tableau(A=[[0, 0], [1, 0]], b=[1/2, 1/2], c=[0, 1], order=2)
    >>> heun.explicit
    True
    >>> Tableau(A=[[0, 0], [1, 0]], b=[1/3, 2/3], c=[0, 1], order=2)
    Traceback (most recent call last):
    ...
    ValueError: a method of order 2 needs Σ b c = 0.5 (order 2); got 0.666667. ...

    References
    ----------
    Butcher (2016), chapter 3. Hairer & Wanner (1996), theorem IV.5.1.
    """

    A: ArrayLike
    b: ArrayLike
    c: ArrayLike
    order: int

    def __post_init__(self) -> None:
        A, b, c = (_read(name, getattr(self, name)) for name in "Abc")
        n_stages = len(b) if b.ndim == 1 else 0
        if not n_stages or A.shape != (n_stages, n_stages) or c.shape != (n_stages,):
            raise ValueError(
                "A must have shape (n_stages, n_stages), b and c (n_stages,); got "
                f"{A.shape}, {b.shape} and {c.shape}."
            )
        if not isinstance(self.order, Integral | float) or self.order % 1:
            raise ValueError(f"order must be a whole number; got {self.order!r}.")
        if self.order < 1:
            raise ValueError(f"order must be 1 or more; got {self.order!r}.")
        if self.order > 2 * n_stages:
            raise ValueError(
                f"{n_stages} stages have order {2 * n_stages} at most; got "
                f"{self.order!r}."
            )
        _check_rows(A, c)
        _check_order(A, b, c, int(self.order))
        # Tuples, so that a tableau can be compared and a compiled step kept for it.
        object.__setattr__(self, "A", tuple(map(tuple, A.tolist())))
        object.__setattr__(self, "b", tuple(b.tolist()))
        object.__setattr__(self, "c", tuple(c.tolist()))

    @property
    def n_stages(self) -> int:
        """Number of stages."""
        return len(self.arrays[1])

    @property
    def arrays(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """``A``, ``b`` and ``c`` as arrays."""
        return np.array(self.A), np.array(self.b), np.array(self.c)

    @cached_property  # asked at every run
    def explicit(self) -> bool:
        """Whether every stage follows from those before it."""
        return not np.triu(self.arrays[0]).any()

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Stages that must be solved for together, in their order."""
        if np.triu(self.arrays[0], 1).any():
            return (tuple(range(self.n_stages)),)
        return tuple((stage,) for stage in range(self.n_stages))


def _read(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = finite_array(name, values)
    if array.size and np.abs(array).max() > _LARGEST:
        raise ValueError(
            f"{name} must hold coefficients of at most {_LARGEST:g} in size; got "
            f"{np.abs(array).max():.3g}."
        )
    return array


def _check_rows(A: NDArray[Any], c: NDArray[Any]) -> None:
    sums = A.sum(axis=1)
    gaps = np.abs(sums - c) - _ROUNDING * np.abs(A).sum(axis=1)
    row = int(gaps.argmax())
    if gaps[row] > _PUBLISHED:
        got, wanted = _tell_apart(sums[row], c[row])
        raise ValueError(
            f"the rows of A must sum to c; row {row} sums to {got}, and c[{row}] is "
            f"{wanted}. Mend the coefficients."
        )


def _check_order(A: NDArray[Any], b: NDArray[Any], c: NDArray[Any], order: int) -> None:
    if order > 8 and _has_order_by_theorem(A, b, c, order):  # it saves many trees
        return
    for text, value, expected, level, nodes in _conditions(A, b, c, order):
        if not abs(value - expected) <= _PUBLISHED * expected + _ROUNDING * level:
            lower = f", or claim order {nodes - 1}" if nodes > 1 else ""
            wanted, got = _tell_apart(expected, value)
            raise ValueError(
                f"a method of order {order} needs {text} = {wanted} "
                f"(order {nodes}); got {got}. Mend the coefficients{lower}."
            )
    if order > _HIGHEST:
        raise ValueError(
            f"order {order} cannot be checked: it does not follow from the simplifying "
            f"conditions, and beyond order {_HIGHEST} there are too many others. Claim "
            f"order {_HIGHEST}, which is met."
        )


def _has_order_by_theorem(
    A: NDArray[Any], b: NDArray[Any], c: NDArray[Any], order: int
) -> bool:
    """Whether B, C and D imply the order."""

    def first_violated(gaps: Callable[[int], NDArray[Any]]) -> int:
        holds = (np.abs(gaps(k)).max() < 1e-12 for k in range(1, order + 1))
        return next((k for k, ok in enumerate(holds, 1) if not ok), order + 1)

    p = first_violated(lambda k: b @ c ** (k - 1) - 1 / k) - 1
    q = first_violated(lambda k: A @ c ** (k - 1) - c**k / k) - 1
    r = first_violated(lambda k: (b * c ** (k - 1)) @ A - b * (1 - c**k) / k) - 1
    return order <= min(p, q + r + 1, 2 * q + 2)


def _conditions(
    A: NDArray[Any], b: NDArray[Any], c: NDArray[Any], order: int
) -> Iterator[tuple[str, float, float, float, int]]:
    """Order conditions: text, value, expected value, size of the terms and order."""
    weights: dict[Tree, NDArray[Any]] = {}
    sizes: dict[Tree, NDArray[Any]] = {}
    for nodes in range(1, min(order, _HIGHEST) + 1):
        for tree in rooted_trees(nodes):
            product, size = np.ones_like(b), np.ones_like(b)
            for child in tree:
                product = product * weights[child]
                size = size * sizes[child]
            if nodes < order:  # as it enters larger trees
                weights[tree], sizes[tree] = A @ product, np.abs(A) @ size
            text = f"Σ b {_write(tree)}".rstrip()
            level = float(np.abs(b) @ size)
            yield text, float(b @ product), 1 / density(tree), level, nodes


def _tell_apart(first: float, second: float) -> tuple[str, str]:
    """Two numbers, with as many digits as it takes to see that they differ."""
    for digits in range(6, 18):
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


@lru_cache
def rooted_trees(n_nodes: int) -> tuple[Tree, ...]:
    """All rooted trees with so many nodes.

    Examples
    --------
    >>> [len(rooted_trees(n)) for n in range(1, 9)]
    [1, 1, 2, 4, 9, 20, 48, 115]
    """

    def forests(nodes: int, largest: int) -> Iterator[Tree]:
        """Sets of trees with so many nodes altogether, the largest trees first."""
        if nodes == 0:
            yield ()
        for size in range(min(nodes, largest), 0, -1):
            for number in range(nodes // size, 0, -1):
                for same in combinations_with_replacement(rooted_trees(size), number):
                    for rest in forests(nodes - size * number, size - 1):
                        yield same + rest

    return tuple(forests(n_nodes - 1, n_nodes - 1))


@cache
def count_nodes(tree: Tree) -> int:
    """Number of nodes of a rooted tree."""
    return 1 + sum(map(count_nodes, tree))


@cache
def density(tree: Tree) -> int:
    r""":math:`\gamma` of a rooted tree.

    Examples
    --------
    >>> [density(tree) for tree in rooted_trees(4)]  # the last has three leaves
    [24, 12, 8, 4]
    """
    return count_nodes(tree) * prod(map(density, tree))


def _write(tree: Tree) -> str:
    """The stage weights of a tree, read as Σ b_i …: "c A c" is c_i Σ_j a_ij c_j."""
    factors = sorted("c" if not child else f"(A {_write(child)})" for child in tree)
    counts = [(text, len(list(same))) for text, same in groupby(reversed(factors))]
    return " ".join(_power(text, number) for text, number in counts)


def _power(text: str, number: int) -> str:
    digits = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    return text if number == 1 else text + str(number).translate(digits)
