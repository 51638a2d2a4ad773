"""`backtest` as a person uses it: in a terminal, for scripts, as a page; over mailboxes, folders and files."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.servers.dovecot import Dovecot
from tests.test_replaying import story
from tests.world import NOW, RELAY, SHOP, World, buyer_writes, claim, mail

END = "2026-11-26T10:00:00Z"
EXACT = ["read", "recognised", "shelved", "kinds", "cases", "drafts", "alone", "refused", "deadlines", "missed"]


def ran(world: World, *arguments: str, code: int = 0, language: str = "en") -> str:
    done = subprocess.run(
        [sys.executable, "run_bot.py", "--lang", language, "--config", str(world.folder / "mailboxes.toml"), "backtest",
         *arguments], cwd=Path(__file__).resolve().parent.parent, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, done.stderr
    return done.stdout if not code else done.stderr


def told(world: World, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran(world, *arguments, "--json", "--now", END))
    return found


@pytest.fixture
def past(world: World) -> World:
    """A week of mails in Marie's Maildir; her bot never ran."""
    for at, raw in story():
        world.now = at
        world.arrives(raw)
    for database in world.folder.glob("data/*"):
        database.unlink()
    return world


def files(world: World) -> Path:
    folder = world.folder / "eml"
    folder.mkdir()
    for number, (at, raw) in enumerate(story()):
        stamp = f"Received: from a by b; {at:%d %b %Y %H:%M:%S} +0000\n".encode()
        (folder / f"{number:02}.eml").write_bytes(stamp + raw)
    return folder


def mbox(world: World) -> Path:
    path = world.folder / "past.mbox"
    path.write_bytes(b"".join(
        b"From - Tue Nov 17 10:00:00 2026\n" + f"Received: by b; {at:%d %b %Y %H:%M:%S} +0000\n".encode()
        + re.sub(rb"(?m)^(>*From )", rb">\1", raw) + b"\n" for at, raw in story()))
    return path


# ---- what it says


def test_json_has_what_scripts_count_on_in_this_order(past: World) -> None:
    found = told(past)
    assert list(found)[:len(EXACT)] == EXACT
    assert list(found["deadlines"]) == ["met", "missed", "open"]
    assert (found["read"], found["shelved"], found["cases"]) == (12, 1, 5)
    assert found["recognised"] == sum(found["kinds"].values()) == 10
    assert found["kinds"]["buyer_wrote"] == 6
    assert found["deadlines"] == {"met": 1, "missed": len(found["missed"]), "open": found["deadlines"]["open"]}
    assert found["answers"] == 1


def test_a_mode_that_lets_replies_leave_alone_is_told_with_what_guards_kept_back(past: World) -> None:
    past.configure(policy='mode = "alone"')
    found = told(past)
    assert found["alone"] > 0
    assert found["refused"] == len(found["refusals"]) > 0
    assert any("sender_unverified" in row["why"] for row in found["refusals"])
    assert told(past, "--until", "2026-11-17")["alone"] < found["alone"]


def test_by_how_much_a_deadline_was_met_and_how_late_an_answer_came_is_told(world: World) -> None:
    world.arrives(buyer_writes(date=NOW))
    answered = answer(NOW + timedelta(hours=30))
    found = told(world, "--maildir", str(with_sent(world, answered)))
    [missed] = [row for row in found["missed"] if row["late"] is not None]
    assert missed["late"] == 6 * 60
    early = told(world, "--maildir", str(with_sent(world, answer(NOW + timedelta(hours=20)))))
    assert [row["left"] for row in early["met"]] == [4 * 60]


def test_what_was_at_stake_is_told_where_a_mail_names_the_sum(world: World) -> None:
    sold = (Path(__file__).parent.parent / "bot/marketplaces/amazon/samples/guarantee_claimed_fr_asks.eml").read_bytes()
    (world.folder / "sold.eml").write_bytes(sold)
    found = told(world, str(world.folder / "sold.eml"))
    assert [row["amount"] for row in found["missed"]] == ["23.40 EUR"] * len(found["missed"])
    assert found["at_stake"] == {"EUR": "23.40 EUR"}
    assert found["missed"]


def test_the_terminal_reads_it_in_the_sellers_language_unless_he_asks_for_another(past: World) -> None:
    english = ran(past, "--now", END)
    assert "Understood by nobody" in english
    assert "Nothing was sent" in english
    assert "marc@ailleurs.example · Une question" in english
    assert "Compris par personne" in ran(past, "--now", END, language="fr")


def test_progress_bars_and_warnings_stay_off_where_nobody_watches(past: World) -> None:
    done = subprocess.run([sys.executable, "run_bot.py", "--config", str(past.folder / "mailboxes.toml"), "backtest",
                           "--now", END], cwd=Path(__file__).resolve().parent.parent, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Rejeu du" in done.stdout     # Marie's language


# ---- where the past lies


def test_a_maildir_a_folder_and_an_mbox_of_the_same_mails_come_to_the_same(past: World) -> None:
    stays = EXACT[:-1]
    found = [told(past, *asked) for asked in (
        (), ("--mailbox", "ventes"), ("--maildir", str(past.folder / "mail")), ("--mbox", str(mbox(past))),
        (str(files(past)),))]
    for one in found[1:]:
        assert {name: one[name] for name in stays} == {name: found[0][name] for name in stays}


def test_days_before_since_and_after_until_are_left_out_and_counted(past: World) -> None:
    found = told(past, "--since", "2026-11-18", "--until", "2026-11-20")
    assert (found["read"], found["outside"]) == (4, 8)
    assert found["until"] == "2026-11-20T23:00:00Z"     # midnight in Paris


def test_nothing_of_the_data_folder_is_touched_and_no_copy_is_left(past: World, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in past.folder.rglob("*") if path.is_file()}
    told(past)
    assert {path: path.read_bytes() for path in past.folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("arguments", "code", "sentence"), [
    (("--since", "Tuesday"), 2, "--since wants a day such as 2025-11-01, got Tuesday"),
    (("--mailbox", "achats"), 1, "mailboxes.toml has no mailbox achats: there are ventes"),
    (("nothing.eml",), 1, "There is no file or folder nothing.eml"),
    (("--mbox", "README.md"), 1, "README.md is no mbox"),
    (("--mbox", "README.md", "README.md"), 2, "not several"),
])
def test_what_cannot_be_replayed_is_said_in_one_sentence(world: World, arguments: tuple[str, ...], code: int,
                                                         sentence: str) -> None:
    assert sentence in ran(world, *arguments, code=code)


def test_a_mail_that_cannot_be_read_stops_no_other(past: World) -> None:
    folder = files(past)
    (folder / "99.eml").symlink_to(folder / "gone.eml")
    (folder / "98.eml").write_bytes(b"\xff\x00 no mail at all")
    assert told(past, str(folder))["read"] == 13


# ---- the seller's real answers


def answer(at: Any, *, headers: str = "", to: str = RELAY) -> bytes:
    return mail(f"From: Marie <{SHOP}>\nSubject: Re: votre lampe\n{headers}", "Bonjour, la voici.", date=at).replace(
        f"To: {SHOP}".encode(), f"To: {to}".encode())


def with_sent(world: World, *answers: bytes) -> Path:
    """Put answers of Marie's into the Sent folder of her Maildir; return the Maildir."""
    box = world.folder / "mail"
    for part in ("new", "cur", "tmp"):
        (box / ".Sent" / part).mkdir(parents=True, exist_ok=True)
    for old in (box / ".Sent" / "cur").iterdir():
        old.unlink()
    for number, raw in enumerate(answers):
        stamp = int(parsedate_to_datetime(message_from_bytes(raw)["date"]).timestamp())
        (box / ".Sent" / "cur" / f"{stamp}.M{number:06}.box:2,S").write_bytes(raw)
    return box


@pytest.mark.parametrize("headers", ["In-Reply-To: <asked@mail.example>", "References: <asked@mail.example>", "X-A: b"],
                         ids=["In-Reply-To", "References", "the buyer's address"])
def test_an_answer_in_the_sent_folder_meets_the_deadline_of_what_it_answers(world: World, headers: str) -> None:
    world.arrives(buyer_writes(date=NOW, number="asked@mail.example"))
    to = RELAY if "X-A" in headers else "other@marketplace.amazon.fr"
    found = told(world, "--maildir", str(with_sent(world, answer(NOW + timedelta(hours=2), headers=headers, to=to))))
    assert (found["deadlines"]["met"], found["answers"], found["read"]) == (1, 1, 1)


@pytest.mark.parametrize("raw", [
    answer(NOW + timedelta(hours=2), to="somebody@else.example"),
    answer(NOW + timedelta(hours=2), headers="Auto-Submitted: auto-replied\nIn-Reply-To: <asked@mail.example>"),
], ids=["to somebody else", "by a robot"])
def test_what_answers_no_buyer_meets_nothing(world: World, raw: bytes) -> None:
    world.arrives(buyer_writes(date=NOW, number="asked@mail.example"))
    found = told(world, "--maildir", str(with_sent(world, raw)))
    assert (found["deadlines"]["met"], found["answers"]) == (0, 0)


def test_in_an_export_her_own_mails_are_known_by_their_sender(world: World) -> None:
    folder = world.folder / "export"
    folder.mkdir()
    (folder / "1.eml").write_bytes(buyer_writes(date=NOW))
    (folder / "2.eml").write_bytes(answer(NOW + timedelta(hours=2)))
    found = told(world, str(folder))
    assert (found["deadlines"]["met"], found["answers"], found["read"]) == (1, 1, 1)


# ---- the page


class Page(HTMLParser):
    """What a page is made of: its elements, where they point, and the words of each picture's title."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.points: list[str] = []
        self.classes: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.points += [value or "" for name, value in attrs if name in ("href", "src", "style", "onclick")]
        self.classes += [value or "" for name, value in attrs if name == "class"]


def test_the_page_fetches_nothing_and_shows_three_charts_each_with_its_table(past: World) -> None:
    path = past.folder / "report.html"
    ran(past, "--now", END, "--html", str(path))
    text = path.read_text("utf-8")
    page = Page(text)
    assert not page.points
    assert not {"script", "link", "img", "iframe", "object", "form", "a"} & set(page.tags)
    assert "url(" not in text
    assert "http" not in re.sub(r'http-equiv="', "", text)
    assert page.classes.count("chart") == page.classes.count("table") == 3
    assert page.tags.count("desc") == 3
    assert "prefers-color-scheme:dark" in text
    assert "@media print" in text


def test_what_a_mail_says_is_only_text_in_the_page(world: World) -> None:
    world.arrives(mail("From: Eve <eve@evil.example>\nSubject: <script>alert(1)</script> &amp; \"x\"", "x", date=NOW))
    path = world.folder / "report.html"
    ran(world, "--now", END, "--html", str(path))
    text = path.read_text("utf-8")
    assert "&lt;script&gt;alert(1)" in text
    assert "<script" not in text


def test_claims_are_counted_in_the_week_in_which_they_came(world: World) -> None:
    world.arrives(claim(date=NOW))
    world.now += timedelta(days=7)
    world.arrives(buyer_writes(date=world.now))
    weeks = told(world)["weeks"]
    assert [(row["week"], row["kinds"]) for row in weeks] == [
        ("2026-11-16", {"not_conforming_claimed": 1}), ("2026-11-23", {"buyer_wrote": 1})]


# ---- a mailbox on a server, and the documents

ON_A_SERVER = """
[seller]
name = "Atelier Lumen"
notify = ["marie@boutique.example"]
language = "en"

[[mailbox]]
name = "ventes"
address = "{user}"
imap = {{ host = "127.0.0.1", port = {port}, security = "plain" }}
user = "{user}"
password_file = "password"
authserv_id = "mx.boutique.example"
"""


def test_a_mailbox_on_a_server_is_read_with_its_sent_folder_and_left_as_it_is(dovecot: Dovecot, world: World) -> None:
    user = "backtest@boutique.example"
    dovecot.add(user)
    dovecot.deliver(user, buyer_writes(number="asked@mail.example", date=datetime.now(UTC)))
    reply = answer(datetime.now(UTC), headers="In-Reply-To: <asked@mail.example>").replace(
        SHOP.encode(), user.encode())
    (world.folder / "password").write_text("secret\n")
    (world.folder / "password").chmod(0o600)
    (world.folder / "mailboxes.toml").write_text(ON_A_SERVER.format(user=user, port=dovecot.ports["imap"]), "utf-8")
    with dovecot.client(user) as phone:
        phone.append("Sent", reply, flags=[], msg_time=datetime.now(UTC) + timedelta(seconds=5))
        later = (datetime.now(UTC) + timedelta(days=3)).isoformat()
        found = json.loads(ran(world, "--json", "--now", later))
        flags = {folder: [phone.get_flags(phone.search())] for folder in ("INBOX", "Sent")
                 if phone.select_folder(folder, readonly=True)}
    assert (found["read"], found["answers"], found["deadlines"]["met"]) == (1, 1, 1)
    assert b"\\Seen" not in str(flags).encode()


EXAMPLES = re.compile(r"(?m)^run_bot\.py backtest(.*)$")


@pytest.mark.parametrize("page", ["docs/backtest.md", "docs/backtest.fr.md"])
def test_the_examples_of_the_documents_run(past: World, page: str) -> None:
    """Each as it stands there, with Marie's own folder and files where it names some."""
    examples = EXAMPLES.findall((Path(__file__).resolve().parent.parent / page).read_text("utf-8"))
    assert len(examples) >= 5
    places = {"report.html": past.folder / "report.html", "rapport.html": past.folder / "rapport.html",
              "takeout.mbox": mbox(past), "mails/": files(past), "Maildir": past.folder / "mail"}
    for example in examples:
        arguments = [str(places.get(word, word)) for word in example.partition("#")[0].split()]
        assert ran(past, *arguments, "--now", END)


@pytest.mark.parametrize("page", ["docs/backtest.md", "docs/backtest.fr.md"])
def test_the_documents_name_every_key_of_the_json(past: World, page: str) -> None:
    text = (Path(__file__).resolve().parent.parent / page).read_text("utf-8")
    assert not [key for key in told(past) if f"`{key}`" not in text]
