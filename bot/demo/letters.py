"""Mails as the marketplaces write them, after the samples in bot/marketplaces; people and numbers are invented."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from zoneinfo import ZoneInfo

ADDRESS = "ventes@atelier-lumen.example"
AUTHSERV = "mx.atelier-lumen.example"
SHOP = "Atelier Lumen"
ZONE = ZoneInfo("Europe/Paris")

Writes = Callable[[datetime], bytes]


def _mail(sender: str, subject: str, when: datetime, *, name: str, domain: str, verdict: str = "pass",
          more: Mapping[str, str] | None = None) -> EmailMessage:
    """Return the head of a mail as the seller's mail host keeps it, with what it found out about the sender."""
    number = sha256(f"{name}{when}".encode()).hexdigest()
    mail = EmailMessage()
    dkim = "dkim=pass" if verdict == "pass" else "dkim=none"
    mail["Authentication-Results"] = (f"{AUTHSERV}; {dkim} header.d={domain}; spf={verdict} smtp.mailfrom={domain}; "
                                      f"dmarc={verdict} header.from={domain}")
    mail["Received"] = (f"from out.{domain} (out.{domain} [192.0.2.25]) by {AUTHSERV} (Postfix) with ESMTPS "
                        f"id {number[:8].upper()} for <{ADDRESS}>; {format_datetime(when)}")
    mail["Date"] = format_datetime(when)
    mail["From"] = sender
    mail["To"] = ADDRESS
    mail["Message-ID"] = f"<{number[:32]}@{domain}>"
    mail["Subject"] = subject
    for header, value in (more or {}).items():
        mail[header] = value
    return mail


def _bytes(mail: EmailMessage) -> bytes:
    return mail.as_bytes(policy=SMTP)


# ---- Amazon: a buyer's message ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """How one of Amazon's sites frames a buyer's message."""

    tld: str
    marketplace: str
    about_order: str
    about_product: str
    received: str
    begin: str
    end: str
    resolve: str
    foot: str


FRANCE = Site(
    tld="fr", marketplace="A13V1IB3VIYZZH",
    about_order="Demande de renseignements de la part du client Amazon {buyer} (Commande : {order})",
    about_product="Demande de renseignements concernant les détails d'un produit",
    received="Vous avez reçu un message.", begin="Message: ", end="Fin du message", resolve="Résoudre le cas",
    foot="Droits d'auteur 2026 Amazon, Inc. ou ses affiliés. Tous droits réservés.")
ITALY = Site(
    tld="it", marketplace="APJ6JRA9NG5V4",
    about_order="Richiesta di informazioni da parte del cliente Amazon {buyer}(Ordine: {order})",
    about_product="Richiesta di informazioni sui dettagli di un prodotto",
    received="Hai ricevuto un messaggio.", begin="Messaggio:", end="Fine messaggio", resolve="Risolvi caso",
    foot="Copyright 2026 Amazon, Inc. o le relative società affiliate.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """An Amazon buyer as a seller sees one: a first name and an anonymous address."""

    name: str
    relay: str
    site: Site = FRANCE

    @property
    def thread(self) -> str:
        return "A0" + sha256(self.relay.encode()).hexdigest()[:18].upper()


def amazon(buyer: Buyer, words: str, *, order: str = "", item: str = "", copy: int = 0, verdict: str = "pass",
           typed: bool = True) -> Writes:
    """A buyer's message; without an order it is a question before a sale.

    Args:
        copy: Amazon sends some messages twice: same text and number, another Message-ID and watermark.
        typed: with the header by which Amazon names the type of its mail.
    """
    return lambda when: _bytes(_amazon(buyer, words, when, order, item, copy, verdict, typed))


def _amazon(buyer: Buyer, words: str, when: datetime, order: str, item: str, copy: int, verdict: str,
            typed: bool) -> EmailMessage:
    site = buyer.site
    domain = f"marketplace.amazon.{site.tld}"
    types = {"X-Marketplace-ID": site.marketplace, "X-Space-Notification-Type": "BBC_MESSAGE_SENT_TO_MERCHANT"}
    mail = _mail(f'"{buyer.name} - Amazon Marketplace" <{buyer.relay}@{domain}>',
                 (site.about_order if order else site.about_product).format(buyer=buyer.name, order=order), when,
                 name=f"{buyer.relay}{copy}", domain=domain, verdict=verdict, more=types if typed else {})
    number = "A1" + sha256(f"{buyer.relay}{words}".encode()).hexdigest()[:18].upper()
    head = [site.received, ""] + ([f"# {order}:", f"1 / {item} [ASIN: B0LUMEN042]", ""] if order else [])
    links = (f"https://sellercentral.amazon.{site.tld}/messaging/no-response-needed?t={buyer.thread}&m={number}"
             f"&mp={site.marketplace}&c=A3LUMEN00SHOP&h={'0f' * 20}&s=1")
    text = "\n".join([*head, f"------------- {site.begin} -------------", "", words, "",
                      f"------------- {site.end} -------------", "", site.resolve, links, "",
                      "--------------------------", "", site.foot, "", f"SPC-EUAmazon-71000000000000{copy:02}", ""])
    mail.set_content(text, cte="quoted-printable")
    shown = escape(text, quote=False).replace("\n", "<br>\n")
    mail.add_alternative(f"<html><body><div>{shown}</div></body></html>\n", subtype="html", cte="quoted-printable")
    return mail


# ---- Amazon: a return ---------------------------------------------------------------------------


def amazon_return(order: str, item: str, reason: str, comment: str, authorisation: str) -> Writes:
    return lambda when: _bytes(_amazon_return(order, item, reason, comment, authorisation, when))


def _amazon_return(order: str, item: str, reason: str, comment: str, authorisation: str,
                   when: datetime) -> EmailMessage:
    mail = _mail('"Notifications Amazon Seller Central (Ne pas répondre)" <donotreply@amazon.com>',
                 f"Notification d’autorisation de retour pour la commande {order}", when, name=order,
                 domain="amazon.com", more={"X-Marketplace-ID": FRANCE.marketplace,
                                            "X-Space-Notification-Type": "RETURN_REQUEST"})
    page = f"https://sellercentral.amazon.fr/gp/returns/list/v2?searchString={order}"
    packed = urlsafe_b64encode(page.encode()).decode().rstrip("=")
    listed = {"Numéro de commande": order, "Date de la demande de retour": f"{when.astimezone(ZONE):%Y-%m-%d}",
              "Vérification de la politique de retour": "Retour conforme à la politique",
              "Autorisation": authorisation}
    row = {"Article de la commande": item, "ASIN": "B0LUMEN042", "Sku": "LUM-42", "Quantité retournée": "1",
           "Motif du retour": reason, "Commentaire du client": comment}
    fields = "".join(f"<li><b>{label} :</b> {value}</li>\n" for label, value in listed.items())
    heads, cells = ("".join(f"<{tag}><p>{escape(cell)}</p></{tag}>" for cell in said)
                    for tag, said in (("th", row.keys()), ("td", row.values())))
    mail.set_content(
        f"<html><body><p>Bonjour {SHOP},<br>Un client a demandé à retourner l'article ci-dessous.</p>\n"
        f"<ul>\n{fields}</ul>\n<table border=\"1\"><tr>{heads}</tr>\n<tr>{cells}</tr></table>\n"
        f"<p><a href=\"https://sellercentral.amazon.fr/nms/redirect/7d10c0de?nt=RETURN_REQUEST&amp;u={packed}\">"
        "Gérer les retours</a></p></body></html>\n", subtype="html", cte="quoted-printable")
    return mail


# ---- Rakuten ------------------------------------------------------------------------------------


def _rakuten(subject: str, body: str, when: datetime, item: str) -> bytes:
    mail = _mail("Rakuten <notification@fr.shopping.rakuten.com>", subject, when, name=item,
                 domain="fr.shopping.rakuten.com")
    mail.set_content(body, cte="quoted-printable")
    return _bytes(mail)


def claim(buyer: str, order: str, item: str, title: str, category: str, comment: str) -> Writes:
    """A claim with Rakuten's own clock: three working days, or three days for what is missing."""
    page = f"https://fr.shopping.rakuten.com/purchase?action=itemmonitoring&itemid={item}"
    body = (f"Bonjour {SHOP},\n\nL'acheteur {buyer} vient de faire une réclamation concernant votre vente :\n\n"
            f"Commande : {order}/{item} < {page} >\nArticle : {title}\nRéclamation : {category}\n"
            f"Commentaire : {comment}\n"
            "A partir d'aujourd'hui, {day}, vous avez 3 jours ouvrés pour trouver un arrangement amiable directement "
            f"avec {buyer}.\nSi vous et votre acheteur ne trouvez aucune solution au problème après 3 jours ouvrés, "
            "le Service Clients de Rakuten reprendra en main le traitement de cette réclamation.\n\n"
            "Merci de votre confiance et à bientôt,\nRakuten\n")
    return lambda when: _rakuten(f"Réclamation sur votre vente ({item}) - Service Clients Rakuten",
                                 body.replace("{day}", f"{when.astimezone(ZONE):%d/%m/%Y}"), when, item)


def not_received(buyer: str, order: str, item: str, title: str, agent: str) -> Writes:
    body = (f"Bonjour {SHOP},\n\nL'acheteur {buyer} n'a pas reçu l'article suivant :\n\n"
            f"Commande : {order}/{item}\nArticle : {title}\n\n"
            "Merci de nous confirmer sous 48 heures l'expédition de cet article, en nous indiquant :\n"
            "- la date d'envoi,\n- le transporteur,\n- le numéro de suivi.\n\n"
            f"Sans réponse de votre part, la vente pourra être annulée.\n\n{agent}\nService Clients Rakuten\n")
    subject = f"Article non reçu : confirmez l'expédition ({item}) - {agent} (Service Clients Rakuten)"
    return lambda when: _rakuten(subject, body, when, item)


# ---- Others -------------------------------------------------------------------------------------


def other(sender: str, subject: str, body: str, *, more: Mapping[str, str] | None = None,
          also_from: str = "") -> Writes:
    """A mail of somebody else's.

    Args:
        also_from: a second sender, which no honest mail program writes.
    """
    domain = sender.rpartition("@")[2].rstrip(">")

    def write(when: datetime) -> bytes:
        mail = _mail(sender, subject, when, name=sender, domain=domain, more=more)
        mail.set_content(body, cte="quoted-printable")
        second = f"\r\nFrom: {also_from}\r\nTo: ".encode() if also_from else b"\r\nTo: "
        return _bytes(mail).replace(b"\r\nTo: ", second, 1)

    return write
