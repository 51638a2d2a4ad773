"""The commands, the loop and the store, in French."""

from __future__ import annotations

FRENCH = {
    # check
    "ok": "bon",
    "attention": "attention",
    "broken": "en panne",
    "{path} is read whole, {count} mailboxes": "{path} est lu en entier, boîtes : {count}",
    "{path} will be made by the first run": "{path} sera créée au premier passage",
    "{path} is sound": "{path} est saine",
    "{modes}: so it was switched on the page, whatever mailboxes.toml says":
        "{modes} : changé ainsi sur la page, quoi que dise mailboxes.toml",
    "{path} is damaged": "{path} est abîmée",
    "put back the newest backup": "remettez la sauvegarde la plus récente",
    "only {free} MiB free in {folder}": "plus que {free} Mio libres dans {folder}",
    "{free} MiB free in {folder}": "{free} Mio libres dans {folder}",
    "free some space: without it no mail can be kept":
        "libérez de la place : sans elle aucun message ne peut être conservé",
    "{count} templates can be read": "{count} modèles se lisent",
    "still names the example servers": "nomme encore les serveurs d'exemple",
    "put your own address and servers into mailboxes.toml":
        "mettez votre adresse et vos serveurs dans mailboxes.toml",
    "no authserv_id: no mail counts as proven, so nothing will ever leave by itself":
        "pas d'authserv_id : aucun message ne compte comme prouvé, rien ne partira donc jamais tout seul",
    "log-in works; {told}": "la connexion marche ; {told}",
    "{folder}: {count} mails": "{folder} : {count} messages",
    "{count} mails in {folder}": "{count} messages dans {folder}",
    "no smtp server: nothing can be sent from it": "pas de serveur smtp : rien ne peut en partir",
    "add smtp to mailboxes.toml": "ajoutez smtp dans mailboxes.toml",
    "{host} takes mail from {address}": "{host} accepte les messages de {address}",
    # try
    "shelf": "étagère",
    "{path} cannot be read: {words}": "{path} ne peut pas être lu : {words}",
    "--now wants a moment such as 2026-11-22T09:40:00+01:00, got {said}":
        "--now attend un instant comme 2026-11-22T09:40:00+01:00, reçu {said}",
    # show and why
    "Nothing waits for you.": "Rien ne vous attend.",
    "There is no case yet.": "Il n'y a pas encore d'affaire.",
    "No deadline runs.": "Aucune échéance ne court.",
    "Nothing was written yet.": "Rien n'a encore été écrit.",
    "The shelf is empty.": "L'étagère est vide.",
    "origin": "origine",
    "held": "retenu",
    "Deadlines:": "Échéances :",
    "Written:": "Écrit :",
    # orders
    "There is no database yet in {folder}: run `run_bot.py once` first":
        "Il n'y a pas encore de base dans {folder} : lancez d'abord `run_bot.py once`",
    "There is no {which}: give a case such as C-12 or a draft such as D-3; `run_bot.py show outbox` lists them":
        "Il n'y a pas de {which} : donnez une affaire comme C-12 ou un brouillon comme D-3 ; "
        "`run_bot.py show outbox` les montre",
    "{which} has several: {names}; say which": "{which} en a plusieurs : {names} ; dites lequel",
    "{which} is a mail to yourself; there is nothing to approve or discard":
        "{which} est un message pour vous ; il n'y a rien à approuver ni à jeter",
    "Nothing to do for {which} ({stands}).": "Rien à faire pour {which} ({stands}).",
    "no draft": "pas de brouillon",
    "It goes where only you can click: {to}": "Vous seul pouvez le poster ici : {to}",
    "Text to paste:": "Texte à coller :",
    "{id} is approved, to {to}.": "{id} est approuvé, pour {to}.",
    "{id} is discarded; nothing goes to {to}.": "{id} est jeté ; rien ne part vers {to}.",
    "{id} will be sent again, to {to}.": "{id} sera renvoyé, à {to}.",
    "{id} counts as sent, to {to}.": "{id} compte comme envoyé, à {to}.",
    "{which} is quiet until {until}.": "{which} se tait jusqu'à {until}.",
    "{which} is closed.": "{which} est close.",
    # store, templates, loop
    "The database {path} stayed busy for {seconds} s; this round is skipped, the next one tries again":
        "La base {path} est restée occupée {seconds} s ; ce passage est sauté, le suivant réessaie",
    "The disk that holds {path} is full or failing ({words}): free some space; "
    "nothing was lost, the mails are still on the server":
        "Le disque qui porte {path} est plein ou en panne ({words}) : libérez de la place ; "
        "rien n'est perdu, les messages sont toujours sur le serveur",
    "The database {path} is damaged ({words}): put back the newest backup":
        "La base {path} est abîmée ({words}) : remettez la sauvegarde la plus récente",
    "The database {path} cannot be used ({words}): check that its folder exists and may be written":
        "La base {path} est inutilisable ({words}) : vérifiez que son dossier existe et peut être écrit",
    "The database {path} was made by a newer Guichet ({names}): use that program, or put back a backup of before":
        "La base {path} vient d'un Guichet plus récent ({names}) : employez ce programme, "
        "ou remettez une sauvegarde d'avant",
    "oversize: over 25 MiB; only its headers were fetched":
        "oversize: plus de 25 Mio ; seuls ses en-têtes ont été lus",
    "The template {name} must begin with a line «Subject: …» and a blank line":
        "Le modèle {name} doit commencer par une ligne « Subject: … » et une ligne vide",
    "The template {name} cannot be used: {words}": "Le modèle {name} est inutilisable : {words}",
    "Guichet watches {count} mailboxes": "Guichet surveille {count} boîtes",
    "Stopped; nothing was left half done": "Arrêté ; rien n'est resté à moitié fait",
    "{error}; next try in {seconds:.0f} s": "{error} ; nouvel essai dans {seconds:.0f} s",
    "The data folder {folder} cannot be written ({words}); check `data` in mailboxes.toml "
    "and the rights of this user":
        "Le dossier de données {folder} ne peut pas être écrit ({words}) ; vérifiez `data` dans mailboxes.toml "
        "et les droits de cet utilisateur",
    "Another run works on {folder}; this one leaves everything to it":
        "Un autre passage travaille sur {folder} ; celui-ci lui laisse tout",
}
DYNAMIC = {  # given to say() by the command or the verdict
    "ok", "attention", "broken",
    "{id} is approved, to {to}.", "{id} is discarded; nothing goes to {to}.",
    "{id} will be sent again, to {to}.", "{id} counts as sent, to {to}.",
}
