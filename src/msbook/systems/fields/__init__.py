"""Partial differential equations in one dimension of space.

Imports equations.
"""
