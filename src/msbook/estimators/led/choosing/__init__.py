"""How LED chooses its parts: candidates, judged by forecasts of held-out paths."""
