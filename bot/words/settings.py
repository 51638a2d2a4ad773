"""The French of bot/settings.py: what is wrong in mailboxes.toml."""

from __future__ import annotations

FRENCH = {
    "this must be true or false, without quotes, but it is {value}":
        "il faut ici true ou false, sans guillemets, mais c'est {value}",
    "{where}: {sentence}": "{where} : {sentence}",
    "line {line}": "ligne {line}",
    "mailbox '{name}'": "boîte « {name} »",
    "mailbox no. {number}": "boîte n° {number}",
    "a table": "une table",
    "a list": "une liste",
    "did you mean {nearest}?": "vouliez-vous dire {nearest} ?",
    "known are: {names}": "valeurs connues : {names}",
    # the file
    "there is no settings file {path}: copy the example mailboxes.toml to this place and fill it in, or "
    "name yours with --config FILE":
        "il n'y a pas de fichier de réglages {path} : copiez-y l'exemple mailboxes.toml et complétez-le, "
        "ou indiquez le vôtre avec --config FICHIER",
    "the settings file {path} cannot be read: {reason}":
        "le fichier de réglages {path} ne peut pas être lu : {reason}",
    "this file is not text in UTF-8: save it again with that encoding":
        "ce fichier n'est pas du texte en UTF-8 : enregistrez-le de nouveau avec cet encodage",
    "this line, or the one before it, cannot be understood as TOML ({reason}): look for a missing quote, "
    "bracket or equals sign":
        "cette ligne, ou celle qui la précède, ne peut pas être comprise comme du TOML ({reason}) : "
        "cherchez un guillemet, un crochet ou un signe égal manquant",
    'this is no safe web address: write it as "https://hc-ping.example/your-check"':
        'ce n\'est pas une adresse web sûre : écrivez-la comme "https://hc-ping.example/votre-controle"',
    # sections and settings
    "there is no such section; {meant}": "cette section n'existe pas ; {meant}",
    "there is no such setting; {meant}": "ce réglage n'existe pas ; {meant}",
    "there is no such setting here; it belongs under {section}":
        "ce réglage n'existe pas ici ; sa place est sous {section}",
    "this setting is missing: {why}": "ce réglage manque : {why}",
    "this must be a section or a table in curly brackets, but it is {value}":
        "il faut ici une section ou une table entre accolades, or c'est {value}",
    "this must be a list in square brackets, such as {example}, but it is {value}":
        "il faut ici une liste entre crochets, par exemple {example}, or c'est {value}",
    "this list is empty: write at least one, such as {example}":
        "cette liste est vide : écrivez au moins une valeur, par exemple {example}",
    "this must be text in quotes, but it is {value}":
        "il faut ici du texte entre guillemets, or c'est {value}",
    "this must be on one line, without control characters":
        "cela doit tenir sur une seule ligne, sans caractères de contrôle",
    "this is empty: write a value, or leave the setting out":
        "c'est vide : écrivez une valeur, ou enlevez ce réglage",
    "this must be a whole number from {least} to {most}, but it is {value}":
        "il faut ici un nombre entier de {least} à {most}, or c'est {value}",
    "{value} is not known here; {meant}": "{value} n'est pas connu ici ; {meant}",
    '{value} is no length of time: write minutes, hours or days as "30m", "24h" or "2d"':
        '{value} n\'est pas une durée : écrivez des minutes, des heures ou des jours comme "30m", "24h" '
        'ou "2d"',
    '{value} is no span of the day: write two different times as "21:00-08:00"':
        '{value} n\'est pas une plage horaire : écrivez deux heures différentes comme "21:00-08:00"',
    '{value} is no time of day: write it as "08:00", or "off"':
        '{value} n\'est pas une heure : écrivez-la comme "08:00", ou "off"',
    '{value} is no amount of money: write it as "25.00 EUR"':
        '{value} n\'est pas une somme d\'argent : écrivez-la comme "25.00 EUR"',
    '{value} is no e-mail address: write it bare, as "marie@boutique.example"':
        '{value} n\'est pas une adresse e-mail : écrivez-la seule, comme "marie@boutique.example"',
    "there is no time zone {value}; did you mean {nearest}?":
        "il n'y a pas de fuseau horaire {value} ; vouliez-vous dire {nearest} ?",
    '{value} is no country or region: write its ISO 3166 code in capitals, as "FR", "FR-57" (Moselle) or '
    '"FR-6AE" (Alsace)':
        '{value} n\'est ni un pays ni une région : écrivez son code ISO 3166 en majuscules, comme "FR", '
        '"FR-57" (Moselle) ou "FR-6AE" (Alsace)',
    '{value} is no server name: write it alone, as "imap.example.net"; the port has a setting of its own':
        '{value} n\'est pas un nom de serveur : écrivez-le seul, comme "imap.example.net" ; le port a son '
        "propre réglage",
    "there is no marketplace {value}; {meant}": "il n'y a pas de place de marché {value} ; {meant}",
    "there is no kind {value}; {meant}": "il n'y a pas de sorte de message {value} ; {meant}",
    "there is no file {path}": "il n'y a pas de fichier {path}",
    "write the marketplace's name into the header, as [shop.rakuten_fr]":
        "écrivez le nom de la place de marché dans l'en-tête, comme [shop.rakuten_fr]",
    # mailboxes
    "there is no mailbox: write a section [[mailbox]] for each one the bot shall read":
        "il n'y a aucune boîte : écrivez une section [[mailbox]] pour chacune de celles que le robot doit "
        "lire",
    "write the header of a mailbox with two brackets on each side: [[mailbox]]":
        "écrivez l'en-tête d'une boîte avec deux crochets de chaque côté : [[mailbox]]",
    "another mailbox has this name: give each its own":
        "une autre boîte porte ce nom : donnez à chacune le sien",
    'only one mailbox can have role = "bot"': 'une seule boîte peut avoir role = "bot"',
    "both imap and maildir are given: keep the one mail is read from":
        "imap et maildir sont donnés tous les deux : gardez celui où le courrier est lu",
    "neither imap nor maildir is given: the bot must know where mail is read from":
        "ni imap ni maildir n'est donné : le robot doit savoir où lire le courrier",
    'reminders and questions need an address to go to, as notify = ["marie@boutique.example"]':
        'il faut une adresse où envoyer rappels et questions, comme notify = ["marie@boutique.example"]',
    'the bot speaks of this mailbox by it, as name = "ventes"':
        'c\'est ainsi que le robot désigne cette boîte, comme name = "ventes"',
    "it is what buyers and marketplaces write to":
        "c'est à elle qu'écrivent les acheteurs et les places de marché",
    "the name of the server": "c'est le nom du serveur",
    "the name to log in with, often the address itself":
        "c'est l'identifiant de connexion, souvent l'adresse elle-même",
    '"plain" would send the password readable over the network: it is for this machine only (localhost); '
    'write "tls" or "starttls"':
        '"plain" ferait passer le mot de passe en clair sur le réseau : c\'est réservé à cette machine '
        '(localhost) ; écrivez "tls" ou "starttls"',
    # secrets
    "secrets do not belong in this file: put it into an environment variable and write {name} = "
    '"NAME_OF_THE_VARIABLE" instead; if others have seen this file, change the secret':
        "un secret n'a pas sa place dans ce fichier : mettez-le dans une variable d'environnement et "
        'écrivez {name} = "NOM_DE_LA_VARIABLE" à la place ; si d\'autres ont vu ce fichier, changez le '
        "secret",
    "this must be the name of an environment variable (letters, digits and _), not the secret itself":
        "il faut ici le nom d'une variable d'environnement (lettres, chiffres et _), pas le secret "
        "lui-même",
    "this must be the path of a file that holds the secret, in quotes":
        "il faut ici, entre guillemets, le chemin d'un fichier qui contient le secret",
    "more than one secret is named: keep one of {names}":
        "plus d'un secret est indiqué : gardez un seul de {names}",
    "no secret is named: write {what}_env or {what}_file":
        "aucun secret n'est indiqué : écrivez {what}_env ou {what}_file",
    "the environment variable named here is not set, or empty: set it before starting the bot":
        "la variable d'environnement indiquée ici n'est pas définie, ou est vide : définissez-la avant de "
        "démarrer le robot",
    "the file named here does not exist, or is empty: write the secret into it, alone on one line":
        "le fichier indiqué ici n'existe pas, ou est vide : écrivez-y le secret, seul sur une ligne",
    "the file named here cannot be read: {reason}": "le fichier indiqué ici ne peut pas être lu : {reason}",
    "the file named here is not text in UTF-8": "le fichier indiqué ici n'est pas du texte en UTF-8",
    "this mailbox has no password: it is logged in to by OAuth":
        "cette boîte n'a pas de mot de passe : on s'y connecte par OAuth",
    "nobody has logged in by OAuth yet: run `run_bot.py login {name}`":
        "personne ne s'est encore connecté par OAuth : lancez `run_bot.py login {name}`",
    '{value} is no safe web address: write it as "https://ws.example.net", without a path':
        "{value} n'est pas une adresse web sûre : écrivez-la comme \"https://ws.example.net\", sans chemin",
}
