"""What the links of a mail are called in front of the seller."""

from __future__ import annotations

ENGLISH = {
    "order_page": "the order's page", "order": "the order", "sale_list": "your sales",
    "conversation": "the conversation", "thread": "the thread", "messages": "your messages",
    "contact_buyer": "write to the buyer", "no_response_needed": "say that no reply is needed",
    "manage_returns": "your returns", "cancel_order": "cancel the order", "report": "report this message",
    "account_health": "the state of your account", "appeal": "appeal", "learn_more": "more about it",
}
FRENCH = {
    "the order's page": "la page de la commande", "the order": "la commande", "your sales": "vos ventes",
    "the conversation": "la conversation", "the thread": "le fil", "your messages": "vos messages",
    "write to the buyer": "écrire à l'acheteur", "say that no reply is needed": "dire que rien n'est à répondre",
    "your returns": "vos retours", "cancel the order": "annuler la commande",
    "report this message": "signaler ce message", "the state of your account": "l'état de votre compte",
    "appeal": "contester", "more about it": "en savoir plus",
}
DYNAMIC = set(FRENCH)  # looked up by the name a marketplace's folder gives, never written out in a call


def link_words(name: str) -> str:
    """Return the English words for a link, its own name where there are none."""
    return ENGLISH.get(name, name)
