"""How LED chooses its parts: candidates, judged by their forecasts of held-out paths."""
