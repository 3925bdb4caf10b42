"""Queries of what an environment has delivered, for the engines that can read it; `environments` is where to start."""
