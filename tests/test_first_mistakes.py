"""What a first user is told: which argument, what it must be, what came, what to do."""

import numpy as np
import pytest

import msbook as ms
from msbook.networks import DenseAutoencoder

RNG = np.random.default_rng(0)
PATHS = RNG.normal(size=(4, 60, 2)).cumsum(axis=1)
FIELDS = RNG.normal(size=(2, 60, 16))
pairs = ms.sampling.pairs


def led(**options):
    known = {"n_updates": 5, "rollouts": ((2, 5),), "random_state": 0}
    return ms.LED(DenseAutoencoder(2, hidden=(8,)), "mlp", **known | options)


def flow():
    return ms.StochasticFlowMap("affine", n_updates=2, random_state=0)


def coarse(**options):
    return ms.estimators.CoarsePDE(**options)


def potential(**options):
    return ms.EffectivePotential(
        0.3, **{"n_steps": 10_000, "random_state": 0} | options
    )


MISTAKES = {
    "pairs of one path": (
        lambda: pairs(PATHS[0]),
        r"trajectories must have shape .* got \(60, 2\)\. For one trajectory use X\[N",
    ),
    "pairs of a series": (
        lambda: pairs(PATHS[0, :, 0]),
        r"got \(60,\)\. For one trajectory of one component use X\[None, :, None\]",
    ),
    "pairs of a list of series": (
        lambda: pairs([path[:, 0] for path in PATHS]),
        r"got a list of shapes \[\(60,\).* use path\[:, None\]",
    ),
    "pairs of a list of ensembles": (lambda: pairs([PATHS]), "one by one"),
    "pairs of clouds": (lambda: pairs(PATHS[None]), "Reshape the last two axes"),
    "pairs of a file": (
        lambda: pairs("paths.npy"),
        "trajectories must be an array, .* got something of type str",
    ),
    "pairs with gaps": (
        lambda: pairs(np.where(np.isclose(PATHS, PATHS.max()), np.inf, PATHS)),
        "trajectories must be finite; got 1 values .* pieces in as a list",
    ),
    "a burn-in that takes all": (
        lambda: pairs(PATHS, burn_in=60),
        "longest of trajectories has 60.* shorter lag, memory or burn_in",
    ),
    "one period for two": (
        lambda: pairs(PATHS, periods=6.28),
        r"periods must be a sequence of 2, .* Write \(6\.28, None\)",
    ),
    "a flow of trajectories": (
        lambda: flow().fit(PATHS, PATHS),
        r"X must be .*, of shape \(n, n_features\); got shape \(4, 60, 2\).*\.pairs",
    ),
    "a flow of a series": (
        lambda: flow().fit(PATHS[0, :, 0], PATHS[0, :, 0]),
        r"X must .* got shape \(60,\): [^\n]* Reshape your data: X\[:, None\] is",
    ),
    "a flow of complex numbers": (
        lambda: flow().fit(1j * PATHS[0], PATHS[0]),
        r"X must be an array of real numbers, [^\n]*Complex data not supported\.$",
    ),
    "a slow map of points that are one": (
        lambda: ms.SlowMap(epochs=2).fit(np.ones((50, 2)), PATHS[0, :50]),
        "X must change from row to row, .* got 50 equal rows",
    ),
    "LED of standing states": (
        lambda: led().fit(np.ones((4, 60, 8))),
        "X must change with the time, .* got 4 trajectories of 48 equal states",
    ),
    "LED of unequal states": (
        lambda: led().fit([FIELDS[0], FIELDS[1, :, :15]]),
        r"X must have states of one shape; got states of shapes \[\(15,\), \(16,\)\]",
    ),
    "LED of a series": (
        lambda: led().fit([FIELDS[0, :, 0]]),
        r"X must be a list of arrays .* got a list of shapes \[\(60,\)\]\. Of one",
    ),
    "LED of one path": (
        lambda: led().fit(FIELDS[0]),
        r"X must have shape .* got \(60, 16\)\. For one .* use trajectory\[None\]",
    ),
    "LED of two fields": (
        lambda: led(n_fields=1).fit(FIELDS.reshape(2, 60, 2, 8)),
        r"n_fields must be 2, as X has it, or None; got 1 with .* shape \(2, 8\)",
    ),
    "LED of few states": (
        lambda: led(rollouts=((40, 5),)).fit(FIELDS),
        "X is too short: .* 42 states, .* got 48 .* and 12 .* Forecast 10 steps",
    ),
    "LED of nothing": (lambda: led().fit(None), "X must be .* nothing was handed over"),
    "a coarse equation of names": (
        lambda: coarse(features=["u", "u_xx"]).fit(FIELDS),
        r"features must name, for each of the 2 fields, .* pairs \(field, order",
    ),
    "a coarse equation of few states": (
        lambda: coarse().fit(FIELDS[:, :2]),
        "X must have 5 states a trajectory or more, .* got 2",
    ),
    "an energy for a gradient": (
        lambda: potential(n_steps=10).fit(lambda q: (q**2).sum(1), [[0.0], [1.0]]),
        r"gradient must return gradients of the shape of its points, \(2, 1\); got",
    ),
    "a potential of four coordinates": (
        lambda: potential().fit(lambda q: q, np.ones((3, 4))),
        "q0 must have one to 3 coordinates; got 4",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_first_mistake_is_told(name):
    call, words = MISTAKES[name]
    with pytest.raises(ValueError, match=f"(?s){words}"):
        call()


@pytest.mark.parametrize("name", ["sample", "log_prob", "score"])
def test_missing_values_get_no_advice_of_other_packages(name):
    learnt = flow().fit(PATHS[0, :-1], PATHS[0, 1:])
    missing = np.full((3, 2), np.nan)
    arguments = (missing,) if name == "sample" else (missing, PATHS[0, :3])
    with pytest.raises(ValueError, match="X must be finite; got 6 values") as caught:
        getattr(learnt, name)(*arguments)
    slow = ms.SlowMap(epochs=2, random_state=0).fit(PATHS[0], PATHS[0])
    with pytest.raises(ValueError, match="X must be finite; got 6 values") as other:
        slow.transform(missing)
    assert "sklearn" not in f"{caught.value}{other.value}"
