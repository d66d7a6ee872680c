"""Labels of exercises, equations and places name one thing each."""

import re
from collections import Counter

from notebooks import sources

LABELS = (
    r"^:label: (\S+)$",  # of exercises
    r"^\$\$ \((\S+)\)$",  # of equations
    r"^\((\S+)\)=$",  # of places
)


def test_labels_are_unique_in_the_book():
    found = Counter(
        label
        for source in sources()
        for pattern in LABELS
        for label in re.findall(pattern, source.read_text("utf-8"), re.MULTILINE)
    )
    assert len(found) > 50
    assert {label: n for label, n in found.items() if n > 1} == {}
