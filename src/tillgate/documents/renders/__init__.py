"""Renders: documents made of a version of a template and data."""
