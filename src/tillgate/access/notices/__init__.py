"""What owners are notified of: changes of dangerous settings that somebody else made."""

from tillgate.access.notices.model import Notices
from tillgate.access.notices.operations import NoticeBoard

__all__ = ["NoticeBoard", "Notices"]
