"""What `init` says, and what it writes into mailboxes.toml."""

from __future__ import annotations

FRENCH = {
    # the file
    "# Your mailbox, your marketplaces, and what the bot may do without asking you.":
        "# Votre boîte, vos places de marché, et ce que le bot peut faire sans vous demander.",
    "# Made by `run_bot.py init`; change what you like, then run `run_bot.py check`.":
        "# Écrit par `run_bot.py init` ; changez ce que vous voulez, puis lancez `run_bot.py check`.",
    "signs what your buyers read": "signe ce que lisent vos acheteurs",
    "yours: reminders come in it (fr or en)": "la vôtre : celle des rappels (fr ou en)",
    "hours and days are counted where you are": "heures et jours se comptent là où vous êtes",
    "days that are no working days; FR-57 in Moselle, FR-6AE in Alsace":
        "les jours fériés ; FR-57 en Moselle, FR-6AE en Alsace",
    "reminders and questions go here; only they may give orders":
        "rappels et questions vont ici ; elles seules donnent des ordres",
    "folder of the database, beside this file": "dossier de la base, à côté de ce fichier",
    "how the bot speaks of this mailbox": "le nom que le bot donne à cette boîte",
    "must be authorised as a sender at each marketplace": "à autoriser comme expéditeur sur chaque place de marché",
    "the name to log in with": "le nom de connexion",
    "the private authority that signed your server's certificate":
        "l'autorité privée qui a signé le certificat de votre serveur",
    "add those into which your filters sort mail": "ajoutez ceux où vos filtres rangent des messages",
    "only these write here; left out: all the bot knows": "elles seules écrivent ici ; sans cette ligne : toutes",
    "the file that holds the password, and nothing else": "le fichier qui contient le mot de passe, et rien d'autre",
    "the environment variable that holds the password": "la variable d'environnement qui contient le mot de passe",
    "no password: `run_bot.py login` asks the provider": "pas de mot de passe : `run_bot.py login` demande l'accès",
    "whose word on forged senders is believed; your mails told":
        "qui l'on croit sur les expéditeurs ; vos messages l'ont dit",
    "your mail host says nothing of senders that can be believed":
        "votre hébergeur ne dit rien de sûr des expéditeurs",
    "too few mails to learn from yet; `check` will tell": "encore trop peu de messages pour le savoir ; voir `check`",
    "the bot checks signatures itself: {why}": "le bot vérifie lui-même les signatures : {why}",
    "or \"private\": other rules and deadlines hold": "ou \"private\" (particulier) : d'autres règles et délais",
    "off, shadow, draft (write, and ask you) or alone (write and send)":
        "off, shadow, draft (écrire et demander) ou alone (écrire et envoyer)",
    "how long before a deadline you are reminded": "combien de temps avant une échéance on vous la rappelle",
    "no reminder then, unless the last would come too late":
        "pas de rappel alors, sauf si le dernier viendrait trop tard",
    "once a day one mail that tells it all; or \"off\"": "une fois par jour, un message qui dit tout ; ou \"off\"",
    # the questions
    "The e-mail address the marketplaces write to": "L'adresse e-mail à laquelle écrivent les places de marché",
    "Which marketplaces write there ({names}, or all)":
        "Quelles places de marché y écrivent ({names}, ou « all » pour toutes)",
    "Where you want to be told (reminders, questions)": "À quelle adresse vous prévenir (rappels, questions)",
    "Your shop's name, as your buyers read it": "Le nom de votre boutique, tel que vos acheteurs le lisent",
    "The server your mail is read from (IMAP)": "Le serveur où se lit votre courrier (IMAP)",
    "The server your mail is sent through (SMTP)": "Le serveur par lequel part votre courrier (SMTP)",
    "The name you log in with": "Votre nom de connexion",
    "Password of {user} (nothing is shown while you type)":
        "Mot de passe de {user} (rien ne s'affiche pendant la frappe)",
    "Try again?": "Essayer encore ?",
    "Y/n": "O/n",
    "y/N": "o/N",
    "{path} is there already. Make a new one (the old one is kept beside it)?":
        "{path} existe déjà. En faire un nouveau (l'ancien est gardé à côté) ?",
    "Write the password into {path}, which only you can read?":
        "Écrire le mot de passe dans {path}, que vous seul pouvez lire ?",
    "there is no marketplace {value}; known are: {names}":
        "il n'y a pas de place de marché {value} ; connues : {names}",
    "{value} is no server: write it as imap.example.net, imap.example.net:993 or imap.example.net:143:starttls":
        "{value} n'est pas un serveur : écrivez imap.example.net, imap.example.net:993 ou "
        "imap.example.net:143:starttls",
    "with --yes nothing is asked, so {option} must be given": "avec --yes rien n'est demandé : il faut donner {option}",
    "with --yes nothing is asked: put the password into the variable {variable} first":
        "avec --yes rien n'est demandé : mettez d'abord le mot de passe dans la variable {variable}",
    "with --yes nothing is asked: write the password into {path} first, or name a variable with --password-env":
        "avec --yes rien n'est demandé : écrivez d'abord le mot de passe dans {path}, ou nommez une variable avec "
        "--password-env",
    "{path} is there already, with a mailbox of yours: with --yes it is only replaced with --force":
        "{path} existe déjà, avec une boîte à vous : avec --yes il n'est remplacé qu'avec --force",
    "{name} is no name for a command: write letters, digits, - and _":
        "{name} n'est pas un nom de commande : écrivez des lettres, des chiffres, - et _",
    # what is told
    "Your mail is with {provider}: {imap} and {smtp}.": "Votre courrier est chez {provider} : {imap} et {smtp}.",
    "† not confirmed; the log-in will tell.": "† non confirmé ; la connexion le dira.",
    "Who receives the mail of {domain} is not in the table; your provider's help pages name the servers.":
        "Qui reçoit le courrier de {domain} n'est pas dans la table ; les pages d'aide de votre fournisseur nomment "
        "les serveurs.",
    "Logging in …": "Connexion …",
    "Reading works: {count} mails in INBOX.": "La lecture marche : {count} messages dans INBOX.",
    "What leaves is filed in {folder}.": "Ce qui part est rangé dans {folder}.",
    "There is no Sent folder: make one, so that you see what has left.":
        "Il n'y a pas de dossier des messages envoyés : créez-en un, pour voir ce qui est parti.",
    "Sending works: {host} takes mail from {address}.": "L'envoi marche : {host} accepte le courrier de {address}.",
    "Sending does not work yet: {error}": "L'envoi ne marche pas encore : {error}",
    "Senders are believed on the word of {host}: it stands in {times} of the newest {count} mails.":
        "On croit {host} sur les expéditeurs : sa parole est dans {times} des {count} derniers messages.",
    "Your mail host tells nothing of senders that can be believed, so the bot checks signatures itself (check_dkim).":
        "Votre hébergeur ne dit rien de sûr des expéditeurs : le bot vérifie lui-même les signatures (check_dkim).",
    "Nothing was written.": "Rien n'a été écrit.",
    "Written: {path}": "Écrit : {path}",
    "The earlier one is kept as {path}.": "L'ancien est gardé sous {path}.",
    "The password is in {path}, which only you can read.":
        "Le mot de passe est dans {path}, que vous seul pouvez lire.",
    "Before each start:  set -a; . ./{path}; set +a": "Avant chaque démarrage :  set -a; . ./{path}; set +a",
    "What next:": "Et maintenant :",
    "is everything right? Each line says it, with the remedy":
        "tout va-t-il bien ? Chaque ligne le dit, avec le remède",
    "one pass: your mailbox is only read, nothing leaves before you say yes":
        "un passage : votre boîte est seulement lue, rien ne part avant votre oui",
    "what waits for you": "ce qui vous attend",
    "keep watching (or cron, or systemd: see README)": "surveiller sans arrêt (ou cron, ou systemd : voir README.fr)",
    "And at each marketplace, authorise {address} as a sender in your seller account: what it does not know, it "
    "throws away.":
        "Et sur chaque place de marché, autorisez {address} comme expéditeur dans votre compte vendeur : ce qu'elle ne "
        "connaît pas, elle le jette.",
    "{path} cannot be written ({reason}); make room, or give yourself the right to write there":
        "{path} ne peut pas être écrit ({reason}) ; faites de la place, ou donnez-vous le droit d'y écrire",
}
