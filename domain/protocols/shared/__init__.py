"""What the protocols share: their shape, reading bodies, times, and the loader."""
