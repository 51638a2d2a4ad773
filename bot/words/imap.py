"""What is said about mail that comes in: the IMAP server, the Maildir."""

from __future__ import annotations

FRENCH = {
    "Mailbox {mailbox}: mail {uid} of {folder} was taken away while it was fetched":
        "Boîte {mailbox} : le message {uid} de {folder} a été enlevé pendant qu'on le relevait",
    # coming in
    "The authority file {file} cannot be read ({reason}); give as ca_file the PEM file of whoever signed the "
    "mail server's certificate":
        "Le fichier d'autorité {file} ne peut pas être lu ({reason}) ; indiquez dans ca_file le fichier PEM de "
        "l'autorité qui a signé le certificat du serveur",
    "Mailbox {mailbox}: host, user or password for {host}:{port} holds a line break or another control "
    "character; take it out":
        "Boîte {mailbox} : le serveur, l'utilisateur ou le mot de passe pour {host}:{port} contient un retour à "
        "la ligne ou un autre caractère de contrôle ; retirez-le",
    "Mailbox {mailbox}: without TLS we speak only to this very machine, and {host}:{port} is not; set "
    "security to tls or starttls":
        "Boîte {mailbox} : sans TLS nous ne parlons qu'à cette machine même, et {host}:{port} n'en est pas ; "
        "mettez security à tls ou starttls",
    "Mailbox {mailbox}: {host}:{port} offers no STARTTLS, so nothing was sent, not even the password; try "
    "port 993 with security tls, or another network":
        "Boîte {mailbox} : {host}:{port} ne propose pas STARTTLS, rien n'a donc été envoyé, pas même le mot de "
        "passe ; essayez le port 993 avec security tls, ou un autre réseau",
    "Mailbox {mailbox}: {host}:{port} does not speak TLS as expected ({reason}); check port and security: 993 "
    "is mostly tls, 143 starttls":
        "Boîte {mailbox} : {host}:{port} ne parle pas TLS comme attendu ({reason}) ; vérifiez port et security : "
        "993 est le plus souvent tls, 143 starttls",
    "Mailbox {mailbox}: {host}:{port} hung up without a greeting; check port and security: 993 is mostly tls, "
    "143 starttls":
        "Boîte {mailbox} : {host}:{port} a raccroché sans saluer ; vérifiez port et security : 993 est le plus "
        "souvent tls, 143 starttls",
    "Mailbox {mailbox}: nobody knows the mail server {host}:{port}; check its spelling, and the network":
        "Boîte {mailbox} : personne ne connaît le serveur de courrier {host}:{port} ; vérifiez son orthographe, "
        "et le réseau",
    "Mailbox {mailbox}: the mail server {host}:{port} cannot be reached ({reason}); check host and port, or "
    "wait":
        "Boîte {mailbox} : le serveur de courrier {host}:{port} ne peut pas être joint ({reason}) ; vérifiez "
        "host et port, ou attendez",
    "Mailbox {mailbox}: the certificate of {host}:{port} is signed by an authority we do not know; if it is "
    "your own, name its certificate in ca_file":
        "Boîte {mailbox} : le certificat de {host}:{port} est signé par une autorité que nous ne connaissons "
        "pas ; si c'est la vôtre, indiquez son certificat dans ca_file",
    "Mailbox {mailbox}: the certificate shown at {host}:{port} is for another name; write the host as it "
    "stands in the certificate":
        "Boîte {mailbox} : le certificat montré par {host}:{port} est celui d'un autre nom ; écrivez host comme "
        "dans le certificat",
    "Mailbox {mailbox}: the certificate of {host}:{port} is not to be trusted ({reason}); its owner must renew "
    "it, unless this machine's clock is wrong or ca_file is not the right one":
        "Boîte {mailbox} : le certificat de {host}:{port} n'est pas digne de confiance ({reason}) ; son "
        "propriétaire doit le renouveler, à moins que l'horloge de cette machine ne soit fausse ou que ca_file "
        "ne soit pas le bon",
    "Mailbox {mailbox}: {host}:{port} lets nobody in just now ({words}); we try again later":
        "Boîte {mailbox} : {host}:{port} ne laisse entrer personne en ce moment ({words}) ; nous réessayerons "
        "plus tard",
    "Mailbox {mailbox}: {host}:{port} refused the log-in of {user} ({words}); {hint}":
        "Boîte {mailbox} : {host}:{port} a refusé la connexion de {user} ({words}) ; {hint}",
    "Microsoft takes no passwords by IMAP any more: write oauth = \"microsoft\" in the place of the password in "
    "mailboxes.toml, and run `run_bot.py login`":
        "Microsoft n'accepte plus de mot de passe par IMAP : écrivez oauth = \"microsoft\" à la place du mot de passe "
        "dans mailboxes.toml, puis lancez `run_bot.py login`",
    "the log-in was granted by {user} at the provider: see that it is for this mailbox, that IMAP is switched on "
    "there, and log in again with `run_bot.py login {mailbox}`":
        "la connexion a été accordée par {user} chez le fournisseur : vérifiez que c'est bien pour cette boîte, que "
        "l'IMAP y est activé, et connectez-vous à nouveau avec `run_bot.py login {mailbox}`",
    "this provider wants an app password, made in the security settings of the mailbox there":
        "ce fournisseur veut un mot de passe d'application, à créer chez lui dans les réglages de sécurité de la "
        "boîte",
    "check user and password; some hosts want a password made for programs, or IMAP switched on":
        "vérifiez l'utilisateur et le mot de passe ; certains hébergeurs veulent un mot de passe d'application, "
        "ou qu'IMAP soit activé",
    # the connection
    "Mailbox {mailbox}: {host}:{port} is silent, or slower than {seconds} s allow; check host, port and "
    "security, or wait":
        "Boîte {mailbox} : {host}:{port} ne répond pas, ou plus lentement que {seconds} s ne le permettent ; "
        "vérifiez host, port et security, ou attendez",
    "Mailbox {mailbox}: what {host}:{port} answered is not IMAP; check host and port, or wait":
        "Boîte {mailbox} : ce que {host}:{port} a répondu n'est pas de l'IMAP ; vérifiez host et port, ou "
        "attendez",
    "Mailbox {mailbox}: {host}:{port} closed the connection, saying: {words}":
        "Boîte {mailbox} : {host}:{port} a fermé la connexion en disant : {words}",
    "Mailbox {mailbox}: {host}:{port} refused what we asked ({words})":
        "Boîte {mailbox} : {host}:{port} a refusé notre demande ({words})",
    "Mailbox {mailbox}: the connection with {host}:{port} was lost; we connect again":
        "Boîte {mailbox} : la connexion avec {host}:{port} a été perdue ; nous nous reconnectons",
    "Mailbox {mailbox}: we were told to stop, and left {host}:{port}":
        "Boîte {mailbox} : on nous a demandé d'arrêter, nous avons quitté {host}:{port}",
    # folders and mails
    "Mailbox {mailbox}: there is no folder {folder} at {host}:{port}; did you mean {names}?":
        "Boîte {mailbox} : il n'y a pas de dossier {folder} chez {host}:{port} ; vouliez-vous dire {names} ?",
    "Mailbox {mailbox}: there is no folder {folder} at {host}:{port}; there are {names}":
        "Boîte {mailbox} : il n'y a pas de dossier {folder} chez {host}:{port} ; il y a {names}",
    "Mailbox {mailbox}: the folder name {folder} is empty or holds a line break or another control character, "
    "which is never sent to {host}:{port}; correct it":
        "Boîte {mailbox} : le nom de dossier {folder} est vide ou contient un retour à la ligne ou un autre "
        "caractère de contrôle, qui n'est jamais envoyé à {host}:{port} ; corrigez-le",
    "Mailbox {mailbox}: {host}:{port} has numbered the mails of {folder} anew; we look at all again":
        "Boîte {mailbox} : {host}:{port} a renuméroté les messages de {folder} ; nous les revoyons tous",
    "Mailbox {mailbox}: {host}:{port} gave mail {uid} of {folder} in two lengths, {first} and {second} bytes; "
    "we try again later":
        "Boîte {mailbox} : {host}:{port} a donné le message {uid} de {folder} en deux longueurs, {first} et "
        "{second} octets ; nous réessayerons plus tard",
    "{error}; so mail number {uid} of {folder} was left out":
        "{error} ; le message numéro {uid} de {folder} a donc été laissé de côté",
    "Mailbox {mailbox}: a Message-ID that is not of our own making is never searched for at {host}:{port}":
        "Boîte {mailbox} : un Message-ID que nous n'avons pas fait nous-mêmes n'est jamais cherché chez "
        "{host}:{port}",
    # Maildir
    "{path} is no Maildir, it lacks the folder {folder}; check maildir in mailboxes.toml":
        "{path} n'est pas un Maildir, il y manque le dossier {folder} ; vérifiez maildir dans mailboxes.toml",
    "{path} cannot be read ({reason}); let the user the program runs as read it":
        "{path} ne peut pas être lu ({reason}) ; donnez le droit de lecture à l'utilisateur du programme",
}
