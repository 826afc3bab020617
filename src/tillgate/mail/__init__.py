"""Outgoing mail: written down with what it is about, sent by a job, and what became of it is known."""
