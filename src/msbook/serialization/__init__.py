"""Arrays, fitted estimators and results in files; the public names are ``msbook.io``.

Imports nothing that is fitted: classes that stand in files register themselves.
"""

from msbook.serialization.arrays import (
    checksum,
    load_arrays,
    save_arrays,
)
from msbook.serialization.data_files import read_array, write_array
from msbook.serialization.results import find_results, provenance
from msbook.serialization.writing import FileFormatError

__all__ = [
    "FileFormatError",
    "checksum",
    "find_results",
    "load_arrays",
    "provenance",
    "read_array",
    "save_arrays",
    "write_array",
]
