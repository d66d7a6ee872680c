"""Other ways to learn the law of one step.

Imports ``flow_map``.
"""
