"""What nobody can beat in Python: raw sockets, bytes cut by hand, one connection, a commit for a batch.

    python floor.py IMAP_PORT USER PASSWORD SMTP_PORT DATABASE [fetch]     SMTP_PORT 0: nothing is sent

With `fetch` it only takes the mails off the line: raw FETCH of the same mailbox.
"""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import sys
from base64 import b64decode, b64encode
from binascii import a2b_qp
from collections.abc import Iterator
from email.header import decode_header, make_header

ORDER = re.compile(r"\b\d{3}-\d{7}-\d{7}\b|\b\d{9}\b")
HEADER = re.compile(rb"\n(From|Subject|Message-ID):[ \t]*(.*(?:\r\n[ \t].*)*)", re.I)
OVER = re.compile(rb"f(\d+) OK")
LITERAL = re.compile(rb"\{(\d+)\}\r\n")
BATCH = 200
MAIL = ("From: {user}\r\nTo: marie@boutique.example\r\nSubject: Re: {number}\r\nIn-Reply-To: {answers}\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\nBonjour,\r\n\r\nMerci pour votre message au sujet de la commande "
        "{number}. Nous l'avons bien reçu\r\net nous vous répondons dès que possible.\r\n\r\nCordialement,\r\n"
        "Atelier Lumen\r\n.\r\n")


class Line:
    """A connection read by the line and by the byte."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb", 1 << 18)

    def say(self, words: bytes) -> None:
        self.socket.sendall(words)

    def until(self, start: bytes) -> bytes:
        while not (line := self.file.readline()).startswith(start):
            assert line, "the server hung up"
        return line


def fetch(line: Line, user: str, password: str) -> Iterator[list[bytes]]:
    """Yield the mails a batch at a time; the next batch is asked for before this one is read."""
    line.file.readline()
    line.say(f'a LOGIN "{user}" "{password}"\r\n'.encode())
    line.until(b"a OK")
    line.say(b"b EXAMINE INBOX\r\n")
    exists = 0
    while not (told := line.file.readline()).startswith(b"b OK"):
        if told.endswith(b" EXISTS\r\n"):
            exists = int(told.split()[1])
    starts, ended = range(1, exists + 1, BATCH), set[int]()
    for place, first in enumerate(starts):
        for ahead in starts[place:place + 2] if not place else starts[place + 1:place + 2]:
            line.say(b"f%d FETCH %d:%d BODY.PEEK[]\r\n" % (ahead, ahead, min(ahead + BATCH - 1, exists)))
        mails = []
        while first not in ended:       # two questions may be answered at once, and the second end before the first
            told = line.file.readline()
            assert told, "the server hung up"
            if over := OVER.match(told):
                ended.add(int(over[1]))
            elif found := LITERAL.search(told):
                mails.append(line.file.read(int(found[1])))
        yield mails


def cut(raw: bytes) -> tuple[str, str, str, str, str]:
    """Return Message-ID, sender, subject, order and text of a mail, without a MIME parser."""
    end = raw.find(b"\r\n\r\n")
    found = {name.lower(): value for name, value in HEADER.findall(raw, 0, end)}
    subject = str(make_header(decode_header(found[b"subject"].decode("utf-8", "replace"))))
    boundary = raw.find(b'boundary="', 0, end)
    if boundary >= 0:
        mark = b"\r\n--" + raw[boundary + 10:raw.find(b'"', boundary + 10)]
        begin = raw.find(mark, end - 2) + len(mark) + 2
        part = raw[begin:raw.find(mark, begin)]
    else:
        part = raw[raw.rfind(b"Content-Type", 0, end):]
    head, _, body = part.partition(b"\r\n\r\n")
    if b"quoted-printable" in head:
        body = a2b_qp(body)
    elif b"base64" in head:
        body = b64decode(body)
    text = body.decode("utf-8", "replace")
    order = ORDER.search(subject) or ORDER.search(text)
    return (found[b"message-id"].decode(), found[b"from"].decode("utf-8", "replace"), subject,
            order[0] if order else "", text)


class Post:
    """One SMTP connection, the envelope in one turn, the next envelope with the mail before it."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self.line, self.user = Line(port), user
        self.line.file.readline()
        self.line.say(b"EHLO floor\r\n")
        self.line.until(b"250 ")
        self.line.say(b"AUTH PLAIN " + b64encode(f"\0{user}\0{password}".encode()) + b"\r\n")
        self.line.until(b"235")

    def send(self, rows: list[tuple[str, str, str, str, str]]) -> None:
        envelope = f"MAIL FROM:<{self.user}>\r\nRCPT TO:<marie@boutique.example>\r\nDATA\r\n".encode()
        self.line.say(envelope)
        for place, row in enumerate(rows):
            self.line.until(b"354")
            mail = MAIL.format(user=self.user, number=row[3], answers=row[0]).encode()
            self.line.say(mail + envelope if place + 1 < len(rows) else mail)
        self.line.until(b"250 2.0.0 queued")


def main(imap_port: str, user: str, password: str, smtp_port: str, database: str, only: str = "") -> None:
    mails = replies = 0
    db = sqlite3.connect(database, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE mails (id INTEGER PRIMARY KEY, message_id TEXT UNIQUE, sender TEXT, subject TEXT, "
               "number TEXT, text TEXT, state TEXT)")
    post = Post(int(smtp_port), user, password) if int(smtp_port) else None
    for batch in fetch(Line(int(imap_port)), user, password):
        mails += len(batch)
        if only or not batch:
            continue
        rows = [cut(raw) for raw in batch]
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT OR IGNORE INTO mails (message_id, sender, subject, number, text, state) VALUES "
                       "(?, ?, ?, ?, ?, 'open')", rows)
        db.execute("COMMIT")
        if post:
            post.send(rows)
            db.execute("BEGIN IMMEDIATE")
            db.executemany("UPDATE mails SET state = 'sent' WHERE message_id = ?", [row[:1] for row in rows])
            db.execute("COMMIT")
            replies += len(rows)
    print(json.dumps({"mails": mails, "replies": replies}))


if __name__ == "__main__":
    main(*sys.argv[1:])
