"""Landscapes.

Imports equations.
"""
