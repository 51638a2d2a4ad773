"""Patterns that are compiled when they are first asked for.

To compile those of all files took a tenth of a second at each start of the program, and most are asked for by few
mails: an order of the seller's, a language, one marketplace's letters.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

__all__ = ["later"]


def later(said: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what `re.compile` does, as far as anybody asks it; re.error, too, comes only then."""
    return cast("re.Pattern[AnyStr]", _Later(said, flags))


class _Later:
    """Takes over the methods of the pattern at the first question, and is as quick as it from then on."""

    def __init__(self, said: str | bytes, flags: int) -> None:
        self.pattern, self._flags = said, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):    # copy and pickle ask for those
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self._flags)
        self.__dict__ |= {each: getattr(compiled, each) for each in dir(compiled) if not each.startswith("_")}
        return getattr(compiled, name)
