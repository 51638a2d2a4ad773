"""The impure part: one file, one outside thing. Edges do not import one another."""

from __future__ import annotations

from bot.core.errors import BotError


class EdgeError(BotError):
    """Something outside failed us; unless `permanent`, waiting may help."""

    def __init__(self, sentence: str, *, permanent: bool = False) -> None:
        super().__init__(sentence)
        self.permanent = permanent
