"""What owners are told: changes of dangerous settings that somebody else made."""

from tillgate.access.notices.model import Notices
from tillgate.access.notices.operations import NoticeBoard

__all__ = ["NoticeBoard", "Notices"]
