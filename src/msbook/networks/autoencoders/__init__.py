"""Encoders and decoders of states, fields and sets of particles.

Imports ``layers`` and ``densities``.
"""
