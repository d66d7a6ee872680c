"""The slow map, learned from projections.

Imports what all estimators share, and nothing of another estimator.
"""
