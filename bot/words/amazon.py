"""What is said about Amazon's mails."""

from __future__ import annotations

FRENCH = {
    "order_not_clean: the order number {order} is written with foreign characters":
        "order_not_clean: le numéro de commande {order} est écrit avec des caractères étrangers",
    "order_in_quote: the order {order} stands only in the quoted history":
        "order_in_quote: la commande {order} ne figure que dans l'historique cité",
    "reply_to_foreign: answers would go to {address}, outside the marketplace":
        "reply_to_foreign: les réponses partiraient vers {address}, hors de la place de marché",
    "deadline_ambiguous: «{words}» may be read in two ways":
        "deadline_ambiguous: « {words} » peut se lire de deux façons",
}
