"""Butcher tableaux: the coefficients of Runge–Kutta methods, and their conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement, groupby
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

Tree = tuple  # a rooted tree is the tuple of the trees that hang on its root

_HIGHEST = 8  # beyond it trees are too many to check; 200 of them have up to 8 nodes
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Tableau:
    r"""Coefficients :math:`A, b, c` of a Runge–Kutta method, checked.

    The weights :math:`b` must sum to one and the rows of :math:`A` to the nodes
    :math:`c`. The method has order :math:`p` when, for every rooted tree
    :math:`\tau` with up to :math:`p` nodes,

    .. math:: \sum_i b_i \Phi_i(\tau) = \frac{1}{\gamma(\tau)}, \qquad
              \Phi_i([\tau_1, \dots, \tau_m]) = \prod_k \sum_j a_{ij} \Phi_j(\tau_k),

    where :math:`\gamma` is the number of nodes times the :math:`\gamma` of the trees
    that hang on the root. Trees are checked up to order eight, and beyond it the
    quadrature :math:`\sum_i b_i c_i^{k-1} = 1/k` alone.

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
        If a shape does not fit, a number is not finite or a condition is violated; the
        message names the condition.

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
    Butcher (2016), chapter 3.
    """

    A: ArrayLike
    b: ArrayLike
    c: ArrayLike
    order: int

    def __post_init__(self) -> None:
        A, b, c = (np.array(value, dtype=float) for value in (self.A, self.b, self.c))
        n_stages = len(b) if b.ndim == 1 else 0
        if not n_stages or A.shape != (n_stages, n_stages) or c.shape != (n_stages,):
            raise ValueError(
                "A must have shape (n_stages, n_stages), b and c (n_stages,); got "
                f"{A.shape}, {b.shape} and {c.shape}."
            )
        if not all(np.isfinite(values).all() for values in (A, b, c)):
            raise ValueError("A, b and c must be finite; got NaN or infinity.")
        if self.order != int(self.order) or self.order < 1:
            raise ValueError(f"order must be 1 or more; got {self.order!r}.")
        gaps = np.abs(A.sum(axis=1) - c)
        if gaps.max() > _TOLERANCE:
            row = int(gaps.argmax())
            raise ValueError(
                f"the rows of A must sum to c; row {row} sums to "
                f"{A[row].sum():.6g}, and c[{row}] is {c[row]:.6g}."
            )
        for text, value, expected, order in _conditions(A, b, c, int(self.order)):
            if abs(value - expected) > _TOLERANCE:
                lower = f", or claim order {order - 1}" if order > 1 else ""
                raise ValueError(
                    f"a method of order {self.order} needs {text} = {expected:.6g} "
                    f"(order {order}); got {value:.6g}. Mend the coefficients{lower}."
                )
        # Tuples, so that a tableau can be compared and a compiled step kept for it.
        object.__setattr__(self, "A", tuple(map(tuple, A.tolist())))
        object.__setattr__(self, "b", tuple(b.tolist()))
        object.__setattr__(self, "c", tuple(c.tolist()))

    @property
    def n_stages(self) -> int:
        """Number of stages."""
        return len(self.arrays[1])

    @property
    def arrays(self) -> tuple[NDArray, NDArray, NDArray]:
        """``A``, ``b`` and ``c`` as arrays."""
        return np.array(self.A), np.array(self.b), np.array(self.c)

    @property
    def explicit(self) -> bool:
        """Whether every stage follows from those before it."""
        return not np.triu(self.arrays[0]).any()

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Stages that must be solved for together, in their order."""
        if np.triu(self.arrays[0], 1).any():
            return (tuple(range(self.n_stages)),)
        return tuple((stage,) for stage in range(self.n_stages))


def _conditions(
    A: NDArray, b: NDArray, c: NDArray, order: int
) -> Iterator[tuple[str, float, float, int]]:
    """Order conditions: text, value, expected value and order."""
    weights: dict[Tree, NDArray] = {}
    for nodes in range(1, order + 1):
        if nodes > _HIGHEST:
            text = f"Σ b {_power('c', nodes - 1)}"
            yield text, float(b @ c ** (nodes - 1)), 1 / nodes, nodes
            continue
        for tree in rooted_trees(nodes):
            product = np.ones_like(b)
            for child in tree:
                product = product * (A @ weights[child])
            weights[tree] = product
            text = f"Σ b {_write(tree)}".rstrip()
            yield text, float(b @ product), 1 / density(tree), nodes


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


def count_nodes(tree: Tree) -> int:
    """Number of nodes of a rooted tree."""
    return 1 + sum(map(count_nodes, tree))


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
