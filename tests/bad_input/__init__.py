"""One valid call of every public callable, by subpackage."""
