"""What the drift alarm, the anonymiser and the writing of expectations say, in French."""

from __future__ import annotations

FRENCH = {
    "{marketplace} wrote in a way that is not known here": "{marketplace} a écrit d'une façon inconnue ici",
    "it was read as «{kind}», but «{fact}» was not found in it":
        "il a été lu comme « {kind} », mais « {fact} » n'y a pas été trouvé",
    "more than one marketplace claims it": "plus d'une place de marché le revendique",
    "no kind of mail that is known here looks like it": "aucun genre de message connu ici ne lui ressemble",
    # show mail
    "from": "de",
    "subject": "objet",
    "received": "reçu",
    "origin_why": "preuve",
    "state": "état",
    "reason": "raison",
    "kind": "genre",
    "case": "affaire",
    "attached": "joint",
    "There is no mail {which}: give one such as M-12; `run_bot.py show shelf` lists them":
        "Il n'y a pas de message {which} : donnez-en un comme M-12 ; `run_bot.py show shelf` les montre",
    # try
    "no such mail is kept": "aucun message de ce nom n'est gardé",
    "--anonymise takes one mail, got {count}": "--anonymise prend un seul message, reçu {count}",
    "Read it before you send it on: a name that nothing marks as one may be left.":
        "Relisez-la avant de la transmettre : un nom que rien ne signale peut y être resté.",
    "The copy is not read as the original is; say so when you send it on.":
        "La copie n'est pas lue comme l'original ; dites-le en la transmettant.",
    "{name} is no file: write it into one first, with --anonymise":
        "{name} n'est pas un fichier : écrivez-le d'abord dans un fichier, avec --anonymise",
    "{path} is there already; --force writes over it": "{path} existe déjà ; --force l'écrase",
    "reading the mail «{subject}» failed ({trouble}); nothing is written":
        "la lecture du message « {subject} » a échoué ({trouble}) ; rien n'est écrit",
    "no marketplace claims the mail «{subject}», so there is nothing to expect of it":
        "aucune place de marché ne revendique le message « {subject} » : il n'y a rien à en attendre",
}
DYNAMIC = {"from", "subject", "received", "origin_why", "state", "reason", "kind", "case"}  # the names of its lines
