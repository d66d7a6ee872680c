"""What only the book needs: claims with their verdicts, and figures.

Nothing in the package imports it; the public names are ``msbook.claims`` and
``msbook.plotting``.
"""
