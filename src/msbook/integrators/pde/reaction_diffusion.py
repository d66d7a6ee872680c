"""What methods for reaction and diffusion share: the way to trajectories."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial

import numpy as np
from numpy.typing import NDArray

from msbook._compile.tracing.components import split_components
from msbook._compile.tracing.trace import Traced
from msbook.equations.paths_apart import check_paths_apart
from msbook.equations.reaction_diffusion import ReactionDiffusion
from msbook.equations.rows import try_trace
from msbook.integrators.method import NoiselessMethod
from msbook.integrators.solution import IntegrationError


class ReactionDiffusionMethod(NoiselessMethod):
    """A method for two fields that react and diffuse, with a fixed step."""

    moves = ReactionDiffusion

    @abstractmethod
    def can_compile(self, system: ReactionDiffusion) -> bool:
        """Whether the compiled loop can take the system's number of points."""

    @abstractmethod
    def fill_compiled(
        self, system: ReactionDiffusion, rates: Traced, exact: bool, dt: float,
        save_every: int, out: NDArray[np.float64], y: NDArray[np.float64],
    ) -> tuple[int, bool]:  # fmt: skip
        """Fill ``out``, the starts included, by compiled code.

        Returns
        -------
        broken : int
            Number of the first step at which a state was seen not finite, or 0.
        beyond : bool
            Whether a sine or a cosine left the range of its fast form: then nothing
            counts, and ``exact`` is wanted.
        """

    @abstractmethod
    def fill_in_numpy(
        self, system: ReactionDiffusion, t: float, dt: float, save_every: int,
        out: NDArray[np.float64], y: NDArray[np.float64],
    ) -> int:  # fmt: skip
        """The same in NumPy; the number of the broken step, or 0."""

    def run(
        self,
        system: ReactionDiffusion,
        t: float,
        dt: float,
        n_steps: int,
        save_every: int,
        out: NDArray[np.float64],
        y: NDArray[np.float64],
    ) -> None:
        """Fill ``out``, the starts included; see ``NoiselessMethod``."""
        traced = None
        if system.compiled and self.can_compile(system):
            traced = try_trace(
                lambda u, v: split_components(system.reaction(u, v), 2, 1, "rates"),
                "this system's reaction",
                u_=1,
                v_=1,
            )
        if traced is None:
            check_paths_apart(partial(system.drift, t), y)
            broken = self.fill_in_numpy(system, t, dt, save_every, out, y)
        else:
            broken, beyond = self.fill_compiled(
                system, traced, False, dt, save_every, out, y
            )
            if beyond:
                broken, _ = self.fill_compiled(
                    system, traced, True, dt, save_every, out, y
                )
        if broken:
            raise IntegrationError(
                f"the state is not finite at step {broken} (t = {t + broken * dt:.6g}, "
                f"dt = {dt:.3g}), or since the state stored before. Try a smaller dt."
            )
