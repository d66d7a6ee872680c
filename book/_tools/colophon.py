"""Who wrote the book, under which licence, which version, and how to cite it."""

from datetime import date
from typing import Any

import yaml
from project import ROOT, repository

CITATION = ROOT / "CITATION.cff"


def citation() -> dict[str, Any]:
    """Return what ``CITATION.cff`` states."""
    return yaml.safe_load(CITATION.read_text("utf-8"))


def author_name(author: dict[str, str]) -> str:
    """Return a group's name, or a person's given and family name."""
    if "name" in author:
        return author["name"]
    return f"{author['given-names']} {author['family-names']}"


def released(facts: dict[str, Any]) -> date:
    """Return the day of the version: YAML reads it as a date if it has no quotes."""
    return date.fromisoformat(str(facts["date-released"]))


def bibtex(facts: dict[str, Any]) -> str:
    """Return the entry by which the book is cited."""
    # A name in braces is not taken apart into given and family name.
    authors = " and ".join(f"{{{author_name(each)}}}" for each in facts["authors"])
    fields = {
        "author": authors,
        "title": facts["title"],
        "year": str(released(facts).year),
        "version": str(facts["version"]),
        "url": facts["repository-code"],
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@software{{msbook,\n{lines},\n}}"


def markdown() -> str:
    """Return the colophon: authors, licence, version, day, citation."""
    facts = citation()
    names = ", ".join(author_name(each) for each in facts["authors"])
    day = released(facts)
    licence = f"[{facts['license']} licence]({repository()}/blob/main/LICENSE)"
    return (
        f"By the {names}. Version {facts['version']}, {day.day} {day:%B %Y}. "
        f"Text and code are under the {licence}.\n\n"
        f"```bibtex\n{bibtex(facts)}\n```\n"
    )


def feedback() -> str:
    """Return where questions and misprints go."""
    return (
        f"Questions, misprints and wishes are welcome as [issues]({repository()}/issues"
        "). On each page the repository button at the top opens one about that page."
    )
