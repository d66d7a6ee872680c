"""What is kept and what is read: arrays, fitted estimators, parameters.

Estimators, and torch with them, are loaded when one is read or described by a file.
Imports everything; nothing imports it.
"""

from typing import TYPE_CHECKING

import lazy_loader

from msbook.serialization import (
    FileFormatError,
    checksum,
    find_results,
    load_arrays,
    provenance,
    read_array,
    save_arrays,
    write_array,
)

if TYPE_CHECKING:
    from msbook.io.models import Keepable, load_model, save_model
    from msbook.io.parameter_files import Setup, from_toml

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

__getattr__, _, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "models": ["Keepable", "load_model", "save_model"],
        "parameter_files": ["Setup", "from_toml"],
    },
)


def __dir__() -> list[str]:
    return __all__
