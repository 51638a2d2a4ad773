"""Deadlines, decisions and the path of a mail, in French."""

from __future__ import annotations

FRENCH = {
    # deadlines
    "{start} + {within} = {due} (rule {rule}: {source})": "{start} + {within} = {due} (règle {rule} : {source})",
    "the mail says «{words}»: {sum}{due}": "le message dit « {words} » : {sum}{due}",
    "; the rule {rule} alone would give {due}": " ; la règle {rule} seule donnerait {due}",
    "; another reading, {source}: {within} = {due}": " ; autre lecture, {source} : {within} = {due}",
    "{amount} hours": "{amount} heures",
    "{amount} days": "{amount} jours",
    "{amount} working days": "{amount} jours ouvrés",
    "{amount} legal days": "{amount} jours (délai légal)",
    "{start} + {within} = {due} (your own target for {kind})":
        "{start} + {within} = {due} (votre propre objectif pour {kind})",
    "Nothing is lost yet: it is your own target.": "Rien n'est perdu encore : c'est votre propre objectif.",
    "late by {span}": "en retard de {span}",
    "{days} days {hours} h": "{days} jours {hours} h",
    "{hours} h {minutes} min": "{hours} h {minutes} min",
    "{hours} h": "{hours} h",
    # decisions
    "{kind}: wants an answer": "{kind} : cela demande une réponse",
    "{kind}: wants the seller to move": "{kind} : c'est au vendeur d'agir",
    "the deadline {name} is due at {due}": "l'échéance {name} tombe le {due}",
    "the deadline {name} passed at {due}": "l'échéance {name} est passée le {due}",
    "the buyer's time for {name} ended at {due}": "le temps de l'acheteur pour {name} a pris fin le {due}",
    "told together after a stop": "dit d'un coup après un arrêt",
    "the answer was refused: {words}": "la réponse a été refusée : {words}",
    "nobody can say whether the mail went out": "personne ne peut dire si le message est parti",
    "sender_unverified: the sender is not proven ({origin}); the case is kept, nothing leaves by itself":
        "sender_unverified: l'expéditeur n'est pas prouvé ({origin}) ; l'affaire est suivie, rien ne part tout seul",
    "stale: the mail is older than max_age; the case is kept, nothing leaves by itself":
        "stale: le message est plus vieux que max_age ; l'affaire est suivie, rien ne part tout seul",
    "cold_start: it was in the mailbox before the first look; nothing leaves by itself":
        "cold_start: il était dans la boîte avant le premier passage ; rien ne part tout seul",
    "the seller approved it": "le vendeur l'a approuvé",
    "the seller says it went out": "le vendeur dit qu'il est parti",
    "the seller discarded it": "le vendeur l'a jeté",
    # the path of a mail
    "takes effect when opened": "agit dès qu'on l'ouvre",
    "unsubscribes when opened": "désabonne dès qu'on l'ouvre",
    "reports to the marketplace": "signale à la place de marché",
    "stale: dated {date:%Y-%m-%d}, long before it arrived; nothing leaves by itself":
        "stale: daté du {date:%d/%m/%Y}, bien avant son arrivée ; rien ne part tout seul",
    "reading it stopped the program {count} times": "sa lecture a arrêté le programme {count} fois",
    "we wrote it ourselves": "nous l'avons écrit nous-mêmes",
    "the same mail as M-{number}": "le même message que M-{number}",
    "no marketplace writes from {sender}": "aucune place de marché n'écrit depuis {sender}",
    "from {marketplace}, but no kind of mail we know": "de {marketplace}, mais d'un genre que nous ne connaissons pas",
    "a mail could not be delivered; read it, one of your answers may not have arrived":
        "un message n'a pas pu être remis ; lisez-le, une de vos réponses n'est peut-être pas arrivée",
    "an automatic mail is never answered": "on ne répond jamais à un message automatique",
    "the sender is not proven": "l'expéditeur n'est pas prouvé",
    "one of our answers came back": "une de nos réponses est revenue",
    "no matter of yours to act on": "rien qui vous demande d'agir",
    "it says it comes from {marketplace}, and your mail host denies it":
        "il se dit de {marketplace}, et votre hébergeur le dément",
    "no case of ours knows it": "aucune de nos affaires ne le connaît",
    "told before in another mail": "déjà dit dans un autre message",
    "found at the first look": "trouvé au premier passage",
    "D-{number} has no words, for its template failed: {error}; mend the template, "
    "discard D-{number} and answer yourself":
        "D-{number} est vide, car son modèle a échoué : {error} ; corrigez le modèle, "
        "jetez D-{number} et répondez vous-même",
    # receiving and sending
    "Mailbox {mailbox}: {error}": "Boîte {mailbox} : {error}",
    "found in the Sent folder": "trouvé dans le dossier des messages envoyés",
    "the connection was lost after the mail was handed over: {words}":
        "la liaison s'est rompue après la remise du message : {words}",
    "Mailbox {mailbox} has no smtp server in mailboxes.toml, so nothing can be sent from it; "
    "add smtp = {{ host = \"…\", port = 465, security = \"tls\" }}":
        "La boîte {mailbox} n'a pas de serveur smtp dans mailboxes.toml, rien ne peut donc en partir ; "
        "ajoutez smtp = {{ host = \"…\", port = 465, security = \"tls\" }}",
}
DYNAMIC = {"{amount} hours", "{amount} days", "{amount} working days", "{amount} legal days"}  # chosen by unit
