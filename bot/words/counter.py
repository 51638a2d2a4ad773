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
    "Keep and send": "Garder et envoyer",
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
    "runs": "court",
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
}

# Said in the templates of the page, or through its tables; tests/dashboard holds them together.
DYNAMIC = frozenset(FRENCH)
