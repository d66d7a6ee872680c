"""The Störmer–Verlet step written out, for lanes of paths."""

from __future__ import annotations

from msbook._compile.kernels.lanes import LANES


def write_advance(dim: int, noise_dim: int) -> str:
    """Source text of ``advance``, with a function ``gradient`` of coordinates.

    Parameters
    ----------
    dim, noise_dim : int
        Numbers of coordinates and of Brownian motions; the latter may be 0.

    Returns
    -------
    str
        For :func:`stepping_kernels.compile_advance`, with the weights of
        :meth:`msbook.StormerVerlet.weights`.
    """
    axes = range(dim)

    def times(matrix: str, vector: str, i: int) -> str:
        return " + ".join(f"{matrix}{i * dim + j} * {vector}{j}" for j in axes)

    lines = [
        "def advance(y, t, dt, n_steps, h, w, increments, constants):",
        "    beyond = 0",
        # Read once: the compiler cannot know that moving y leaves them as they are.
        *(f"    decay{k}, half{k} = h[{k}], h[{dim**2 + k}]" for k in range(dim**2)),
        *(f"    w{k} = w[{k}]" for k in range(noise_dim * dim)),
        "    for step in range(n_steps):",
        f"        first = step * {noise_dim * LANES}",
        f"        for lane in range({LANES}):",
        *(f"            q{i} = y[{i * LANES} + lane]" for i in axes),
        *(f"            p{i} = y[{(dim + i) * LANES} + lane]" for i in axes),
        *(f"            m{i} = q{i} + {times('half', 'p', i)}" for i in axes),
        f"            g = gradient(({''.join(f'm{i}, ' for i in axes)}), constants)",
        f"            beyond |= g[{dim}]",
    ]
    for k in range(noise_dim):
        lines.append(f"            b{k} = increments[first + {k * LANES} + lane]")
    for i in axes:
        noise = f" + {times('w', 'b', i)}" if noise_dim else ""
        lines.append(
            f"            n{i} = {times('decay', 'p', i)} - dt * g[{i}]{noise}"
        )
    for i in axes:
        lines += [
            f"            y[{i * LANES} + lane] = m{i} + {times('half', 'n', i)}",
            f"            y[{(dim + i) * LANES} + lane] = n{i}",
        ]
    return "\n".join([*lines, "    return beyond"])
