"""What a reader brings to LED: trajectories of any length, read piece by piece."""
