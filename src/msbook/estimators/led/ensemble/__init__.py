"""Several trainings of LED, and intervals that cover."""
