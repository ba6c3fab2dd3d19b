"""Helpers of the end-to-end tests. Python standard library only."""
