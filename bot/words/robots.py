"""What is said of mails that no robot answers, and of mails that came back."""

from __future__ import annotations

FRENCH = {
    "automatic: it has no sender to answer": "automatic : il n'a pas d'expéditeur à qui répondre",
    "automatic: it came over a mailing list": "automatic : il vient d'une liste de diffusion",
    "automatic: a robot wrote it": "automatic : un robot l'a écrit",
    "automatic: it asks that no robot answers": "automatic : il demande qu'aucun robot ne réponde",
    "automatic: it comes from a system's address": "automatic : il vient de l'adresse d'un système",
    "an answer to {address} came back ({reason}): the next one waits for your yes":
        "une réponse à {address} est revenue ({reason}) : la suivante attend votre accord",
    "a mail is late, and the server goes on trying": "un message a du retard, le serveur continue d'essayer",
}

DYNAMIC = {
    "automatic: it has no sender to answer", "automatic: it came over a mailing list", "automatic: a robot wrote it",
    "automatic: it asks that no robot answers", "automatic: it comes from a system's address",
}
