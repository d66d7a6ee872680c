"""Write stored results of claims anew, in the words of today's ledger.

Values are kept in a notebook beside the table that shows them. A statement that is
reworded, or a table that is drawn otherwise, thus needs no run.
"""

from typing import Any

from nbformat import NotebookNode, from_dict

from msbook import claims
from msbook.book.claims.result import MIME_TYPE, from_json


def refresh(notebook: NotebookNode, ledger: claims.Ledger) -> None:
    """Replace what a notebook shows of its claims, not what was measured."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if MIME_TYPE in output.get("data", {}):
                shown = _shown(output.data[MIME_TYPE], ledger)
                output.data = from_dict(shown._repr_mimebundle_())


def _shown(stored: Any, ledger: claims.Ledger) -> Any:
    if isinstance(stored, list):
        return claims.table(_result(document, ledger) for document in stored)
    return _result(stored, ledger)


def _result(document: Any, ledger: claims.Ledger) -> Any:
    return from_json(ledger[document["id"]], document)
