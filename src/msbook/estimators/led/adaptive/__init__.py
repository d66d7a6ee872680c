"""LED that watches itself, and hands over to the solver.

Imports ``led``.
"""
