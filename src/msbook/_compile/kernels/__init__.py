"""Compiled functions and what their loops share: lanes, normals, Fourier transforms.

Imports nothing else of the package.
"""
