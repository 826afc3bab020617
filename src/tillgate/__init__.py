"""Tillgate: a checkout server that people host themselves, behind API keys they can trust."""

__version__ = "0.1.0"
