"""Outgoing mail: written down with its cause, sent by a job, and its outcome is kept."""
