"""Conditional laws: flows, mixtures, and noise pushed forward.

Imports ``layers``.
"""
