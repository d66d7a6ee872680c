"""Methods for stochastic differential equations.

A method is a class here, which says what it moves, and a name of the package.
"""
