"""The head of a page: what it is, for search engines and links, and what it loads."""

from finish.page import Page

SEARCH_SCRIPTS = ("searchtools.js", "language_data.js", "searchindex.js")
DESCRIPTION_LENGTH = 200


def finish(page: Page) -> None:
    """Mend a page's head."""
    keep_one_viewport(page)
    describe(page)
    drop_unused_scripts(page)


def keep_one_viewport(page: Page) -> None:
    """Sphinx, its theme and the parser each add one; they are the same."""
    for viewport in page.soup.select('meta[name="viewport"]')[1:]:
        viewport.decompose()


def describe(page: Page) -> None:
    """Describe a page by its title and its first paragraph without a formula."""
    head, soup = page.soup.head, page.soup
    if head is None or soup.select_one('meta[name="description"]'):
        return
    title = soup.select_one("article h1") or soup.title
    if title is None:
        return
    heading = own_text(title)
    paragraph = soup.select_one("article h1 ~ p:not(:has(.math))")
    summary = own_text(paragraph) if paragraph else heading
    book = page.app.config.project
    named = [("name", "description", shortened(summary))]
    named += [
        ("property", "og:type", "article"),
        ("property", "og:site_name", book),
        ("property", "og:title", heading),
        ("property", "og:description", shortened(summary)),
    ]
    for attribute, name, content in named:
        head.append(soup.new_tag("meta", attrs={attribute: name, "content": content}))


def own_text(element) -> str:
    """Return an element's text without the sign of its link."""
    link = element.select_one("a.headerlink")
    text = element.get_text()
    if link:
        text = text.removesuffix(link.get_text())
    return " ".join(text.split())


def shortened(text: str) -> str:
    """Return the whole words that a description has room for."""
    if len(text) <= DESCRIPTION_LENGTH:
        return text
    return text[:DESCRIPTION_LENGTH].rsplit(" ", 1)[0] + " …"


def drop_unused_scripts(page: Page) -> None:
    """Leave out what a page does not use.

    The index is searched on the search page alone, mathematics set where there is some,
    and icons come from the fonts that the theme's style sheet names: the script that
    draws each as a picture is not needed beside them.
    """
    unused = ["scripts/fontawesome.js"]
    if page.path.name != "search.html":
        unused += SEARCH_SCRIPTS
    if not page.soup.select_one(".math"):
        unused += ["tex-chtml-full.js", "window.MathJax = "]
    for script in page.soup.select("head script"):
        # A script within the page has no address, one with an address no text.
        if any(name in f"{script.get('src')}{script.string}" for name in unused):
            script.decompose()
