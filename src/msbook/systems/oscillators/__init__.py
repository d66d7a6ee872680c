"""Oscillators and excitable cells, without noise and with it.

Imports equations.
"""
