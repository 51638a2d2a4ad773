"""What is said about mail that leaves: its bytes, its relay."""

from __future__ import annotations

FRENCH = {
    # the mail itself
    "{domain} is no domain to make a Message-ID of":
        "{domain} n'est pas un domaine dont on puisse faire un Message-ID",
    "On {day} at {hour}, {who} wrote:": "Le {day} à {hour}, {who} a écrit :",
    "the buyer": "l'acheteur",
    "The mail to {recipient} carries a mark that is not ours: it is not sent":
        "Le message à {recipient} porte une marque qui n'est pas la nôtre : il n'est pas envoyé",
    "{id} is no Message-ID: the mail is not sent":
        "{id} n'est pas un Message-ID : le message n'est pas envoyé",
    "{address} is not one plain mail address: nothing is sent to it or from it":
        "{address} n'est pas une adresse simple et unique : rien n'est envoyé, ni à elle ni en son nom",
    "The mail to {recipient} holds a byte that may not travel, at place {place}: it is not sent":
        "Le message à {recipient} contient, à la place {place}, un octet qui ne peut pas voyager : "
        "il n'est pas envoyé",
    "The mail to {recipient} has a line of {length} characters, or no end to its last one: it is not sent":
        "Le message à {recipient} a une ligne de {length} caractères, ou sa dernière ligne n'est pas finie : "
        "il n'est pas envoyé",
    "The mail to {recipient} has a header that cannot be read: it is not sent":
        "Le message à {recipient} a un en-tête illisible : il n'est pas envoyé",
    "The mail to {recipient} has {count} header(s) {name}, allowed: {allowed}; it is not sent":
        "Le message à {recipient} a {count} en-tête(s) {name}, permis : {allowed} ; il n'est pas envoyé",
    "The mail to {recipient} does not name {sender} as its only sender and {recipient} as its only "
    "recipient: it is not sent":
        "Le message à {recipient} ne nomme pas {sender} comme seul expéditeur et {recipient} comme seul "
        "destinataire : il n'est pas envoyé",
    "The mail to {recipient} is for a buyer and has a page of HTML: it is not sent":
        "Le message à {recipient} est pour un acheteur et contient une page HTML : il n'est pas envoyé",
    "The mail to {recipient} is not plain text alone, nor with one page after it: it is not sent":
        "Le message à {recipient} n'est ni du texte seul, ni du texte suivi d'une page : il n'est pas envoyé",
    "The mail to {recipient} hides something in its header {name}: it is not sent":
        "Le message à {recipient} cache quelque chose dans son en-tête {name} : il n'est pas envoyé",
    # the relay
    "Mailbox {mailbox}: {host}:{port} takes no mail from {sender} ({reply}); let this account send from that "
    "address, or change `address`":
        "Boîte {mailbox} : {host}:{port} ne prend pas de message de {sender} ({reply}) ; autorisez ce compte "
        "à écrire avec cette adresse, ou changez `address`",
    "the connection was lost ({reason})": "la connexion a été perdue ({reason})",
    "it spoke unasked": "il a parlé sans qu'on lui demande",
    "no connection": "pas de connexion",
    "Mailbox {mailbox}: security must be tls, starttls or plain for {host}:{port}, not {security}":
        "Boîte {mailbox} : pour {host}:{port}, security doit être tls, starttls ou plain, et non {security}",
    "Mailbox {mailbox}: {host}:{port} is not this machine, so its connection must be encrypted; set security "
    "to tls or starttls":
        "Boîte {mailbox} : {host}:{port} n'est pas cette machine, la connexion doit donc être chiffrée ; "
        "mettez security à tls ou starttls",
    "Mailbox {mailbox}: the authority file {file} for {host}:{port} cannot be read ({reason})":
        "Boîte {mailbox} : le fichier d'autorité {file} pour {host}:{port} ne peut pas être lu ({reason})",
    "Mailbox {mailbox}: {host}:{port} does not offer STARTTLS, so nothing was sent, not even the password; "
    "try port 465 with security tls, or another network":
        "Boîte {mailbox} : {host}:{port} ne propose pas STARTTLS, rien n'a donc été envoyé, pas même le mot "
        "de passe ; essayez le port 465 avec security tls, ou un autre réseau",
    "it offers no log-in with a password": "il ne propose pas de connexion par mot de passe",
    "Mailbox {mailbox}: {host}:{port} refused the log-in of {user} ({reply}); check user and password, some "
    "hosts want a password made for programs":
        "Boîte {mailbox} : {host}:{port} a refusé la connexion de {user} ({reply}) ; vérifiez l'utilisateur "
        "et le mot de passe, certains hébergeurs veulent un mot de passe d'application",
    "Mailbox {mailbox}: {host}:{port} takes no mail from us ({reply})":
        "Boîte {mailbox} : {host}:{port} ne prend pas nos messages ({reply})",
    "Mailbox {mailbox}: the certificate of {host}:{port} is not to be trusted ({reason}); check the host's "
    "name, or give a private authority with ca_file":
        "Boîte {mailbox} : le certificat de {host}:{port} n'est pas digne de confiance ({reason}) ; vérifiez "
        "le nom du serveur, ou indiquez une autorité privée avec ca_file",
    "Mailbox {mailbox}: {host}:{port} does not speak TLS as expected ({reason}); check port and security: "
    "465 is mostly tls, 587 starttls":
        "Boîte {mailbox} : {host}:{port} ne parle pas TLS comme attendu ({reason}) ; vérifiez port et "
        "security : 465 est le plus souvent tls, 587 starttls",
    "Mailbox {mailbox}: the mail server {host}:{port} cannot be reached ({reason})":
        "Boîte {mailbox} : le serveur de courrier {host}:{port} ne peut pas être joint ({reason})",
    "Mailbox {mailbox}: {host}:{port} refused the log-in of {user} by OAuth ({reply}); see that sending by programs "
    "(SMTP AUTH) is switched on for this mailbox, and log in again with `run_bot.py login {mailbox}`":
        "Boîte {mailbox} : {host}:{port} a refusé la connexion de {user} par OAuth ({reply}) ; vérifiez que l'envoi "
        "par des programmes (SMTP AUTH) est activé pour cette boîte, et connectez-vous à nouveau avec "
        "`run_bot.py login {mailbox}`",
    "Mailbox {mailbox}: {host}:{port} refused the log-in of {user} ({reply}); Microsoft takes no passwords from "
    "programs any more: write oauth = \"microsoft\" in the place of the password in mailboxes.toml, and run "
    "`run_bot.py login {mailbox}`":
        "Boîte {mailbox} : {host}:{port} a refusé la connexion de {user} ({reply}) ; Microsoft n'accepte plus de mot "
        "de passe des programmes : écrivez oauth = \"microsoft\" à la place du mot de passe dans mailboxes.toml, puis "
        "lancez `run_bot.py login {mailbox}`",
}
