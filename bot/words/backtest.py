"""What a backtest says, in French."""

from __future__ import annotations

FRENCH = {
    # the command
    "Give one of --maildir, --mbox and files, not several":
        "Donnez soit --maildir, soit --mbox, soit des fichiers, pas plusieurs à la fois",
    "{option} wants a day such as 2025-11-01, got {said}": "{option} attend un jour comme 2025-11-01, reçu {said}",
    "The whole report is in {path}; it holds your buyers' words.":
        "Le rapport complet est dans {path} ; il contient des messages de vos acheteurs.",
    "reading": "lecture",
    "replaying": "rejeu",
    # shadow
    "Nothing was only noted: no mode is shadow, or nothing came.":
        "Rien n'a été seulement noté : aucun mode n'est shadow, ou rien n'est venu.",
    # the mails of the past
    "There is no file or folder {path}: give mails as .eml files, or a folder of them":
        "Il n'y a ni fichier ni dossier {path} : donnez des messages en fichiers .eml, ou un dossier de ceux-ci",
    "{path} is no mbox: its first line is no «From …» with a date. A folder of .eml or one mail is given without "
    "--mbox":
        "{path} n'est pas un mbox : sa première ligne n'est pas un « From … » avec une date. Un dossier de .eml ou un "
        "message seul se donne sans --mbox",
    "mailboxes.toml has no mailbox {name}: there are {names}":
        "mailboxes.toml n'a pas de boîte {name} : il y a {names}",
    "it would have left": "il serait parti",
    # the report
    "Backtest from {first} to {last}": "Rejeu du {first} au {last}",
    "Guichet: backtest from {first} to {last}": "Guichet : rejeu du {first} au {last}",
    "{read} mails; from a marketplace: {recognised}; understood by nobody: {shelf}":
        "{read} messages ; d'une place de marché : {recognised} ; compris par personne : {shelf}",
    "{count} mails lie outside that time": "{count} messages sont hors de cette période",
    "Nothing was sent, and nothing of your data folder was touched.":
        "Rien n'a été envoyé, et rien de votre dossier de données n'a été touché.",
    "Understood": "Compris",
    "What the bot would have done": "Ce que le bot aurait fait",
    "cases opened": "affaires ouvertes",
    "questions to you": "questions à vous",
    "drafts, for your yes": "brouillons, à approuver par vous",
    "replies that leave alone": "réponses parties seules",
    "replies in shadow mode: only written down": "réponses en mode shadow : seulement notées",
    "refused by a guard, or left to you": "refusées par un garde-fou, ou laissées à vous",
    "reminders before a deadline": "rappels avant une échéance",
    "real answers of yours found": "vraies réponses de vous retrouvées",
    "Deadlines": "Échéances",
    "still running": "en cours",
    "met in time": "tenues à temps",
    "not met in time": "dépassées",
    ", half of them with more than {left} to spare": ", la moitié avec plus de {left} d'avance",
    "At stake in those missed: {sums}": "En jeu dans celles dépassées : {sums}",
    "Taken back afterwards, as later mails say: {sums}": "Repris ensuite, d'après des messages suivants : {sums}",
    "Missed": "Dépassées",
    "Met": "Tenues",
    "answered {late} late": "répondu avec {late} de retard",
    "no answer found": "aucune réponse retrouvée",
    "Refused by a guard": "Refusé par un garde-fou",
    "Understood by nobody": "Compris par personne",
    "(no subject)": "(sans objet)",
    "and {count} more: --html FILE or --json has them all":
        "et {count} autres : --html FICHIER ou --json les donnent tous",
    "{days} d {hours} h": "{days} j {hours} h",
    "{minutes} min": "{minutes} min",
    "Mind": "À savoir",
    "What you answered on a marketplace's own page leaves no mail, unless the marketplace sends a copy: such deadlines "
    "count as missed here.":
        "Ce que vous avez répondu sur la page d'une place de marché ne laisse pas de message, sauf si elle vous en "
        "envoie une copie : ces échéances comptent ici comme dépassées.",
    "Signatures were not checked, for that asks the DNS: such mails count as not proven, and nothing leaves alone on "
    "their account. --dkim checks them.":
        "Les signatures n'ont pas été vérifiées, car cela interroge le DNS : ces messages comptent comme non prouvés, "
        "et rien ne part seul à cause d'eux. --dkim les vérifie.",
    "Most mails are not proven to come from where they say; `run_bot.py check` says which authserv_id to write into "
    "mailboxes.toml.":
        "L'origine de la plupart des messages n'est pas prouvée ; `run_bot.py check` dit quel authserv_id mettre dans "
        "mailboxes.toml.",
    "Automatic sending would have stopped until you look: {reason}":
        "L'envoi automatique se serait arrêté jusqu'à ce que vous regardiez : {reason}",
    # the page
    "mails": "messages",
    "recognised": "reconnus",
    "deadlines met": "échéances tenues",
    "deadlines missed": "échéances dépassées",
    "hours": "heures",
    "week of": "semaine du",
    "Mails a week, by kind": "Messages par semaine, par genre",
    "{count} mails in {weeks} weeks": "{count} messages en {weeks} semaines",
    "all others": "tous les autres",
    "Deadlines a week": "Échéances par semaine",
    "{met} met, {missed} missed, {open} still running": "{met} tenues, {missed} dépassées, {open} en cours",
    "Hours to your answer, median of each week": "Heures jusqu'à votre réponse, médiane de chaque semaine",
    "{count} answers": "{count} réponses",
    "due": "échéance",
    "shop": "boutique",
    "order": "commande",
    "answer": "réponse",
    "at stake": "en jeu",
    "taken back": "repris",
    "why": "pourquoi",
    "what silence costs": "ce que coûte le silence",
    "left": "restait",
    "when": "quand",
    "where it lies": "où il se trouve",
}
