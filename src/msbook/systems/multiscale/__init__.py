"""Systems whose fast part drives a slow one: averaged, homogenised, not Markov.

Imports equations, integrators and ``slow_fast``.
"""
