"""What is to be known of mail providers."""

from __future__ import annotations

FRENCH = {
    "{provider} takes no passwords from programs any more: one logs in by OAuth, once, in a browser "
    "(docs/providers.md tells how)":
        "{provider} n'accepte plus de mot de passe des programmes : on s'y connecte par OAuth, une fois, dans un "
        "navigateur (docs/fournisseurs.md dit comment)",
    "{provider} wants an app password, not your usual one: make it at {place} (two-step log-in must be on there) and "
    "paste it here":
        "{provider} veut un mot de passe d'application, pas le vôtre : créez-le sur {place} (la validation en deux "
        "étapes doit y être activée) et collez-le ici",
    "at Free, sending by programs must be switched on once: in your account, \"SMTP authentifié\"":
        "chez Free, l'envoi par des programmes s'active une fois : dans votre espace abonné, « SMTP authentifié »",
}
