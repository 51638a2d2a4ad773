"""What the page says: in its templates, in its tables, and of its own troubles."""

FRENCH = {
    # the log-in and the gate
    "Log in": "Se connecter",
    "Log out": "Se déconnecter",
    "Password": "Mot de passe",
    "Once more": "Encore une fois",
    "Forgotten? Set a new one on this machine: run_bot.py dashboard --set-password":
        "Oublié ? Choisissez-en un autre sur cette machine : run_bot.py dashboard --set-password",
    "The password is set; whoever was logged in no longer is.":
        "Le mot de passe est enregistré ; qui était connecté ne l'est plus.",
    "The password wants {least} to {most} characters, got {count}: take a few words":
        "Le mot de passe demande de {least} à {most} caractères, en voici {count} : prenez quelques mots",
    "The password cannot be kept in {path} ({words}): check the rights of this user":
        "Le mot de passe ne peut pas être enregistré dans {path} ({words}) : vérifiez les droits de cet utilisateur",
    "The page has no password yet: set one with `run_bot.py dashboard --set-password`":
        "La page n'a pas encore de mot de passe : choisissez-en un avec `run_bot.py dashboard --set-password`",
    "{path} cannot be read: set the password anew with `run_bot.py dashboard --set-password`":
        "{path} ne peut pas être lu : choisissez à nouveau le mot de passe avec `run_bot.py dashboard --set-password`",
    "Too many wrong passwords: try again after {until}.":
        "Trop de mots de passe erronés : réessayez après le {until}.",
    "That is not the password.": "Ce n'est pas le mot de passe.",
    "This form is too old, or not from this page: nothing was done. Open the page anew.":
        "Ce formulaire est trop ancien, ou ne vient pas de cette page : rien n'a été fait. Rouvrez la page.",
    "You are not logged in any more: nothing was done. Log in and try again.":
        "Vous n'êtes plus connecté : rien n'a été fait. Connectez-vous et réessayez.",
    "This came from another site: nothing was done.": "Cela venait d'un autre site : rien n'a été fait.",
    "There is nothing here under that name.": "Il n'y a rien ici sous ce nom.",
    "What does something is ordered by a button only, never by an address: nothing was done.":
        "Ce qui agit se commande par un bouton seulement, jamais par une adresse : rien n'a été fait.",
    "That is too long: nothing was done.": "C'est trop long : rien n'a été fait.",
    "The page does not answer under this name. If it is yours, start it with --name and that name.":
        "La page ne répond pas sous ce nom. S'il est à vous, lancez-la avec --name et ce nom.",
    "That did not work; the log of the program tells more.":
        "Cela n'a pas marché ; le journal du programme en dit plus.",
    "That did not work": "Cela n'a pas marché",
    "Back to Today": "Retour à Aujourd'hui",
    "The page: http://{host}:{port}/": "La page : http://{host}:{port}/",
    "The page cannot be offered at {host}:{port} ({words}): is it open already? --port takes another":
        "La page ne peut pas être ouverte à {host}:{port} ({words}) : l'est-elle déjà ? --port en prend un autre",

    # around every page
    "To the content": "Aller au contenu",
    "Pages": "Pages",
    "Today": "Aujourd'hui",
    "Cases": "Affaires",
    "Shelf": "Étagère",
    "Outbox": "Envois",
    "Deadlines": "Échéances",

    # Today
    "Nothing leaves by itself any more: {reason}.": "Plus rien ne part tout seul : {reason}.",
    "since {when}": "depuis le {when}",
    "Nobody knows whether these have left": "Personne ne sait si ceux-ci sont partis",
    "No mailbox has been read yet": "Aucune boîte n'a encore été lue",
    "See whether the settings are right: {command}": "Voyez si les réglages sont bons : {command}",
    "Let it watch your mailboxes: {command}": "Laissez-le surveiller vos boîtes : {command}",
    "What needs you then stands here, the most urgent first.":
        "Ce qui a besoin de vous se trouvera alors ici, le plus urgent d'abord.",
    "What comes is read at once; this page tells you when you are needed.":
        "Ce qui arrive est lu aussitôt ; cette page vous dit quand on a besoin de vous.",
    "order": "commande",
    "What was written": "Ce qui est écrit",
    "To": "À",
    "The words of D-{number}": "Le texte de D-{number}",
    "Change the words of D-{number}": "Modifier le texte de D-{number}",
    "{count} more wait": "{count} autres attendent",
    "Deadline passed:": "Échéance dépassée :",
    "Until": "Avant le",
    "Else:": "Sinon :",

    # a case
    "Buyer": "Acheteur",
    "Shop": "Boutique",
    "Reference": "Référence",
    "Order": "Commande",
    "Item": "Article",
    "Whose move": "À qui de jouer",
    "Opened": "Ouverte",
    "This case is closed; a new mail of the buyer opens it again.":
        "Cette affaire est close ; un nouveau message de l'acheteur la rouvre.",
    "What was written last": "Le dernier message",
    "Keep these words": "Garder ce texte",
    "Send these words": "Envoyer ce texte",
    "Check": "Vérifier",
    "What was asked stays quoted below them.": "La question reste citée en dessous.",
    "It goes where only you can click. Copy the words, post them there, and then say so here.":
        "Cela se fait là où vous seul pouvez cliquer. Copiez le texte, postez-le là-bas, puis dites-le ici.",
    "Look in your account, or in the Sent folder of your mailbox, whether it is there; then say which.":
        "Regardez dans votre compte, ou dans le dossier Envoyés de votre boîte, s'il y est ; puis dites ce qu'il en "
        "est.",
    "What you may order": "Ce que vous pouvez ordonner",
    "Source:": "Source :",
    "The story, the newest first": "L'histoire, du plus récent au plus ancien",
    "Held:": "Retenu :",
    "The words": "Le texte",
    "Facts": "Faits",
    "{count} older": "{count} plus anciens",
    "Written": "Écrit",
    "Must be mended:": "À corriger :",
    "Nothing is wrong with these words.": "Rien à redire à ce texte.",
    "What would be said of these words stands below them; nothing was kept yet.":
        "Ce qu'il y aurait à redire à ce texte se trouve en dessous ; rien n'est encore enregistré.",

    # orders
    "Percent or sum, such as 20% or 8 EUR": "Pourcentage ou somme, par exemple 20% ou 8 EUR",
    "Sum, such as 12.50 EUR; empty: in full": "Somme, par exemple 12,50 EUR ; vide : en entier",
    "Your reason, if you give one": "Votre raison, si vous en donnez une",
    "After": "Dans",
    "1 day": "1 jour",
    "2 days": "2 jours",
    "Tracking number": "Numéro de suivi",
    "Carrier": "Transporteur",
    "Day, if not today": "Jour, si ce n'est pas aujourd'hui",
    "«{said}» is not what this button is for: nothing was done":
        "« {said} » n'est pas ce que fait ce bouton : rien n'a été fait",
    "There are no words in it: nothing was changed": "Il n'y a pas de texte : rien n'a été changé",
    "Your words": "Votre texte",
    "Something happened in {which} since this page was shown: nothing was done. Look at it again and order anew.":
        "Il s'est passé quelque chose dans {which} depuis que cette page s'est affichée : rien n'a été fait. Relisez, "
        "et ordonnez à nouveau.",
    "The words of D-{number} were changed since this page was shown: nothing was done. Below is how they stand now.":
        "Le texte de D-{number} a changé depuis que cette page s'est affichée : rien n'a été fait. Le voici tel qu'il "
        "est maintenant.",
    "Send it": "Envoyer",
    "Throw away": "Jeter",
    "Send again": "Renvoyer",
    "It did go out": "C'est bien parti",
    "Offer a discount": "Proposer une remise",
    "It has shipped": "C'est expédié",
    "It has not left": "Ce n'est pas parti",
    "Accept": "Accepter",
    "Refuse": "Refuser",
    "Ask to send it back": "Demander le retour",
    "Refund": "Rembourser",
    "Remind me later": "Me le rappeler plus tard",
    "No reply needed": "Rien à répondre",
    "Close the case": "Clore l'affaire",

    # how things stand
    "waits for your yes": "attend votre accord",
    "leaves with the next pass": "part au prochain passage",
    "is just leaving": "est en train de partir",
    "has left": "est parti",
    "nobody knows whether it left": "personne ne sait s'il est parti",
    "in your hands": "entre vos mains",
    "thrown away": "jeté",
    "runs": "en cours",
    "ended": "terminée",
    "open": "ouverte",
    "escalated": "devant la place de marché",
    "closed": "close",
    "by mail": "par courriel",
    "by webservice": "par service web",
    "by your hand": "de votre main",
    "Reply": "Réponse",
    "Discount": "Remise",
    "Reminder to you": "Rappel pour vous",
    "Question to you": "Question pour vous",
    "Notice to you": "Avis pour vous",
    "The day's mail to you": "Le courriel du jour pour vous",
    "you": "vous",
    "the marketplace": "la place de marché",
    "nobody": "personne",

    # lists
    "all": "tout",
    "Show": "Afficher",
    "Earlier page": "Page précédente",
    "Next page": "Page suivante",
    "What it is": "De quoi il s'agit",
    "Stage": "Étape",
    "Due": "Échéance",
    "State": "État",
    "Name": "Nom",
    "Why": "Pourquoi",
    "No.": "N°",
    "What": "Quoi",
    "What failed": "Ce qui a échoué",
    "Mail": "Message",
    "Channel": "Voie",

    # a mail
    "From": "De",
    "Subject": "Objet",
    "Mailbox": "Boîte",
    "Received": "Reçu",
    "Sender": "Expéditeur",
    "Reason": "Raison",
    "Case": "Affaire",
    "Shown as plain text: no link, picture or file of a mail is ever opened here.":
        "Affiché en texte simple : aucun lien, aucune image, aucun fichier d'un message n'est jamais ouvert ici.",
    "The mail is longer; all of it: {command}": "Le message est plus long ; en entier : {command}",
    "Attached": "Pièces jointes",
    "What to do with it": "Qu'en faire",
    "If a person wrote it, answer it in your mail program: it is no marketplace's.":
        "Si une personne l'a écrit, répondez-lui dans votre logiciel de courrier : il ne vient pas d'une place de "
        "marché.",
    "If a marketplace wrote it, send a copy without names on: {command}":
        "Si une place de marché l'a écrit, transmettez-en une copie sans noms : {command}",

    # search
    "Search": "Recherche",
    "Order, buyer, or words": "Commande, acheteur ou mots",
    "Find": "Chercher",
    "There are more: say more words.": "Il y en a d'autres : donnez plus de mots.",
    "No case is about «{about}».": "Aucune affaire ne concerne « {about} ».",

    # health
    "Health": "Santé",
    "The bot is at work on {host}; last sign of life {when}.":
        "Le bot travaille sur {host} ; dernier signe de vie le {when}.",
    "The bot is not running: start it with {command}, or wait for cron.":
        "Le bot ne tourne pas : lancez-le avec {command}, ou attendez cron.",
    "Mailboxes": "Boîtes",
    "last read {when}": "lue le {when}",
    "not read yet": "pas encore lue",
    "too long ago": "il y a trop longtemps",
    "What leaves by itself": "Ce qui part tout seul",
    "What you let the bot do alone leaves by itself.": "Ce que vous laissez faire au bot part tout seul.",
    "Let it go on": "Remettre en marche",
    "Stop it": "L'arrêter",
    "What is kept": "Ce qui est gardé",
    "Mails": "Messages",
    "Not read yet": "Pas encore lus",
    "On the shelf": "Sur l'étagère",
    "Ready to leave": "Prêts à partir",
    "Database": "Base de données",
    "Free on the disk": "Libre sur le disque",
    "Backups": "Sauvegardes",
    "There is none yet: one is made each day.": "Il n'y en a pas encore : il s'en fait une par jour.",
    "Versions": "Versions",

    # numbers
    "Numbers": "Chiffres",
    "Cases a week": "Affaires par semaine",
    "As a table": "En tableau",
    "Week": "Semaine",
    "Measure": "Mesure",
    "target met": "objectif atteint",
    "target missed": "objectif manqué",
    "Only {name}": "{name} seulement",
    "All marketplaces": "Toutes les places de marché",
    "{marketplace}: messages by week": "{marketplace} : messages par semaine",
    "{count} weeks: {numbers}": "{count} semaines : {numbers}",
    "Cancelled": "Annulées",
    "Not cancelled": "Maintenues",
    "In time": "À temps",
    "Not in time": "En retard",
    "The evidence pack": "Le dossier de preuves",
    "Mails as they came, answers as they left, deadlines, a SHA-256 of each; nothing of what only you know.":
        "Les messages tels qu'ils sont arrivés, les réponses telles qu'elles sont parties, les échéances, le SHA-256 "
        "de chacun ; rien de ce qui ne regarde que vous.",
    "By marketplace, in {days} days": "Par place de marché, en {days} jours",
    "By marketplace": "Par place de marché",
    "Marketplace": "Place de marché",
    "Open": "Ouvertes",
    "Escalated": "Devant elle",
    "What they were about": "De quoi il s'agissait",

    # rules
    "Rules": "Règles",
    "How far it may go by itself": "Jusqu'où il peut aller seul",
    "What is switched here lies over mailboxes.toml until it is put back. What a guard holds is never sent alone.":
        "Ce qui est changé ici passe avant mailboxes.toml jusqu'à ce que vous le remettiez. Ce qu'un garde-fou retient "
        "ne part jamais seul.",
    "say nothing": "ne rien dire",
    "only note what it would do": "noter seulement ce qu'il ferait",
    "write, and ask you": "écrire, et vous demander",
    "do it alone": "le faire seul",
    "as in mailboxes.toml": "comme dans mailboxes.toml",
    "Without my yes: I mean it": "Sans mon accord : je le veux",
    "Switch": "Changer",
    "switched {when}": "changé le {when}",
    "What the marketplace demands": "Ce que la place de marché exige",
    "Nothing was switched: say that you mean it by the box beside «do it alone».":
        "Rien n'a été changé : confirmez « le faire seul » en cochant la case.",
    "It was switched elsewhere since this page was shown: nothing was done.":
        "Cela a été changé ailleurs depuis que cette page s'est affichée : rien n'a été fait.",
    "Switched. What comes from now on is treated so; what was decided before stays.":
        "C'est changé. Ce qui arrive désormais est traité ainsi ; ce qui était décidé le reste.",

    # words
    "Words": "Textes",
    "What is written to buyers, by kind and language; yours go before the program's.":
        "Ce qui est écrit aux acheteurs, par sorte et par langue ; vos textes passent avant ceux du programme.",
    "Answers to frequent questions": "Réponses aux questions fréquentes",
    "asked {times} times in 90 days": "demandé {times} fois en 90 jours",
    "These are your own words.": "C'est votre propre texte.",
    "These are the program's words; what you keep here becomes your own.":
        "C'est le texte du programme ; ce que vous gardez ici devient le vôtre.",
    "All templates": "Tous les modèles",
    "The template": "Le modèle",
    "Keep this template": "Garder ce modèle",
    "Try": "Essayer",
    "What it says, on real samples": "Ce qu'il dit, sur de vrais exemples",
    "There is no sample of such a mail.": "Il n'y a pas d'exemple d'un tel message.",
    "This is what it would say; nothing was kept yet.": "Voici ce qu'il dirait ; rien n'est encore enregistré.",
    "The template was changed elsewhere since this page was shown: nothing was kept.":
        "Le modèle a changé ailleurs depuis que cette page s'est affichée : rien n'a été enregistré.",
    "Nothing was kept: see below what does not hold.": "Rien n'a été enregistré : voyez ci-dessous ce qui ne va pas.",
    "It cannot be written to {path} ({words}): check the rights of this user":
        "Impossible de l'écrire dans {path} ({words}) : vérifiez les droits de cet utilisateur",
    "Kept in {path}. A bot that is running uses it from the next mail on; where it is your first own template, start "
    "it anew.":
        "Enregistré dans {path}. Un bot qui tourne s'en sert dès le prochain message ; si c'est votre premier modèle à "
        "vous, relancez-le.",
}

# Said in the templates of the page, or through its tables; tests/dashboard holds them together.
DYNAMIC = frozenset(FRENCH)
