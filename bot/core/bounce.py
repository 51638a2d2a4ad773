"""What a mail server says of a mail it could not deliver (RFC 3464): to whom, and whether for good."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIELD = re.compile(r"^(final-recipient|original-recipient|action|status)[ \t]*:[ \t]*([^\n]{1,300})", re.I | re.M)
_ADDRESS = re.compile(r"[^\s;<>]{1,64}@[^\s;<>]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a bounce says in the fields of RFC 3464; all empty where it only speaks in words.

    Attributes:
        recipients: the addresses it is about, lower case.
        actions: `failed`, `delayed`, `delivered`, `relayed`, `expanded`.
    """

    recipients: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()

    @property
    def is_final(self) -> bool:
        """Say whether a mail did not arrive, for good. A server that only says it is late will say more."""
        return not self.actions or "failed" in self.actions

    def is_about(self, address: str, ours: str) -> bool:
        """Say whether it is about `address`, and not only about the copy to our own mailbox.

        A mail may be forwarded: another address than the one we wrote to is that one's fault.
        """
        return address.lower() in self.recipients or self.recipients != {ours.lower()}


def report(text: str) -> Report:
    """Return what a bounce says; `text` holds its words and its delivery report."""
    fields = [(name.lower(), said.strip()) for name, said in _FIELD.findall(text)]
    found = [match for name, said in fields if name.endswith("recipient") and (match := _ADDRESS.search(said))]
    return Report(recipients=frozenset(match[0].lower() for match in found),
                  actions=frozenset(said.split()[0].lower() for name, said in fields if name == "action" and said))
