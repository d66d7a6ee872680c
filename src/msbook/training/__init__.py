"""The one training loop, and training by any loss.

Imports networks and ``serialization``; estimators import it.
"""

from msbook.training.loop import History, TrainingError, train

__all__ = ["History", "TrainingError", "train"]
