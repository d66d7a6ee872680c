"""What a text must know of the page that it stands on."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

from docutils import nodes


@dataclass(frozen=True)
class Page:
    """A page of the published site."""

    address: str
    number: Callable[[nodes.Element], str]  # "Fig. 3", "Exercise 2", "7" of an equation
    image: Callable[[str], str]  # the published address of a picture

    def link(self, node: nodes.Element) -> str:
        """Return the published address that a reference leads to."""
        if "refid" in node:
            return f"{self.address}#{node['refid']}"
        return urljoin(self.address, node.get("refuri", ""))
