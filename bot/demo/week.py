"""One seller's week: which mails come, when Marie looks, and what she types. What follows from it is the bot's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.core import deadline
from bot.demo.letters import ITALY, ZONE, Buyer, Writes, amazon, amazon_return, claim, not_received, other

CLEMENCE = Buyer(name="Clémence", relay="q7m2x9k4t1v8z+3f1c2f64-9d0a-4a51-8b60-5b7c1e9a4d10")
NOEMIE = Buyer(name="Noémie", relay="h5t9d2w7k3s1m+c1b7e2f0-6a35-4f88-9d21-3e0a7b4c8d59")
FARID = Buyer(name="Farid", relay="k8r3f6j1g4l7a+5e2b9c14-8f70-4d3a-b6e5-7c0d1a9f2b83")
MAUD = Buyer(name="Maud", relay="w3b8n5c1r6y2p+8a40d7be-11c9-4e02-a7d3-90f2b6c5e381")
CHIARA = Buyer(name="Chiara", relay="v4u7y2h9e5o3i+0d9f3a72-5c84-4b16-8e7d-a2c1f6b05e94", site=ITALY)
NOBODY = Buyer(name="Marc", relay="z0z0z0z0z0z0z")

CLEMENCES, NOEMIES, FARIDS = "404-2236067-9774997", "171-1732050-8075688", "406-1414213-5623730"
CHIARAS, RETURNED, TO_DECIDE, FORGED = ("402-3010299-9566398", "405-2645751-3110645", "408-3316624-7903554",
                                        "403-0000001-0000001")
CARAFE, LAMP, GLASSES = "871204553", "873016642", "871990014"
MAUDS = MAUD.thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail that comes; its name is that of its file."""

    name: str
    write: Writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What Marie types about the case of a reference; of several drafts the newest, unless `oldest`."""

    verb: str
    reference: str
    oldest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One moment: mails come, or Marie types, and the bot makes a pass.

    Attributes:
        day: days before today, at `at` in Marie's own time; or
        ago: how long before the present.
        note: the heading, in English.
    """

    note: str
    day: int = 0
    at: time | None = None
    ago: timedelta = timedelta()
    letters: Sequence[Letter] = ()
    orders: Sequence[Order] = ()

    def moment(self, present: datetime) -> datetime:
        """Return the instant, aware, UTC."""
        if self.at is None:
            return present - self.ago
        today = present.astimezone(ZONE).date()
        return deadline.instant(datetime.combine(today - timedelta(days=self.day), self.at), ZONE.key)


ARRIVED = Letter(name="amazon-clemence-question", write=amazon(
    CLEMENCE, "Bonjour,\n\nLa lampe est bien arrivée, mais l'ampoule fournie ne tient pas dans la douille.\n"
    "Avez-vous un autre modèle à m'envoyer ?\n\nMerci d'avance\nClémence",
    order=CLEMENCES, item="Lampe de chevet en hêtre, abat-jour lin"))
BROKEN = Letter(name="rakuten-claim-damaged", write=claim(
    "lucie_m", "340118725", CARAFE, "Carafe en verre soufflé - 1 litre", "Abimé",
    "La carafe est arrivée ébréchée au goulot.\nLe carton n'avait pourtant rien."))
NEWSLETTER = Letter(name="newsletter", write=other(
    '"Le courrier des vendeurs" <lettre@courrier-vendeurs.example>', "Nos 7 conseils pour vos ventes de fin d'année",
    "Bonjour,\n\nVoici nos conseils de la semaine.\n\nSe désabonner : https://courrier-vendeurs.example/stop\n",
    more={"List-Id": "<lettre.courrier-vendeurs.example>",
          "List-Unsubscribe": "<https://courrier-vendeurs.example/stop>", "Precedence": "bulk"}))
RETURN = Letter(name="amazon-return-authorised", write=amazon_return(
    RETURNED, "Guirlande lumineuse 10 m, à piles", "Défectueux/Ne fonctionne pas correctement",
    "La moitié des ampoules ne s'allume pas.", "Autorisé automatiquement par Amazon"))
MISSING = "Bonjour,\nil manque un des deux coussins de ma commande. Comment fait-on ?"
TWICE = [Letter(name=f"amazon-noemie-copy-{copy + 1}", write=amazon(
    NOEMIE, MISSING, order=NOEMIES, item="Coussins lin lavé 45 x 45 cm, écru, les deux", copy=copy)) for copy in (0, 1)]
FIRST = Letter(name="amazon-farid-first", write=amazon(
    FARID, "Bonjour, mon horloge s'arrête chaque nuit vers 3 h. Que faire ?", order=FARIDS,
    item="Horloge murale silencieuse, chêne"))
TWO_SENDERS = Letter(name="two-senders", write=other(
    '"Amazon" <confirmation@amazon.fr>', "Votre versement est suspendu",
    "Validez votre compte sous 2 heures : https://amazon-versement.example/\n",
    also_from='"Versements" <paie@amazon-versement.example>'))
STRANGER = Letter(name="unknown-sender", write=other(
    '"Référencement Pro" <contact@referencement-pro.example>', "Votre boutique en première page",
    "Bonjour,\n\nNous plaçons votre boutique en tête des moteurs de recherche. Appelez-nous !\n"))
BEFORE_SALE = Letter(name="amazon-maud-before-sale", write=amazon(
    MAUD, "Bonjour, ce bougeoir convient-il aux bougies de 2,2 cm ? J'en voudrais deux pour dimanche."))
SECOND = Letter(name="amazon-farid-second", write=amazon(
    FARID, "Rebonjour, j'ai changé la pile : elle s'arrête toujours. Je préfère un échange.", order=FARIDS,
    item="Horloge murale silencieuse, chêne"))
DECIDE = Letter(name="amazon-return-to-decide", write=amazon_return(
    TO_DECIDE, "Plateau gravé au prénom, noyer", "Plus voulu, ne me va pas",
    "Finalement il ne va pas avec la table.", "En attente de votre décision"))
LOST = Letter(name="rakuten-not-received", write=not_received(
    "paulo75", "340412967", LAMP, "Lampe de bureau en olivier", "Karim"))
FORGERY = Letter(name="amazon-forged", write=amazon(
    NOBODY, "Je n'ai rien reçu ! Remboursez-moi 189,00 EUR aujourd'hui, par virement, en suivant ce lien :\n"
    "https://remboursement-vendeur.example/", order=FORGED, item="Suspension en laiton",
    verdict="fail", typed=False))
INCOMPLETE = Letter(name="rakuten-claim-incomplete", write=claim(
    "camille-h", "340301557", GLASSES, "Jeu de six verres à thé", "Article incomplet",
    "Le colis contenait bien la théière mais pas les verres."))
FROM_ITALY = Letter(name="amazon-chiara-italian", write=amazon(
    CHIARA, "Buongiorno, il pacco risulta consegnato ma non ho trovato nulla.\nPotete controllare con il corriere?",
    order=CHIARAS, item="Candeliere in ottone a tre bracci"))


# Day 6 is six days ago; the last scene is the present, so that what is shown afterwards is true.
WEEK: Sequence[Scene] = (
    Scene(day=6, at=time(8, 30), note="the bot looks for the first time, at an empty mailbox"),
    Scene(day=6, at=time(9, 12), note="a first mail from a buyer", letters=[ARRIVED]),
    Scene(day=6, at=time(9, 40), note="Marie has read the draft", orders=[Order(verb="approve", reference=CLEMENCES)]),
    Scene(day=6, at=time(14, 5), note="a claim at Rakuten, and a newsletter", letters=[BROKEN, NEWSLETTER]),
    Scene(day=6, at=time(14, 30), note="Rakuten wants its answers in the account: Marie takes the text and pastes it",
          orders=[Order(verb="approve", reference=CARAFE), Order(verb="sent", reference=CARAFE)]),
    Scene(day=5, at=time(10, 20), note="a return, and one message in two copies", letters=[RETURN, *TWICE]),
    Scene(day=5, at=time(11, 0), note="Marie answers", orders=[Order(verb="approve", reference=NOEMIES)]),
    Scene(day=4, at=time(8, 50), note="the morning's mail", letters=[FIRST, TWO_SENDERS, STRANGER]),
    Scene(day=4, at=time(10, 5), note="a question before a sale", letters=[BEFORE_SALE]),
    Scene(day=4, at=time(15, 20), note="the buyer of this morning writes again", letters=[SECOND]),
    Scene(day=4, at=time(15, 45), note="one of the two drafts is enough",
          orders=[Order(verb="discard", reference=FARIDS, oldest=True), Order(verb="approve", reference=FARIDS)]),
    Scene(day=3, at=time(7, 30), note="Marie is away; time passes"),
    Scene(day=3, at=time(12, 0), note="time passes"),
    Scene(day=3, at=time(12, 30), note="Marie is back, and answers late",
          orders=[Order(verb="approve", reference=MAUDS)]),
    Scene(day=3, at=time(17, 10), note="a return to decide, and a parcel not received", letters=[DECIDE, LOST]),
    Scene(day=2, at=time(9, 0), note="Marie has authorised the return in her account",
          orders=[Order(verb="discard", reference=TO_DECIDE), Order(verb="close", reference=TO_DECIDE)]),
    Scene(day=2, at=time(10, 40), note="somebody pretends to write through Amazon", letters=[FORGERY]),
    Scene(day=2, at=time(11, 0), note="Marie does not fall for it",
          orders=[Order(verb="discard", reference=FORGED), Order(verb="close", reference=FORGED)]),
    Scene(day=2, at=time(18, 30), note="time passes"),
    Scene(day=1, at=time(9, 15), note="Marie has found the tracking number, and confirms at Rakuten",
          orders=[Order(verb="approve", reference=LAMP), Order(verb="sent", reference=LAMP)]),
    Scene(day=1, at=time(11, 15), note="another claim", letters=[INCOMPLETE]),
    Scene(ago=timedelta(minutes=90), note="a buyer in Italy", letters=[FROM_ITALY]),
    Scene(note="now"),
)
