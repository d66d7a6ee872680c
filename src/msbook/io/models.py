"""Fitted estimators in files, whose classes are all loaded and known by name."""

from importlib import import_module

from msbook.serialization.models import Keepable, load_model, save_model

import_module("msbook.estimators")  # whose classes register themselves

__all__ = ["Keepable", "load_model", "save_model"]
