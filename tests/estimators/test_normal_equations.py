"""Normal equations by bands against those of whole sparse matrices."""

from functools import reduce
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.linalg import LinAlgError
from scipy.sparse import csc_array, diags_array, kron
from scipy.sparse.linalg import spsolve

from benchmarks.elsewhere.effective_potential import space
from msbook import EffectivePotential
from msbook.estimators import TensorSplines, UniformSplines, fit_forces
from msbook.estimators.effective_potential import normal_equations
from msbook.estimators.effective_potential.parts_fit import independent_parts
from msbook.systems import Potential

BASES = {
    "line": [UniformSplines(-4.0, 0.5, 16)],
    "circle": [UniformSplines(-3.0, 1.0, 6, periodic=True)],
    "plane": [UniformSplines(-2.0, 0.5, 5), UniformSplines(0.0, 0.2, 12)],
    "cylinder": [UniformSplines(-2.0, 0.5, 11, periodic=True), UniformSplines(0, 1, 9)],
    "torus": [UniformSplines(0.0, 1.0, n, periodic=True) for n in (7, 10)],
    "space": [UniformSplines(0.0, 1.0, n, periodic=n == 6) for n in (3, 6, 4)],
}


def sums_over_bins(splines, edges):
    shape = [len(edge) - 1 for edge in edges]
    rng = np.random.default_rng(0)
    counts = rng.poisson(2.0, shape).astype(float)
    return counts, rng.normal(size=(*shape, len(shape))) * np.sqrt(counts)[..., None]


def fit_by_sparse_matrices(splines, edges, counts, force_sums):
    matrix, right = splines.roughness() / splines.axes[0].spacing ** 2, 0.0
    for i in range(counts.ndim):
        slopes = reduce(kron, splines.bin_means(edges, along=i))
        matrix = matrix + slopes.T @ diags_array(counts.ravel()) @ slopes
        right = right + slopes.T @ force_sums[..., i].ravel()
    diagonal = matrix.diagonal()
    pinned = np.where(np.arange(diagonal.size) == diagonal.argmax(), diagonal, 0.0)
    found = spsolve(csc_array(matrix + diags_array(pinned)), right)
    return found.reshape(splines.shape)


@pytest.mark.parametrize("pivots", [False, True])
@pytest.mark.parametrize("name", BASES)
def test_bands_give_what_sparse_matrices_give(name, pivots, monkeypatch):
    if pivots:

        def fail(*arguments, **options):
            raise LinAlgError

        monkeypatch.setattr(normal_equations, "solveh_banded", fail)
    splines = TensorSplines(tuple(BASES[name]))
    edges = tuple(axis.edges(3) for axis in splines.axes)
    sums = sums_over_bins(splines, edges)
    found = fit_forces(splines, edges, *sums)
    expected = fit_by_sparse_matrices(splines, edges, *sums)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.ptp(expected))


def test_a_long_way_from_all_samples_changes_nothing_near_them():
    # Rounding makes the matrix of so many third differences indefinite.
    line = TensorSplines((UniformSplines(-5.0, 1e-3, 10_000),))
    edges = line.edges()
    middles = (edges[0][1:] + edges[0][:-1]) / 2
    counts = np.where(np.abs(middles) < 3.5, 60.0, 0.0)
    found = fit_forces(line, edges, counts, (counts * 2 * middles)[:, None])
    q = np.linspace(-3.0, 3.0, 50)[:, None]
    learnt = line.potential(found).potential(q)
    assert np.std(learnt - q[:, 0] ** 2) < 1e-5


def test_more_splines_than_memory_are_refused():
    splines = TensorSplines((UniformSplines(0.0, 1.0, 60),) * 3)
    with pytest.raises(ValueError, match=r"\(65, 65, 65\) splines would take .* GiB"):
        normal_equations.NormalMatrix(splines)


def test_in_space_a_potential_of_all_scales_is_learnt():
    landscape = space()
    rng = np.random.default_rng(0)
    learnt = EffectivePotential(
        0.57, friction=0.6, balance=False, n_steps=10**6, random_state=0
    ).fit(Potential(landscape.gradient, 3), rng.uniform(-1.5, 1.5, (1000, 3)))
    q = rng.uniform(-1.2, 1.2, (2000, 3))
    wanted = landscape.potential(q)
    # Three bins between two knots would give .08.
    assert np.std(learnt.predict(q) - wanted) < 0.03 * np.std(wanted)


@pytest.mark.parametrize(("dim", "wider"), [(2, False), (3, True)])
def test_in_space_knots_may_lie_farther_apart(dim, wider):
    points = np.random.default_rng(0).uniform(-1, 1, (500, dim))

    def run(starts, **options):
        return SimpleNamespace(samples_q=points)

    given = (run, points, 10**6, 0.05, (None,) * dim)
    if wider:
        with pytest.warns(UserWarning, match=r"knots lie 0.17 apart, and not 0.05"):
            spacing, splines, _ = independent_parts(*given, may_widen=True)
    else:
        spacing, splines, _ = independent_parts(*given, may_widen=True)
    assert spacing == splines.axes[0].spacing
    assert (spacing > 0.05) == wider
    assert independent_parts(*given, may_widen=False)[0] == 0.05
