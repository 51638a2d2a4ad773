"""imap_tools as its page shows it, used well: bulk of 100, one transaction a hundred rows, one SMTP connection.

    python imap_tools_bot.py IMAP_PORT USER PASSWORD SMTP_PORT DATABASE      SMTP_PORT 0: nothing is sent
"""

from __future__ import annotations

import json
import re
import smtplib
import sqlite3
import sys
from email.mime.text import MIMEText

from imap_tools import MailBoxUnencrypted
from jinja2 import Template

ORDER = re.compile(r"\b\d{3}-\d{7}-\d{7}\b|\b\d{9}\b")
WORDS = Template("Bonjour,\n\nMerci pour votre message au sujet de la commande {{ number }}. Nous l'avons bien reçu\n"
                 "et nous vous répondons dès que possible.\n\nCordialement,\nAtelier Lumen\n")


def main(imap_port: str, user: str, password: str, smtp_port: str, database: str) -> None:
    db = sqlite3.connect(database, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE mails (id INTEGER PRIMARY KEY, message_id TEXT UNIQUE, sender TEXT, subject TEXT, "
               "number TEXT, text TEXT, state TEXT)")
    smtp = smtplib.SMTP("127.0.0.1", int(smtp_port)) if int(smtp_port) else None
    if smtp:
        smtp.login(user, password)
    mails, replies = 0, 0
    rows: list[tuple[str, ...]] = []

    def flush() -> None:
        nonlocal mails, replies
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT OR IGNORE INTO mails (message_id, sender, subject, number, text, state) VALUES "
                       "(?, ?, ?, ?, ?, 'open')", rows)
        db.execute("COMMIT")
        mails += len(rows)
        for message_id, _, subject, number, _ in rows if smtp else ():
            answer = MIMEText(WORDS.render(number=number), "plain", "utf-8")
            answer["From"], answer["To"], answer["Subject"] = user, "marie@boutique.example", f"Re: {subject}"
            answer["In-Reply-To"] = message_id
            assert smtp
            smtp.sendmail(user, ["marie@boutique.example"], answer.as_bytes())
            db.execute("UPDATE mails SET state = 'sent' WHERE message_id = ?", (message_id,))
            replies += 1
        rows.clear()

    with MailBoxUnencrypted("127.0.0.1", int(imap_port)).login(user, password, initial_folder=None) as mailbox:
        mailbox.folder.set("INBOX", readonly=True)
        for mail in mailbox.fetch(bulk=100, mark_seen=False):
            text = mail.text or mail.html
            found = ORDER.search(mail.subject) or ORDER.search(text)
            rows.append((mail.headers["message-id"][0], mail.from_, mail.subject, found[0] if found else "", text))
            if len(rows) == 100:
                flush()
        flush()
    print(json.dumps({"mails": mails, "replies": replies}))


if __name__ == "__main__":
    main(*sys.argv[1:])
