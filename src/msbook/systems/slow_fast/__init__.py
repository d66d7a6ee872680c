"""Slow–fast systems whose slow map is known in closed form.

Imports equations.
"""
