"""Methods for processes that jump.

A method is a class here, which says what it moves, and a name of the package.
"""
