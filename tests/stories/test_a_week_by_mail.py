"""One seller's whole week by e-mail alone: she never touches the terminal, and every mail she answers is a real one.

Her mailboxes lie on a real Dovecot, the program sends through a real SMTP server with TLS.
Cron starts it every two hours.
She answers from Gmail, on the web and on Android, from Outlook, from an iPhone and from Orange's webmail.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from bot.demo.letters import amazon_return
from bot.edges import clock
from tests.canaries import WEEK as PASSWORD
from tests.programs import Program, answers, gmail, gmail_android, html_only, iphone, orange, outlook
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Fault, Received, SmtpServer
from tests.stories.marie import MARIE, TOKEN, Letter, Week, words
from tests.test_guards import question, rakuten, sale
from tests.test_joining import bounce
from tests.world import HOST, ITEM, ORDER, RELAY, SHOP, buyer_writes, claim, failed, mail

LAMP, PLAID, BIKE = "873016642", "874401064", "874603064"
PAGE = "https://fr.shopping.rakuten.com/purchase?action=itemmonitoring&itemid="
TAGS = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")


def writes(week: Week, name: str, text: str, order: str, *, message: int = 1, proof: str | None = None) -> bytes:
    """Return what a buyer writes through Amazon this minute; each has an address of his own."""
    raw = buyer_writes(text, order=order, message=message, date=week.now, proof=proof)
    return raw.replace(b"Jean Dupont", name.encode()).replace(RELAY.encode(), relay(name).encode())


def relay(name: str) -> str:
    return RELAY if name == "Jean Dupont" else f"{name.partition(' ')[0].lower()}7k2m9x4q+3f1c@marketplace.amazon.fr"


def order(number: int) -> str:
    return f"404-27182{number:02}-8284590"


@pytest.fixture
def week(tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Week]:
    monkeypatch.setenv("VENTES_PASSWORD", PASSWORD)
    with SmtpServer(security="starttls") as smtp:
        yield Week(tmp_path, dovecot, smtp, datetime(2026, 11, 16, 7, 30, tzinfo=UTC))
    clock.set_ahead(timedelta())


def says(letter: Letter, *wanted: str) -> None:
    for words_ in wanted:
        assert words_ in f"{letter.title}\n{letter.text}", (words_, letter.title, letter.text)


def subjects(letters: Sequence[Letter]) -> list[str]:
    return [f"{one.about} {one.title}" for one in letters]


def got(week: Week, name: str) -> list[Received]:
    return [one for one in week.to_buyers() if one.recipient == relay(name)]


# ---- the week


def monday(week: Week) -> None:
    """A buyer's question, a sale, and a visitor's question; she is in the workshop."""
    assert week.works() == [], "an empty first look says nothing"
    week.at(16, "09:12")
    [asked] = week.arrives(writes(week, "Jean Dupont", "Bonjour,\n\nLa lampe ne s'allume pas. Que faire ?", ORDER))
    says(asked, "Un acheteur vous a écrit – à régler avant le 17/11/2026 09:12", "  | La lampe ne s'allume pas.",
         "Brouillon D-1", "  | Bonjour Jean Dupont,", "\n    ok\n", "\n    texte :\n    …\n    fin\n", asked.token)
    week.at(16, "09:40")
    says(week.says(gmail, "ok", asked), "C'est fait – ok", "Votre échéance du 17/11/2026 09:12 sera ainsi tenue.")
    [left] = week.to_buyers()
    assert left.recipient == RELAY
    assert "Nous l'avons bien reçu." in words(left.raw) and "\n> La lampe ne s'allume pas." in words(left.raw)

    week.at(16, "10:05")
    [sold] = week.arrives(sale(date=week.now))
    says(sold, "C-2", "Carafe en verre", "avant le 19/11/2026 10:05", "\n    accepter\n")
    week.at(16, "10:30")
    says(week.says(outlook, "Bonjour,\naccepter svp", sold), "Acceptez vous-même la vente", PAGE + ITEM)
    says(week.says(outlook, "fait", "C-2"), "avant le 18/11/2026 10:30")

    week.at(16, "15:00")
    [visitor] = week.arrives(question(item=BIKE, date=week.now))
    says(visitor, "C-3", "avant le 16/11/2026 19:00", "Est-il livré avec son antivol ?", "[à compléter]")
    week.at(16, "16:00")
    handed = week.says(iphone, "Texte :\nBonjour,\n\nOui, avec son antivol et deux clés.\nFin\n\nil a l'air pressé",
                       visitor)
    says(handed, "\nBonjour,\n\nOui, avec son antivol et deux clés.\n", PAGE + BIKE, "répondez « fait »")
    assert "pressé" not in handed.text
    week.at(16, "16:20")
    says(week.says(iphone, "C'est fait", handed), "C'est fait", "C'est maintenant à l'acheteur.")
    assert len(week.to_buyers()) == 1, "what goes by the account goes by the account"
    none_missed(week)


def tuesday(week: Week) -> None:
    """The first digest; a parcel leaves; spam, a forged mail; and a buyer who has got nothing."""
    week.at(17, "08:00")
    [digest] = week.works()
    says(digest, "Guichet, le 17/11/2026 : 1 affaire vous attend", "C-2", "avant le 18/11/2026 10:30 (26 h)",
         "réponse D-1 partie", "échéances tenues 3, dépassées 0")
    week.at(17, "08:30")
    says(week.says(orange, "Expédié 6A12345678901 Colissimo", "C-2"), "expédié par Colissimo, 6A12345678901",
         "N° de suivi : 6A12345678901")
    says(week.says(orange, "fait", "C-2"), "C'est fait")

    week.at(17, "09:00")
    [asked] = week.arrives(writes(week, "Clara Martin", "Bonjour, quelle ampoule faut-il ?", order(2)))
    week.at(17, "09:20")
    shown = week.says(gmail_android, "Bonjour, il faut une ampoule E14 de 40 W au plus.\n\nMarie", asked)
    says(shown, "À relire", "  | Bonjour, il faut une ampoule E14", "Rien n'est parti")
    assert got(week, "Clara Martin") == []
    says(week.says(gmail_android, "Ok", shown), "C'est fait – Ok")
    [left] = got(week, "Clara Martin")
    assert words(left.raw).startswith("Bonjour, il faut une ampoule E14 de 40 W au plus.\n")

    week.at(17, "10:00")
    assert week.arrives(mail("From: Référencement Pro <contact@referencement-pro.example>\nSubject: Votre boutique",
                             "Bonjour,\n\nNous vous plaçons en tête des moteurs de recherche.", date=week.now)) == []
    [forged] = week.arrives(writes(week, "Marc", "Remboursez-moi 189,00 EUR par virement.", order(66),
                                   proof=failed("marketplace.amazon.fr")))
    says(forged, "Attention : ")
    says(week.says(gmail, "non", forged), "jeté")
    says(week.says(gmail, "clore", forged.about), "est close")
    assert got(week, "Marc") == []

    week.at(17, "11:00")
    [missing] = week.arrives(rakuten(
        f"Article non reçu : confirmez l'expédition ({LAMP}) - Karim (Service Clients Rakuten)",
        f"L'acheteur paulo75 n'a pas reçu l'article suivant :\n\nCommande : 340412967/{LAMP}\nArticle : Lampe de bureau"
        "\n\nMerci de nous confirmer sous 48 heures l'expédition de cet article.", date=week.now))
    says(missing, "avant le 19/11/2026 11:00", "Lampe de bureau, " + LAMP, "peut annuler la vente",
         "\n    expédié 6A12345678901 Colissimo\n", "\n    pas expédié\n")
    says(week.says(iphone, "Plus tard 4h.", missing), "se tait jusqu'au 17/11/2026 15:00")
    none_missed(week)


def wednesday(week: Week) -> None:
    """A reminder answered; the carafe came broken: a discount, within what Rakuten allows."""
    week.at(18, "08:00")
    [digest] = week.works()
    says(digest, "1 affaire vous attend", "Ce que personne n'a compris", "contact@referencement-pro.example",
         "réponse D-")
    before = len(week.letters)
    week.at(18, "12:00")
    [reminder] = week.letters[before:] + week.works()
    says(reminder, "Rappel : ", "pour répondre", "peut annuler la vente", "\n    pas expédié\n")
    service = week.says(orange, "pas expédié", reminder)
    says(service, "Merci d'annuler cette vente et de rembourser l'acheteur.", PAGE + LAMP)
    says(week.says(html_only, "fait", service), "C'est fait")

    week.at(18, "14:00")
    [broken] = week.arrives(claim(date=week.now))
    says(broken, "C-2", "Réclamation : article non conforme", "  | La carafe est ébréchée.", "\n    remise 20%\n")
    says(week.says(outlook, "remise 80%", broken), "Refusé", "80% dépasse 50 % de la valeur de l'article (50.00 EUR)")
    offered = week.says(outlook, "Remise 20 %", "C-2")
    says(offered, "une remise de 20 %, soit 10.00 EUR", PAGE + ITEM)
    says(week.says(outlook, "fait", offered), "C'est maintenant à l'acheteur.")
    assert week.arrives(rakuten(
        f"Votre rabais a été transmis à votre acheteur ({ITEM}) - Service Clients Rakuten",
        f"Votre rabais de 10,00 € a été transmis à votre acheteur.\n\nCommande : 340118725/{ITEM}\n",
        date=week.now)) == []
    assert week.one("outbox", "what = 'offer'")["state"] == "sent"

    week.at(18, "16:00")
    [scratched] = week.arrives(writes(week, "Hugo", "Le pied de la lampe est rayé, je suis déçu.", order(5)))
    says(week.says(gmail_android, "Remise 8 €", scratched), "C'est fait – Remise 8 €", relay("Hugo"))
    [left] = got(week, "Hugo")
    assert "une remise de 8.00 EUR" in words(left.raw)
    none_missed(week)


def thursday(week: Week) -> None:
    """A withdrawal, a return, and a buyer who is refunded."""
    week.at(19, "08:00")
    [digest] = week.works()
    says(digest, "Guichet, le 19/11/2026")
    week.at(19, "09:00")
    [withdrawn] = week.arrives(rakuten(
        f"Rétractation : l'acheteur souhaite annuler sa commande ({PLAID}) - Solène (Service Clients Rakuten)",
        f"L'acheteur pia.lorens souhaite annuler sa commande.\n\nCommande : 340900557/{PLAID}\nArticle : Plaid en laine"
        "\n\nSi vous n'avez pas encore expédié l'article, merci de ne pas l'envoyer et de nous prévenir. Vous avez 3 "
        "jours pour nous répondre.", date=week.now))
    says(withdrawn, "avant le 22/11/2026 09:00", "avertis le 19/11/2026 à 09:00",
         "\n    pas expédié\n")
    service = week.says(iphone, "Pas encore expédié", withdrawn)
    says(service, "n'a pas été expédié", PAGE + PLAID)
    says(week.says(iphone, "fait", service), "C'est fait")

    week.at(19, "10:00")
    [back] = week.arrives(of_shop(amazon_return(
        order(7), "Plateau en noyer", "Plus voulu", "Il ne va pas avec la table.", "En attente de votre décision"
    )(week.now)))
    says(back, "Plateau en noyer", "\n    retour\n")
    allowed = week.says(outlook, "retour", back)
    says(allowed, "1 rue des Lilas, 75012 Paris")
    says(week.says(outlook, "fait", allowed), "C'est fait")

    week.at(19, "11:00")
    [again] = week.arrives(writes(week, "Jean Dupont", "Elle ne marche toujours pas.", ORDER, message=2))
    assert again.about == "C-1"
    shown = week.says(gmail, "rembourser", again)
    says(shown, "rembours")
    assert len(got(week, "Jean Dupont")) == 1, "nothing leaves before it was read"
    says(week.says(gmail, "ok", shown), "C'est fait")
    assert len(got(week, "Jean Dupont")) == 2
    none_missed(week)


def friday(week: Week) -> None:
    """An answer bounces, another is lost on its way; and everything stops for an hour."""
    week.at(20, "08:00")
    [digest] = week.works()
    says(digest, "Guichet, le 20/11/2026")
    week.at(20, "09:00")
    [asked] = week.arrives(writes(week, "Lena", "Bonjour, avez-vous le même en bleu ?", order(8)))
    says(week.says(gmail, "ok", asked), "C'est fait")
    [left] = got(week, "Lena")
    week.at(20, "09:30")
    message_id = str(message_from_bytes(left.raw, policy=default)["Message-ID"])
    [bounced] = week.arrives(bounce(message_id).replace(RELAY.encode(), relay("Lena").encode()))
    says(bounced, "n'est pas partie", "The address does not exist.", "\n    renvoyer\n", "21/11/2026 09:00")
    says(week.says(iphone, "Renvoyer", bounced), "C'est fait")
    assert len(got(week, "Lena")) == 2

    week.at(20, "10:00")
    [asked] = week.arrives(writes(week, "Nora", "Bonjour, la lampe est-elle étanche ?", order(9)))
    week.smtp.faults = {"DOT": [Fault.HANG_UP]}
    week.sends(marie(week, outlook, "oui", asked))
    week.smtp.faults = {}
    week.at(20, "10:10")
    assert week.works() == [], "first it is looked for, twice, among what was sent"
    week.at(20, "10:30")
    [unsure] = week.works()
    says(unsure, "Est-elle partie ?", "\n    fait\n", "\n    renvoyer\n")
    assert got(week, "Nora") == [], "never sent again blindly"
    says(week.says(outlook, "renvoyer", unsure), "C'est fait")
    assert len(got(week, "Nora")) == 1

    week.allow('"amazon.buyer_wrote" = "alone"')
    week.at(20, "14:00")
    says(week.says(orange, "Pause", digest), "Plus rien ne part tout seul", "reprise")
    week.at(20, "14:30")
    [asked] = week.arrives(writes(week, "Omar", "Bonjour, la facture s'il vous plaît ?", order(10)))
    says(asked, "Pourquoi il attend : l'envoi automatique est arrêté")
    week.at(20, "16:00")
    week.works()
    assert got(week, "Omar") == []
    says(week.says(orange, "ok merci", asked), "C'est fait – ok")
    assert len(got(week, "Omar")) == 1, "what she approves leaves all the same"
    says(week.says(orange, "Reprise", "Guichet"), "part de nouveau seul")
    assert week.arrives(writes(week, "Paula", "Bonjour, faites-vous un paquet cadeau ?", order(13))) == []
    assert got(week, "Paula") == [], "what leaves alone is held for three minutes"
    week.at(20, "16:10")
    assert week.works() == []
    [left] = got(week, "Paula")
    assert message_from_bytes(left.raw)["Auto-Submitted"] == "auto-replied"
    week.allow()
    none_missed(week)


def saturday(week: Week) -> None:
    """She asks how things stand; others try to give orders in her name, and an old mail is answered again."""
    week.at(21, "08:00")
    week.works()
    digest = week.letters[-1]
    says(digest, "Guichet, le 21/11/2026")
    week.at(21, "09:00")
    [asked] = week.arrives(writes(week, "Ida", "Merci, tout est parfait !", order(11)))
    before = len(week.to_buyers())
    says(week.says(html_only, "bof", asked), "Pas compris", "« bof » n'est pas un ordre que je connais")
    state = week.says(gmail_android, f"état {order(11)}", asked.about)
    says(state, asked.about, "avant le 22/11/2026 09:00")
    [late] = week.sends(marie(week, gmail, "ok", asked))
    says(late, "Trop tard", "ce message a déjà reçu une réponse")
    [refused] = week.sends(marie(week, iphone, "ok", state), proven=False)
    says(refused, "Refusé", "votre hébergeur de courrier n'en répond pas")
    stranger = marie(week, gmail, "ok", state).replace(MARIE.encode(), b"marie.lumen@post.example")
    week.sends(stranger)
    guessed = re.sub(TOKEN.pattern.encode(), b"ABCD-EFGH-JKLM-NPQR", marie(week, gmail, "ok", state))
    week.sends(guessed)
    assert week.to_buyers()[before:] == []
    week.at(21, "10:00")
    done = week.says(orange, "Rien à répondre, merci", [one for one in week.letters if one.about == asked.about][-1])
    says(done, "rien n'est répondu", "ouvrez ceci vous-même", "/messaging/no-response-needed?")
    assert week.to_buyers()[before:] == []
    says(week.says(gmail, "résumé", digest), "Guichet, le 21/11/2026", "\n    aide\n")
    says(week.says(gmail, "aide", week.letters[-1]), "\n    remise 20%\n", "\n    renvoyer\n", "\n    pause\n")
    none_missed(week)


def sunday(week: Week) -> None:
    """A question of Saturday evening: its last rung comes in the quiet of the night's end, and she answers in time."""
    week.at(21, "12:30")
    week.works()
    last = [one for one in week.letters if one.title.startswith("Dernier rappel")][-1]
    says(last, "faites-vous un paquet cadeau ?")    # what the bot answered alone was no answer
    says(week.says(outlook, "rien à répondre", last), "rien n'est répondu")
    week.at(21, "18:00")
    [asked] = week.arrives(writes(week, "Tom", "Bonjour, quand partira mon colis ?", order(12)))
    week.at(22, "08:00")
    week.works()
    [digest] = [one for one in week.letters if one.title.startswith("Guichet, le 22")]
    says(digest, asked.about)
    week.at(22, "15:00")
    [reminder] = [one for one in week.letters if one.about == asked.about and "rappel" in one.title.lower()]
    says(reminder, "Dernier rappel : ", "  | Bonjour Tom")
    words_ = marie(week, iphone, "texte :\nBonjour, il part lundi matin.\nfin", reminder)
    [done] = week.sends(words_)
    says(done, "C'est fait")
    assert week.sends(words_.replace(b"Message-ID: <", b"Message-ID: <x")) != [], "the same again is told once"
    week.sends(words_)
    [left] = got(week, "Tom")
    assert words(left.raw).startswith("Bonjour, il part lundi matin.\n\nLe 21/11/2026 à 18:00, Tom a écrit :")
    week.at(22, "21:00")
    week.works()
    none_missed(week)


def marie(week: Week, program: Program, said: str, to: Letter) -> bytes:
    return answers(program, said, to.mail, MARIE, week.now)


def of_shop(raw: bytes) -> bytes:
    """Return a mail of the demo's as this shop gets it."""
    return raw.replace(b"mx.atelier-lumen.example", HOST.encode()).replace(
        b"ventes@atelier-lumen.example", SHOP.encode())


def none_missed(week: Week) -> None:
    assert week.rows("deadlines", "state = 'missed' AND who = 'seller'") == []


# ---- what holds over the whole week


@pytest.mark.timeout(300)
def test_a_whole_week_by_mail_alone(week: Week, capfd: pytest.CaptureFixture[str],
                                    caplog: pytest.LogCaptureFixture) -> None:
    for day in (monday, tuesday, wednesday, thursday, friday, saturday, sunday):
        day(week)
    every_mail_reads_again(week)
    each_order_was_answered_once(week)
    no_mark_is_anywhere_but_in_her_mails(week, "".join(capfd.readouterr()) + caplog.text)


def every_mail_reads_again(week: Week) -> None:
    for sent in week.smtp.mails:
        seen = message_from_bytes(sent.raw, policy=default)
        names = Counter(name.lower() for name, _ in seen.items())
        assert not seen.defects and all(names[name] == 1 for name in TAGS), names
    ids = [message_from_bytes(sent.raw)["Message-ID"] for sent in week.smtp.mails]
    assert len(ids) == len(set(ids)), "each mail once; what she had sent again is another"


def each_order_was_answered_once(week: Week) -> None:
    hers = [row for row in week.rows("mails") if row["kind"] == "order"]
    answered = Counter(row["in_reply_to"] for row in week.rows("outbox", "template IN ('heard', 'digest')"))
    for row in hers:
        assert answered[row["message_id"]] <= 1, row["subject"]
        assert "done" not in row["reason"] or answered[row["message_id"]] == 1
    asks = [one for one in week.letters if "\n    ok\n" in one.text and "\n    pause\n" not in one.text]
    assert asks and all("\n  | " in one.text for one in asks), "a yes is to words that were shown"


def no_mark_is_anywhere_but_in_her_mails(week: Week, logs: str) -> None:
    marks = {one.token for one in week.letters if one.about}
    assert len(marks) == len([one for one in week.letters if one.about]) > 40
    for sent in week.to_buyers():
        assert not TOKEN.search(sent.raw.decode("ascii"))
    assert not [mark for mark in marks if mark in logs]
    store = week.store()
    tables = [row["name"] for row in store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    kept = "".join(repr(tuple(row.values())) for table in tables if table != "raws"
                   for row in store.rows(f"SELECT * FROM {table}"))
    store.close()
    assert not [mark for mark in marks if mark in kept]
