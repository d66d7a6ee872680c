"""The book's figures: one style, one meaning for each colour, recurring pictures."""

from msbook.book.plotting import *
from msbook.book.plotting import __all__ as __all__
