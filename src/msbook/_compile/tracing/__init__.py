"""A reader's function, written down once and compiled or run in NumPy from one text.

:func:`msbook._compile.tracing.trace.trace` is the way in. Imports ``kernels``.
"""
