"""Tables of claims carry their headings in each cell: on a phone a row is a card."""

from finish.page import Page, add_class


def finish(page: Page) -> None:
    """Mark the tables that end in a verdict, and label their cells."""
    for table in page.soup.select("article table:has(> thead)"):
        headings = [cell.get_text(strip=True) for cell in table.select("thead th")]
        if headings[-1:] != ["verdict"]:
            continue
        add_class(table, "claim-cards")
        for row in table.select("tbody tr"):
            cells = row.find_all("td", recursive=False)
            if len(cells) == len(headings):
                for cell, heading in zip(cells, headings, strict=True):
                    cell["data-label"] = heading
