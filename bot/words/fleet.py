"""The fleet, in French: what its commands and workers say, and what their `--help` says."""

from __future__ import annotations

HELP = {
    "For an agency": "Pour une agence",
    "How many sellers it works on at once.": "Combien de vendeurs il traite à la fois.",
    "It is yourselves: the fleet's own alarms are sent from this mailbox.":
        "C'est vous-mêmes : les alarmes de la flotte partent de cette boîte.",
    "Many sellers on one or more hosts: an agency, a hosted service.":
        "Beaucoup de vendeurs sur une ou plusieurs machines : une agence, un service hébergé.",
    "With --erase: do not ask.": "Avec --erase : ne pas demander.",
    "Delete his folder, too: mails, cases, backups, secrets.":
        "Effacer aussi son dossier : messages, affaires, copies, secrets.",
    "The host, or the disk, under which his folder is found (default: this machine).":
        "La machine, ou le disque, où se trouve son dossier (sinon : celle-ci).",
    "Give up a move that did not end.": "Renoncer à un déménagement qui n'a pas abouti.",
    "Make the tables of a fleet in PostgreSQL; what is there stays.":
        "Créer les tables d'une flotte dans PostgreSQL ; ce qui y est reste.",
    "Where PostgreSQL is, without a password (default: GUICHET_FLEET).":
        "Où est PostgreSQL, sans mot de passe (sinon : GUICHET_FLEET).",
    "How many shards of 50 mailboxes it serves at once.": "Combien de lots de 50 boîtes il sert à la fois.",
    "docs/fleet.md tells how to begin. Each seller keeps a folder of his own; PostgreSQL knows where it is.":
        "docs/fleet.md dit comment commencer. Chaque vendeur garde son dossier ; PostgreSQL sait où il est.",
    "Shift a seller to another disk or host: lock, backup, copy, switch. His old folder stays, marked as moved.":
        "Déménager un vendeur vers un autre disque ou une autre machine : verrou, sauvegarde, copie, bascule. Son "
        "ancien dossier reste, marqué comme déménagé.",
    "His new folder, if its disk can be reached from here.": "Son nouveau dossier, si son disque est accessible d'ici.",
    "Else: write him into this folder, to be carried over.": "Sinon : l'emballer dans ce dossier, à transporter.",
    "His mailboxes.toml; its folder is his.": "Son mailboxes.toml ; le dossier où il est lui appartient.",
    "Serve the sellers of a host until told to stop (SIGTERM); one for each core.":
        "Servir les vendeurs d'une machine jusqu'à l'ordre d'arrêt (SIGTERM) ; un par cœur.",
    "Enter a seller; his settings are looked at as `check` does before a log-in.":
        "Inscrire un vendeur ; ses réglages sont examinés comme le fait `check` avant de se connecter.",
    "How the fleet stands: hosts, shards, what is unread, uncertain or due. Code 1 if a shard has not run.":
        "Où en est la flotte : machines, lots, ce qui n'est pas lu, est incertain ou échoit. Code 1 si un lot n'a pas "
        "tourné.",
    "Take a seller out. His folder stays, unless --erase.": "Sortir un vendeur. Son dossier reste, sauf avec --erase.",
    "The sellers: where each one is, and how he stands.": "Les vendeurs : où est chacun, et où il en est.",
    "The host he moves to.": "La machine où il déménage.",
    "Print it as Prometheus reads it.": "Afficher comme le lit Prometheus.",
    "On the other host: the package, with --folder.": "Sur l'autre machine : le paquet, avec --folder.",
    "The file that holds PostgreSQL's password.": "Le fichier qui contient le mot de passe de PostgreSQL.",
    "the tables, once": "les tables, une fois",
    "a seller whose folder is on this machine": "un vendeur dont le dossier est sur cette machine",
    "yourselves, to hear the fleet's alarms": "vous-mêmes, pour recevoir les alarmes de la flotte",
    "his folder stays": "son dossier reste",
    "and delete what was kept of him": "et effacer ce qui était gardé de lui",
    "where everybody is": "où est chacun",
    "this machine's sellers, until SIGTERM": "les vendeurs de cette machine, jusqu'à SIGTERM",
    "the sellers of a disk that moves between machines": "les vendeurs d'un disque qui passe d'une machine à l'autre",
    "hosts, shards, deadlines; code 1 if a shard has not run":
        "machines, lots, échéances ; code 1 si un lot n'a pas tourné",
    "for node_exporter": "pour node_exporter",
    "to a disk that can be reached from here": "vers un disque accessible d'ici",
    "for a host that cannot": "pour une machine qui ne l'est pas",
    "there": "là-bas",
    "he stays after all": "il reste, finalement",
    "how it stands": "où elle en est",
}

FRENCH = {
    "shard {name} of the fleet is not served": "le lot {name} de la flotte n'est pas servi",
    "Say where the fleet's directory is: --dsn, or the environment variable {name}, such as "
    "\"host=/var/run/postgresql dbname=guichet\"":
        "Dites où est l'annuaire de la flotte : --dsn, ou la variable d'environnement {name}, par exemple "
        "\"host=/var/run/postgresql dbname=guichet\"",
    "What is typed can be read by others of this machine: take the password out of --dsn, and name a file with "
    "--password-file, or put the whole into {name}":
        "Ce qui se tape peut être lu par d'autres sur cette machine : ôtez le mot de passe de --dsn et nommez un "
        "fichier avec --password-file, ou mettez le tout dans {name}",
    "A fleet needs procrastinate and psycopg: install them with `.venv/bin/pip install -r requirements-fleet.txt`":
        "Une flotte demande procrastinate et psycopg : installez-les avec `.venv/bin/pip install -r "
        "requirements-fleet.txt`",
    "The password file {path} is empty: write the password into it, alone on one line":
        "Le fichier de mot de passe {path} est vide : écrivez-y le mot de passe, seul sur une ligne",
    "The address of the fleet's directory cannot be understood: write it as \"host=/var/run/postgresql "
    "dbname=guichet\" or \"postgresql://host/guichet\"":
        "L'adresse de l'annuaire de la flotte est incompréhensible : écrivez-la \"host=/var/run/postgresql "
        "dbname=guichet\" ou \"postgresql://hote/guichet\"",
    "The password file {path} cannot be read: write the password into it, alone on one line":
        "Le fichier de mot de passe {path} ne peut pas être lu : écrivez-y le mot de passe, seul sur une ligne",
    "The directory is ready. Enter the first seller: run_bot.py fleet add NAME --settings FILE":
        "L'annuaire est prêt. Inscrivez le premier vendeur : run_bot.py fleet add NOM --settings FICHIER",
    "{name} is in shard {shard} of {host}; a worker there serves him within a minute.":
        "{name} est dans le lot {shard} de {host} ; un ouvrier de cette machine le sert d'ici une minute.",
    "{name} is out, and what was kept of him in {folder} is deleted.":
        "{name} est sorti, et ce qui était gardé de lui dans {folder} est effacé.",
    "Delete all that is kept of {name} in {folder}?": "Effacer tout ce qui est gardé de {name} dans {folder} ?",
    "{name} is out; all that is his stays in {folder} on {host}.":
        "{name} est sorti ; tout ce qui est à lui reste dans {folder} sur {host}.",
    "What is not ours stays there: {files}": "Ce qui n'est pas à nous y reste : {files}",
    "{name} is served where he was.": "{name} est servi là où il était.",
    "{name} is in shard {shard} of {host}; delete the package in {folder}.":
        "{name} est dans le lot {shard} de {host} ; effacez le paquet dans {folder}.",
    "Nobody serves {name} until this is run on {host}, with the package there: run_bot.py fleet move {name} --from "
    "{folder} --folder …":
        "Personne ne sert {name} tant que ceci n'est pas lancé sur {host}, le paquet y étant : run_bot.py fleet move "
        "{name} --from {folder} --folder …",
    "{name} is in shard {shard} of {host}, in {folder}; his old folder stays, marked as moved.":
        "{name} est dans le lot {shard} de {host}, dans {folder} ; son ancien dossier reste, marqué comme déménagé.",
    "Say --to HOST with --folder or --package, or --from PACKAGE with --folder, or --back":
        "Dites --to MACHINE avec --folder ou --package, ou --from PAQUET avec --folder, ou --back",
    "{name} is being moved, or was moved meanwhile; `run_bot.py fleet list` shows how he stands":
        "{name} déménage, ou a déménagé entre-temps ; `run_bot.py fleet list` montre où il en est",
    "There is a seller {name} in the fleet already": "Il y a déjà un vendeur {name} dans la flotte",
    "The seller {other} has one of these mailboxes already: two would answer the same buyer":
        "Le vendeur {other} a déjà une de ces boîtes : deux répondraient au même acheteur",
    "There is no seller {name} in the fleet; `run_bot.py fleet list` shows them":
        "Il n'y a pas de vendeur {name} dans la flotte ; `run_bot.py fleet list` les montre",
    "The fleet's directory cannot be reached ({reason})": "L'annuaire de la flotte est injoignable ({reason})",
    "There is no fleet in this database yet: run `run_bot.py fleet init`":
        "Il n'y a pas encore de flotte dans cette base : lancez `run_bot.py fleet init`",
    "The fleet's directory refused ({reason})": "L'annuaire de la flotte a refusé ({reason})",
    "{name} is no name for a seller: small letters, digits, dots and hyphens, at most 63":
        "{name} n'est pas un nom de vendeur : minuscules, chiffres, points et tirets, 63 au plus",
    "The data of {name} lies in {data}, outside {folder}: a seller of a fleet has all that is his in one folder; set "
    "`data` to a folder in it":
        "Les données de {name} sont dans {data}, hors de {folder} : un vendeur d'une flotte a tout ce qui est à lui "
        "dans un seul dossier ; donnez à `data` un dossier qui s'y trouve",
    "The folder {folder} is, holds or lies in that of the seller {other}: give each one a folder of his own":
        "Le dossier {folder} est, contient ou est dans celui du vendeur {other} : donnez à chacun un dossier à lui",
    "{folder} is still being worked on after {seconds:.0f} s; try again later":
        "{folder} est toujours occupé après {seconds:.0f} s ; réessayez plus tard",
    "The package in {folder} is of {seller}, for {host}": "Le paquet dans {folder} est celui de {seller}, pour {host}",
    "{name} was taken up already, or called back": "{name} a déjà été repris, ou rappelé",
    "{name} is not being moved": "{name} ne déménage pas",
    "The folder {folder} of {name} is not on this machine: run this on {host}":
        "Le dossier {folder} de {name} n'est pas sur cette machine : lancez ceci sur {host}",
    "{name} is packed for another host: take the package up there, or `fleet move {name} --back`":
        "{name} est emballé pour une autre machine : reprenez le paquet là-bas, ou `fleet move {name} --back`",
    "{folder} is not empty: name a new folder": "{folder} n'est pas vide : nommez un nouveau dossier",
    '`data` in {path} names a folder by its whole path: write it as "{inside}", so that it moves along':
        "`data` dans {path} nomme un dossier par son chemin entier : écrivez \"{inside}\", pour qu'il suive",
    "The copy {path} is not sound ({words}); nothing was switched":
        "La copie {path} n'est pas saine ({words}) ; rien n'a été basculé",
    "{folder} is no package of `fleet move`": "{folder} n'est pas un paquet de `fleet move`",
    "Seller {name}: the program itself has a fault": "Vendeur {name} : le programme lui-même a un défaut",
    "Seller {name}: his visit takes longer than {seconds:.0f} s and is ended; what is left is done at the next":
        "Vendeur {name} : sa visite dure plus de {seconds:.0f} s, elle est interrompue ; le reste se fera à la "
        "prochaine",
    "Seller {name}: {failure}": "Vendeur {name} : {failure}",
    "Shard {number} of {host} ({sellers} sellers) was not served for {minutes} minutes: is a worker running there "
    "(`run_bot.py fleet worker --host {host}`), and has it room?":
        "Le lot {number} de {host} ({sellers} vendeurs) n'a pas été servi depuis {minutes} minutes : un ouvrier y "
        "tourne-t-il (`run_bot.py fleet worker --host {host}`), et a-t-il de la place ?",
    "The agency's mailbox is being worked on; the alarm leaves with that":
        "La boîte de l'agence est en cours de traitement ; l'alarme part avec",
    "A worker is gone; what it served is taken over ({work})":
        "Un ouvrier a disparu ; ce qu'il servait est repris ({work})",
    "Worker {name} serves up to {slots} shards of {host}": "L'ouvrier {name} sert jusqu'à {slots} lots de {host}",
    "Worker {name} has stopped": "L'ouvrier {name} s'est arrêté",
    "PostgreSQL went away ({reason}); next try in {seconds:.0f} s":
        "PostgreSQL est parti ({reason}) ; nouvel essai dans {seconds:.0f} s",
    "The job «{name}» failed ({reason})": "Le travail « {name} » a échoué ({reason})",
    "{folder} was moved elsewhere ({mark} in it says where), so nothing is done with it":
        "{folder} a déménagé ({mark} y dit où), donc rien n'en est fait",
    **HELP,
}
DYNAMIC = frozenset(HELP)      # said through tables and docstrings: tests/test_helping.py holds them together
