"""mailboxes.toml: what is understood, and every fault, told in a sentence with its place."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path

import pytest

import bot.settings
from bot import words
from bot.core.policy import Mode, Offer, Policy, Seller
from bot.settings import Fault, Mailbox, Server, Settings, SettingsError, is_example, is_loopback, keys, load
from bot.words.settings import FRENCH

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "mailboxes.toml"
CANARY = "Kanari-4711-hunter2"
KNOWN = ("amazon", "rakuten_fr")

SELLER = '[seller]\nnotify = ["marie@boutique.example"]\n'
MAILBOX = """
[[mailbox]]
name = "ventes"
address = "ventes@boutique.example"
imap = { host = "imap.example.net" }
user = "ventes@boutique.example"
password_env = "VENTES_PASSWORD"
"""
LEAST = SELLER + MAILBOX
BOX = "mailbox 'ventes'"
POLICY = "[policy]\n"
OFFER = "[policy.offer]\n"
MODES = "[policy.modes]\n"


def seller(line: str) -> str:
    """Return the least of settings with one line more about the seller."""
    return LEAST.replace("[seller]", f"[seller]\n{line}")


def changed(old: str, new: str = "") -> str:
    """Return the least of settings with one thing written otherwise, or left out."""
    assert old in LEAST
    return LEAST.replace(old, new)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    words.use("en")
    yield
    words.use("en")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mailboxes.toml"


def loaded(path: Path, text: str) -> Settings:
    path.write_text(text, "utf-8")
    return load(path, marketplaces=KNOWN)


def faults(path: Path, text: str) -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as caught:
        loaded(path, text)
    assert caught.value.faults
    return caught.value.faults


def only(path: Path, text: str) -> Fault:
    found = faults(path, text)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


# ---- what is understood ----


def test_what_is_left_out_has_the_defaults_of_the_design(path: Path) -> None:
    settings = loaded(path, LEAST)
    assert settings.seller == Seller(
        notify=("marie@boutique.example",), language="fr", timezone="Europe/Paris", holidays="FR")
    assert settings.policy == Policy(mode=Mode.DRAFT, warnings=(timedelta(hours=24), timedelta(hours=4)),
                                     max_age=timedelta(hours=72), quiet_hours=None, offer=Offer())
    box = settings.mailboxes[0]
    assert box.imap == Server(host="imap.example.net", port=993, security="tls")
    assert (box.smtp, box.maildir, box.ca_file, box.role, box.authserv_id) == (None, None, None, "", "")
    assert box.folders == ("INBOX",)
    assert box.shops == KNOWN
    assert settings.shops == {}


def test_the_database_stands_beside_the_file_whatever_the_working_directory(
        path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(seller('data = "kept"'), "utf-8")
    monkeypatch.chdir(path.parent)
    settings = load(Path("mailboxes.toml"), marketplaces=KNOWN)
    assert settings.data == path.parent / "kept"
    assert settings.path == path
    assert load(path, marketplaces=KNOWN).data.is_absolute()


@pytest.mark.parametrize(("key", "security", "port"), [
    ("imap", "tls", 993), ("imap", "starttls", 143), ("smtp", "tls", 465), ("smtp", "starttls", 587)])
def test_a_port_left_out_follows_from_the_security(path: Path, key: str, security: str, port: int) -> None:
    text = LEAST if key == "imap" else LEAST + 'smtp = { host = "imap.example.net" }'
    box = loaded(path, text.replace(f'{key} = {{', f'{key} = {{ security = "{security}",')).mailboxes[0]
    assert getattr(box, key) == Server(host="imap.example.net", port=port, security=security)


def test_servers_may_be_written_as_sections_of_their_own(path: Path) -> None:
    text = LEAST + '[mailbox.smtp]\nhost = "smtp.example.net"\nport = 2525\n'
    assert loaded(path, text).mailboxes[0].smtp == Server(host="smtp.example.net", port=2525, security="tls")


def test_a_maildir_needs_neither_user_nor_password(path: Path) -> None:
    text = SELLER + '[[mailbox]]\nname = "v"\naddress = "v@boutique.example"\nmaildir = "mail/v"\n'
    box = loaded(path, text).mailboxes[0]
    assert box.maildir == path.parent / "mail/v"
    assert box.secret_fault() is None
    with pytest.raises(SettingsError, match="no secret is named"):
        box.secret()


def test_mails_to_the_seller_leave_from_the_first_mailbox_unless_one_has_the_role(path: Path) -> None:
    second = MAILBOX.replace('"ventes"', '"robot"')
    assert loaded(path, LEAST + second).postbox.name == "ventes"
    assert loaded(path, LEAST + second + 'role = "bot"\n').postbox.name == "robot"


def test_trusted_hosts_are_those_of_all_mailboxes(path: Path) -> None:
    second = MAILBOX.replace('"ventes"', '"autre"') + 'authserv_id = "mx.example.org"\n'
    text = LEAST + 'authserv_id = "mx.example.net"\n' + second + MAILBOX.replace('"ventes"', '"sans"')
    assert loaded(path, text).trusted() == {"mx.example.net", "mx.example.org"}


def test_signatures_are_checked_by_ourselves_only_where_a_mailbox_says_so(path: Path) -> None:
    second = MAILBOX.replace('"ventes"', '"autre"') + "check_dkim = true\n"
    settings = loaded(path, LEAST + second)
    assert [box.check_dkim for box in settings.mailboxes] == [False, True]
    assert settings.checks_dkim
    assert not loaded(path, LEAST).checks_dkim


@pytest.mark.parametrize("value", ['"own"', '"true"', "1", '"yes"', "[true]"])
def test_a_yes_is_true_without_quotes(path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match="check_dkim: this must be true or false, without quotes"):
        loaded(path, LEAST + f"check_dkim = {value}\n")


def test_policy_is_read_whole(path: Path) -> None:
    policy = loaded(path, LEAST + """
[policy]
mode = "alone"
warnings = ["30m", "2d", "4h"]
quiet_hours = "21:00-08:00"
max_age = "3d"
[policy.modes]
buyer_wrote = "draft"
"amazon.sale_made" = "off"
rakuten_fr.sale_made = "shadow"
[policy.offer]
steps = [10, 20]
cap_percent = 30
cap_amount = "25.00 EUR"
""").policy
    assert policy.warnings == (timedelta(days=2), timedelta(hours=4), timedelta(minutes=30))
    assert policy.quiet_hours == (time(21), time(8))
    assert policy.max_age == timedelta(days=3)
    assert policy.mode_for("amazon", "sale_made") is Mode.OFF
    assert policy.mode_for("rakuten_fr", "sale_made") is Mode.SHADOW
    assert policy.mode_for("amazon", "buyer_wrote") is Mode.DRAFT
    assert policy.mode_for("amazon", "sale_cancelled") is Mode.ALONE
    assert policy.offer == Offer(steps=(10, 20), cap_percent=30, cap_cents=2500, currency="EUR")


@pytest.mark.parametrize(("said", "cents"), [
    ("25.00 EUR", 2500), ("25 EUR", 2500), ("0.5 EUR", 50), ("12,90 €", 1290), ("0 EUR", 0)])
def test_money_becomes_whole_cents(path: Path, said: str, cents: int) -> None:
    offer = loaded(path, LEAST + OFFER + f'cap_amount = "{said}"\n').policy.offer
    assert (offer.cap_cents, offer.currency) == (cents, "EUR")


def test_steps_without_a_cap_are_capped_by_the_largest(path: Path) -> None:
    assert loaded(path, LEAST + OFFER + "steps = [10, 20]\n").policy.offer.cap_percent == 20


def test_a_shop_of_which_nothing_is_written_is_a_bare_one(path: Path) -> None:
    settings = loaded(path, LEAST + '[shop.rakuten_fr]\nlogin = "atelier"\n')
    assert settings.shop("rakuten_fr").login == "atelier"
    assert settings.shop("amazon").login == ""
    assert not settings.shop("amazon").has_token


def test_the_byte_order_mark_of_windows_is_no_fault(path: Path) -> None:
    path.write_text(LEAST, "utf-8-sig")
    assert load(path, marketplaces=KNOWN).mailboxes


def test_windows_line_ends_are_no_fault(path: Path) -> None:
    path.write_bytes(changed("\n", "\r\n").encode())
    assert load(path, marketplaces=KNOWN).mailboxes


def test_a_no_break_space_in_a_name_is_no_fault(path: Path) -> None:
    assert loaded(path, seller('name = "Atelier\u00a0Lumen"')).seller.name


# ---- faults: the place, and what to do ----

@pytest.mark.parametrize(("text", "place", "sentence"), [
    # unknown names
    (LEAST + POLICY + 'warnigs = ["4h"]', "[policy] warnigs", "did you mean warnings?"),
    (LEAST + 'quiet_hours = "21:00-08:00"', f"{BOX} › quiet_hours", "belongs under [policy]"),
    (LEAST + "zzzz = 1", f"{BOX} › zzzz", "known are: address, "),
    (changed("host =", 'hots = "x", host ='), f"{BOX} › imap.hots", "did you mean host?"),
    ('name = "Atelier"\n' + LEAST, "name", "belongs under [seller]"),
    (LEAST + "[polcy]\n", "polcy", "did you mean policy?"),
    (LEAST + '[shop.rakuten]\nlogin = "a"', "[shop.rakuten]", "did you mean rakuten_fr?"),
    (LEAST + 'shops = ["amazone"]', f"{BOX} › shops", "'amazone'; did you mean amazon?"),
    (LEAST + MODES + '"amzon.sale_made" = "off"', "[policy.modes] amzon.sale_made", "did you mean amazon?"),
    (LEAST + MODES + 'buyer_rote = "off"', "[policy.modes] buyer_rote", "did you mean buyer_wrote?"),
    (LEAST + MODES + 'buyer_wrote = "aloen"', "[policy.modes] buyer_wrote", "did you mean alone?"),
    (LEAST + POLICY + 'mode = "auto"', "[policy] mode", "'auto' is not known here"),
    (LEAST + 'role = "boss"', f"{BOX} › role", "'boss' is not known here"),
    (LEAST + '[shop.amazon]\nseller_type = "pro"', "[shop.amazon] seller_type", "known here"),
    # wrong types
    ('seller = "Marie"\n' + MAILBOX, "[seller]", "must be a section"),
    (SELLER + MAILBOX.replace("[[mailbox]]", "[mailbox]"), "[mailbox]", "two brackets on each side"),
    (SELLER.replace("[seller]", "mailbox = [3]\n[seller]"), "mailbox no. 1", "must be a section or a table"),
    (changed('["marie@boutique.example"]', '"marie@boutique.example"'), "[seller] notify", "square brackets"),
    (seller("name = 5"), "[seller] name", "text in quotes, but it is 5"),
    (seller("name = true"), "[seller] name", "text in quotes, but it is true"),
    (seller('name = "A\\nBcc: x"'), "[seller] name", "on one line"),
    (LEAST + "folders = []", f"{BOX} › folders", "this list is empty"),
    (LEAST + 'folders = [""]', f"{BOX} › folders", "this is empty"),
    (LEAST + POLICY + 'modes = "off"', "[policy.modes]", "must be a section"),
    (LEAST + '[shop]\nlogin = "atelier"', "[shop.login]", "[shop.rakuten_fr]"),
    (changed('{ host = "imap.example.net" }', '"imap.example.net"'), f"{BOX} › imap", "curly brackets"),
    # the seller
    (MAILBOX, "[seller] notify", "this setting is missing"),
    (changed('["marie@boutique.example"]', "[]"), "[seller] notify", "this list is empty"),
    (changed("marie@boutique.example", "marie"), "[seller] notify", "'marie' is no e-mail address"),
    (changed("marie@boutique.example", "Marie <m@b.example>"), "[seller] notify", "write it bare"),
    (seller('language = "de"'), "[seller] language", "known are: en, fr"),
    (seller('timezone = "Paris"'), "[seller] timezone", "did you mean Europe/Paris?"),
    (seller('timezone = "Europe"'), "[seller] timezone", "no time zone 'Europe'"),
    (seller('timezone = "../etc"'), "[seller] timezone", "no time zone"),
    (seller('holidays = "France"'), "[seller] holidays", "FR-57"),
    # mailboxes
    (SELLER, "", "write a section [[mailbox]]"),
    (LEAST + MAILBOX, f"{BOX} › name", "another mailbox has this name"),
    (LEAST + MAILBOX.replace('"ventes"', '"Ventes"'), "mailbox 'Ventes' › name", "another mailbox has"),
    (LEAST + 'role = "bot"\n' + MAILBOX.replace('"ventes"', '"b"') + 'role = "bot"', "mailbox 'b' › role",
     "only one mailbox"),
    (changed('name = "ventes"\n'), "mailbox no. 1 › name", "this setting is missing"),
    (changed('address = "ventes@boutique.example"\n'), f"{BOX} › address", "this setting is missing"),
    (changed('address = "ventes@boutique.example"', 'address = "v@"'), f"{BOX} › address", "no e-mail"),
    (LEAST + 'maildir = "mail"', f"{BOX} › maildir", "both imap and maildir"),
    (changed('imap = { host = "imap.example.net" }\n'), BOX, "neither imap nor maildir"),
    (changed('user = "ventes@boutique.example"\n'), f"{BOX} › user", "the name to log in with"),
    (changed('password_env = "VENTES_PASSWORD"\n'), BOX, "no secret is named"),
    (LEAST + 'password_file = "v"', f"{BOX} › password_file", "keep one of password_env, password_file"),
    (LEAST + 'oauth = "google"', f"{BOX} › oauth", "keep one of password_env, oauth"),
    (LEAST + '[shop.amazon]\ntoken_env = "A"\ntoken_file = "b"', "[shop.amazon] token_file",
     "keep one of token_env, token_file"),
    (changed("password_env", "oauth"), f"{BOX} › oauth", "is not known here"),
    (changed('host = "imap.example.net"', "port = 993"), f"{BOX} › imap.host", "the name of the server"),
    (changed("imap.example.net", "imap.example.net:993"), f"{BOX} › imap.host", "no server name"),
    (changed("imap.example.net", "imaps://imap.example.net"), f"{BOX} › imap.host", "no server name"),
    (LEAST + 'ca_file = "ca.pem"', f"{BOX} › ca_file", "there is no file"),
    # the policy
    (LEAST + POLICY + 'warnings = ["24h", "soon"]', "[policy] warnings", "'soon' is no length of time"),
    (LEAST + POLICY + 'max_age = "0h"', "[policy] max_age", "'0h' is no length of time"),
    (LEAST + POLICY + "max_age = 72", "[policy] max_age", "text in quotes, but it is 72"),
    (LEAST + POLICY + 'quiet_hours = "21h-8h"', "[policy] quiet_hours", "no span of the day"),
    (LEAST + POLICY + 'quiet_hours = "08:00-08:00"', "[policy] quiet_hours", "two different times"),
    (LEAST + POLICY + 'quiet_hours = "24:00-08:00"', "[policy] quiet_hours", "no span of the day"),
    (LEAST + OFFER + 'cap_amount = "25.00"', "[policy.offer] cap_amount", "no amount of money"),
    (LEAST + OFFER + 'cap_amount = "2.505 EUR"', "[policy.offer] cap_amount", "no amount of money"),
    (LEAST + OFFER + "cap_percent = 130", "[policy.offer] cap_percent", "from 0 to 100, but it is 130"),
    (LEAST + OFFER + "steps = [0]", "[policy.offer] steps", "from 1 to 100, but it is 0"),
    (LEAST + OFFER + "steps = [true]", "[policy.offer] steps", "but it is true"),
])
def test_each_fault_names_its_place_and_says_what_to_do(
        path: Path, text: str, place: str, sentence: str) -> None:
    fault = only(path, text)
    assert fault.place == place
    assert sentence in fault.sentence


@pytest.mark.parametrize("port", ["0", "65536", "-1", '"993"', "true", "9.5"])
def test_a_port_out_of_range_is_refused(path: Path, port: str) -> None:
    fault = only(path, changed("host =", f"port = {port}, host ="))
    assert (fault.place, fault.line) == (f"{BOX} › imap.port", 7)
    assert "from 1 to 65535" in fault.sentence


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1", "LOCALHOST"])
def test_plain_is_allowed_on_this_machine(path: Path, host: str) -> None:
    text = changed("imap.example.net", host).replace("host =", 'security = "plain", host =')
    assert loaded(path, text).mailboxes[0].imap == Server(host=host, port=143, security="plain")
    assert is_loopback(host)


@pytest.mark.parametrize("host", [
    "imap.example.net", "192.168.1.2", "localhost.example.net", "127.0.0.1.example.net"])
def test_plain_is_refused_elsewhere(path: Path, host: str) -> None:
    fault = only(path, changed("imap.example.net", host).replace("host =", 'security = "plain", host ='))
    assert fault.place == f"{BOX} › imap.security"
    assert "this machine only" in fault.sentence


def test_plain_is_refused_for_sending_too(path: Path) -> None:
    fault = only(path, LEAST + 'smtp = { host = "smtp.example.net", security = "plain" }')
    assert fault.place == f"{BOX} › smtp.security"


def test_all_faults_are_told_at_once_each_with_its_line(path: Path) -> None:
    found = faults(path, """[seller]
language = "de"

[[mailbox]]
name = "ventes"
address = "ventes@boutique.example"
imap = { host = "imap.example.net", port = 70000 }
user = "ventes"
password_env = "V"

[[mailbox]]
name = "ventes"
address = "autre"

[policy]
warnings = [
  "24h",
  "soon",
]
[policy.modes]
"amazon.sale_maid" = "off"
""")
    assert [(fault.line, fault.place) for fault in found] == [
        (1, "[seller] notify"), (2, "[seller] language"), (7, f"{BOX} › imap.port"), (11, BOX),
        (12, f"{BOX} › name"), (13, f"{BOX} › address"), (16, "[policy] warnings"),
        (21, "[policy.modes] amazon.sale_maid")]


def test_a_fault_reads_file_line_place_sentence(path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(path, LEAST + POLICY + 'max_age = "long"\nwarnings = ["x"]')
    first, second = str(caught.value).splitlines()
    assert first.startswith("mailboxes.toml, line 11, [policy] max_age: 'long' is no length of time")
    assert second.startswith("mailboxes.toml, line 12, [policy] warnings: 'x' is no length of time")


def test_a_fault_whose_line_cannot_be_found_leaves_the_line_out(path: Path) -> None:
    fault = only(path, MAILBOX)
    assert fault.line is None
    assert str(fault).startswith("mailboxes.toml, [seller] notify: this setting is missing")


def test_a_missing_file_says_what_to_do(path: Path) -> None:
    with pytest.raises(SettingsError, match=r"copy the example .* name yours with --config FILE") as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_a_folder_in_place_of_the_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path)


def test_a_file_that_is_not_utf8_is_a_sentence(path: Path) -> None:
    path.write_text(LEAST, "utf-16")
    with pytest.raises(SettingsError, match="not text in UTF-8"):
        load(path)


@pytest.mark.parametrize(("text", "line"), [
    ('[seller]\nname = "Marie\nnotify = []\n', 2), ("[seller]\nname Marie\n", 2),
    ('[seller]\nnotify = ["a"\n', 2), ("[seller]\n\n[seller]\n", 3)])
def test_a_slip_in_the_writing_names_its_line(path: Path, text: str, line: int) -> None:
    fault = only(path, text)
    assert fault.line == line
    assert "cannot be understood as TOML" in fault.sentence


def test_faults_are_told_in_french_too(path: Path) -> None:
    words.use("fr")
    fault = only(path, LEAST + POLICY + 'max_age = "long"')
    assert str(fault).startswith("mailboxes.toml, ligne 11, [policy] max_age : 'long' n'est pas une durée")


ODD = ["1", "-1", "1.5", "true", "2026-11-23", '""', '"x"', '"\\u0000"', "[]", "[[]]", "[1]", "{}",
       "{ a = 1 }", "[{}]"]
SECTIONS = ("seller", "mailbox", "shop", "policy", "shop.amazon", "policy.offer")


@pytest.mark.parametrize("odd", ODD)
def test_whatever_value_stands_anywhere_the_answer_is_settings_or_sentences(path: Path, odd: str) -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    rows = [row for row, line in enumerate(lines) if re.match(r'[\w."]+ = ', line)]
    said = [f"{lines[row].split(' ')[0]} = {odd}" for row in rows]
    texts = ["\n".join([*lines[:row], new, *lines[row + 1:]]) for row, new in zip(rows, said, strict=True)]
    for text in [*texts, *(f"{section} = {odd}" for section in SECTIONS)]:
        assert _answer(path, text)
    assert len(rows) >= 30


def _answer(path: Path, text: str) -> object:
    try:
        return loaded(path, text).mailboxes
    except SettingsError as error:
        return error.faults


# ---- secrets ----


@pytest.mark.parametrize("text", [
    changed('password_env = "VENTES_PASSWORD"', f'password = "{CANARY}"'),
    LEAST + f'PassWord = "{CANARY}"\n',
    LEAST + f'passwd = "{CANARY}"\n',
    LEAST + f'pasword = "{CANARY}"\n',
    LEAST + f'mot_de_passe = "{CANARY}"\n',
    changed("host =", f'password = "{CANARY}", host ='),
    LEAST + f'[mailbox.imap.password]\nvalue = "{CANARY}"\n'.replace("imap.", ""),
    LEAST + f'[shop.rakuten_fr]\ntoken = "{CANARY}"\n',
    LEAST + f'[shop]\ntoken = "{CANARY}"\n',
    f'password = "{CANARY}"\n' + LEAST,
    LEAST + f'[secrets]\nventes = "{CANARY}"\n',
])
def test_a_secret_written_in_the_file_is_refused_and_never_shown(path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(path, text)
    assert CANARY not in str(caught.value) + repr(caught.value) + repr(caught.value.faults)
    assert re.search(r'write (password|token)_env = "NAME_OF_THE_VARIABLE" instead', str(caught.value))
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize("text", [
    changed('"VENTES_PASSWORD"', f'"{CANARY}"'),
    changed('"VENTES_PASSWORD"', f'["{CANARY}"]'),
    changed('password_env = "VENTES_PASSWORD"', f'password_file = ["{CANARY}"]'),
    changed('password_env = "VENTES_PASSWORD"', f'password_file = "{CANARY}\\n"'),
    LEAST + f'[shop.amazon]\ntoken_env = "{CANARY}"\n',
    LEAST + f'[shop]\ntoken_env = "{CANARY}"\n',
    LEAST + MODES + f'password = "{CANARY}"\n',
    LEAST + f'[policy.modes.token]\nbuyer_wrote = "{CANARY}"\n',
    changed('imap = {', f'imap = [{{ password = "{CANARY}" }}]\nsmtp = {{'),
    LEAST + f'pasword_file = "{CANARY}"\n',
    LEAST + f'password_env = "{CANARY}"\n',
    f'password = {CANARY}\n' + LEAST,
])
def test_no_fault_shows_the_value_of_a_setting_named_after_a_secret(path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(path, text)
    assert CANARY not in str(caught.value) + repr(caught.value) + repr(caught.value.faults)


def test_a_secret_is_read_from_the_environment_and_never_shown(
        path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENTES_PASSWORD", CANARY)
    monkeypatch.setenv("TOKEN", CANARY + "\n")
    settings = loaded(path, LEAST + '[shop.rakuten_fr]\ntoken_env = "TOKEN"\n')
    box, shop = settings.mailboxes[0], settings.shops["rakuten_fr"]
    assert (box.secret(), shop.token()) == (CANARY, CANARY)
    assert (box.secret_fault(), shop.token_fault()) == (None, None)
    assert CANARY not in repr(settings) + str(settings) + repr(box.reference) + repr(shop)


def test_a_password_mistaken_for_its_name_is_not_in_the_repr(path: Path) -> None:
    settings = loaded(path, changed("VENTES_PASSWORD", "Kanari4711"))
    with pytest.raises(SettingsError) as caught:
        settings.mailboxes[0].secret()
    assert "Kanari4711" not in repr(settings) + repr(settings.mailboxes[0].reference) + str(caught.value)


@pytest.mark.parametrize("value", [None, "", "\n"])
def test_a_variable_missing_or_empty_is_a_fault_with_its_place(
        path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("VENTES_PASSWORD", raising=False)
    if value is not None:
        monkeypatch.setenv("VENTES_PASSWORD", value)
    box = loaded(path, LEAST).mailboxes[0]
    with pytest.raises(SettingsError) as caught:
        box.secret()
    fault = box.secret_fault()
    assert fault is not None
    assert caught.value.faults == (fault,)
    assert str(fault).startswith(f"mailboxes.toml, line 9, {BOX} › password_env: the environment variable")


FROM_FILE = changed('password_env = "VENTES_PASSWORD"', 'password_file = "ventes.password"')


def test_a_password_file_stands_beside_the_settings_and_loses_its_line_end(path: Path) -> None:
    box = loaded(path, FROM_FILE).mailboxes[0]
    (path.parent / "ventes.password").write_text(f" {CANARY} \r\n")
    assert box.secret() == f" {CANARY} "


def test_a_password_file_is_also_looked_for_among_the_credentials_of_systemd(
        path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = loaded(path, FROM_FILE).mailboxes[0]
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "ventes.password").write_text("from systemd\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert box.secret() == "from systemd"
    (path.parent / "ventes.password").write_text("from beside\n")
    assert box.secret() == "from beside"


@pytest.mark.parametrize(("content", "sentence"), [
    (None, "does not exist, or is empty"), (b"\n", "does not exist, or is empty"),
    (b"\xff\xfe", "not text in UTF-8")])
def test_a_password_file_missing_empty_or_unreadable_is_a_fault(
        path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, sentence: str) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    box = loaded(path, FROM_FILE).mailboxes[0]
    if content is not None:
        (path.parent / "ventes.password").write_bytes(content)
    with pytest.raises(SettingsError, match=sentence):
        box.secret()


def test_a_folder_for_a_password_file_is_a_fault(path: Path) -> None:
    (path.parent / "ventes.password").mkdir()
    fault = loaded(path, FROM_FILE).mailboxes[0].secret_fault()
    assert fault is not None
    assert "cannot be read" in fault.sentence


def test_a_mailbox_by_oauth_has_no_password_and_wants_a_log_in(path: Path) -> None:
    box = loaded(path, changed('password_env = "VENTES_PASSWORD"', 'oauth = "microsoft"')).mailboxes[0]
    assert box.oauth == "microsoft"
    assert box.grant == path.parent / "data" / "oauth-ventes.json"
    with pytest.raises(SettingsError, match="has no password"):
        box.secret()
    assert "run `run_bot.py login ventes`" in str(box.secret_fault())
    box.grant.parent.mkdir()
    box.grant.write_text("{}")
    assert box.secret_fault() is None


def test_a_shop_without_a_token_says_so_only_when_asked_for_it(path: Path) -> None:
    shop = loaded(path, LEAST).shop("rakuten_fr")
    assert shop.token_fault() is None
    with pytest.raises(SettingsError, match=r"\[shop.rakuten_fr\]: no secret is named: write token_env"):
        shop.token()


# ---- the example in the repository ----


@pytest.mark.parametrize(("host", "example"), [
    ("imap.example.net", True), ("example.com", True), ("IMAP.Example.ORG", True), ("imap.invalid", True),
    ("mail.boutique.example", True), ("imap.test", True), ("imap.gmail.com", False), ("myexample.com", False),
    ("example.net.fr", False), ("localhost", False), ("imap.contest", False)])
def test_hosts_kept_for_examples_are_told_from_real_ones(host: str, example: bool) -> None:
    server = Server(host=host, port=993)
    assert is_example(Mailbox(name="v", address="v@b.example", imap=server)) is example
    assert is_example(Mailbox(name="v", address="v@b.example", maildir=Path("/m"), smtp=server)) is example


def test_a_maildir_of_ones_own_is_no_example() -> None:
    assert not is_example(Mailbox(name="v", address="v@b.example", maildir=Path("/m")))


def test_the_example_loads_without_a_fault_and_is_known_as_one() -> None:
    settings = load(EXAMPLE)
    assert is_example(settings.mailboxes[0])
    assert settings.data == ROOT / "data"
    assert settings.policy.offer == Offer(steps=(10, 20), cap_percent=30, cap_cents=2500)


def test_the_example_still_loads_with_each_switched_off_setting_on_in_its_turn(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    lines = EXAMPLE.read_text("utf-8").splitlines()
    switched = [at for at, line in enumerate(lines) if re.match(r"# \w+ = ", line)]
    instead = {"maildir": "imap", "password_file": "password_env", "oauth": "password_env",
               "apprise_file": "apprise_env"}
    for at in switched:
        key = lines[at].split()[1]
        text = "\n".join(line[2:] if row == at else line for row, line in enumerate(lines)
                         if line.split(" ")[0] != instead.get(key, "-"))
        settings = loaded(tmp_path / "mailboxes.toml", text)
        assert _taken(settings, key), key
    assert len(switched) >= 12


def _taken(settings: Settings, key: str) -> object:
    box, shop = settings.mailboxes[0], settings.shops["rakuten_fr"]
    if key in ("echo", "save_sent"):        # what is switched on by writing that it is off
        return getattr(box, key) is False
    references = [reference.key for reference in (box.reference, shop.reference, settings.alarm) if reference]
    return key in references or any(getattr(place, key, None) for place in (box, shop, settings))


def test_every_setting_is_explained_in_the_example() -> None:
    text = EXAMPLE.read_text("utf-8")
    settings = [key.split(".")[-1] for key in keys() if key not in ("policy.modes", "policy.targets")]
    assert [key for key in settings if not _explained(text, key)] == []
    assert "[policy.modes]  " in text
    assert "[policy.targets]  " in text


def _explained(text: str, key: str) -> bool:
    alone = rf"^(?:# )?{key} = .*# \w.{{12,}}"       # on its own line, with words behind it
    inside = rf"^# (?:.*  )?{key}: \w.{{12,}}"       # host, port and security, told below their tables
    return bool(re.search(f"{alone}|{inside}", text, re.MULTILINE))


# ---- the webservice ----

TOKEN_OF_RAKUTEN = '[shop.rakuten_fr]\nlogin = "atelier"\ntoken_env = "RAKUTEN_TOKEN"\n'


@pytest.mark.parametrize("address", ["https://sandbox.fr.shopping.rakuten.com", "http://127.0.0.1:8080",
                                     "http://localhost:1/", "http://[::1]:8080", "https://ws.example.net:8443"])
def test_the_webservice_may_be_elsewhere_over_tls_or_on_this_machine(path: Path, address: str) -> None:
    shop = loaded(path, LEAST + TOKEN_OF_RAKUTEN + f'webservice = "{address}"\n').shops["rakuten_fr"]
    assert shop.webservice == address.rstrip("/")


@pytest.mark.parametrize("address", ["http://ws.example.net", "ws.example.net", "https://u:p@ws.example.net",
                                     "https://ws.example.net/?pwd=x", "ftp://localhost", "http://127.0.0.1.evil.example"])
def test_the_token_is_sent_nowhere_else(path: Path, address: str) -> None:
    fault = only(path, LEAST + TOKEN_OF_RAKUTEN + f'webservice = "{address}"\n')
    assert fault.place == "[shop.rakuten_fr] webservice"


def test_the_webservice_is_used_only_where_login_and_token_are_named(path: Path) -> None:
    assert loaded(path, LEAST + TOKEN_OF_RAKUTEN).webservices == {"rakuten_fr"}
    assert loaded(path, LEAST + '[shop.rakuten_fr]\nlogin = "atelier"\n').webservices == frozenset()
    assert loaded(path, LEAST + '[shop.rakuten_fr]\ntoken_env = "X"\n').webservices == frozenset()


# ---- the program's own house ----


def test_marketplaces_are_found_by_their_folders() -> None:
    folder = ROOT / "bot" / "marketplaces"
    assert bot.settings.installed_names() == {found.name for found in folder.iterdir()
                                              if (found / "__init__.py").is_file()}


def test_reading_settings_loads_no_marketplace_and_no_heavy_library(path: Path) -> None:
    path.write_text(LEAST, "utf-8")
    code = ("import sys, pathlib, bot.settings\n"
            f"bot.settings.load(pathlib.Path({str(path)!r}))\n"
            "print([name for name in sys.modules if name.startswith('bot.marketplaces') or name in"
            " ('pydantic', 'jinja2', 'imapclient', 'sqlite_utils', 'holidays', 'bs4', 'difflib')])")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          timeout=60, check=True)
    assert done.stdout.strip() == "[]", done.stderr


def _said() -> set[str]:
    tree = ast.parse(Path(bot.settings.__file__).read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    first = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "say"]
    return {str(node.value) for node in first if isinstance(node, ast.Constant)}


def test_every_sentence_has_its_french_with_the_same_names() -> None:
    assert _said() == set(FRENCH)
    for english, french in FRENCH.items():
        assert _names(english) == _names(french), english


def _names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
