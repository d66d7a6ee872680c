"""What moves, as a reader writes it: equations, potentials, reactions.

Their public names are those of ``msbook.systems``. Imports ``_compile``.
"""
