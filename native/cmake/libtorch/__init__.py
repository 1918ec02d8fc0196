"""Finds a libtorch to build against, and fetches one where the machine has none."""
