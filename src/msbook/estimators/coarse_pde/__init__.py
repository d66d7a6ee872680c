"""Partial differential equations learned from fields.

Imports what all estimators share, and nothing of another estimator.
"""
