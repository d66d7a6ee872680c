"""What is kept: arrays and fitted estimators."""
