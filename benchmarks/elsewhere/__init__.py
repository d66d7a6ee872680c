"""Estimators on systems that are not in the book, with their defaults, beside peers."""
