"""What the landing page says of the book comes from the files that state it."""

from datetime import date

import colophon
from contents import chapters
from project import ROOT, metadata
from pybtex.database import parse_string

FACTS = {
    "title": "A book: its title",
    "version": "1.2.0",
    "license": "MIT",
    "repository-code": "https://example.org/book",
    "authors": [
        {"name": "A group of people"},
        {"given-names": "Ada Maria", "family-names": "Example"},
    ],
    "date-released": "2026-02-03",
}


def test_citation_is_bibtex_that_keeps_the_names():
    entry = parse_string(colophon.bibtex(FACTS), "bibtex").entries["msbook"]
    assert entry.type == "software"
    names = [str(person).strip("{}") for person in entry.persons["author"]]
    assert names == ["A group of people", "Ada Maria Example"]
    assert dict(entry.fields) == {
        "title": "A book: its title",
        "year": "2026",
        "version": "1.2.0",
        "url": "https://example.org/book",
    }


def test_a_day_may_be_a_date_or_its_text():
    assert colophon.released(FACTS) == date(2026, 2, 3)
    assert colophon.released({"date-released": date(2026, 2, 3)}) == date(2026, 2, 3)


def test_colophon_states_version_and_licence():
    text = colophon.markdown()
    assert f"Version {metadata()['version']}, " in text
    assert f"{metadata()['license']} licence" in text


def test_chapters_are_the_folders_of_the_contents():
    assert list(chapters())[:2] == ["slow_maps", "effective_potentials"]
    for folder, names in chapters().items():
        stored = {path.stem for path in (ROOT / "book" / folder).glob("*.ipynb")}
        assert stored == set(names)


def test_roadmap_numbers_are_those_of_the_contents():
    picture = (ROOT / "book" / "figures" / "roadmap.svg").read_text("utf-8")
    named = {
        "slow_maps": "Slow maps",
        "effective_potentials": "Potentials",
        "flow_maps": "Flow maps",
        "effective_dynamics": "LED",
    }
    for number, folder in enumerate(chapters(), start=1):
        if folder in named:
            assert f">{number} {named[folder]}<" in picture
    toolkit = list(chapters()).index("led_toolkit") + 1
    assert f">{toolkit}.1 and {toolkit}.2<" in picture
    assert chapters()["led_toolkit"][:2] == ["solvers", "van_der_pol"]
