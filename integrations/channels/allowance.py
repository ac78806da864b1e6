"""How fast a provider may be asked: a bucket of tokens, one a message.

Add here when a provider's quota works otherwise; rather in a channel's options when only the number differs.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Allowance:
    """How many messages may go out now: a bucket that fills with so many a second and holds one second's worth. 0: no limit."""

    def __init__(self, per_second: float, now: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._now = per_second, now
        self._tokens, self._at = max(1.0, per_second), now()

    def take(self) -> bool:
        """Whether one more may go; takes it."""
        if not self._rate:
            return True
        now = self._now()
        self._tokens = min(max(1.0, self._rate), self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        """The one that was taken did not go."""
        self._tokens += 1 if self._rate else 0

    @property
    def is_dry(self) -> bool:
        """Whether the next one has to wait."""
        return bool(self._rate) and self._tokens < 1

    def pause(self, longest: float) -> float:
        """Seconds until one more may go, at most `longest`."""
        if not self._rate or self._tokens >= 1:
            return longest
        return min(longest, (1 - self._tokens) / self._rate)
