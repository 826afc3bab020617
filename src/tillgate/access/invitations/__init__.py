"""Invitations: links with which somebody takes up a role, once."""

from tillgate.access.invitations.model import Invitation, Invited
from tillgate.access.invitations.operations import Invitations

__all__ = ["Invitation", "Invitations", "Invited"]
