"""What a user calls: estimators in the manner of scikit-learn."""

from msbook.estimators.slow_map import SlowMap

__all__ = ["SlowMap"]
