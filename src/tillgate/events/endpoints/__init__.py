"""Webhook endpoints: where a project wants its events."""
