"""What is kept and what is read: arrays, fitted estimators, parameters."""

from msbook.serialization.arrays import (
    checksum,
    load_arrays,
    save_arrays,
)
from msbook.serialization.data_files import read_array, write_array
from msbook.serialization.models import Keepable, load_model, save_model
from msbook.serialization.parameter_files import Setup, from_toml
from msbook.serialization.results import find_results, provenance
from msbook.serialization.writing import FileFormatError

__all__ = [
    "FileFormatError",
    "Keepable",
    "Setup",
    "checksum",
    "find_results",
    "from_toml",
    "load_arrays",
    "load_model",
    "provenance",
    "read_array",
    "save_arrays",
    "save_model",
    "write_array",
]
