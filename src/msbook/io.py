"""What is kept and what is read: arrays, fitted estimators, parameters."""

from msbook.serialization import *
from msbook.serialization import __all__ as __all__
