"""Valid calls of the one-step generators of msbook.estimators."""

from __future__ import annotations

import numpy as np

from msbook import estimators
from tests.bad_input.fits import fitted, once_more
from tests.bad_input.rule import Call

random = np.random.default_rng(0)
states = random.normal(size=(60, 2))
ends = 0.8 * states + 0.3 * random.normal(size=(60, 2))
pairs = {"X": states, "y": ends}
few = {"n_updates": 2, "batch_size": 16}
small = {"hidden": (4,), "random_state": 0} | few
training = {"learning_rate": 1e-3} | few

flow = estimators.StochasticFlowMap("affine", **small).fit(states, ends)
moyal = estimators.KramersMoyal(1).fit(states, ends)
one_to_one = estimators.StochasticFlowMap("affine", **small)
one_to_one.fit(states[:, :1], ends[:, :1])
table = one_to_one.to_table(8, 8)

CALLS: dict[str, Call] = {}
REASONS = {
    "OneStepGenerator.moved": "called by sample, with what it has checked",
    "NetworkGenerator.from_arrays": "called by load_model, which checks the file",
}
for one in (
    "StochasticFlowMap",
    "ConditionalAutoencoder",
    "ConditionalGAN",
    "EnergyScore",
):
    CALLS[one] = Call(
        {"hidden": (4,), "dt": 0.1, "memory": 0, "random_state": 0} | training,
        fitted(getattr(estimators, one), states, ends),
    )
CALLS |= {
    "KramersMoyal": Call(
        {"degree": 1, "dt": 0.1}, fitted(estimators.KramersMoyal, states, ends)
    ),
    "OneStepGenerator.fit": Call(pairs, once_more(moyal.fit)),
    "OneStepGenerator.drift_": Call({"X": states}, moyal.drift_),
    "OneStepGenerator.diffusion_": Call({"X": states}, moyal.diffusion_),
    "OneStepGenerator.sample": Call({"X": states, "rng": 0}, flow.sample),
    "OneStepGenerator.rollout": Call(
        {"x0": states[:2], "n_steps": 2, "rng": 0}, flow.rollout
    ),
    "StochasticFlowMap.log_prob": Call(pairs, flow.log_prob),
    "StochasticFlowMap.score": Call(pairs, flow.score),
    "OneStepGenerator.score": Call(pairs, moyal.score),
    "OneStepGenerator.calibration": Call(pairs, moyal.calibration),
    "FlowMapTable.rollout": Call(
        {"x0": [0.5], "n_steps": 2, "n_paths": 2, "rng": 0}, table.rollout
    ),
    "StochasticFlowMap.to_table": Call(
        {"n_states": 8, "n_noise": 8}, one_to_one.to_table
    ),
}
