"""Learned effective dynamics: latents, a propagator, forecasts.

Imports what all estimators share, and nothing of another estimator.
"""
