"""The parts of LED by default: those that forecast held-out paths best."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.led.choosing.grids import (
    local_map,
    n_windows,
    stages,
    stencil_like,
)
from msbook.estimators.led.choosing.linear_candidates import Linear, linear_models
from msbook.estimators.led.choosing.stacking import Stack
from msbook.estimators.led.choosing.validation import Windows, score
from msbook.estimators.led.fitting import fit_coder
from msbook.estimators.led.forecasting import LatentDynamics
from msbook.estimators.led.inputs.labels import check_dt
from msbook.estimators.led.inputs.paths import rows_within
from msbook.estimators.led.inputs.reading import fields_of, read_paths
from msbook.estimators.led.inputs.splitting import (
    longest_window,
    read_validation,
    training_and_validation,
)
from msbook.estimators.led.settings import (
    LONGEST_ROLLOUT,
    check_settings,
    propagator_recipe,
    shortened,
)
from msbook.networks.autoencoders.dense import Autoencoder, DenseAutoencoder
from msbook.networks.autoencoders.identity import Identity
from msbook.networks.propagators.recurrent import Propagator
from msbook.training import TrainingError

N_KNOWN = 8  # states, on which all models stand
N_DELAYS = 5  # of them, of which models of principal components make use
PAYS = 0.8  # of the linear error, which a local map must be below somewhere
LATENTS = (2, 4, 8, 16)  # of nonlinear autoencoders
WIDEST = 1024  # components of a state that a dense autoencoder takes
N_UPDATES = 600  # of each of them
ROLLOUTS = ((2, 300), (10, 300), (60, 400))  # of a recurrent network
LOCAL_BYTES = 2**29  # of the states that a local map is trained on


class Candidate(NamedTuple):
    """A model that was tried, and how it did on held-out paths.

    Attributes
    ----------
    autoencoder, propagator : str
        Its recipes.
    n_latent : int
        Number of latent variables.
    floor : float
        Relative error of a reconstruction, below which no forecast can be.
    error : float
        Geometric mean over steps ahead of the relative errors of forecasts, where 1 is
        that of the mean state. NaN, if it was not worth a propagator or its training
        failed.
    """

    autoencoder: str
    propagator: str
    n_latent: int
    floor: float
    error: float


class Model(NamedTuple):
    """An LED with its parts, and its forecasts of held-out windows."""

    led: Any
    forecasts: NDArray[np.float64]
    errors: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Geometric mean over steps ahead."""
        return score(self.errors)


class Search:
    """The search for the parts of one LED, on one set of paths.

    Attributes
    ----------
    training, watched : Paths
        What candidates are trained on, and what judges.
    windows : Windows
        Stretches of the latter.
    models : list of Model
        Those whose forecasts are known.
    candidates : list of Candidate
        All that were tried, in order.
    """

    def __init__(self, led: Any, X: Any, validation: Any) -> None:
        check_settings(led)
        if led.physics is not None:
            raise ValueError(
                "physics needs a propagator that is trained; got parts that are "
                "chosen, some of which are not. Give an autoencoder and a propagator."
            )
        check_dt("X", X, led.dt)
        self.led = led
        paths = read_paths("X", X)
        given = None if validation is None else read_validation(validation, paths)
        longest = longest_window(paths, given) - N_KNOWN
        most = max((n for n, _ in led.rollouts or ()), default=LONGEST_ROLLOUT)
        self.longest: int = max(1, min(most, longest))
        self.training, self.watched = training_and_validation(
            paths, given, n_warm_up=N_KNOWN, n_steps=self.longest
        )
        self.n_fields: int | None = fields_of(paths, led.n_fields)
        self.scaling: FieldScaling = FieldScaling.of_portions(
            self.training, self.n_fields
        )
        mean = FieldScaling.of_portions(self.training).mean
        self.windows: Windows = Windows.of(
            self.watched, mean, self.scaling.scale, N_KNOWN
        )
        self.models: list[Model] = []
        self.candidates: list[Candidate] = []

    def run(self) -> Stack:
        """All models that are worth it, as one."""
        linear = self._linear()
        local = self._on_grid()
        if local is None or (local.errors / linear.errors).min() > PAYS:
            self._recurrent(linear.led.autoencoder)
        if local is None and self.training.dim <= WIDEST:
            self._nonlinear(linear.error)
        ordered = sorted(self.models, key=lambda model: model.error)
        leds = tuple(model.led for model in ordered)
        return Stack.of(leds, [model.forecasts for model in ordered], self.windows)

    def _linear(self) -> Model:
        """The best of all linear models, and the best of them at the first step.

        One that keeps few components is the best far ahead, and wrong at the first step
        by what it left out.
        """
        known = self.training, self.watched, self.scaling
        best: dict[str, tuple[float, Linear, NDArray[np.float64]]] = {}
        for model in linear_models(*known, N_DELAYS):
            forecasts = self.windows.forecast(model.dynamics)
            errors = self.windows.errors(forecasts)
            for when, error in (("on the whole", score(errors)), ("first", errors[0])):
                if when not in best or error < best[when][0]:
                    best[when] = error, model, forecasts
        different = {id(model): (model, found) for _, model, found in best.values()}
        models = []
        for model, forecasts in different.values():
            led = self._with(model.autoencoder, model.propagator)
            models.append(self._judged(model.dynamics.handed_to(led), forecasts))
        return models[0]

    def _on_grid(self) -> Model | None:
        """The local map, if states lie on a grid, where a stencil is tried too."""
        recipe = local_map(self.training, self.n_fields)
        if recipe is None:
            return None
        dim = self.training.dim
        n_fields, coder = recipe.n_fields(dim), Identity(dim)
        most = rows_within(LOCAL_BYTES, (dim,))
        stencil = stencil_like(recipe, N_KNOWN)
        self._trained(self._with(coder, stencil, n_fields=n_fields), most)
        plan = {
            "rollouts": stages(recipe, n_fields, self.longest),
            "n_windows": n_windows(recipe),
        }
        return self._trained(self._with(coder, recipe, n_fields=n_fields, **plan), most)

    def _recurrent(self, autoencoder: Autoencoder) -> None:
        """A network with memory on latents."""
        # A third of the longest window fills the memory.
        plan = shortened(ROLLOUTS, 2 * self.longest // 3)
        self._trained(self._with(autoencoder, None, rollouts=plan))

    def _nonlinear(self, error: float) -> None:
        """The smallest nonlinear autoencoder that is nearly as good as any.

        It gets a propagator, if its reconstruction is better than a linear forecast.
        """
        floors: list[tuple[float, Any]] = []
        for n_latent in LATENTS:
            if n_latent < self.training.dim:
                led = self._with(DenseAutoencoder(n_latent), None, n_updates=N_UPDATES)
                try:
                    start = fit_coder(led, self.training, self.watched)
                except TrainingError:
                    self._note(led, np.nan, np.nan)
                    continue
                floors.append((start.dynamics.floor or 0.0, led))
        least = min((floor for floor, _ in floors), default=np.inf)
        chosen = next((i for i, (f, _) in enumerate(floors) if f <= 1.1 * least), None)
        for i, (floor, led) in enumerate(floors):
            if i == chosen and floor < error:
                self._recurrent(led.autoencoder)
            else:
                self._note(led, floor, np.nan)

    def _trained(self, led: Any, most: int | None = None) -> Model | None:
        """A model, or None if its training ended in an error."""
        training, watched = self.training, self.watched
        if most is not None:
            training, watched = training.fewer(most), watched.fewer(most // 4)
        try:
            led.fit(training, validation=watched)
        except TrainingError:
            self._note(led, float("nan"), float("nan"))
            return None
        dynamics = LatentDynamics.of(led)
        return self._judged(led, self.windows.forecast(dynamics))

    def _judged(self, led: Any, forecasts: NDArray[np.float64]) -> Model:
        model = Model(led, forecasts, self.windows.errors(forecasts))
        self.models.append(model)
        self._note(led, LatentDynamics.of(led).floor, model.error)
        return model

    def _note(self, led: Any, floor: float | None, error: float) -> None:
        recipes = repr(led.autoencoder), repr(propagator_recipe(led.propagator))
        floor = np.nan if floor is None else floor
        n_latent = led.autoencoder.n_latent
        self.candidates.append(Candidate(*recipes, n_latent, floor, error))

    def _with(
        self, autoencoder: Autoencoder, propagator: Propagator | None, **settings: Any
    ) -> Any:
        """The LED with these parts."""
        parts = {"autoencoder": autoencoder, "propagator": propagator}
        same: Any = clone(self.led)
        return same.set_params(**parts, **settings)
