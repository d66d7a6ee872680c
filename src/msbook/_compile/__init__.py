"""What compiled code stands on.

``tracing`` writes a reader's function down as text; ``kernels`` are the functions that
the text, and every compiled loop, may call. Imports nothing else of the package.
"""
