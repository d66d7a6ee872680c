"""What ``SlowMap.fit`` does once its data are checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from msbook.estimators.random_states import check_random_state
from msbook.estimators.slow_map.coordinates import Scaling, encoder_coordinates
from msbook.estimators.slow_map.orthogonality import MedianOrthogonalityError
from msbook.estimators.slow_map.quality import GOOD_SHARE, SlowMapQuality, judge
from msbook.estimators.slow_map.restarts import (
    MOST_RESTARTS,
    best_of_restarts,
    n_epochs,
    new_network,
)
from msbook.networks.layers.dense import EncoderDecoder
from msbook.training.loop import History
from msbook.training.session import Session

Found = tuple[EncoderDecoder, History, SlowMapQuality]


class Fitting:
    """Scaled data, their split and the settings, for any number of slow variables.

    Attributes
    ----------
    coordinates : {"cartesian", "polar"}
        What the encoder sees.
    """

    def __init__(
        self,
        parameters: Mapping[str, Any],
        points: NDArray[np.float64],
        targets: NDArray[np.float64],
        covariance: NDArray[np.float64] | None,
    ) -> None:
        self.parameters = parameters
        self.points, self.targets, self.covariance = points, targets, covariance
        random = check_random_state(parameters["random_state"])
        rows, fraction = np.arange(len(points)), parameters["validation_fraction"]
        split = train_test_split(rows, test_size=fraction, random_state=random)
        self.training, self.watched = map(np.asarray, split)
        inputs, self.outputs = None, Scaling.none(targets.shape[1])
        if parameters["scale"]:
            inputs = Scaling.of_points(points)
            self.outputs = Scaling.of_targets(targets, points)
        self.coordinates, self.layer = encoder_coordinates(
            parameters["coordinates"], points, targets, inputs
        )
        n_restarts = parameters["n_restarts"] or MOST_RESTARTS
        self.seeds = random.randint(2**31 - 1, size=n_restarts).tolist()

    def of(self, n_slow: int) -> Found:
        """The best network with so many slow variables, its history and quality."""
        parameters, training, watched = self.parameters, self.training, self.watched
        monitor = None
        if parameters["keep_best"] == "orthogonality":
            monitor = MedianOrthogonalityError(
                self.points, self.covariance, n_slow, watched
            )
        sizes = self.points.shape[1], self.targets.shape[1], n_slow
        labels = self.outputs.apply(self.targets)
        return best_of_restarts(
            [new_network(parameters, self.layer, *sizes, seed=s) for s in self.seeds],
            self.seeds,
            (self.points[training], labels[training]),
            (self.points[watched], labels[watched]),
            outputs=self.outputs,
            assess=lambda network: judge(
                network, self.points, self.targets, self.covariance
            ),
            until_good=parameters["n_restarts"] is None,
            epochs=n_epochs(
                parameters["epochs"], len(training), parameters["batch_size"]
            ),
            batch_size=parameters["batch_size"],
            learning_rate=parameters["learning_rate"],
            schedule=parameters["schedule"],
            pruning=parameters["pruning"],
            monitor=monitor,
        )

    def smallest(self, trainings: Session) -> Found:
        """That with the fewest slow variables which leave little unexplained.

        Once the trainings are interrupted, it is the last one.
        """
        left = []
        for n_slow in range(1, max(2, self.points.shape[1])):
            found = self.of(n_slow)
            if trainings.interruption is not None:
                return found
            unexplained = found[2].unexplained
            if unexplained is None:
                break
            left.append(f"{unexplained:.2g}")
            if unexplained <= GOOD_SHARE:
                if found[2].verdict == "bad":
                    break
                return found
        raise ValueError(
            'n_slow="auto" found no number of slow variables that the data determine: '
            f"with 1, 2, ... of them it left {', '.join(left) or 'unknown'} of the "
            f"targets' spread unexplained, where at most {GOOD_SHARE} is expected, or "
            "could not tell their gradients from noise. Give n_slow, more points, or "
            "longer bursts."
        )
