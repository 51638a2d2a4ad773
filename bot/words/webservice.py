"""What is said about a marketplace's webservice: what it answers, what cannot go through it."""

from __future__ import annotations

FRENCH = {
    # the text
    "The webservice cannot carry these characters: {letters}; write the text without them":
        "Le service web ne sait pas transmettre ces caractères : {letters} ; écrivez le texte sans eux",
    "The text is empty: the webservice would send a message without words":
        "Le texte est vide : le service web enverrait un message sans mots",
    "The text has {length} characters, and the webservice takes {most}: shorten it, or paste it into your account":
        "Le texte a {length} caractères et le service web en accepte {most} : raccourcissez-le, ou collez-le dans "
        "votre compte",
    # what it answers
    "it answered «{status}» to {action}, which we do not know":
        "il a répondu « {status} » à {action}, un mot que nous ne connaissons pas",
    "the connection was lost after the request had left ({reason})":
        "la connexion a été perdue après le départ de la demande ({reason})",
    "The webservice {base} cannot be reached ({reason}); check the network, or `webservice` in mailboxes.toml":
        "Le service web {base} est injoignable ({reason}) ; vérifiez le réseau, ou `webservice` dans mailboxes.toml",
    "The webservice takes only characters of ISO-8859-1, and login, token or {names} hold others":
        "Le service web n'accepte que les caractères d'ISO-8859-1, et l'identifiant, le jeton ou {names} en "
        "contiennent d'autres",
    "its answer to {action} cannot be understood": "sa réponse à {action} est incompréhensible",
    "the webservice's quota of requests an hour is used up; it is tried again in an hour":
        "le quota de demandes par heure du service web est épuisé ; nouvel essai dans une heure",
    "the webservice had an error of its own in {action} ({words})":
        "le service web a eu lui-même une erreur pendant {action} ({words})",
    "the webservice does not allow this account {action} ({words}); look at the token's rights in your Rakuten account":
        "le service web n'autorise pas {action} à ce compte ({words}) ; regardez les droits du jeton dans votre "
        "compte Rakuten",
    "the webservice refused {action} ({words})": "le service web a refusé {action} ({words})",
    "the webservice answered {action} with HTTP {status}": "le service web a répondu à {action} par HTTP {status}",
    "the webservice says that it is done": "le service web dit que c'est fait",
    "[shop.{marketplace}] names no login, so its webservice cannot be used":
        "[shop.{marketplace}] n'indique pas de login : son service web ne peut pas être utilisé",
    # what is done through it
    "a sale is accepted or refused on your word alone": "une vente n'est acceptée ou refusée que sur votre parole",
    "the seller says it has shipped": "le vendeur dit l'avoir expédié",
    "Accept the sale": "Accepter la vente",
    "Accept the sale of item {item}, shipped from {country}.\n\n"
    "To refuse it instead, approve the other draft of this case (run_bot.py show outbox); approving one discards "
    "the other.\n":
        "Accepter la vente de l'article {item}, expédié depuis {country}.\n\nPour la refuser, approuvez l'autre "
        "brouillon de cette affaire (run_bot.py show outbox) ; approuver l'un jette l'autre.\n",
    "Refuse the sale": "Refuser la vente",
    "Refuse the sale of item {item}.\n": "Refuser la vente de l'article {item}.\n",
    "Confirm the shipment": "Confirmer l'expédition",
    "Item {item} has shipped.\n\nCarrier: {carrier}\nTracking number: {tracking}\n":
        "L'article {item} est expédié.\n\nTransporteur : {carrier}\nN° de suivi : {tracking}\n",
    "{which}: shipped with {carrier}, {tracking}.": "{which} : expédié par {carrier}, {tracking}.",
    # check
    "run `check` again later; until then nothing is lost":
        "relancez `check` plus tard ; d'ici là rien n'est perdu",
    "look at login and token in mailboxes.toml; without a token these actions are handed to you":
        "vérifiez login et jeton dans mailboxes.toml ; sans jeton, ces actions vous sont remises",
    "login and token work; {count} items wait for you there":
        "login et jeton fonctionnent ; {count} articles vous y attendent",
}
