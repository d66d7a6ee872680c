"""What compiled code stands on: a reader's function, written down and compiled.

A function is called once on symbols in place of numbers; what it does to them is
written down, differentiated where a method asks for it, and compiled. Everything else
of Python runs as it always does, so that the compiled function means what the function
means.
"""
