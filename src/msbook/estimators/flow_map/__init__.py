"""Stochastic flow maps: the law of one step, learned from pairs.

Imports what all estimators share, and nothing of another estimator.
"""
