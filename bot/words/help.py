"""What `--help` says (bot/helping.py), in French: docstrings and options of bot/cli.py, examples, headings."""

from __future__ import annotations

FRENCH = {
    # headings
    "Usage: ": "Emploi : ",
    "Options": "Options",
    "Commands": "Commandes",
    "Examples": "Exemples",
    "Exit codes": "Codes de sortie",
    "Files and surroundings": "Fichiers et environnement",
    "To read on": "Pour en savoir plus",
    "To begin": "Pour commencer",
    "To keep working": "Pour que ça tourne",
    "To see": "Pour voir",
    "To order": "Pour décider",
    "To keep, move and erase": "Pour garder, déménager, effacer",
    "Also": "Et aussi",
    # what was typed is wrong
    "There is no command {name}, did you mean {near}?": "Il n'y a pas de commande {name} ; vouliez-vous dire {near} ?",
    "There is no command {name}": "Il n'y a pas de commande {name}",
    "There is no option {name}": "Il n'y a pas d'option {name}",
    "{what} is missing": "il manque {what}",
    "{what} is not right: {words}": "{what} ne va pas : {words}",
    "`{command} --help` explains it, with examples.": "`{command} --help` l'explique, avec des exemples.",
    # the program
    "Guichet reads a small seller's mailboxes, keeps every case and its deadline, and asks him before it answers.":
        "Guichet lit les boîtes d'un petit vendeur, suit chaque affaire et son échéance, et lui demande avant de "
        "répondre.",
    "Each command explains itself: run_bot.py approve --help.":
        "Chaque commande s'explique : run_bot.py approve --help.",
    "The settings (default: mailboxes.toml here).": "Les réglages (sinon : mailboxes.toml dans ce dossier).",
    "Language of what is printed.": "La langue de ce qui s'affiche.",
    "Show the version and exit.": "Afficher la version.",
    "Show this message and exit.": "Afficher cette aide.",
    "Print JSON for scripts.": "Afficher en JSON, pour les scripts.",
    "done": "fait",
    "something outside failed (a mailbox, a server, the disk), or an order could not be carried out":
        "quelque chose a échoué au-dehors (une boîte, un serveur, le disque), ou un ordre n'a pas pu être exécuté",
    "the settings or what you typed are wrong; every fault is listed at once":
        "les réglages ou ce que vous avez tapé sont faux ; toutes les fautes sont dites d'un coup",
    "another run is at work on the same data; it does everything":
        "un autre passage est à l'œuvre sur les mêmes données ; il fait tout",
    "the settings, each explained; --config or GUICHET_CONFIG names another file":
        "les réglages, chacun expliqué ; --config ou GUICHET_CONFIG nomme un autre fichier",
    "beside it: your own words, looked at before the program's":
        "à côté : vos propres textes, lus avant ceux du programme",
    "beside it, or where `data` says: the database, and in backups/ a copy of each day":
        "à côté, ou là où le dit `data` : la base, et dans backups/ une copie par jour",
    "where password_file is looked for when it is not beside the settings":
        "où password_file est cherché s'il n'est pas à côté des réglages",
    "the language where --lang says none; NO_COLOR takes the colours away":
        "la langue, si --lang n'en dit pas ; NO_COLOR enlève les couleurs",
    "README.md, and docs/: running.md keeps it going, orders.md lists the orders, guards.md says what is never done.":
        "README.fr.md, et docs/ : exploitation.md pour le faire tourner, ordres.md pour la liste des ordres, guards.md "
        "pour ce qui n'est jamais fait.",
    # to begin
    "One seller's week on an embedded mail server; ends by itself.":
        "La semaine d'une vendeuse sur un serveur embarqué ; se termine seule.",
    "Folder for its database and mails (default: a new one).":
        "Dossier de sa base et de ses messages (sinon : un nouveau).",
    "Are the settings right, do the log-ins work?": "Les réglages sont-ils bons, les connexions marchent-elles ?",
    "For cron: only whether every mailbox was read lately. No network.":
        "Pour cron : dire seulement si chaque boîte a été lue récemment. Sans réseau.",
    "With --alive: how lately.": "Avec --alive : depuis combien de temps au plus.",
    "What would we understand and do with these mails? Touches nothing, save with --write.":
        "Que comprendrions-nous, que ferions-nous de ces messages ? Ne touche à rien, sauf avec --write.",
    "A FOLDER is walked for *.eml; M-12 is a mail that was kept (`show shelf`).":
        "Dans un dossier (FOLDER), tous les *.eml ; M-12 est un message gardé (`show shelf`).",
    "The moment reckoned from (default: the mail's own).":
        "Le moment d'où l'on compte (sinon : celui du message).",
    "Show the reply that would be written.": "Montrer la réponse qui serait écrite.",
    "Write what was read beside each FILE, as NAME.toml.":
        "Écrire ce qui a été lu à côté de chaque fichier, dans NOM.toml.",
    "With --write: over a file that is there.": "Avec --write : par-dessus un fichier qui existe.",
    "Print the one mail without names, addresses and numbers.":
        "Afficher ce seul message sans noms, adresses ni numéros.",
    "With --anonymise: always the same result (for tests; default: a random one).":
        "Avec --anonymise : toujours le même résultat (pour les tests ; sinon au hasard).",
    "Are the settings right, do the log-ins work? One line a thing: ok, attention or broken, and the remedy.":
        "Les réglages sont-ils bons, les connexions marchent-elles ? Une ligne par chose : bon, attention ou en panne, "
        "et le remède.",
    "Looks at settings, database, disk, backups, the clock (also against the mail servers'), the known holes of this "
    "Python, alarms that stand, templates and answers; then at each mailbox: log-in, folders, room left, the Sent "
    "folder, sending, the address as a sender, whose word on senders is believed or whether keys can be looked up; "
    "then at webservices and the way for alarms. Changes nothing, sends nothing.":
        "Regarde les réglages, la base, le disque, les copies, l'horloge (aussi face à celle des serveurs), les "
        "failles connues de ce Python, les alarmes en cours, les modèles et les réponses ; puis chaque boîte : "
        "connexion, dossiers, place restante, messages envoyés, envoi, l'adresse d'expéditeur, qui est cru sur les "
        "expéditeurs ou si les clés se trouvent ; puis les services web et le chemin des alarmes. Ne change rien, "
        "n'envoie rien.",
    "Exit codes: 0 nothing is broken; 1 something is; 2 the settings are wrong.":
        "Codes de sortie : 0 rien n'est en panne ; 1 quelque chose l'est ; 2 les réglages sont faux.",
    "Set up your first mailbox: a few questions, a log-in, and an explained mailboxes.toml.":
        "Installer votre première boîte : quelques questions, une connexion, et un mailboxes.toml expliqué.",
    "Finds the servers of the common providers, and of your own domain by asking DNS who receives its mail. Logs in, "
    "looks at the newest mails (nothing in the mailbox is changed) to learn whom to believe about forged senders, and "
    "finds the Sent folder. The password is typed unseen and kept in a file of its own that only you can read. A file "
    "in use is never replaced unasked, and the earlier one is kept.":
        "Trouve les serveurs des fournisseurs courants, et ceux de votre domaine en demandant au DNS qui reçoit son "
        "courrier. Se connecte, regarde les derniers messages (rien n'est changé dans la boîte) pour apprendre qui "
        "croire sur les faux expéditeurs, et trouve le dossier des envoyés. Le mot de passe est tapé sans être vu et "
        "gardé dans un fichier à lui que vous seul pouvez lire. Un fichier en service n'est jamais remplacé sans qu'on "
        "vous demande, et l'ancien est gardé.",
    "Exit codes: 0 done; 1 the log-in failed (nothing written), or sending does not work yet; 2 an answer is wrong.":
        "Codes de sortie : 0 fait ; 1 la connexion a échoué (rien n'est écrit), ou l'envoi ne marche pas encore ; "
        "2 une réponse est fausse.",
    "The e-mail address the marketplaces write to.": "L'adresse à laquelle les places de marché écrivent.",
    "Which marketplaces write there.": "Quelles places de marché y écrivent.",
    "Where you are told; may be given more than once.": "Où vous prévenir ; peut être donné plusieurs fois.",
    "Your shop's name, as your buyers read it.": "Le nom de votre boutique, tel que vos acheteurs le lisent.",
    "The name to log in with, where it is not the address.": "Le nom de connexion, si ce n'est pas l'adresse.",
    "Where mail is read, if not found.": "Où le courrier se lit, si ce n'est pas trouvé.",
    "Where mail is sent, if not found.": "Où le courrier s'envoie, si ce n'est pas trouvé.",
    "The file that holds the password, or shall hold it.": "Le fichier qui contient le mot de passe, ou le contiendra.",
    "The environment variable that holds the password.": "La variable d'environnement qui contient le mot de passe.",
    "With --password-env: where it is kept.": "Avec --password-env : où il est gardé.",
    "Log in by OAuth, not by a password.": "Se connecter par OAuth, non par mot de passe.",
    "With OAuth: the program's name at the provider.": "Avec OAuth : le nom du programme chez le fournisseur.",
    "Google: the variable of its secret.": "Google : la variable de son secret.",
    "Only for a server with a private authority.": "Seulement pour un serveur à autorité privée.",
    "Write the file without trying the log-in.": "Écrire le fichier sans essayer la connexion.",
    "Replace settings in use; the old file is kept beside the new one.":
        "Remplacer des réglages en service ; l'ancien fichier est gardé à côté.",
    "Ask nothing: what is not given is left at its default.":
        "Ne rien demander : ce qui n'est pas donné reste à sa valeur d'usage.",
    "The file to write (default: mailboxes.toml here).": "Le fichier à écrire (sinon : mailboxes.toml ici).",
    "Language spoken and written.": "La langue parlée et écrite.",
    "Log in to MAILBOX by OAuth, once, in a browser; and again when the provider has ended it.":
        "Connecter une boîte (MAILBOX) par OAuth, une fois, dans un navigateur ; et de nouveau quand le fournisseur y "
        "a mis fin.",
    'For mailboxes with oauth = "microsoft" (you type a short code at Microsoft\'s page) or oauth = "google" '
    "(you open an address and paste back the one you end at). What is granted is kept in the data folder, for this "
    "program's user only, and renewed without you. docs/providers.md tells how to make the client ID.":
        'Pour les boîtes où oauth = "microsoft" (vous tapez un code court sur la page de Microsoft) ou oauth = '
        '"google" '
        "(vous ouvrez une adresse et recopiez celle où vous arrivez). L'accès est gardé dans le dossier des données, "
        "pour l'utilisateur du programme seul, et renouvelé sans vous. docs/providers.md dit comment obtenir "
        "l'identifiant client.",
    "The program's name at Microsoft or Google, made by you there.":
        "Le nom du programme chez Microsoft ou Google, créé par vous là-bas.",
    "Google only: the environment variable that holds the client's secret.":
        "Google seulement : la variable d'environnement qui contient le secret du client.",
    "Print what makes your shell complete commands and options, and know the program by a short name.":
        "Afficher ce qui fait compléter commandes et options à votre shell, et connaître le programme sous un nom "
        "court.",
    "The lines define the command `guichet`, which starts this run_bot.py with this Python from any folder; Tab then "
    "completes its commands and options.":
        "Les lignes définissent la commande `guichet`, qui lance ce run_bot.py avec ce Python depuis n'importe quel "
        "dossier ; Tab complète alors ses commandes et options.",
    "The short name under which the program is called.": "Le nom court sous lequel appeler le programme.",
    "What would the bot have done with your mail of the past? Sends nothing, changes nothing.":
        "Qu'aurait fait le bot de votre courrier passé ? N'envoie rien, ne change rien.",
    "Your mailbox is opened read-only, and its mails are replayed in a copy by their own clock: what would have been "
    "understood, drafted, sent alone and refused, which deadlines were met and missed, and what nobody understood.":
        "Votre boîte est ouverte en lecture seule, et ses messages rejoués dans une copie à leur propre horloge : ce "
        "qui aurait été compris, préparé, envoyé seul et refusé, quelles échéances ont été tenues ou manquées, et ce "
        "que personne n'a compris.",
    "This mailbox of mailboxes.toml (default: all of them). With files: whose settings hold.":
        "Cette boîte de mailboxes.toml (sinon : toutes). Avec des fichiers : celle dont les réglages valent.",
    "A Maildir instead.": "Un Maildir à la place.",
    "An mbox file instead.": "Un fichier mbox à la place.",
    "Leave out what came before this day, such as 2025-11-01.":
        "Laisser de côté ce qui est arrivé avant ce jour, comme 2025-11-01.",
    "The last day that is replayed (default: until now).": "Le dernier jour rejoué (sinon : jusqu'à maintenant).",
    "The moment at which the replay ends, to the second.": "Le moment où le rejeu finit, à la seconde.",
    "Ask the DNS for senders' keys where mailboxes.toml says check_dkim.":
        "Demander au DNS les clés des expéditeurs là où mailboxes.toml dit check_dkim.",
    "Write the whole report as one page, with charts.": "Écrire tout le rapport en une page, avec des graphiques.",
    # to keep working
    "Watch all mailboxes until told to stop (SIGTERM).":
        "Surveiller toutes les boîtes jusqu'à l'arrêt (SIGTERM).",
    "Offer the page, too: http://127.0.0.1:8470/": "Offrir aussi la page : http://127.0.0.1:8470/",
    "One pass over all mailboxes, for cron.": "Un passage sur toutes les boîtes, pour cron.",
    "Stop all automatic sending, at once; what you approve still leaves.":
        "Arrêter tout envoi automatique, tout de suite ; ce que vous approuvez part encore.",
    "Let automatic replies leave again, after `pause` or after the breaker.":
        "Laisser repartir les réponses automatiques, après `pause` ou après le disjoncteur.",
    "A page to look at and to order from, for a browser on this machine.":
        "Une page pour regarder et décider, dans un navigateur de cette machine.",
    "Where it listens; another one only behind a proxy with TLS (docs/dashboard.md).":
        "Où elle écoute ; ailleurs, seulement derrière un mandataire avec TLS (docs/dashboard.md).",
    "A name under which a proxy offers it.": "Un nom sous lequel un mandataire l'offre.",
    "Ask for the password, keep it, and end.": "Demander le mot de passe, le garder, et finir.",
    # to see
    "What waits, what runs, what was written, what nobody understood.":
        "Ce qui attend, ce qui court, ce qui est écrit, ce que personne n'a compris.",
    "The cases that wait for you, in order of time left.":
        "Les affaires qui vous attendent, la plus pressée d'abord.",
    "All cases, or one: C-12.": "Toutes les affaires, ou une seule : C-12.",
    "All cases; or one (C-12), with what happened in it in the order of time.":
        "Toutes les affaires ; ou une seule (C-12), avec ce qui s'y est passé, dans l'ordre.",
    "With --json and an ID: also what happened, as a list `timeline`.":
        "Avec --json et un ID : aussi ce qui s'est passé, dans la liste `timeline`.",
    "Every deadline, the running ones first.": "Toutes les échéances, celles qui courent d'abord.",
    "Those of a case closed more than 100 days ago stand in `show case`.":
        "Celles d'une affaire close depuis plus de 100 jours se trouvent par `show case`.",
    "What was written in a case closed more than 100 days ago stands in `why`.":
        "Ce qui a été écrit dans une affaire close depuis plus de 100 jours se trouve par `why`.",
    "What was written: drafts, mails that wait, mails that left.":
        "Ce qui a été écrit : brouillons, messages qui attendent, messages partis.",
    "Every rule of the marketplaces, with its source and the day it was read.":
        "Chaque règle des places de marché, avec sa source et le jour où elle a été lue.",
    "Mails nobody claimed or nobody could read, with the reason.":
        "Les messages que personne ne réclame ou ne peut lire, avec la raison.",
    "Your own answers to frequent questions, and how often each was asked for in 90 days.":
        "Vos réponses aux questions fréquentes, et combien de fois chacune a servi en 90 jours.",
    "What marketplaces measure you by: response times, cancellations, what was done in time.":
        "Ce sur quoi les places de marché vous jugent : temps de réponse, annulations, ce qui fut fait à temps.",
    "Reckoned from mail alone; docs/numbers.md says how.":
        "Calculé d'après les messages seuls ; docs/numbers.md dit comment.",
    "Only this one: amazon, rakuten_fr.": "Seulement celle-ci : amazon, rakuten_fr.",
    "A column a week, so many of them (default: 7, 30 and 90 days).":
        "Une colonne par semaine, autant que dit (sinon : 7, 30 et 90 jours).",
    "Write a table for a spreadsheet; - prints it.": "Écrire un tableau pour un tableur ; - l'affiche.",
    "A kept mail as a person reads it: M-12.": "Un message gardé, tel qu'on le lit : M-12.",
    "Write the mail as it came, to the byte.": "Écrire le message tel qu'il est arrivé, à l'octet près.",
    "Why is it so? The story of a case (C-12), or of the case of a draft (D-3).":
        "Pourquoi en est-il ainsi ? L'histoire d'une affaire (C-12), ou de celle d'un brouillon (D-3).",
    "Why is it so? The story of a case (C-12), of a mail of ours (D-3) or of one that came (M-7).":
        "Pourquoi en est-il ainsi ? L'histoire d'une affaire (C-12), d'un de nos messages (D-3) ou d'un message reçu "
        "(M-7).",
    "What would have been written, where the mode is `shadow`: decided and noted, and nothing more.":
        "Ce qui aurait été écrit, là où le mode est `shadow` : décidé et noté, rien de plus.",
    "Write them as a calendar (iCalendar); without a FILE it is printed.":
        "Les écrire en calendrier (iCalendar) ; sans FILE, il s'affiche.",
    "With --ics: tasks, for programs that keep tasks; else events.":
        "Avec --ics : des tâches, pour les logiciels qui en gèrent ; sinon des événements.",
    "`calendar` in mailboxes.toml keeps such a file current.":
        "`calendar` dans mailboxes.toml tient un tel fichier à jour.",
    # to order
    "Send a draft: D-3, or the one of C-12. The next pass or the running daemon sends it.":
        "Envoyer un brouillon : D-3, ou celui de C-12. Le prochain passage, ou `run` qui tourne, s'en charge.",
    "A file with your own words for it; - reads what you type.":
        "Un fichier avec votre propre texte ; - lit ce que vous tapez.",
    "Throw a draft away, or a mail that has not left.": "Jeter un brouillon, ou un message qui n'est pas parti.",
    'Order in the words that a mail takes: order C-12 "remise 20%", order D-3 ok, order pause.':
        'Ordonner avec les mots d\'un mail : order C-12 "remise 20%", order D-3 ok, order pause.',
    "docs/orders.md lists them all.": "docs/ordres.md en donne la liste.",
    "Offer the buyer a discount: offer C-12 20%, or offer C-12 8€.":
        "Proposer une remise à l'acheteur : offer C-12 20%, ou offer C-12 8€.",
    'Say that a parcel has left: shipped C-12 6A12345678901 Colissimo 2026-11-20. "-" where it has no number.':
        "Dire qu'un colis est parti : shipped C-12 6A12345678901 Colissimo 2026-11-20. « - » s'il n'a pas de numéro.",
    "The marketplace is told by its webservice, or you get the text for your account.":
        "La place de marché l'apprend par son service web, ou vous recevez le texte pour votre compte.",
    "The carrier's name exactly as the marketplace calls it.":
        "Le nom du transporteur, exactement comme le dit la place de marché.",
    "Where the parcel is followed; Rakuten wants it with --carrier Autre.":
        "Où suivre le colis ; Rakuten le veut avec --carrier Autre.",
    "No reminder for a while; the last rung before the deadline still comes.":
        "Pas de rappel pendant un moment ; le dernier avant l'échéance vient quand même.",
    "Close a case; its deadlines end. A new mail of the buyer opens it again.":
        "Clore une affaire ; ses échéances finissent. Un nouveau message de l'acheteur la rouvre.",
    "Send again what failed, or what nobody knows to have left.":
        "Renvoyer ce qui a échoué, ou ce dont personne ne sait si c'est parti.",
    "Say that it did go out: an uncertain mail, or one you sent yourself in the marketplace.":
        "Dire que c'est bien parti : un message incertain, ou que vous avez envoyé vous-même sur la place de marché.",
    # to keep, move and erase
    "Copy the database to FILE, while the daemon works; the copy is looked over.":
        "Copier la base dans un fichier (FILE) pendant que `run` travaille ; la copie est vérifiée.",
    "Over a file that is there.": "Par-dessus un fichier qui existe.",
    "Put a backup in the place of the database; the present one is put aside. Stop `run` before.":
        "Remettre une copie à la place de la base ; celle d'à présent est mise de côté. Arrêtez `run` avant.",
    "Erase all that is kept about a BUYER: a name, an address, an order number, or C-12.":
        "Effacer tout ce qui est gardé sur un acheteur (BUYER) : un nom, une adresse, un numéro de commande, ou C-12.",
    "Erase it; without, only say what would go.": "L'effacer ; sans cela, dire seulement ce qui partirait.",
    "Erase all backups in the data folder too.": "Effacer aussi toutes les copies du dossier des données.",
    "Write all that is kept about a BUYER into FILE.zip: mails, texts, facts, answers, times.":
        "Écrire dans FILE.zip tout ce qui est gardé sur un acheteur (BUYER) : messages, textes, faits, réponses, "
        "dates.",
    "Write all that is kept about a BUYER into FILE.zip, or the evidence about one case.":
        "Écrire dans FILE.zip tout ce qui est gardé sur un acheteur (BUYER), ou les preuves d'une affaire.",
    # examples
    "all that lies in your mailboxes, replayed": "tout ce que contiennent vos boîtes, rejoué",
    "with a page of charts": "avec une page de graphiques",
    "once: its password": "une fois : son mot de passe",
    "with the page beside it": "avec la page à côté",
    "what the bot would have written by itself": "ce que le bot aurait écrit de lui-même",
    "see it at work, without a mailbox": "le voir à l'œuvre, sans boîte",
    "are the settings right, do the log-ins work?": "les réglages sont-ils bons, les connexions marchent-elles ?",
    "one pass, for cron": "un passage, pour cron",
    "keep watching": "surveiller sans cesse",
    "what waits for me?": "qu'est-ce qui m'attend ?",
    "why, with the arithmetic": "pourquoi, calcul compris",
    "send the draft": "envoyer le brouillon",
    "the words that a mail takes, too": "les mêmes mots que par mail",
    "in a new folder": "dans un nouveau dossier",
    "in French, and in the folder week": "en français, et dans le dossier week",
    "until Ctrl-C or SIGTERM": "jusqu'à Ctrl-C ou SIGTERM",
    "with the settings of this file": "avec les réglages de ce fichier",
    "one pass over all mailboxes": "un passage sur toutes les boîtes",
    "what failed, for scripts": "ce qui a échoué, pour les scripts",
    "then open http://127.0.0.1:8470/ in a browser": "puis ouvrez http://127.0.0.1:8470/ dans un navigateur",
    "try everything, with the remedy beside what is wrong": "tout essayer ; le remède à côté de ce qui ne va pas",
    "for cron: silent while every mailbox was read lately":
        "pour cron : muet tant que chaque boîte a été lue récemment",
    "the same, more patient": "de même, plus patient",
    "what one mail would lead to": "ce qu'un message entraînerait",
    "with the reply that would be written": "avec la réponse qui serait écrite",
    "every mail of a folder, as seen at that moment": "tous les messages d'un dossier, vus à ce moment-là",
    "a copy without names, to send on": "une copie sans noms, à transmettre",
    "what waits for you": "ce qui vous attend",
    "for scripts": "pour les scripts",
    "the cases that wait for you": "les affaires qui vous attendent",
    "the same in French": "de même, en français",
    "all cases": "toutes les affaires",
    "one of them": "l'une d'elles",
    "the running ones first": "celles qui courent d'abord",
    "drafts, what waits, what left": "les brouillons, ce qui attend, ce qui est parti",
    "every rule with its source": "chaque règle avec sa source",
    "what nobody understood, and why": "ce que personne n'a compris, et pourquoi",
    "which questions are asked most": "les questions les plus posées",
    "for 7, 30 and 90 days": "sur 7, 30 et 90 jours",
    "for a spreadsheet": "pour un tableur",
    "as a person reads it": "tel qu'on le lit",
    "to the byte, into a file": "à l'octet près, dans un fichier",
    "the story of a case": "l'histoire d'une affaire",
    "of the case of a draft": "de l'affaire d'un brouillon",
    "the one draft of a case": "le seul brouillon d'une affaire",
    "a draft by its own number": "un brouillon par son propre numéro",
    "your own words in its place": "votre propre texte à sa place",
    "type them; Ctrl-D ends": "tapez-le ; Ctrl-D termine",
    "nothing is sent; the deadline stays": "rien n'est envoyé ; l'échéance reste",
    "propose a discount": "proposer une remise",
    "send a draft": "envoyer un brouillon",
    "tell that a parcel has left": "dire qu'un colis est parti",
    "nothing leaves by itself any more": "plus rien ne part de soi-même",
    "in percent of the item's value": "en pour cent de la valeur de l'article",
    "as a sum": "d'un montant",
    "today": "aujourd'hui",
    "on another day": "un autre jour",
    "without a number": "sans numéro",
    "no reminder for four hours": "pas de rappel pendant quatre heures",
    "for two days": "pendant deux jours",
    "all mailboxes, since that day": "toutes les boîtes, depuis ce jour",
    "one of them, as a page with charts": "l'une d'elles, en une page avec des courbes",
    "an export, for scripts": "un export, pour les scripts",
    "a folder of .eml files": "un dossier de fichiers .eml",
    "asks what it needs, and tries the log-in": "demande ce qu'il lui faut, et essaie la connexion",
    "in French, for this address": "en français, pour cette adresse",
    "asks nothing, for scripts": "ne demande rien, pour les scripts",
    "the first time": "la première fois",
    "again, with the client ID of the last time": "à nouveau, avec l'identifiant de la dernière fois",
    "then open a new terminal": "puis ouvrez un nouveau terminal",
    "for scripts: each finding with its state": "pour les scripts : chaque constat avec son état",
    "for your calendar, with its alarms": "pour votre calendrier, avec ses alarmes",
    "as tasks, printed": "comme des tâches, affichées",
    "week by week": "semaine par semaine",
    "mail, facts, rules, decisions, words, and what the servers said":
        "message, faits, règles, décisions, mots, et ce qu'ont dit les serveurs",
    "why it was written, whose words it has, who said yes, whether it left":
        "pourquoi il fut écrit, de qui sont ses mots, qui a dit oui, s'il est parti",
    "what was understood of it, or why it is on the shelf": "ce qu'on en a compris, ou pourquoi il est sur l'étagère",
    "for A-to-z or Customer Service, with a SHA-256 of each part":
        "pour la garantie A à Z ou le Service Client, avec le SHA-256 de chaque pièce",
    "its deadlines end": "ses échéances finissent",
    "send again what failed": "renvoyer ce qui a échoué",
    "it did go out, or you did it yourself": "c'est bien parti, ou vous l'avez fait vous-même",
    "automatic replies leave again": "les réponses automatiques repartent",
    "a copy beside you": "une copie dans ce dossier",
    "over the one of last time": "par-dessus celle de la dernière fois",
    "the copy of that day": "la copie de ce jour-là",
    "only say what would go": "dire seulement ce qui partirait",
    "erase it, in the backups too": "l'effacer, aussi dans les copies",
    "the buyer of a case": "l'acheteur d'une affaire",
    "all that is kept about him": "tout ce qui est gardé sur lui",
    "by the number of an order": "par un numéro de commande",
}
DYNAMIC = frozenset(FRENCH)      # said through tables and docstrings: tests/test_helping.py holds them together
