"""What is said of mails through a marketplace's relay, and of a marketplace that is not among a mailbox's shops."""

from __future__ import annotations

FRENCH = {
    "reply_to_stranger: the mail wants its answers at {address}, which is no relay of this marketplace":
        "reply_to_stranger: le message veut ses réponses à {address}, qui n'est pas un relais de cette place de marché",
    "reference_line_missing: eBay refuses an answer that does not quote its reference line, and this mail has none":
        "reference_line_missing: eBay refuse une réponse qui ne cite pas sa ligne de référence, "
        "et ce message n'en a pas",
    "from {marketplace}, which is not among the shops of this mailbox; if you sell there, add it to `shops` "
    "in mailboxes.toml":
        "de {marketplace}, qui n'est pas parmi les `shops` de cette boîte ; si vous y vendez, "
        "ajoutez-la à `shops` dans mailboxes.toml",
}
