"""The paper against ours; ``python -m msbook.claims`` prints the ledger."""

import sys

from msbook.book.claims import *
from msbook.book.claims import __all__ as __all__
from msbook.book.claims.command_line import main

if __name__ == "__main__":
    sys.exit(main())
