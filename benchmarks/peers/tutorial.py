"""The bot of a hundred tutorials: one mail at a time by imaplib, policy.default, BeautifulSoup, one commit a mail, and
a connection to the SMTP server for each reply.

    python tutorial.py IMAP_PORT USER PASSWORD SMTP_PORT DATABASE      SMTP_PORT 0: nothing is sent
"""

from __future__ import annotations

import email
import imaplib
import json
import re
import smtplib
import sqlite3
import sys
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from bs4 import BeautifulSoup
from jinja2 import Template

ORDER = re.compile(r"\b\d{3}-\d{7}-\d{7}\b|\b\d{9}\b")
WORDS = ("Bonjour,\n\nMerci pour votre message au sujet de la commande {{ number }}. Nous l'avons bien reçu\n"
         "et nous vous répondons dès que possible.\n\nCordialement,\nAtelier Lumen\n")


def main(imap_port: str, user: str, password: str, smtp_port: str, database: str) -> None:
    db = sqlite3.connect(database)
    db.execute("CREATE TABLE mails (id INTEGER PRIMARY KEY, message_id TEXT UNIQUE, sender TEXT, subject TEXT, "
               "number TEXT, text TEXT, state TEXT)")
    template = Path(database).with_suffix(".txt")
    template.write_text(WORDS, "utf-8")
    imap = imaplib.IMAP4("127.0.0.1", int(imap_port))
    imap.login(user, password)
    imap.select("INBOX", readonly=True)
    mails = replies = 0
    for number in imap.search(None, "ALL")[1][0].split():
        raw = imap.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1]  # type: ignore[index]
        mail = email.message_from_bytes(raw, policy=default)  # type: ignore[arg-type]
        text = ""
        for part in mail.walk():
            if part.get_content_type() == "text/html":
                text = BeautifulSoup(part.get_content(), "html.parser").get_text("\n")
            elif part.get_content_type() == "text/plain" and not text:
                text = part.get_content()
        found = ORDER.search(str(mail["subject"])) or ORDER.search(text)
        order = found[0] if found else ""
        row = db.execute("INSERT OR IGNORE INTO mails (message_id, sender, subject, number, text, state) VALUES "
                         "(?, ?, ?, ?, ?, 'open')", (mail["message-id"], str(mail["from"]), str(mail["subject"]),
                                                     order, text)).lastrowid
        db.commit()
        mails += 1
        if int(smtp_port):
            answer = EmailMessage()
            answer["From"], answer["To"], answer["Subject"] = user, "marie@boutique.example", f"Re: {mail['subject']}"
            answer["In-Reply-To"] = mail["message-id"]
            answer.set_content(Template(template.read_text("utf-8")).render(number=order))
            with smtplib.SMTP("127.0.0.1", int(smtp_port)) as smtp:
                smtp.login(user, password)
                smtp.send_message(answer)
            db.execute("UPDATE mails SET state = 'sent' WHERE id = ?", (row,))
            db.commit()
            replies += 1
    imap.logout()
    print(json.dumps({"mails": mails, "replies": replies}))


if __name__ == "__main__":
    main(*sys.argv[1:])
