"""Learned effective dynamics: an autoencoder, and a propagator of what it finds."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from torch import Tensor

from msbook._registry import serializable
from msbook.estimators.led.choosing.search import Search
from msbook.estimators.led.fitting import Start, fit_coder, fit_propagator, keep_coder
from msbook.estimators.led.forecasting import Turns
from msbook.estimators.led.latent_space import LatentSpace
from msbook.estimators.led.scoring import forecast_score
from msbook.estimators.led.settings import check_checkpoint
from msbook.estimators.led.speed_up import SpeedUp, measured_speed_up
from msbook.integrators.simulators import Simulator
from msbook.integrators.solver import Seed
from msbook.networks.autoencoders.dense import Autoencoder
from msbook.networks.propagators.recurrent import Propagator
from msbook.training.session import session


@serializable
class LED(LatentSpace, TransformerMixin, BaseEstimator):
    r"""Learned effective dynamics.

    .. math:: z_t = \mathcal{E}(x_t), \qquad
              (\tilde z_{t+\Delta t}, h_t) = \mathcal{H}(z_t, h_{t-\Delta t}), \qquad
              \tilde x_t = \mathcal{D}(\tilde z_t)

    An autoencoder finds a few latent variables of a large state, and a propagator with
    memory forecasts them. A forecast is warmed up on a stretch of known states and then
    runs on its own latents; it decodes only what is asked for, and it may hand over to
    the solver now and then, and back.

    By default the parts are chosen. Candidates are trained, and forecast trajectories
    that were held out: principal components of several numbers with a linear map;
    fields on a grid as they are, with a stencil and a local map; where there is no grid
    or a local map does not pay, a recurrent network on principal components; where
    there is no grid, one on nonlinear latents. A forecast is a sum of theirs, whose
    weights depend on how far it looks, and needs eight known states. It is an expected
    state: where nothing can be known it tends to the mean. Latents and turns with a
    solver are those of the best candidate alone.

    States ``(..., dim)`` are fields or, with
    :class:`msbook.networks.ParticleAutoencoder`, sets of particles
    ``(..., n_particles, dim)``: then a law is decoded, and states are draws from it.

    Parameters
    ----------
    autoencoder : msbook.networks.Autoencoder, optional
        How latents are found, such as ``msbook.networks.DenseAutoencoder(n_latent=8)``,
        which is taken where only a propagator is given.
    propagator : {"gru", "lstm", "mlp"} or msbook.networks.Propagator, optional
        How they are forecast; with its sizes such as ``msbook.networks.GRU(100)``. A
        ``GRU()`` is taken where only an autoencoder is given.
    n_fields : int, optional
        Number of fields that lie side by side in the state, each of which has one mean
        and one scale; by default as the shape of a state tells or, of a row, every
        component has its own. Particles have a box instead.
    dt : float
        Time between the states of a trajectory.
    n_updates : int
        Updates of the autoencoder.
    rollouts : sequence of (int, int), optional
        Stages of the propagator's training: steps of free forecast, and updates. By
        default 2, 10 and 60 steps, or as many as fit, with 1000, 1000 and 2000. Parts
        that are chosen are trained on no longer forecasts.
    batch_size, n_windows : int
        States an update of the autoencoder sees, and windows one of the propagator.
    learning_rate : float
        Step size of Adam at its peak.
    physics : callable, optional
        A penalty on forecasts: takes a Tensor of decoded states ``(n, n_time, dim)``,
        in the data's units, to a Tensor of one number. It is asked on stretches of
        forecasts that have run on beyond the data. Not for particles.
    random_state : int, RandomState or None
        Fixes the initial parameters and the batches.
    device : str
        Where the networks are trained; they are evaluated on the processor.
    verbose : bool
        Whether trainings print lines where there is no terminal, as in a notebook.

    Attributes
    ----------
    network_, propagator_ : EncoderNetwork, PropagatorNetwork of msbook.networks
        Of scaled states, and of scaled latents.
    scaling_, latent_scaling_ : FieldScaling
        What scales them.
    history_, propagator_histories_ : msbook.training.by_loss.LossHistory, list of them
        Losses of the autoencoder, None if not trained; of the propagator's stages.
    candidates_ : list of Candidate
        What was tried, with its latent size and its errors of reconstruction and of
        forecasts; empty if nothing was chosen.
    floor_ : float or None
        Relative error of the best model's reconstructions of states held out.
    stack_ : Stack or None
        The models that forecast together, the best first, and their weights.
    n_features_in_, n_particles_ : int, int or None
        Numbers of components and of particles seen in :meth:`fit`.
    state_shape_, largest_size_ : tuple of int, float or None
        Shape of a state as :meth:`fit` got it; the largest root mean square of a scaled
        one.

    Raises
    ------
    ValueError
        If parameters, states or other arguments do not fit: the step of a solver must
        divide ``dt``, and only a decoder that gives laws is asked for them.
    sklearn.exceptions.NotFittedError
        Before :meth:`fit`.
    msbook.training.TrainingError
        When a loss of a training is not finite.

    Examples
    --------
    A travelling wave, which has two latent variables:

    >>> import numpy as np
    >>> import msbook as ms
    >>> t, x = np.arange(200)[:, None] * 0.1, np.linspace(0, 2 * np.pi, 32)
    >>> wave = np.sin(x - t)[None]
    >>> led = ms.LED(
    ...     ms.networks.DenseAutoencoder(2, hidden=(16,)), "mlp", n_fields=1,
    ...     n_updates=300, rollouts=((20, 400),), random_state=0,
    ... ).fit(wave)
    >>> forecast = led.forecast(wave[:, :20], n_steps=100)
    >>> bool(np.abs(forecast - wave[:, 20:120]).max() < 0.2)
    True

    References
    ----------
    Vlachas, Arampatzis, Uhler & Koumoutsakos (2020), section 2. Training on free
    forecasts of growing length, increments, and the choice of the parts are ours.
    """

    def __init__(
        self,
        autoencoder: Autoencoder | None = None,
        propagator: str | Propagator | None = None,
        *,
        n_fields: int | None = None,
        dt: float = 1.0,
        n_updates: int = 3000,
        rollouts: Sequence[tuple[int, int]] | None = None,
        batch_size: int = 256,
        n_windows: int = 64,
        learning_rate: float = 3e-3,
        physics: Callable[[Tensor], Tensor] | None = None,
        random_state: int | np.random.RandomState | None = None,
        device: str = "cpu",
        verbose: bool = False,
    ) -> None:
        self.autoencoder, self.propagator = autoencoder, propagator
        self.n_fields, self.dt = n_fields, dt
        self.n_updates, self.rollouts = n_updates, rollouts
        self.batch_size, self.n_windows = batch_size, n_windows
        self.learning_rate, self.physics = learning_rate, physics
        self.random_state, self.device, self.verbose = random_state, device, verbose

    def fit(
        self,
        X: ArrayLike,
        y: None = None,
        *,
        validation: ArrayLike | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Find latents of trajectories and learn to forecast them.

        Parameters
        ----------
        X : array_like, shape (n_traj, n_time, dim)
            Trajectories, ``dt`` from state to state; for a system with symmetries,
            their images too. Fields may have their shape,
            ``(n_traj, n_time, n_fields, *grid)``; sets of particles are
            ``(n_traj, n_time, n_particles, dim)``. For different lengths, a list of
            arrays ``(n_time, ...)`` or of data frames, a row a state. A DataArray of
            xarray has an axis ``time``; one may be ``trajectory`` or ``sample``, one
            ``field``, ``variable`` or ``channel``, others are the grid. States with a
            NaN are gaps. Memory-mapped arrays are read a portion at a time.
        y : None
            There for scikit-learn.
        validation : like ``X``, optional
            Trajectories that choose the networks and are not trained on; by default
            every fifth or, of fewer than five, the last fifth of each. What is too
            short for the longest rollout is left out, with a UserWarning.
        checkpoint : path-like, optional
            File in which the trainings are kept as they go on. Where it exists, the fit
            goes on from there, and ends with the same numbers as if it had not been
            interrupted; data, settings and ``random_state``, an integer, must be those
            of the first call. After the end it holds all trainings, and may be deleted.

        Returns
        -------
        LED
            At its best so far, with a UserWarning, if a training was interrupted.
        """
        check_checkpoint(checkpoint, self.random_state)
        with session(checkpoint, verbose=self.verbose):
            if self.autoencoder is None and self.propagator is None:
                search = Search(self, X, validation)
                search.run().best.handed_to(self)
                self.candidates_ = search.candidates
                return self
            return self._learn_to_forecast(fit_coder(self, X, validation))

    def refit_propagator(
        self, X: ArrayLike, *, validation: ArrayLike | None = None
    ) -> Self:
        """Keep the autoencoder, and learn to forecast anew from data as for ``fit``.

        Change the propagator or its training first, by ``set_params``. Not for an LED
        that has chosen its parts.
        """
        with session(verbose=self.verbose):
            start = keep_coder(self, self._learned(), X, validation)
            return self._learn_to_forecast(start)

    def forecast(
        self,
        X: ArrayLike,
        n_steps: int,
        *,
        micro: Simulator | None = None,
        n_macro: int = 0,
        n_micro: int = 0,
        t: float = 0.0,
        rng: Seed = None,
    ) -> NDArray[np.float64]:
        """States ``(n_traj, n_steps, ...)`` that follow known states, like them.

        Parameters
        ----------
        X : array_like, shape (n_traj, n_known, ...)
            Consecutive states, the warm-up, of the shape of those of :meth:`fit`; from
            a DataArray comes another. A UserWarning names what is far outside of them.
        n_steps : int
            States to forecast.
        micro : Solver or Simulator, optional
            With it the forecast takes turns: ``n_macro`` steps of the propagator, the
            last of which is decoded as a start, then ``n_micro`` times ``dt`` of the
            solver, whose states are fed back to the propagator.
        n_macro, n_micro : int
            Steps of each turn, in steps of the data: one or more, if there are turns.
        t : float
            Time of the last known state, for a solver that depends on it.
        rng : int or numpy.random.Generator, optional
            Fixes the particles that are drawn, as many as known, if states are sets.
        """
        turns = Turns(micro, n_macro, n_micro, t)
        return self._learned().forecast(X, n_steps, self.dt, turns, rng)

    def score(self, X: ArrayLike, y: None = None) -> float:
        r"""How good forecasts of new trajectories are: one is best, zero their mean.

        .. math:: 1 - \sum_{w,j} \lVert\tilde s_{wj} - s_{wj}\rVert^2 \Big/
                      \sum_{w,j} \lVert s_{wj} \rVert^2, \qquad s = (x - \bar x)/\sigma

        with mean and scale of the training. Windows :math:`w` follow one another: known
        states, the warm-up, and a free forecast, as far as the longest of ``rollouts``.
        ``X`` may be all that :meth:`fit` takes; of very many windows some are asked.
        """
        self._learned()
        return forecast_score([self], X)

    def speed_up(
        self,
        solver: Simulator,
        X: ArrayLike,
        *,
        n_steps: int = 100,
        n_repeats: int = 7,
        t: float = 0.0,
    ) -> SpeedUp:
        """Time the solver that LED is to replace, the propagator and the decoder.

        Parameters
        ----------
        solver : Solver or Simulator
        X, t
            As for :meth:`forecast`; all trajectories are moved together.
        n_steps, n_repeats : int
            Steps of length ``dt`` in a stretch, and stretches timed.
        """
        learned = self._learned()
        return measured_speed_up(learned, solver, X, self.dt, n_steps, n_repeats, t)

    def _learn_to_forecast(self, start: Start) -> Self:
        start.dynamics.handed_to(self)
        self.propagator_histories_ = fit_propagator(self, start)
        return self
