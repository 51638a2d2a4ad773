"""What a person's words ask for, in five languages: his rights, a quarrel, or one of the everyday wishes.

Lists, not understanding: they only decide that the seller looks first, so `retour` and `remboursement` alone hold
nothing. All patterns meet folded text in lower case, its blanks made one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from bot.core.dates import folded
from bot.core.pattern import later

__all__ = ["invokes_privacy", "is_quarrel", "speaks_of_law", "wishes"]

MOST = 20_000   # characters looked at


def _any(*patterns: str) -> re.Pattern[str]:
    return later(r"(?<!\w)(?:" + "|".join(patterns) + r")(?!\w)")


# Regulation (EU) 2016/679, articles 15 to 17, and who watches over it.
_DATA = _any(
    r"rgpd", r"gdpr", r"dsgvo", r"ds-gvo", r"lopdgdd?", r"cnil", r"aepd",
    # fr
    r"(?:effac|supprim|detrui)\w{0,8} (?:de )?(?:toutes? )?mes (?:informations|donnees|coordonnees)",
    r"(?:effacement|suppression|destruction|copie) de (?:toutes )?mes (?:informations|donnees|coordonnees)",
    r"mes donnees (?:personnelles )?(?:soient|doivent etre) (?:effacees|supprimees)",
    r"droit (?:a l'oubli|a l'effacement|d'acces a mes|de rectification|d'opposition)",
    # en
    r"(?:delete|erase|remove|destroy) (?:all )?(?:of )?my (?:personal )?(?:data|details|information)",
    r"right to (?:be forgotten|erasure)", r"(?:subject|data) access request",
    r"(?:copy of|access to) (?:all )?(?:of )?my (?:personal )?data", r"information commissioner(?:'s office)?",
    # de
    r"(?:loschung|auskunft uber|kopie) (?:meiner|aller|der)(?: \w{1,20}){0,3} daten",
    r"(?:meine|alle|samtliche)(?: \w{1,20}){0,2} daten (?:zu |bitte |vollstandig )?(?:loschen|entfernen)",
    r"loschen sie (?:bitte )?(?:alle |samtliche )?(?:meine )(?:\w{1,20} )?daten",
    r"recht auf (?:vergessenwerden|loschung|auskunft)", r"datenschutz(?:behorde|beauftragte[nr]?)",
    # es
    r"(?:borr|elimin|suprim|cancel)\w{0,6} (?:todos )?mis datos", r"(?:eliminacion|supresion|copia) de (?:todos )?mis "
    r"datos", r"derecho (?:al olvido|de supresion|de acceso)", r"agencia espanola de proteccion de datos",
    # it
    r"cancell\w{0,7} (?:di )?(?:tutti )?(?:i )?miei dati", r"(?:copia|cancellazione) dei miei dati",
    r"diritto (?:all'oblio|alla cancellazione|di accesso)",
    r"garante (?:della |per la )?(?:privacy|protezione dei dati)",
)

# Lawyers, courts, the police, and who watches over trade.
_LAW = _any(
    # fr
    r"(?:mon|mes|notre|nos|un|une|par|d') ?avocate?s?", r"cabinet d'avocats?", r"dgccrf", r"ddpp", r"signal ?conso",
    r"repression des fraudes", r"service des fraudes", r"mise en demeure", r"huissiers?", r"commissaire de justice",
    r"conciliateur de justice", r"mediateur de la consommation", r"ufc[ -]que choisir", r"60 millions de consommateurs",
    r"association de consommateurs", r"protection juridique", r"assistance juridique", r"voie de justice",
    r"(?:action|poursuites?|suites?|procedure|demarches?) (?:en justice|judiciaires?|penales?|juridiques?)",
    r"(?:en|devant la) justice contre", r"saisi\w{0,4} (?:le |la |un )?(?:tribunal|justice|mediateur|juge)",
    r"(?:devant|au) (?:le |un )?tribunal", r"port\w{1,5} plainte", r"depo\w{1,5} (?:une )?plainte", r"depot de plainte",
    r"plainte (?:a|aupres de|au pres de|contre|pour) (?:la |l'|vous|escroquerie|le |votre )\w{0,20}",
    r"(?:a|aupres de) la (?:police|gendarmerie)", r"centre europeen des consommateurs",
    # en
    r"(?:my|our|a|an) (?:lawyer|solicitor|attorney)s?", r"legal (?:action|proceedings|advice|steps|claim)",
    r"small claims(?: court)?", r"take (?:you|this|it) to court", r"(?:will|to|shall|going to) sue(?: you)?",
    r"trading standards", r"letter before (?:action|claim)", r"(?:to|with|inform\w{0,3}|call\w{0,3}) the police",
    r"police report",
    r"citizens advice", r"(?:european )?consumer (?:centre|protection|rights act)", r"attorney general",
    r"action fraud",
    # de
    r"(?:mein|meinen|meinem|unser|unseren|einen|einem) (?:rechts)?anwalt", r"rechtsanwalt(?:in|s)?",
    r"anwaltlich\w{0,3}",
    r"strafanzeige", r"anzeige (?:bei der polizei|erstatten|erstattet)", r"(?:bei|zur) (?:der )?polizei",
    r"gerichtlich\w{0,3}", r"vor gericht", r"mahnbescheid", r"mahnverfahren", r"verbraucher(?:zentrale|schutz)",
    r"rechtliche\w{0,2} schritte", r"rechtsschutz(?:versicherung)?", r"schlichtungsstelle",
    r"klage (?:einreichen|erheben)",
    # es
    r"(?:mi|un|una|nuestro|mis) abogad[oa]s?", r"acciones legales", r"via judicial", r"demanda judicial", r"burofax",
    r"(?:poner|interponer|presentar|pondre|interpondre|presentare) (?:una )?denuncia", r"hojas? de reclamacion(?:es)?",
    r"denunciar\w{0,4} (?:a|ante|en) (?:la )?(?:policia|guardia civil|consumo)", r"(?:a|en|ante) la policia",
    r"oficina (?:municipal )?(?:de informacion |de atencion )?(?:al|del) consumidor", r"omic", r"juzgados?",
    r"junta arbitral", r"facua",
    # it
    r"(?:mio|nostro|un|al|dal|miei) (?:avvocato|legale|avvocati|legali)", r"vie legali", r"azion[ei] legal[ei]",
    r"denunci\w{1,5} (?:alla|ai|presso|alle) \w{1,20}", r"sporg\w{1,6} (?:una )?denuncia", r"querela", r"carabinieri",
    r"polizia postale", r"giudice di pace", r"codacons", r"altroconsumo", r"federconsumatori", r"messa in mora",
    r"diffida", r"agcm", r"guardia di finanza",
)

# A quarrel before the marketplace or the bank, or the reproach of a forged ware.
_QUARREL = _any(
    r"litige", r"a[- ][aà][- ]z", r"a[- ]to[- ]z", r"a[- ]bis[- ]z", r"a alla z", r"a a la z", r"contrefacon\w{0,2}",
    r"contrefait\w{0,2}", r"chargeback",
    r"(?:opposition|contest\w{1,5}) (?:bancaire|au paiement|le paiement|du paiement)",
    r"escroc\w{0,6}", r"arnaqu\w{1,4}", r"(?:open|raise|file) (?:a )?(?:dispute|claim)", r"dispute", r"counterfeit",
    r"scam\w{0,4}", r"fraud", r"falschung", r"betrug\w{0,3}", r"kauferschutz", r"ruckbuchung", r"falsificacion",
    r"falsificado", r"disputa", r"estafa\w{0,3}", r"contraffatt[oa]", r"contraffazione", r"contestazione",
    r"truffa\w{0,4}",
)

# Everyday wishes: each a rule of its own, were it alone.
_WISHES: Mapping[str, re.Pattern[str]] = {
    "refund": _any(r"rembours\w{1,7}", r"refund\w{0,3}", r"erstatt\w{1,5}", r"ruckerstatt\w{1,5}", r"geld zuruck",
                   r"rimbors\w{1,5}", r"reembols\w{1,5}", r"money back"),
    "cancel": _any(r"annul\w{1,7}", r"cancel\w{0,7}", r"storn\w{1,7}", r"anula\w{0,5}"),
    "invoice": _any(r"factures?", r"invoices?", r"rechnung(?:en)?", r"fattur[ae]", r"facturas?"),
    "return": _any(r"retours?", r"retourner", r"renvoyer", r"returns?", r"send (?:it|them) back", r"rucksendung",
                   r"zuruckschicken", r"zurucksenden", r"resi|reso|restituire", r"devol\w{1,7}"),
    "repair": _any(r"sav", r"repar\w{1,7}", r"repair\w{0,4}", r"garantie", r"warranty", r"reparatur", r"riparazione",
                   r"garanzia", r"garantia", r"echang\w{1,4}", r"exchange", r"replac\w{1,7}", r"umtausch\w{0,3}"),
    "broken": _any(r"casse\w{0,2}", r"abime\w{0,2}", r"endommage\w{0,2}", r"broken", r"damaged", r"kaputt", r"defekt",
                   r"beschadigt", r"rott[oa]", r"danneggiat[oa]", r"rot[oa]", r"danad[oa]", r"defectueu\w{1,3}"),
    "missing": _any(r"(?:jamais|pas|non) (?:ete )?(?:recue?s?|livree?s?|arrivee?s?)",
                    r"never (?:arrived|received|came)", r"not (?:arrived|received)",
                    r"nicht (?:angekommen|erhalten)", r"(?:mai|non) (?:arrivat[oa]|ricevut[oa])",
                    r"no (?:ha llegado|recibid[oa])", r"nunca (?:llego|recibi)"),
}


def invokes_privacy(words: str) -> bool:
    """Say whether somebody wants his data erased, or to see them."""
    return bool(_DATA.search(_plain(words)))


@lru_cache(maxsize=1)   # asked twice of each mail
def speaks_of_law(words: str) -> bool:
    """Say whether somebody speaks of lawyers, courts, the police, or who watches over trade."""
    return bool(_LAW.search(_plain(words)))


def is_quarrel(words: str) -> bool:
    return bool(_QUARREL.search(_plain(words)))


def wishes(words: str) -> frozenset[str]:
    """Return the everyday wishes in somebody's words, by our names for them."""
    plain = _plain(words)
    return frozenset(name for name, pattern in _WISHES.items() if pattern.search(plain))


@lru_cache(maxsize=1)   # and this four times
def _plain(words: str) -> str:
    return " ".join(folded(words[:MOST]).casefold().split())
