"""What each kind of notification is called in front of the seller."""

from __future__ import annotations

ENGLISH = {
    "buyer_wrote": "A buyer wrote",
    "not_received_claimed": "Buyer's claim: parcel not received",
    "not_conforming_claimed": "Buyer's claim: not as described",
    "return_opened": "A buyer asks to return an item",
}

FRENCH = {
    "A buyer wrote": "Un acheteur vous a écrit",
    "Buyer's claim: parcel not received": "Réclamation : colis non reçu",
    "Buyer's claim: not as described": "Réclamation : article non conforme",
    "A buyer asks to return an item": "Un acheteur demande un retour",
}
DYNAMIC = set(FRENCH)  # looked up by kind, never written out in a call


def kind_words(kind: str) -> str:
    """Return the English sentence for a kind, the kind itself where there is none yet."""
    return ENGLISH.get(kind, kind)
