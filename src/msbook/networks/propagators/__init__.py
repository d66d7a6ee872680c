"""Networks that forecast with a memory.

Imports ``layers``.
"""
