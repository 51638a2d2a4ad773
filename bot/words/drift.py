"""What the drift alarm, the anonymiser and the writing of expectations say, in French."""

from __future__ import annotations

FRENCH = {
    "{marketplace} wrote in a way that is not known here": "{marketplace} a écrit d'une façon inconnue ici",
    "it was read as «{kind}», but «{fact}» was not found in it":
        "il a été lu comme « {kind} », mais « {fact} » n'y a pas été trouvé",
    "more than one marketplace claims it": "plus d'une place de marché le revendique",
    "no kind of mail that is known here looks like it": "aucun genre de message connu ici ne lui ressemble",
}
