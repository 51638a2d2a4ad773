"""French for the progress of a first look."""

from __future__ import annotations

FRENCH = {
    "Mailbox {mailbox}: first look {bar} {done} of {whole} mails":
        "Boîte {mailbox} : premier passage {bar} {done} mails sur {whole}",
}
