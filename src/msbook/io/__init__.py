"""What is kept and what is read: arrays, fitted estimators, parameters."""

from msbook.io.array_files import read_array, write_array
from msbook.io.kept_arrays import (
    checksum,
    load_arrays,
    save_arrays,
)
from msbook.io.models import Keepable, load_model, save_model
from msbook.io.parameter_files import Setup, from_toml
from msbook.io.results import find_results, provenance
from msbook.io.writing import FileFormatError

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
