"""What the numbers and the calendar say, in French."""

from __future__ import annotations

FRENCH = {
    "Answered under {hours} hours": "Réponses en moins de {hours} heures",
    "Late answers": "Réponses en retard",
    "No answer for more than {hours} hours": "Sans réponse depuis plus de {hours} heures",
    "Over {hours} hours": "Plus de {hours} heures",
    "Mean response time": "Délai de réponse moyen",
    "Sales cancelled": "Ventes annulées",
    "Claims answered in time": "Réclamations traitées à temps",
    "Sales accepted in time": "Ventes acceptées à temps",
    "Shipped in time": "Expéditions à temps",
    "{percent} % ({count} of {all})": "{percent} % ({count} sur {all})",
    "1 day": "1 jour",
    "{many} days": "{many} jours",
    "1 hour": "1 heure",
    "{many} hours": "{many} heures",
    "1 minute": "1 minute",
    "{many} minutes": "{many} minutes",
    "target": "objectif",
    ", target {target} missed": ", objectif {target} manqué",
    "There are no numbers for «{name}»; there are some for: {names}":
        "Il n'y a pas de chiffres pour « {name} » ; il y en a pour : {names}",
    "{marketplace}: {percent} % of your sales of {days} days were cancelled ({count} of {all}); the limit of {limit} "
    "% is reached. Refuse a sale you cannot serve before you accept it: a refusal is no cancellation":
        "{marketplace} : {percent} % de vos ventes des {days} derniers jours ont été annulées ({count} sur {all}) ; la "
        "limite de {limit} % est atteinte. Refusez avant de l'accepter une vente que vous ne pouvez pas servir : un "
        "refus n'est pas une annulation",
    "{marketplace}: {percent} % of your sales of {days} days were cancelled ({count} of {all}); one more cancellation "
    "would reach the limit of {limit} %":
        "{marketplace} : {percent} % de vos ventes des {days} derniers jours ont été annulées ({count} sur {all}) ; "
        "une annulation de plus atteindrait la limite de {limit} %",
    "{marketplace}: {percent} % of your sales of {days} days were cancelled ({count} of {all}); the limit is "
    "{limit} %":
        "{marketplace} : {percent} % de vos ventes des {days} derniers jours ont été annulées ({count} sur {all}) ; la "
        "limite est de {limit} %",
    "Reckoned from the mails since {since} and from what you told the bot; nothing is known of what was before.":
        "Calculé d'après les messages depuis le {since} et ce que vous avez dit au bot ; rien n'est connu d'avant.",
    "Guichet: deadlines": "Guichet : échéances",
    "Met: {what}": "Tenue : {what}",
    "Missed: {what}": "Dépassée : {what}",
    "the calendar file cannot be written": "le fichier du calendrier ne peut pas être écrit",
    "No mail has been read yet: there is nothing to reckon from.":
        "Aucun message n'a encore été lu : il n'y a rien à calculer.",
    "{path}: {count} entries": "{path} : {count} entrées",
    "{path} cannot be written ({words}); name a file in a folder that is there":
        "{path} ne peut pas être écrit ({words}) ; nommez un fichier dans un dossier qui existe",
}

# Said through core.numbers.NAMES.
DYNAMIC = {
    "Answered under {hours} hours", "Late answers", "No answer for more than {hours} hours", "Over {hours} hours",
    "Mean response time", "Sales cancelled", "Claims answered in time", "Sales accepted in time", "Shipped in time",
}
