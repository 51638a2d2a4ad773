"""What each kind of notification is called in front of the seller."""

from __future__ import annotations

ENGLISH = {
    "sale_made": "A sale was made",
    "sale_cancelled": "A sale was cancelled",
    "cancellation_requested": "The buyer asks to cancel the order",
    "question_asked": "A visitor asks about an item",
    "buyer_wrote": "A buyer wrote",
    "not_received_claimed": "Buyer's claim: parcel not received",
    "not_conforming_claimed": "Buyer's claim: not as described",
    "claim_updated": "News of a claim",
    "claim_closed": "A claim is closed",
    "proof_demanded": "The marketplace wants proof of the shipment",
    "documents_demanded": "The marketplace wants photos or papers",
    "carrier_enquiry_demanded": "The marketplace wants an enquiry at the carrier",
    "last_call": "Last call before the marketplace decides",
    "withdrawal_opened": "The buyer withdraws from the purchase",
    "return_opened": "A buyer asks to return an item",
    "return_updated": "News of a return",
    "return_cancelled": "A return was cancelled",
    "refund_issued": "A refund was started",
    "guarantee_claimed": "A guarantee claim (A-to-z) was made",
    "guarantee_decided": "A guarantee claim (A-to-z) was decided",
    "chargeback_opened": "A buyer disputes the payment at his bank",
    "offer_updated": "News of your discount",
    "rating_received": "A rating came in",
    "payment_sent": "A payment was sent to you",
    "performance_warned": "The marketplace warns about your account",
    "own_message_copied": "A copy of your own message",
    "message_undelivered": "Your message was not delivered",
    "auto_reply_received": "An automatic reply came back",
    "marketplace_wrote": "The marketplace wrote something we do not know yet",
    "notice": "A notice",
    "buyer_side": "About a purchase of your own",
}

FRENCH = {
    "A sale was made": "Une vente a été conclue",
    "A sale was cancelled": "Une vente a été annulée",
    "The buyer asks to cancel the order": "L'acheteur demande l'annulation de la commande",
    "A visitor asks about an item": "Un visiteur pose une question sur un article",
    "A buyer wrote": "Un acheteur vous a écrit",
    "Buyer's claim: parcel not received": "Réclamation : colis non reçu",
    "Buyer's claim: not as described": "Réclamation : article non conforme",
    "News of a claim": "Des nouvelles d'une réclamation",
    "A claim is closed": "Une réclamation est close",
    "The marketplace wants proof of the shipment": "La place de marché demande une preuve d'expédition",
    "The marketplace wants photos or papers": "La place de marché demande des photos ou des documents",
    "The marketplace wants an enquiry at the carrier": "La place de marché demande une enquête au transporteur",
    "Last call before the marketplace decides": "Dernière relance avant que la place de marché tranche",
    "The buyer withdraws from the purchase": "L'acheteur se rétracte",
    "A buyer asks to return an item": "Un acheteur demande un retour",
    "News of a return": "Des nouvelles d'un retour",
    "A return was cancelled": "Un retour a été annulé",
    "A refund was started": "Un remboursement est lancé",
    "A guarantee claim (A-to-z) was made": "Une réclamation Garantie (A à Z) est ouverte",
    "A guarantee claim (A-to-z) was decided": "Une réclamation Garantie (A à Z) est tranchée",
    "A buyer disputes the payment at his bank": "Un acheteur conteste le paiement auprès de sa banque",
    "News of your discount": "Des nouvelles de votre rabais",
    "A rating came in": "Une évaluation est arrivée",
    "A payment was sent to you": "Un versement vous est envoyé",
    "The marketplace warns about your account": "La place de marché vous met en garde sur votre compte",
    "A copy of your own message": "Une copie de votre propre message",
    "Your message was not delivered": "Votre message n'a pas été remis",
    "An automatic reply came back": "Une réponse automatique est revenue",
    "The marketplace wrote something we do not know yet":
        "La place de marché a écrit quelque chose que nous ne connaissons pas encore",
    "A notice": "Une information",
    "About a purchase of your own": "Au sujet d'un de vos propres achats",
}
DYNAMIC = set(FRENCH)  # looked up by kind, never written out in a call


def kind_words(kind: str) -> str:
    """Return the English sentence for a kind, the kind itself where there is none."""
    return ENGLISH.get(kind, kind)
