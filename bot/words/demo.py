"""The demo, in French."""

from __future__ import annotations

FRENCH = {
    # servers and folder
    "The demo's own mail server cannot listen on {host}: {words}":
        "Le serveur de messagerie de la démo ne peut pas écouter sur {host} : {words}",
    "The demo's own mail server refused a mail: {words}":
        "Le serveur de messagerie de la démo a refusé un message : {words}",
    "{path} is not an empty folder, and the demo overwrites nothing: name another with --keep":
        "{path} n'est pas un dossier vide, et la démo n'écrase rien : nommez-en un autre avec --keep",
    "The folder {path} cannot be made ({words}): name another with --keep":
        "Le dossier {path} ne peut pas être créé ({words}) : nommez-en un autre avec --keep",
    "Stopped. What was done so far stands in {folder}": "Arrêté. Ce qui est déjà fait se trouve dans {folder}",
    "The demo lost its thread: there is no draft about {reference}":
        "La démo a perdu le fil : il n'y a pas de brouillon au sujet de {reference}",
    # the opening
    "One week at {shop}, played by the program itself": "Une semaine chez {shop}, jouée par le programme lui-même",
    "Mail comes in by IMAP on port {imap} and leaves by SMTP on port {smtp} of this machine; nothing leaves it.":
        "Le courrier arrive par IMAP (port {imap}) et part par SMTP (port {smtp}) sur cette machine ; "
        "rien n'en sort.",
    "Marie sells at Rakuten France and Amazon. Her buyers write French and Italian; the hours are those of Paris.":
        "Marie vend sur Rakuten France et Amazon. Ses acheteurs écrivent en français et en italien ; "
        "les heures sont celles de Paris.",
    # the lines
    "arrives": "arrive",
    "understood": "compris",
    "on the shelf": "étagère",
    "set aside": "mis de côté",
    "deadline": "échéance",
    "draft": "brouillon",
    "to Marie": "à Marie",
    "to the buyer": "à l'acheteur",
    "near": "bientôt",
    "missed": "dépassée",
    "met": "tenue",
    "cancelled": "annulée",
    "failed": "échec",
    "Marie": "Marie",
    "nothing to do": "rien à faire",
    "order {order}": "commande {order}",
    "sender proven": "expéditeur prouvé",
    "sender not proven": "expéditeur non prouvé",
    "sender forged": "expéditeur contrefait",
    "unchanged, {due}: it counts from {start}": "inchangée, {due} : elle court depuis le {start}",
    "none for you: it is the buyer's move": "aucune pour vous : c'est à l'acheteur de jouer",
    "D-{id}, to {to}": "D-{id}, pour {to}",
    "D-{id} of C-{case}; the mail server took:": "D-{id} de C-{case} ; le serveur de messagerie a pris :",
    "Mind:": "Attention :",
    "What it may cost:": "Ce que cela peut coûter :",
    # the days
    "Monday": "lundi",
    "Tuesday": "mardi",
    "Wednesday": "mercredi",
    "Thursday": "jeudi",
    "Friday": "vendredi",
    "Saturday": "samedi",
    "Sunday": "dimanche",
    # the headings
    "the bot looks for the first time, at an empty mailbox": "premier passage, sur une boîte vide",
    "a first mail from a buyer": "un premier message d'acheteur",
    "Marie has read the draft": "Marie a lu le brouillon",
    "a claim at Rakuten, and a newsletter": "une réclamation chez Rakuten, et une lettre d'information",
    "Rakuten wants its answers in the account: Marie takes the text and pastes it":
        "Rakuten veut ses réponses dans le compte : Marie prend le texte et le colle",
    "a return, and one message in two copies": "un retour, et un même message en deux exemplaires",
    "Marie answers": "Marie répond",
    "the morning's mail": "le courrier du matin",
    "a question before a sale": "une question avant l'achat",
    "the buyer of this morning writes again": "l'acheteur de ce matin écrit encore",
    "one of the two drafts is enough": "un seul des deux brouillons suffit",
    "Marie is away; time passes": "Marie est absente ; le temps passe",
    "time passes": "le temps passe",
    "Marie is back, and answers late": "Marie est de retour, et répond en retard",
    "a return to decide, and a parcel not received": "un retour à décider, et un colis non reçu",
    "Marie has authorised the return in her account": "Marie a autorisé le retour dans son compte",
    "somebody pretends to write through Amazon": "quelqu'un prétend écrire par Amazon",
    "Marie does not fall for it": "Marie n'est pas dupe",
    "Marie has found the tracking number, and confirms at Rakuten":
        "Marie a retrouvé le numéro de suivi, et confirme chez Rakuten",
    "another claim": "une autre réclamation",
    "a buyer in Italy": "une acheteuse en Italie",
    "now": "maintenant",
    # the end
    "What waits for Marie: run_bot.py show today": "Ce qui attend Marie : run_bot.py show today",
    "The week in numbers": "La semaine en chiffres",
    "mails came": "messages arrivés",
    "of them on the shelf, for a person to look at": "dont sur l'étagère, à regarder soi-même",
    "of them set aside: newsletters and copies": "dont mis de côté : lettres d'information et doublons",
    "cases": "affaires",
    "deadlines, {missed} missed": "échéances, dont dépassées : {missed}",
    "answers drafted": "réponses rédigées",
    "mails to Marie": "messages à Marie",
    "answers to buyers": "réponses aux acheteurs",
    "All of it is kept in {folder}": "Tout est gardé dans {folder}",
    "mailboxes.toml, the database in data/, the mails in mails/in and mails/out.":
        "mailboxes.toml, la base dans data/, les messages dans mails/in et mails/out.",
    "The mail server ends with the demo: what you approve now has nowhere to go.":
        "Le serveur de messagerie s'arrête avec la démo : ce que vous approuvez maintenant ne part nulle part.",
    "Try next:": "À essayer ensuite :",
}
DYNAMIC = {  # the week's headings, the days and the origins are said through tables
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    "sender proven", "sender not proven", "sender forged",
    "the bot looks for the first time, at an empty mailbox", "a first mail from a buyer", "Marie has read the draft",
    "a claim at Rakuten, and a newsletter",
    "Rakuten wants its answers in the account: Marie takes the text and pastes it",
    "a return, and one message in two copies", "Marie answers", "the morning's mail", "a question before a sale",
    "the buyer of this morning writes again", "one of the two drafts is enough", "Marie is away; time passes",
    "time passes", "Marie is back, and answers late", "a return to decide, and a parcel not received",
    "Marie has authorised the return in her account", "somebody pretends to write through Amazon",
    "Marie does not fall for it",
    "Marie has found the tracking number, and confirms at Rakuten", "another claim", "a buyer in Italy",
    "now",
}
