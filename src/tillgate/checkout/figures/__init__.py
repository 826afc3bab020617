"""Figures: sums over a project's payments by time and currency."""
