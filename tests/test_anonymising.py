"""A copy that may be sent on: read like the original, and nobody's."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, strategies

from bot import marketplaces
from bot.anonymising import PERSONAL, Anonymised, anonymous, needed, vocabulary
from bot.core import anonymise as core
from bot.core.anonymise import Whose, letters
from bot.core.message import read
from bot.core.speech import FUNCTION, TRADE
from bot.core.veil import Veil
from bot.marketplaces.contract import Notification
from bot.settings import Settings, load
from tests.world import MARIE, SETTINGS, SHOP, World, buyer_writes, mail

SAMPLES = sorted(Path(marketplaces.__file__).parent.glob("*/samples/*.eml"))
every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
SMALL = {core.bare(word) for word in FUNCTION | TRADE}
STRANGER = "From: Jean Dupont <jean@home.example>\nSubject: "


COPIES: dict[tuple[Path, bytes], Anonymised] = {}     # each takes some tries; one does for all tests


def copy_of(sample: Path, settings: Settings, seed: bytes = b"one") -> Anonymised:
    if (sample, seed) not in COPIES:
        COPIES[sample, seed] = anonymous(sample.read_bytes(), settings, seed)
    return COPIES[sample, seed]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    path = tmp_path_factory.mktemp("shop") / "mailboxes.toml"
    path.write_text(SETTINGS.format(marie=MARIE, shop=SHOP, host="mx.boutique.example", language="fr", policy=""))
    return load(path)


@cache
def note_of(raw: bytes) -> Notification:
    seen = read(raw)
    found = marketplaces.recognise(seen, marketplaces.installed())
    assert found
    return found[0].parse(seen, found[1])


def everything(raw: bytes) -> str:
    """Return all that can be read in a mail, in the bytes and behind every encoding, in lower case."""
    parsed = message_from_bytes(raw)
    said = [raw.decode("utf-8", "replace")]
    for part in parsed.walk():
        said += ["".join(text.decode(charset or "latin-1", "replace") if isinstance(text, bytes) else text
                         for text, charset in decode_header(str(value))) for value in part.values()]
        if not part.is_multipart():
            octets = part.get_payload(decode=True)
            assert isinstance(octets, bytes)
            said += [octets.decode("utf-8", "replace"), octets.decode("cp1252", "replace")]
    text = unescape("\n".join(said))
    return "\n".join([text, re.sub(r"<[^>]*>", "", text), unquote(text), *hidden(text)]).casefold()


def hidden(text: str) -> Iterator[str]:
    for token in re.findall(r"[A-Za-z0-9+/_-]{12,}", text):
        body = token.translate(str.maketrans("-_", "+/"))
        try:
            yield base64.b64decode(body + "=" * (-len(body) % 4)).decode("latin-1")
        except (binascii.Error, ValueError):
            continue


def somebodys(note: Notification, raw: bytes) -> set[str]:
    """Return what in a sample must not be left: who bought what, under which numbers, from whom."""
    said = {note.order, note.item, note.buyer, note.reference}
    said |= {note.answer_to} if re.search("[0-9]", note.answer_to) else set()       # support@ is nobody
    said |= {SHOP, "atelier lumen", "boutique.example"}
    said |= {code for code in note.facts.values() if re.fullmatch(r"(?=.*[0-9])[A-Za-z0-9-]{8,}", code)
             and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", code)}
    said |= {read(raw).message_id.strip("<>")}
    return {one.casefold() for one in said if one and len(one) > 3}


def own_words(note: Notification) -> list[str]:
    if note.kind not in PERSONAL and not note.answer_to:
        return []       # the marketplace's own words
    return [word for word in re.findall(r"[^\W\d_]{4,}", re.sub(r"https?://\S+", "", note.text))
            if core.bare(word) not in SMALL and re.search("[a-zA-Z]", word)]


# ---- over all samples


@every_sample
def test_copy_of_a_sample_is_of_its_kind_with_facts_of_its_names(sample: Path, settings: Settings) -> None:
    raw = sample.read_bytes()
    made = copy_of(sample, settings)
    assert made.alike
    before, after = note_of(raw), note_of(made.raw)
    assert (after.marketplace, after.kind, set(after.facts), set(after.links), after.language) == (
        before.marketplace, before.kind, set(before.facts), set(before.links), before.language)
    assert [stated.words for stated in after.stated] == [stated.words for stated in before.stated]
    for name, value in before.facts.items():
        if re.fullmatch(r"[0-9-]+", value):
            assert re.sub("[0-9]", "9", after.facts[name]) == re.sub("[0-9]", "9", value)


@every_sample
@pytest.mark.parametrize("seed", [b"one", b"two"])
def test_nothing_of_anybody_is_left_in_the_copy_of_a_sample(sample: Path, settings: Settings, seed: bytes) -> None:
    raw = sample.read_bytes()
    left = everything(copy_of(sample, settings, seed).raw)
    assert not [one for one in somebodys(note_of(raw), raw) if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", left)]


@every_sample
def test_what_the_buyer_wrote_is_gone(sample: Path, settings: Settings) -> None:
    raw = sample.read_bytes()
    after = note_of(copy_of(sample, settings).raw).text
    left = {word.casefold() for word in re.findall(r"[^\W\d_]+", after)}
    left &= {word.casefold() for word in own_words(note_of(raw))}
    assert len(left) <= 1       # a label that he wrote himself, such as «Bestellnummer:», and that is read there
    assert {core.bare(word) for word in left} <= vocabulary(sample.parts[-3])


@every_sample
def test_copy_keeps_its_parts_and_their_encodings(sample: Path, settings: Settings) -> None:
    raw = sample.read_bytes()
    made = copy_of(sample, settings).raw
    before, after = message_from_bytes(raw), message_from_bytes(made)
    assert before.keys() == after.keys()
    for one, other in zip(before.walk(), after.walk(), strict=True):
        assert (one.get_content_type(), one.get("content-transfer-encoding"), one.get_content_charset(),
                one.get_boundary()) == (other.get_content_type(), other.get("content-transfer-encoding"),
                                        other.get_content_charset(), other.get_boundary())
    head = raw.partition(b"\n\n")[0], made.partition(b"\n\n")[0]
    assert head[0].count(b"\n") == head[1].count(b"\n")     # folded where it was folded


def test_copy_depends_on_the_seed_and_on_nothing_else(settings: Settings) -> None:
    raw = buyer_writes()
    assert anonymous(raw, settings, b"one").raw == anonymous(raw, settings, b"one").raw
    assert anonymous(raw, settings, b"one").raw != anonymous(raw, settings, b"two").raw


# ---- how mail systems write


ADDRESSED = "Jean Dupont, 12 rue des Lilas, 75012 Paris, 06 12 34 56 78, jean.dupont@orange.example, 12,90 €"
GONE = ("Dupont", "Lilas", "75012", "06 12 34 56 78", "12 34 56", "jean.dupont", "orange.", "12,90")


def written(body: str, charset: str, encoding: str, kind: str = "plain") -> bytes:
    octets = body.encode(charset)
    if encoding in ("base64", "quoted-printable"):
        octets = base64.encodebytes(octets) if encoding == "base64" else binascii.b2a_qp(octets)
    return (f"{STRANGER}=?utf-8?B?{base64.b64encode('Réponse de Jean Dupont'.encode()).decode()}?=\nTo: {SHOP}\n"
            f"Content-Type: text/{kind}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
            ).encode() + octets


@pytest.mark.parametrize("kind", ["plain", "html"])
@pytest.mark.parametrize(("charset", "encoding"), [
    (charset, encoding) for charset in ("utf-8", "iso-8859-15", "windows-1252", "utf-16")
    for encoding in ("8bit", "quoted-printable", "base64")
    if (charset, encoding) != ("utf-16", "8bit")])      # no mail has NUL in it
def test_every_charset_and_encoding_is_gone_through(charset: str, encoding: str, kind: str, settings: Settings) -> None:
    body = ADDRESSED if kind == "plain" else f"<html><body><p>{ADDRESSED.replace('é', '&eacute;')}</p></body></html>"
    made = anonymous(written(body, charset, encoding, kind), settings, b"s").raw
    left = read(made).text + read(made).subject
    assert not [said for said in GONE if said in left]
    shape = r"\w+ \w+, [0-9]{2} \w+ des \w+, [0-9]{5} \w+, 0[0-9](?: [0-9]{2}){4}, \S+@\S+, [0-9]{2},[0-9]{2} €"
    assert re.search(shape, left)


def test_same_original_has_the_same_replacement_in_header_and_body(settings: Settings) -> None:
    raw = mail(f"{STRANGER}Commande 340118725 de Jean", "340118725, jean DUPONT, 340118725")
    seen = read(anonymous(raw, settings, b"s").raw)
    [number] = set(re.findall("[0-9]{9}", seen.subject + seen.text))
    assert number != "340118725"
    [name] = {word.casefold() for word in (seen.sender_name.split()[1], seen.text.split()[2].strip(","))}
    assert name != "dupont"
    assert seen.text.split()[2].strip(",").isupper()


def test_names_in_attachments_are_gone_with_what_is_attached(settings: Settings) -> None:
    raw = (f"{STRANGER}Photo\nTo: {SHOP}\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nVoici\n--b\n"
           "Content-Type: image/jpeg; name=\"facture_Dupont.jpg\"\n"
           "Content-Disposition: attachment; filename*=utf-8''facture%20Dupont.jpg\n"
           f"Content-Transfer-Encoding: base64\n\n{base64.encodebytes(b'Jean Dupont' * 20).decode()}--b--\n").encode()
    made = anonymous(raw, settings, b"s").raw
    assert "dupont" not in everything(made)
    before, after = read(raw).attachments, read(made).attachments
    assert [one.size for one in before] == [one.size for one in after]
    assert after[0].name.endswith(".jpg")


def test_mail_within_a_mail_is_gone_through(settings: Settings) -> None:
    raw = (f"{STRANGER}Fwd\nTo: {SHOP}\nContent-Type: multipart/mixed; boundary=b\n\n"
           "--b\nContent-Type: message/rfc822\n\n"
           f"From: Jean Dupont <jean@home.example>\nSubject: x\n\n{ADDRESSED}\n--b--\n").encode()
    left = everything(anonymous(raw, settings, b"s").raw)
    assert not [said for said in (*GONE, "jean@home.example") if said.casefold() in left]


def test_link_within_a_link_and_tokens_are_replaced(settings: Settings) -> None:
    inside = b"https://shop.example/list?order=404-2718281-8284590&name=dupont"
    inner = base64.urlsafe_b64encode(inside).decode().rstrip("=")
    raw = mail(f"{STRANGER}x", "Voyez https://shop.example/r/7d10c0de-0000-4000-8000-00000000a001?u=" + inner
               + "&v=https%3A%2F%2Fa.example%2F%3Forder%3D404-2718281-8284590%26n%3DDupont&order=404-2718281-8284590")
    made = anonymous(raw, settings, b"s").raw
    left = everything(made)
    assert not [said for said in ("404-2718281", "8284590", "dupont", "7d10c0de") if said in left]
    assert len(set(re.findall(r"[0-9]{3}-[0-9]{7}-[0-9]{7}", left))) == 1
    assert re.search(r"/r/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}\?u=", left)


def test_dates_stay_for_deadlines_are_counted_from_them(settings: Settings) -> None:
    said = "A partir d'aujourd'hui, 09/11/2026, avant le 2026-11-20 à 18:30, vous avez 3 jours"
    left = read(anonymous(mail(f"{STRANGER}x", said), settings, b"s").raw).text
    assert [found for found in ("09/11/2026", "2026-11-20", "18:30", "vous avez 3 jours") if found not in left] == []


def test_signature_and_quoted_history_of_a_buyer_are_gone(settings: Settings) -> None:
    text = (f"Où est mon colis ?\n\nJean Dupont\n{ADDRESSED}\n\n"
            "> Le 3 nov. 2026, Zoé Martineau a écrit :\n> Voici le numéro.")
    left = everything(anonymous(buyer_writes(text), settings, b"s").raw)
    assert not [said for said in (*GONE, "martineau", "colis") if re.search(rf"\b{said.casefold()}\b", left)]


def test_layout_nobody_knows_keeps_its_labels_and_loses_the_people(settings: Settings) -> None:
    raw = mail("From: Rakuten <service.clients@fr.shopping.rakuten.com>\n"
               "Subject: Suspension de votre vitrine (871204553)",
               "Bonjour Marie Lenoir,\n\nVotre vitrine est suspendue jusqu'au justificatif.\n\nAcheteur : jean_d75\n"
               f"Adresse de livraison :\nJean Dupont\n12 rue des Lilas\n75012 Paris\n\n{ADDRESSED}\n")
    made = anonymous(raw, settings, b"s")
    left = everything(made.raw)
    assert made.alike
    assert "votre vitrine est suspendue jusqu'au justificatif" in left
    assert "service.clients@fr.shopping.rakuten.com" in left
    gone = (*GONE, "lenoir", "jean_d75", "871204553")
    assert not [said for said in gone if re.search(rf"\b{said.casefold()}\b", left)]


def test_broken_and_empty_mails_are_gone_through_all_the_same(settings: Settings) -> None:
    for raw in (b"From: a@b.example\n\n", b"From: a@b.example", b"From: a@b.example\r\n\r\n\xff\xfe\x00",
                b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\nnothing",
                b"From: a@b.example\nSubject: =?nonsense?Q?Jean_Dupont?= =?utf-8?B?@@?=\n broken line\n\nx"):
        assert b"Dupont" not in anonymous(raw, settings, b"s").raw


@given(strategies.binary(max_size=300), strategies.sampled_from(["utf-8", "latin-1", "utf-16", "x-none"]),
       strategies.sampled_from(["base64", "quoted-printable", "8bit", ""]), strategies.sampled_from(["plain", "html"]))
def test_any_bytes_have_a_copy(octets: bytes, charset: str, encoding: str, kind: str) -> None:
    raw = (f"From: a@b.example\nContent-Type: text/{kind}; charset={charset}\n"
           f"Content-Transfer-Encoding: {encoding}\n\n").encode() + octets
    whose = Whose(names=("Jean Dupont",), text="quelques mots")
    made = core.anonymise(raw, whose, b"s")
    assert made.partition(b"\n\n")[0].replace(b"\r", b"").count(b"\n") == 2
    core.anonymise(raw, replace(whose, strict=False), b"s")


@given(strategies.text(max_size=200))
def test_text_has_a_copy_character_by_character(text: str) -> None:
    scribe = core._Scribe(Whose(names=("Jean",), text=text, strict=False), Veil(b"s"))
    assert len(scribe.free(text)) == len(scribe.plain(text)) == len(text)


def test_no_word_is_kept_that_can_be_spared() -> None:
    asked: list[frozenset[str]] = []

    def is_enough(some: frozenset[str]) -> bool:
        asked.append(some)
        return {"b", "y"} <= some

    assert needed(list("abcdefghijklmnopqrstuvwxyz"), is_enough) == {"b", "y"}
    assert len(asked) < 26
    assert needed(["a"], lambda some: True) == frozenset()


# ---- the veil


def test_word_keeps_length_case_and_accents() -> None:
    made = Veil(b"s").word("Éléonore")
    assert (len(made), made[0], made[2], made[3].islower()) == (8, "É", "é", True)
    assert Veil(b"s").word("DUPONT") == Veil(b"s").word("dupont").upper() != "DUPONT"
    assert Veil(b"s").word("Ελένη")[1:] != "λένη"
    assert Veil(b"t").word("dupont") != Veil(b"s").word("dupont")


def test_postal_tracking_number_keeps_a_check_digit_that_is_right() -> None:
    made = Veil(b"s").code("LA123456785FR")
    assert re.fullmatch("LA[0-9]{9}FR", made)
    total = sum(int(digit) * weight for digit, weight in zip(made[2:10], (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    assert int(made[10]) == {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)


@pytest.mark.parametrize(("code", "shape"), [
    ("B0LUMEN001", "B0[A-Z]{5}[0-9]{3}"), ("402-3010299-9566398", "4[0-9]{2}-[0-9]{7}-[0-9]{7}"),
    ("7d10c0de-0000-4000-8000-00000000a001", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"),
    ("871204553", "8[0-9]{8}"), ("6A12345678901", "6A[0-9]{11}"),
])
def test_code_keeps_its_shape(code: str, shape: str) -> None:
    made = Veil(b"s").code(code, keep=2 if code.isupper() else 0)
    assert re.fullmatch(shape, made)
    assert made != code


def test_what_a_person_wrote_is_found_through_tags_and_marks() -> None:
    page = "Message:\0<Où est\0mon colis\n> de mardi ?\nMerci de votre confiance"
    [(start, end)] = letters(page, "Où est mon colis\nde mardi ?")
    assert page[start:end] == "Où est\0mon colis\n> de mardi"
    assert letters(page, "autre chose") == []
    assert [page[start:end] for start, end in letters(page, "Merci\nOù est mon colis\nautre\nde mardi")] == [
        "Où est\0mon colis", "de mardi"]


# ---- as its user calls it


def test_kept_mail_is_printed_anonymised(world: World, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    from bot.cli import main

    world.hears(buyer_writes())
    asked = ["--config", str(world.folder / "mailboxes.toml"), "try", "--anonymise", "M-1"]
    assert main([*asked, "--seed", "s"]) == 0
    first, said = capsysbinary.readouterr()
    assert note_of(first).kind == "buyer_wrote"
    assert b"Dupont" not in first
    assert b"Read it before you send it on" in said
    assert main([*asked, "--seed", "s"]) == 0
    assert capsysbinary.readouterr().out == first
    assert main(asked) == 0
    assert capsysbinary.readouterr().out != first       # a seed that nobody knows, unless one was asked for


def test_one_mail_at_a_time_is_anonymised(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    from bot.cli import main

    asked = ["--config", str(world.folder / "mailboxes.toml"), "try", "--anonymise"]
    assert main([*asked, "M-1", "M-2"]) == 2
    assert main([*asked, "M-1"]) == 1
    assert "M-1 cannot be read: no such mail is kept" in capsys.readouterr().err
