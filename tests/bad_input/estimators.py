CALLS = {}
REASONS = {}
