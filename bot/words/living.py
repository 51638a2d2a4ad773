"""The disk, signs of life and alarms, in French."""

from __future__ import annotations

FRENCH = {
    # the disk
    "Only {free} MiB are free in {folder}, so no mail is fetched; it stays on the server until {low} MiB are free: "
    "make room":
        "Plus que {free} Mio libres dans {folder}, donc aucun message n'est relevé ; ils restent sur le serveur "
        "jusqu'à ce qu'il y ait {low} Mio : faites de la place",
    "{folder} lies on a network disk ({kind}), where two programs can both believe they are alone and send twice: "
    "set `data` in mailboxes.toml to a folder on a disk of this machine; `run_bot.py backup FILE` may write to the "
    "network disk":
        "{folder} est sur un disque réseau ({kind}), où deux programmes peuvent chacun se croire seuls et envoyer deux "
        "fois : donnez à `data` dans mailboxes.toml un dossier sur un disque de cette machine ; `run_bot.py backup "
        "FICHIER` peut écrire sur le disque réseau",
    "{sentence}; {size} MiB put by for this were let go, so that records can be written":
        "{sentence} ; {size} Mio mis de côté pour ce cas ont été libérés, pour que tout puisse être noté",
    # ping and alarms
    "The address of `ping` in mailboxes.toml is not safe: it must begin with https://":
        "L'adresse de `ping` dans mailboxes.toml n'est pas sûre : elle doit commencer par https://",
    "The address of `ping` cannot be fetched ({kind})": "L'adresse de `ping` ne répond pas ({kind})",
    "[alarm] in mailboxes.toml needs the library apprise: install it with "
    "`.venv/bin/pip install -r requirements-extras.txt`":
        "[alarm] dans mailboxes.toml demande la bibliothèque apprise : installez-la avec "
        "`.venv/bin/pip install -r requirements-extras.txt`",
    "[alarm] in mailboxes.toml: Apprise does not know such an address; its list of services says how yours is written":
        "[alarm] dans mailboxes.toml : Apprise ne connaît pas une telle adresse ; sa liste de services dit comment "
        "s'écrit la vôtre",
    "The alarm «{title}» could not be handed to every address of [alarm]; look at them, or at the network":
        "L'alarme « {title} » n'a pas pu être remise à chaque adresse de [alarm] ; regardez-les, ou le réseau",
    "{count} addresses for alarms": "{count} adresses pour les alarmes",
    # check --alive
    "No run has worked in {folder} yet: start `run_bot.py run`, or `once` by cron":
        "Aucun passage n'a encore eu lieu dans {folder} : lancez `run_bot.py run`, ou `once` par cron",
    "The clock of this machine says {now}, but at {ticked} there was work already: set it right":
        "L'horloge de cette machine dit {now}, or on travaillait déjà à {ticked} : remettez-la à l'heure",
    "Mailbox {mailbox} was never read: `run_bot.py check` says why":
        "La boîte {mailbox} n'a jamais été lue : `run_bot.py check` dit pourquoi",
    "Mailbox {mailbox} was not read for {minutes} minutes: `run_bot.py check` says why":
        "La boîte {mailbox} n'a pas été lue depuis {minutes} minutes : `run_bot.py check` dit pourquoi",
    "Mail is fetched, but no round ended well for {minutes} minutes: look at what `run` or `once` says":
        "Les messages sont relevés, mais aucun passage ne s'est bien terminé depuis {minutes} minutes : regardez ce "
        "que disent `run` ou `once`",
    "All mailboxes were read within {minutes} minutes.":
        "Toutes les boîtes ont été lues en moins de {minutes} minutes.",
    "{folder} can be entered by other users of this machine":
        "d'autres utilisateurs de cette machine peuvent entrer dans {folder}",
    "close it to them: chmod 700 {folder}": "fermez-le-leur : chmod 700 {folder}",
}
