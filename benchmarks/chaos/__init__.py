"""Everything that can fail does, and every event that was acknowledged has to be found again."""
