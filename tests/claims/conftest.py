import json

import pytest

from msbook.book.claims.result import MIME_TYPE
from msbook.claims import Ledger, settle

LEDGER = """
[[claim]]
id = "toy/error"
paper = "nobody1900"
where = "Fig. 1"
statement = "The error is small & <finite>."
printed = "0.01"
notebook = "toy/first"
rival = "a constant"
expected = "holds"
[[claim.bound]]
name = "error"
label = "error"
at_most = 0.05
[[claim.bound]]
name = "correlation"
label = "correlation"
at_least = 0.999

[[claim]]
id = "toy/exact"
paper = "nobody1900"
where = "Sec. 2"
statement = "A count is exact."
notebook = "toy/first"
rival = "one less"
single = true
expected = "does not hold"
reason = "The paper miscounts."
[[claim.bound]]
name = "count"
label = "count"
within = [4, 4]

[[claim]]
id = "toy/better"
paper = "nobody1900"
where = "Sec. 9"
statement = "The new way is better."
notebook = "toy/second"
rival = "pairs swapped"
beyond_paper = true
[[claim.bound]]
name = "saved"
label = "error saved"
sign_test = "positive"
"""

TOC = """
format: jb-book
root: index
parts:
  - caption: Toy
    chapters:
      - file: toy/first.ipynb
      - file: toy/intro
      # - file: toy/second.ipynb
"""


@pytest.fixture
def ledger_text():
    return LEDGER


@pytest.fixture
def read_ledger(tmp_path):
    def read(text):
        path = tmp_path / "ledger.toml"
        path.write_text(text, encoding="utf-8")
        return Ledger.read(path)

    return read


@pytest.fixture
def ledger(read_ledger):
    return read_ledger(LEDGER)


@pytest.fixture
def error_values():
    return {"error": [0.01, 0.02, 0.03, 0.02, 0.01], "correlation": [0.9995] * 5}


@pytest.fixture
def settled(ledger, error_values):
    """The two claims of the toy book that are due."""
    return [
        settle("toy/error", error_values, rival={"error": 0.5}, ledger=ledger),
        settle("toy/exact", {"count": 5}, rival={"count": 3}, ledger=ledger),
    ]


@pytest.fixture
def book(tmp_path, settled):
    """A toy book whose notebook stores what is settled."""
    folder = tmp_path / "book"
    (folder / "toy").mkdir(parents=True)
    (folder / "claims.toml").write_text(LEDGER, encoding="utf-8")
    (folder / "_toc.yml").write_text(TOC, encoding="utf-8")
    store(folder / "toy" / "first.ipynb", [result.to_json() for result in settled])
    return folder


@pytest.fixture
def store_results():
    return store


def store(path, documents):
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "Words."},
        *(
            {
                "cell_type": "code",
                "execution_count": 1,
                "metadata": {},
                "source": "",
                "outputs": [
                    {"output_type": "stream", "name": "stdout", "text": "words"},
                    {
                        "output_type": "execute_result",
                        "execution_count": 1,
                        "metadata": {},
                        "data": {MIME_TYPE: document, "text/plain": "row"},
                    },
                ],
            }
            for document in documents
        ),
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")
