"""Layers, activations, and what makes networks sparse.

Imports nothing else of ``msbook.networks``.
"""
