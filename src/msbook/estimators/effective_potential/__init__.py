"""Effective potentials, from large steps in a landscape.

Imports what all estimators share, and nothing of another estimator.
"""
