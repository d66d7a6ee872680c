"""The one training loop, and training by any loss.

Imports networks and ``serialization``; estimators import it.
"""

from msbook.training.history import TrainingError, TrainingInterrupted
from msbook.training.loop import History, train

__all__ = ["History", "TrainingError", "TrainingInterrupted", "train"]
