"""The journal: `why`, the timeline, and the evidence pack."""

from __future__ import annotations

# What the clock, the seller and our own outbox tell; what mails tell stands in kinds.py.
OURS = {
    "deadline_near": "A deadline nears",
    "deadline_passed": "A deadline has passed",
    "rating_due": "The buyer may be reminded to rate",
    "draft_approved": "A draft was approved",
    "draft_edited": "A draft got other words",
    "draft_discarded": "A draft was thrown away",
    "seller_answered": "An answer has left",
    "seller_shipped": "The parcel has left",
    "offer_ordered": "A discount was ordered",
    "no_reply_needed": "No reply is needed",
    "snoozed": "Reminders rest for a while",
    "case_closed": "The case was closed",
    "answer_chosen": "It was chosen what becomes of the case",
    "sending_uncertain": "Nobody knows whether a mail has left",
}
ENDED = {"open": "is running", "met": "kept in time", "missed": "was missed", "cancelled": "ended, no longer needed"}
# Our own single words amid a story, by language. They are no sentences: elsewhere such a word may be called otherwise.
CALLED = {"en": {"seller": "by your own hand"}, "fr": {
    "reply": "réponse", "offer": "remise", "reminder": "rappel", "question": "question", "notice": "avis",
    "digest": "résumé du jour", "draft": "brouillon", "ready": "prêt à partir", "transmitting": "en train de partir",
    "sent": "parti", "failed": "échoué", "uncertain": "peut-être parti", "handed": "à poster par vous",
    "discarded": "jeté", "alone": "tout seul", "shadow": "pour voir", "off": "éteint", "email": "par e-mail",
    "webservice": "par le webservice", "seller": "par vos soins", "proven": "prouvée",
    "unproven": "non prouvée", "forged": "fausse", "accepted": "accepté", "refused": "refusé", "rewrite": "autres mots",
}}

OUTCOMES = {"sent": "it has left", "later": "to be tried again", "refused": "refused",
            "unknown": "nobody knows whether it has left"}
STATES = {
    "kept": "It is kept and has not been read yet.",
    "read": "It was understood.",
    "ignored": "It was set aside.",
    "shelved": "It is on the shelf: nobody understood it, or it must not be believed.",
}

FRENCH = {
    "A deadline nears": "Une échéance approche",
    "A deadline has passed": "Une échéance est passée",
    "The buyer may be reminded to rate": "L'acheteur peut être invité à évaluer",
    "A draft was approved": "Un brouillon a été approuvé",
    "A draft got other words": "Un brouillon a reçu d'autres mots",
    "A draft was thrown away": "Un brouillon a été jeté",
    "An answer has left": "Une réponse est partie",
    "The parcel has left": "Le colis est parti",
    "A discount was ordered": "Une remise a été demandée",
    "No reply is needed": "Aucune réponse n'est nécessaire",
    "Reminders rest for a while": "Les rappels se taisent un moment",
    "The case was closed": "L'affaire a été close",
    "It was chosen what becomes of the case": "La suite de l'affaire a été choisie",
    "Nobody knows whether a mail has left": "Nul ne sait si un message est parti",
    "is running": "en cours",
    "kept in time": "tenue à temps",
    "was missed": "manquée",
    "ended, no longer needed": "finie, plus nécessaire",
    "it has left": "c'est parti",
    "to be tried again": "nouvel essai à suivre",
    "refused": "refusé",
    "nobody knows whether it has left": "nul ne sait si c'est parti",
    "It is kept and has not been read yet.": "Il est conservé et n'a pas encore été lu.",
    "It was understood.": "Il a été compris.",
    "It was set aside.": "Il a été mis de côté.",
    "It is on the shelf: nobody understood it, or it must not be believed.":
        "Il est sur l'étagère : personne ne l'a compris, ou on ne doit pas le croire.",
    "you, in the terminal": "vous, au terminal",
    "you, on the page": "vous, sur la page",
    "you, by mail (M-{number})": "vous, par e-mail (M-{number})",
    "you": "vous",
    "mail M-{number}": "message M-{number}",
    "the clock": "l'horloge",
    "what became of {id}": "ce qu'est devenu {id}",
    "It was written because of this:": "Voici pourquoi il a été écrit :",
    "What became of it:": "Ce qu'il est devenu :",
    "The whole story: run_bot.py why {case}": "Toute l'histoire : run_bot.py why {case}",
    "came into {mailbox} at {at}, from {sender}": "arrivé dans {mailbox} le {at}, de {sender}",
    "It was an order of yours: «{said}», {verdict}. {reason}":
        "C'était un ordre de votre part : « {said} », {verdict}. {reason}",
    "clock": "délai",
    "rule {rule} ({source}): ": "règle {rule} ({source}) : ",
    "judged by Guichet {program}, rules {version}": "jugé par Guichet {program}, règles {version}",
    "words": "mots",
    "yes": "accord",
    "your own": "les vôtres",
    "your template {file}": "votre modèle {file}",
    "nobody's: your settings let it leave alone": "de personne : vos réglages le laissent partir seul",
    "try {number}, {at}: {outcome}: {answer}": "essai {number}, {at} : {outcome} : {answer}",
}
DYNAMIC = {*OURS.values(), *ENDED.values(), *OUTCOMES.values(), *STATES.values()}
