"""Estimators of several parts come back from their files as they were."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

import msbook as ms
from msbook import io
from msbook.estimators import (
    CoarsePDE,
    GaussianProcessRegression,
    NetworkRegression,
)
from msbook.networks import DelayedMLP, Identity, PrincipalComponents


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kept.safetensors"


def wave():
    t, x = np.arange(120)[:, None] * 0.1, np.linspace(0, 2 * np.pi, 12)
    return np.stack([np.sin(x - t), np.cos(x - t)])


def assert_kept(path, estimator):
    """Same parameters, and the same arrays and facts, bit for bit; the loaded one."""
    io.save_model(path, estimator)
    loaded = io.load_model(path)
    assert type(loaded) is type(estimator)
    assert repr(loaded.get_params()) == repr(estimator.get_params())
    (arrays, facts), (again, told) = estimator.to_arrays(), loaded.to_arrays()
    assert facts == told
    assert arrays.keys() == again.keys()
    for name, values in arrays.items():
        np.testing.assert_array_equal(values, again[name], strict=True)
    return loaded


@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize("coder", [PrincipalComponents(2), Identity(12)])
def test_ensembles_come_back_as_they_were(path, calibrated, coder):
    states = wave()
    led = ms.LED(coder, DelayedMLP((6,), n_delays=2), dt=0.1, rollouts=((3, 4),))
    ensemble = ms.LEDEnsemble(led, n_members=3, random_state=0).fit(states)
    if calibrated:
        ensemble.calibrate(states[:, :10], states[:, 10:15])
    loaded = assert_kept(path, ensemble)
    for known in (states[:, :20], states[:1, 40:50]):
        level = 0.5 if calibrated else 0.9
        found = ensemble.forecast_interval(known, 5, level)
        again = loaded.forecast_interval(known, 5, level)
        for part in ("mean", "spread", "lower", "upper"):
            np.testing.assert_array_equal(getattr(found, part), getattr(again, part))
    # What is read can be fitted again, to the same numbers.
    np.testing.assert_array_equal(
        loaded.fit(states).forecast(states[:, :20], 3),
        ensemble.fit(states).forecast(states[:, :20], 3),
    )


def test_members_of_different_settings_come_back(path):
    members = [
        ms.LED(
            PrincipalComponents(2), parts, dt=0.1, rollouts=((3, 4),), random_state=0
        ).fit(wave())
        for parts in ("mlp", DelayedMLP((3,), n_delays=1))
    ]
    loaded = assert_kept(path, ms.LEDEnsemble.from_members(members))
    for member, again in zip(members, loaded.members_, strict=True):
        assert repr(member) == repr(again)


def test_adaptive_surrogates_come_back_as_they_were(path):
    def spring(t, y, p):
        return y[1], -y[0]

    solver = ms.Solver(ms.ODE(spring, y0=(1.0, 0.0)), dt=0.1)
    adaptive = ms.AdaptiveLED(
        Identity(2),
        DelayedMLP((8,), n_delays=2),
        dt=0.1,
        n_members=3,
        n_first=60,
        n_updates=2,
        rollouts=((5, 10),),
        random_state=0,
    )
    run = adaptive.run(solver, (1.0, 0.0), n_steps=200)
    loaded = assert_kept(path, adaptive)
    known = run.y[None, :20]
    for member, again in zip(adaptive.members_, loaded.members_, strict=True):
        np.testing.assert_array_equal(
            member.forecast(known, 30), again.forecast(known, 30)
        )
    assert len({id(member.network_) for member in loaded.members_}) == 1
    again = loaded.run(solver, (1.0, 0.0), n_steps=200)
    np.testing.assert_array_equal(run.y, again.y)


@pytest.mark.parametrize(
    "regressor",
    [GaussianProcessRegression(60, 40), NetworkRegression((5,), 80, 5)],
    ids=["gp", "network"],
)
@pytest.mark.parametrize("features", [None, (((0, 2),), ((1, 0), (0, 1)))])
def test_learnt_equations_come_back_as_they_were(path, regressor, features):
    t, x = np.arange(21)[:, None] * 0.1, np.arange(0.025, 1, 0.05)
    modes = [
        k * np.exp(-0.1 * (k * np.pi) ** 2 * t) * np.cos(k * np.pi * x) for k in (1, 2)
    ]
    states = np.concatenate((modes, modes[::-1]), axis=2)
    pde = CoarsePDE(regressor, features=features, dt=0.1, dx=0.05, random_state=0).fit(
        states
    )
    loaded = assert_kept(path, pde)
    np.testing.assert_array_equal(loaded.rates(states), pde.rates(states))
    np.testing.assert_array_equal(
        loaded.jacobian(states[0, 0]).toarray(), pde.jacobian(states[0, 0]).toarray()
    )
    np.testing.assert_array_equal(
        loaded.forecast(states[:, :1], 3), pde.forecast(states[:, :1], 3)
    )


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("physics", lambda states: states.mean()),
        ("random_state", np.random.RandomState(0)),
        ("autoencoder", object()),
    ],
)
def test_a_parameter_that_cannot_be_kept_is_named(path, parameter, value):
    led = ms.LED(PrincipalComponents(2), "mlp", rollouts=((3, 4),), random_state=0)
    led.fit(wave()).set_params(**{parameter: value})
    with pytest.raises(ValueError, match=f"^{parameter} cannot be kept.*set_params"):
        io.save_model(path, led)
    ensemble = ms.LEDEnsemble(led.set_params(random_state=0), n_members=2)
    ensemble.members_ = [led, led]
    if parameter != "random_state":
        with pytest.raises(ValueError, match=f"{parameter} cannot be kept"):
            io.save_model(path, ensemble)
    assert not path.exists()


def test_estimators_of_others_are_named(path):
    class Own(ms.SlowMap):
        """A class that no reader of the file knows."""

    X = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(ValueError, match=r"estimator must be one of.*got Own"):
        io.save_model(path, Own(epochs=1, random_state=0).fit(X, X))


@pytest.mark.parametrize(
    "estimator",
    [ms.AdaptiveLED(Identity(2)), ms.LEDEnsemble(ms.LED()), CoarsePDE()],
    ids=lambda estimator: type(estimator).__name__,
)
def test_what_was_not_fitted_is_not_kept(path, estimator):
    with pytest.raises(NotFittedError):
        io.save_model(path, estimator)
    assert not path.exists()


@pytest.mark.parametrize("kind", ["LED", "StochasticFlowMap"])
def test_trained_networks_come_to_the_processor_before_they_change_precision(
    monkeypatch, kind
):
    # Some devices have no double precision: in one step nothing arrives.
    at_once, to = [], torch.nn.Module.to

    def watched(network, *arguments, **options):
        if "cpu" in arguments and torch.float64 in arguments:
            at_once.append(arguments)
        return to(network, *arguments, **options)

    monkeypatch.setattr(torch.nn.Module, "to", watched)
    if kind == "LED":
        coder = ms.networks.DenseAutoencoder(2, (4,))
        led = ms.LED(coder, "mlp", n_updates=2, rollouts=((3, 2),), random_state=0)
        network = led.fit(wave()).propagator_
    else:
        x = np.random.default_rng(0).normal(size=(40, 1))
        flow = ms.StochasticFlowMap(hidden=(3,), n_updates=2, random_state=0)
        network = flow.fit(x, 0.5 * x).network_
    assert at_once == []
    assert all(w.dtype == torch.float64 for w in network.parameters())


def test_an_estimator_outlives_a_reload_of_its_module(tmp_path):
    x = np.random.default_rng(0).normal(size=(500, 1))
    kind = ms.estimators.KramersMoyal
    fitted = kind().fit(x[:-1], x[1:])
    again = type(kind.__name__, (kind,), {"__module__": kind.__module__})
    known = {kind.__name__: again}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("msbook.serialization.models.SERIALIZABLE", known)
        ms.io.save_model(tmp_path / "model.safetensors", fitted)

    class KramersMoyal(kind):
        """Of the same name."""

    with pytest.raises(ValueError, match=r"no subclass; got .*KramersMoyal"):
        ms.io.save_model(tmp_path / "other.safetensors", KramersMoyal().fit(x, x))


def test_all_names_of_io_are_shown():
    assert {*ms.io.__all__} <= {*dir(ms.io)}
