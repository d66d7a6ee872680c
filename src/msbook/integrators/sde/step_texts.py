"""Texts of the steps of methods for stochastic equations, for lanes of paths."""

from __future__ import annotations

from collections.abc import Iterable

from msbook._compile.kernels.lanes import LANES


class StepText:
    """Writes ``advance`` for :func:`stepping_kernels.compile_advance`.

    Parameters
    ----------
    dim, noise_dim : int
        Number of components and of Brownian motions.
    noise : {"diagonal", "general"}
        Form of the diffusion.
    walls : bool
        Whether components are folded back between walls.
    """

    def __init__(self, dim: int, noise_dim: int, noise: str, walls: bool) -> None:
        self.dim, self.noise_dim = dim, noise_dim
        self.noise, self.walls = noise, walls
        self.flag = dim + (dim if noise == "diagonal" else dim * noise_dim)

    def euler(self) -> str:
        """A step with weights of drift and noise, ``h`` and ``w``."""
        lines = ["m = motion(now, state, constants)", "beyond |= m[-1]"]
        for i in range(self.dim):
            noise = self._noise("m", i)
            lines.append(f"n{i} = state[{i}] + h{i} * m[{i}] + w{i} * ({noise})")
        # Read once: the compiler cannot know that moving y leaves them as they are.
        weights = (f"h{i}, w{i} = h[{i}], w[{i}]" for i in range(self.dim))
        return self._advance(lines, weights)

    def milstein(self) -> str:
        """Euler's step and the term of the diffusion's derivative, last in motion."""
        lines = ["m = motion(now, state, constants)", "beyond |= m[-1]"]
        for i in range(self.dim):
            square = f"{self._increment(i)} * {self._increment(i)} - dt"
            lines.append(
                f"n{i} = state[{i}] + dt * m[{i}] + {self._noise('m', i)}"
                f" + m[{self.flag + i}] * ({square})"
            )
        return self._advance(lines)

    def heun(self) -> str:
        """The mean of Euler's slopes at the start and at its end."""
        moved = "".join(
            f"state[{i}] + dt * m[{i}] + ({self._noise('m', i)}), "
            for i in range(self.dim)
        )
        lines = [
            "m = motion(now, state, constants)",
            f"there = motion(now + dt, ({moved}), constants)",
            "beyond |= m[-1] | there[-1]",
        ]
        for i in range(self.dim):
            noise = f"({self._noise('m', i)}) + ({self._noise('there', i)})"
            slope = f"dt * (m[{i}] + there[{i}])"
            lines.append(f"n{i} = state[{i}] + 0.5 * ({slope} + {noise})")
        return self._advance(lines)

    def _advance(self, step: list[str], before: Iterable[str] = ()) -> str:
        state = "".join(f"y[{i * LANES} + lane], " for i in range(self.dim))
        lines = [
            "def advance(y, t, dt, n_steps, h, w, increments, constants):",
            *(f"    {line}" for line in before),
            "    beyond = 0",
            "    for step in range(n_steps):",
            f"        first = step * {self.noise_dim * LANES}",
            "        now = t + step * dt",
            f"        for lane in range({LANES}):",
            f"            state = ({state})",
            *(f"            {line}" for line in step),
        ]
        for i in range(self.dim):
            moved = f"reflect(n{i}, walls[{i}])" if self.walls else f"n{i}"
            lines.append(f"            y[{i * LANES} + lane] = {moved}")
        return "\n".join([*lines, "    return beyond < 0"])

    def _increment(self, k: int) -> str:
        return f"increments[first + {k * LANES} + lane]"

    def _noise(self, motion: str, i: int) -> str:
        """Component ``i`` of the noise."""
        if self.noise == "diagonal":
            return f"{motion}[{self.dim + i}] * {self._increment(i)}"
        first = self.dim + i * self.noise_dim
        return " + ".join(
            f"{motion}[{first + k}] * {self._increment(k)}"
            for k in range(self.noise_dim)
        )
