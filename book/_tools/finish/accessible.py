"""Names and roles that a screen reader needs and the theme does not give."""

from bs4 import BeautifulSoup

from finish.page import Page


def finish(page: Page) -> None:
    """Mend a page."""
    name_toggles(page.soup)
    name_search(page.soup)
    list_literature(page.soup)
    name_sidebar(page.soup)
    turn_empty_headings_into_cells(page.soup)


def name_toggles(soup: BeautifulSoup) -> None:
    """A toggle is called what it shows; one that shows an arrow only gets a name."""
    for toggle in soup.select(".cell summary[aria-label]"):
        del toggle["aria-label"]
    for toggle in soup.select("summary:has(> .toctree-toggle)"):
        entry = toggle.find_previous("a")
        if entry:
            toggle["aria-label"] = f"Pages under {entry.get_text(strip=True)}"


def name_search(soup: BeautifulSoup) -> None:
    """The search field is called what it shows, its keys included."""
    for button in soup.select(".search-button-field[aria-label]"):
        del button["aria-label"]


def list_literature(soup: BeautifulSoup) -> None:
    """A list of references holds items; the role of an entry is deprecated."""
    for entry in soup.select('[role="list"] > [role="doc-biblioentry"]'):
        entry["role"] = "listitem"


def name_sidebar(soup: BeautifulSoup) -> None:
    """The book's title in the sidebar stands in a region with a name."""
    for sidebar in soup.select("#pst-primary-sidebar"):
        sidebar["role"] = "region"
        sidebar["aria-label"] = "The book"


def turn_empty_headings_into_cells(soup: BeautifulSoup) -> None:
    """The corner of a table with headings on two sides is no heading."""
    for heading in soup.select("th"):
        if not heading.get_text(strip=True) and not heading.find("img"):
            heading.name = "td"
