"""Methods for processes that jump.

A method is a class here and an entry in ``msbook.integrators.solver``.
"""
