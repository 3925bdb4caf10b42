"""Scripts by which warehouses load an environment's objects themselves; `scripts` is where to start."""
