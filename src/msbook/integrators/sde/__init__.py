"""Methods for stochastic differential equations.

A method is a class here and an entry in ``msbook.integrators.solver``.
"""
