import json
import subprocess
import sys

import pytest

from msbook.book.claims.command_line import main
from msbook.book.claims.report import find_book, review
from msbook.book.claims.scoreboard import scoreboard_markdown


def change(path, edit):
    """Apply an edit to the stored results of a notebook."""
    notebook = json.loads(path.read_text("utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            for document in output.get("data", {}).values():
                if isinstance(document, dict):
                    edit(document)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_a_settled_book_passes(book, capsys):
    assert main(["--book", str(book)]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "toy/error",
        "toy/exact",
        "toy/better",
    ]
    assert "holds" in lines[0]
    assert "0.0200 (0.0100–0.0300, 5 seeds) ≤ 0.05" in lines[0]
    assert "does not hold" in lines[1]
    assert "open" in lines[2]
    assert err == ""


def test_json_says_the_same(book, capsys):
    assert main(["--book", str(book), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    status = {claim["id"]: claim["status"] for claim in document["claims"]}
    assert status["toy/exact"] == "does not hold"
    assert document["claims"][0]["result"]["bounds"]["error"]["value"] == 0.02
    assert document["problems"] == []


def test_a_due_claim_without_result(book, store_results, settled, capsys):
    store_results(book / "toy" / "first.ipynb", [settled[0].to_json()])
    assert main(["--book", str(book)]) == 1
    out, err = capsys.readouterr()
    assert "missing" in out.splitlines()[1]
    assert "toy/exact: no result in toy/first" in err


def test_a_result_without_claim(book, store_results, settled, capsys):
    documents = [result.to_json() for result in settled]
    store_results(
        book / "toy" / "first.ipynb", [*documents, {**documents[0], "id": "toy/x"}]
    )
    assert main(["--book", str(book)]) == 1
    assert "'toy/x', not in the ledger" in capsys.readouterr().err


def test_a_claim_settled_twice(book, store_results, settled):
    document = settled[1].to_json()
    store_results(
        book / "toy" / "first.ipynb", [settled[0].to_json(), document, document]
    )
    assert any("once in toy/first" in text for text in review(book).problems)


def test_a_table_that_repeats_what_its_page_shows(book, store_results, settled):
    documents = [result.to_json() for result in settled]
    before = review(book)
    store_results(book / "toy" / "first.ipynb", [*documents, documents])
    assert review(book).problems == before.problems
    store_results(book / "toy" / "first.ipynb", [documents])
    assert review(book).problems == before.problems


def test_the_same_table_twice(book, store_results, settled):
    documents = [result.to_json() for result in settled]
    store_results(book / "toy" / "first.ipynb", [documents, documents])
    problems = review(book).problems
    assert sum("once in toy/first" in text for text in problems) == 2


def test_a_claim_settled_from_other_seeds_than_its_kind_asks_for(book):
    def drop_a_seed(document):
        if document["id"] == "toy/error":
            document["bounds"]["error"]["values"].pop()

    change(book / "toy" / "first.ipynb", drop_a_seed)
    assert any("[4, 5] values, not from 5" in text for text in review(book).problems)


def test_a_claim_settled_elsewhere(book):
    text = (book / "claims.toml").read_text("utf-8")
    text = text.replace('notebook = "toy/first"', 'notebook = "toy/other"')
    (book / "claims.toml").write_text(text, encoding="utf-8")
    problems = review(book).problems
    assert sum("once in toy/other" in text for text in problems) == 2


def test_a_verdict_that_was_edited(book, capsys):
    change(book / "toy" / "first.ipynb", lambda d: d.update(verdict="undecided"))
    assert main(["--book", str(book)]) == 1
    assert "stored verdict 'undecided'" in capsys.readouterr().err


def test_a_bound_that_was_tightened(book):
    text = (book / "claims.toml").read_text("utf-8")
    (book / "claims.toml").write_text(text.replace("0.05", "0.015"), encoding="utf-8")
    problems = " ".join(review(book).problems)
    assert "stored verdict 'holds', but the stored values say 'undecided'" in problems
    assert "toy/error: undecided, but the ledger expects holds" in problems


def test_a_rival_that_passes(book):
    def edit(document):
        document["rival"] = {
            name: {"values": stored["values"]}
            for name, stored in document["bounds"].items()
            if name == "error"
        } or document["rival"]

    change(book / "toy" / "first.ipynb", edit)
    assert review(book).problems == ("toy/error: the trivial rival passes",)


@pytest.mark.parametrize("key", ["bounds", "rival", "verdict"])
def test_a_result_that_cannot_be_read(book, key):
    change(book / "toy" / "first.ipynb", lambda d: d.pop(key))
    assert all("unreadable" in text for text in review(book).problems)
    assert len(review(book).problems) == 2


@pytest.mark.parametrize("kind", ["bounds", "rival"])
@pytest.mark.parametrize(
    "values", [None, [], 0.01, ["0.01"], [float("nan")], [float("inf")], [10**400]]
)
def test_values_that_cannot_be_judged(book, kind, values):
    def spoil(document):
        for stored in document[kind].values():
            stored["values"] = values

    change(book / "toy" / "first.ipynb", spoil)
    problems = review(book).problems
    assert len(problems) == 2
    assert all("must be a list of finite numbers" in text for text in problems)


def test_scoreboard(book):
    text = scoreboard_markdown(book)
    assert "3 claims: holds 1; does not hold 1; open 1." in text
    assert "## Toy" in text
    assert "[toy/error](../toy/first.ipynb)" in text
    assert "](../toy/second.ipynb)" not in text
    assert "The paper miscounts." in text
    assert "★" in text
    assert text.count("in the paper: 0.01") == 1
    assert "rival: pairs swapped" in text
    assert ":::{div} claim does-not-hold\n" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 3 * 2 + 4  # a head for each claim, and bounds
    assert {row.replace("\\|", "").count("|") for row in rows} == {5}


def test_scoreboard_names_chapters_as_their_opening_pages_do(book):
    (book / "toy" / "index.md").write_text("# A *toy* chapter\n", encoding="utf-8")
    assert "\n## A *toy* chapter\n" in scoreboard_markdown(book)


def test_scoreboard_marks_what_was_precomputed(book):
    text = (book / "claims.toml").read_text("utf-8")
    text = text.replace(
        'rival = "one less"', 'rival = "0"\nprecomputed = "toy/make.py"'
    )
    (book / "claims.toml").write_text(text, encoding="utf-8")
    assert ":::{div} claim does-not-hold precomputed\n" in scoreboard_markdown(book)
    assert "precomputed by `book/results/toy/make.py`" in scoreboard_markdown(book)


def test_the_table_of_contents_may_lie_beside_the_book(book):
    toc = (book / "_toc.yml").read_text("utf-8")
    (book / "_toc.yml").unlink()
    toc = toc.replace("root: ", "root: book/").replace("file: ", "file: book/")
    (book.parent / "_toc.yml").write_text(toc, encoding="utf-8")
    assert review(book).problems == ()
    assert [entry.due for entry in review(book).entries] == [True, True, False]


@pytest.mark.parametrize("name", ["claims.toml", "_toc.yml", "toy/first.ipynb"])
def test_what_is_missing_is_named(book, name, capsys):
    (book / name).unlink()
    assert main(["--book", str(book)]) == 1
    assert name in capsys.readouterr().err


def test_the_book_of_this_checkout_is_found():
    assert (find_book() / "claims.toml").is_file()


def test_the_module_runs(book):
    command = [sys.executable, "-m", "msbook.claims", "--book", str(book)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert len(finished.stdout.splitlines()) == 3
