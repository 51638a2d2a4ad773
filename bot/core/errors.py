"""The root of every error the bot raises itself, and the one that puts a mail on the shelf."""

from __future__ import annotations


class BotError(Exception):
    """Says what was wanted, what was got, where, and what to do; shown to the seller as it is."""


class UnreadableError(BotError):
    """A mail we cannot read, or not enough of: it goes on the shelf with this reason.

    Attributes:
        code: a short, stable word that scripts may compare, such as `bad_from`.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code, self.sentence = code, sentence

    def __reduce__(self) -> tuple[type[UnreadableError], tuple[str, str]]:
        return type(self), (self.code, self.sentence)  # so that it can come out of a child process
