"""Programs that a test starts."""

import subprocess


def run(*command: object, **options) -> str:
    """What a command prints; its errors are shown when it fails."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
