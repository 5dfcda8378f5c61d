"""What differs from country to country: names, towns, streets, e-mail providers, phone plans.

Prefixes of mobile numbers are those that the national plans allot, so that every number made from
them is valid. A country that is not listed gets the generic names and British numbers, which are
always written in the international form there.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class PhonePlan:
    """`prefixes` and `tail_digits` make the national number; `trunk` is dialled before it."""

    calling_code: int
    prefixes: tuple[int, ...]
    tail_digits: int
    trunk: str


@dataclass(frozen=True)
class Country:
    """Pools to draw people of one country from. Towns are (town, region, first postal code)."""

    code: str
    language: str
    male: tuple[str, ...]
    female: tuple[str, ...]
    surnames: tuple[str, ...]
    towns: tuple[tuple[str, str, str], ...]
    streets: tuple[str, ...]
    mail_domains: tuple[str, ...]
    work_domains: tuple[str, ...]
    family_word: str
    vat_percent: int
    plan: PhonePlan


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _towns(text: str) -> tuple[tuple[str, str, str], ...]:
    rows = (line.strip().split("|") for line in text.strip().splitlines())
    return tuple((town, region, postal) for town, region, postal in rows)


def _prefixes(*ranges: tuple[int, int] | int) -> tuple[int, ...]:
    numbers: list[int] = []
    for item in ranges:
        numbers.extend(range(item[0], item[1] + 1) if isinstance(item, tuple) else [item])
    return tuple(numbers)


PLANS = {
    "CZ": PhonePlan(420, _prefixes((601, 608), (720, 739), (770, 779)), 6, ""),
    "SK": PhonePlan(
        421,
        _prefixes((901, 908), (910, 912), (914, 919), 940, 944, (948, 951)),
        6,
        "0",
    ),
    "PL": PhonePlan(
        48,
        _prefixes((500, 519), (530, 539), (570, 579), (600, 609), (660, 669), (691, 698),
                  (720, 739), (780, 799), (880, 889)),
        6,
        "",
    ),
    "HU": PhonePlan(36, _prefixes(20, 30, 70), 7, "06"),
    "DE": PhonePlan(49, _prefixes(160, 162, 163, (170, 179)), 7, "0"),
    "AT": PhonePlan(43, _prefixes(650, 660, 664, 676, 680, 681, 699), 7, "0"),
    "RO": PhonePlan(40, _prefixes((721, 729), (731, 735), (740, 749), (751, 759)), 6, "0"),
    "GB": PhonePlan(
        44, _prefixes((7400, 7409), (7710, 7719), (7800, 7809), (7900, 7909)), 6, "0"
    ),
    "FR": PhonePlan(33, _prefixes((60, 62), (64, 68)), 7, "0"),
    "ES": PhonePlan(34, _prefixes((610, 699)), 6, ""),
    "IT": PhonePlan(39, _prefixes((320, 329), (333, 349), (366, 369), (388, 393)), 7, ""),
}  # fmt: skip

VAT_PERCENT = {
    "CZ": 21, "SK": 23, "PL": 23, "HU": 27, "DE": 19, "AT": 20, "RO": 19, "GB": 20,
    "FR": 20, "ES": 21, "IT": 22,
}  # fmt: skip
GENERIC_VAT_PERCENT = 20

LANGUAGES = {
    "CZ": "cs", "SK": "sk", "PL": "pl", "HU": "hu", "DE": "de", "AT": "de", "RO": "ro",
    "GB": "en", "FR": "fr", "ES": "es", "IT": "it",
}  # fmt: skip

# The forms people go by. Matching must not take them for another person.
NICKNAMES = {
    "Jan": "Honza", "Josef": "Pepa", "Jiří": "Jirka", "František": "Franta", "Tomáš": "Tom",
    "Vojtěch": "Vojta", "Jakub": "Kuba", "Kateřina": "Katka", "Lucie": "Lucka", "Zuzana": "Zuzka",
    "Barbora": "Bára", "Michaela": "Míša", "Ján": "Janko", "Jozef": "Jožko", "Štefan": "Števo",
    "Juraj": "Ďuro", "Katarína": "Katka", "Mária": "Marika", "Piotr": "Piotrek",
    "Tomasz": "Tomek", "Krzysztof": "Krzysiek", "Małgorzata": "Gosia", "Katarzyna": "Kasia",
    "Agnieszka": "Aga", "Joanna": "Asia", "László": "Laci", "István": "Pista", "József": "Józsi",
    "Ferenc": "Feri", "Katalin": "Kati", "Erzsébet": "Erzsi", "Ilona": "Ica", "Thomas": "Tom",
    "Michael": "Mike", "Robert": "Bob", "Elizabeth": "Liz", "Katherine": "Kate",
    "Alexander": "Alex", "Daniel": "Dan", "Christina": "Chris",
}  # fmt: skip

_CZ = Country(
    code="CZ",
    language="cs",
    male=_words(
        "Jiří Jan Petr Josef Pavel Martin Tomáš Jaroslav Miroslav Zdeněk Václav Michal František "
        "Jakub Milan Karel Lukáš David Vladimír Ondřej Ladislav Roman Marek Daniel Radek Antonín "
        "Vojtěch Filip Adam Matěj Aleš Libor Luboš Dominik Štěpán Kryštof Šimon Bohumil"
    ),
    female=_words(
        "Marie Jana Eva Hana Anna Lenka Kateřina Věra Lucie Alena Petra Veronika Jaroslava Ludmila "
        "Martina Jitka Helena Tereza Ivana Zdeňka Michaela Monika Zuzana Jarmila Barbora Markéta "
        "Kristýna Eliška Nikola Klára Adéla Dagmar Pavla Šárka Natálie Radka Vlasta Simona"
    ),
    surnames=_words(
        "Novák Svoboda Novotný Dvořák Černý Procházka Kučera Veselý Horák Němec Pokorný Marek "
        "Pospíšil Hájek Král Jelínek Růžička Beneš Fiala Sedláček Doležal Zeman Kolář Krejčí "
        "Navrátil Čermák Vaněk Urban Blažek Kříž Kovář Bartoš Vlček Musil Kopecký Šimek Konečný "
        "Malý Čech Staněk Holub Kadlec Štěpánek Dostál Soukup Šťastný Mareš Moravec Sýkora Tichý "
        "Valenta Vávra Matoušek Bláha Říha Ševčík Hruška Mašek Dušek Pavlík Hrubý Janda Toman"
    ),
    towns=_towns(
        """Praha|Hlavní město Praha|110 00
        Praha 4|Hlavní město Praha|140 00
        Praha 6|Hlavní město Praha|160 00
        Brno|Jihomoravský kraj|602 00
        Ostrava|Moravskoslezský kraj|702 00
        Plzeň|Plzeňský kraj|301 00
        Liberec|Liberecký kraj|460 01
        Olomouc|Olomoucký kraj|779 00
        České Budějovice|Jihočeský kraj|370 01
        Hradec Králové|Královéhradecký kraj|500 02
        Pardubice|Pardubický kraj|530 02
        Ústí nad Labem|Ústecký kraj|400 01
        Zlín|Zlínský kraj|760 01
        Jihlava|Kraj Vysočina|586 01
        Kladno|Středočeský kraj|272 01
        Karlovy Vary|Karlovarský kraj|360 01"""
    ),
    streets=_words(
        "Nádražní Školní Zahradní Krátká Husova Komenského Masarykova Palackého Jiráskova Dlouhá "
        "Lipová Polní Sokolská Hlavní Havlíčkova Tyršova Lesní Nerudova Jungmannova Žižkova"
    ),
    mail_domains=_words(
        "seznam.cz seznam.cz seznam.cz gmail.com gmail.com gmail.com centrum.cz email.cz post.cz "
        "volny.cz outlook.com icloud.com"
    ),
    work_domains=_words("stavby-brno.example ucetnictvi.example dilna.example projekce.example"),
    family_word="rodina",
    vat_percent=21,
    plan=PLANS["CZ"],
)

_SK = Country(
    code="SK",
    language="sk",
    male=_words(
        "Jozef Ján Peter Martin Michal Tomáš Milan Štefan Miroslav Juraj Ľubomír Pavol Jaroslav "
        "Vladimír Marek Lukáš Ladislav Andrej Matej Jakub Dušan Roman Igor Daniel Patrik František "
        "Adam Samuel Filip Rastislav Branislav Viliam"
    ),
    female=_words(
        "Mária Anna Jana Zuzana Katarína Eva Monika Lucia Martina Ivana Helena Veronika Alena "
        "Petra Andrea Michaela Kristína Simona Gabriela Dominika Barbora Natália Viera Margita "
        "Ľubica Daniela Nina Soňa Terézia Emília Alžbeta Oľga"
    ),
    surnames=_words(
        "Horváth Kováč Varga Tóth Nagy Baláž Molnár Szabó Balog Lukáč Novák Polák Gajdoš Kollár "
        "Hudák Oláh Kováčik Šimko Hudec Tkáč Oravec Lacko Kučera Bartoš Sýkora Krajčí Urban Takáč "
        "Pavlík Kučerák Hruška Mráz Červený Ševčík Blaško Švec Kráľ Vrábel Ďurica Žiak Slovák "
        "Majer Straka Gregor Chovanec Bielik Sloboda Zeman Rusnák Petráš"
    ),
    towns=_towns(
        """Bratislava|Bratislavský kraj|811 01
        Bratislava-Petržalka|Bratislavský kraj|851 01
        Košice|Košický kraj|040 01
        Prešov|Prešovský kraj|080 01
        Žilina|Žilinský kraj|010 01
        Banská Bystrica|Banskobystrický kraj|974 01
        Nitra|Nitriansky kraj|949 01
        Trnava|Trnavský kraj|917 01
        Trenčín|Trenčiansky kraj|911 01
        Martin|Žilinský kraj|036 01
        Poprad|Prešovský kraj|058 01"""
    ),
    streets=_words(
        "Hlavná Štúrova Školská Hviezdoslavova Mierová Záhradná Družstevná Štefánikova Jesenského "
        "Krátka Dlhá Lipová Poľná Partizánska Kukučínova Bernolákova"
    ),
    mail_domains=_words(
        "gmail.com gmail.com gmail.com azet.sk azet.sk zoznam.sk centrum.sk pobox.sk outlook.com"
    ),
    work_domains=_words("stavby-nitra.example ekonom.example servis-ke.example"),
    family_word="rodina",
    vat_percent=23,
    plan=PLANS["SK"],
)

_PL = Country(
    code="PL",
    language="pl",
    male=_words(
        "Piotr Krzysztof Andrzej Tomasz Jan Paweł Marcin Michał Stanisław Jakub Adam Marek Łukasz "
        "Grzegorz Mateusz Wojciech Mariusz Dariusz Zbigniew Jerzy Maciej Rafał Robert Kamil Jacek "
        "Dawid Józef Szymon Ryszard Bartosz Kacper Sławomir Przemysław Radosław Sebastian"
    ),
    female=_words(
        "Anna Katarzyna Maria Małgorzata Agnieszka Barbara Ewa Krystyna Magdalena Elżbieta Joanna "
        "Aleksandra Zofia Monika Teresa Danuta Natalia Julia Karolina Marta Beata Dorota Jadwiga "
        "Alicja Halina Irena Iwona Grażyna Paulina Justyna Oliwia Zuzanna Wiktoria Bożena Wanda"
    ),
    surnames=_words(
        "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański "
        "Woźniak Dąbrowski Kozłowski Jankowski Mazur Kwiatkowski Wojciechowski Krawczyk Kaczmarek "
        "Piotrowski Grabowski Zając Pawłowski Michalski Król Wieczorek Jabłoński Wróbel Nowakowski "
        "Majewski Olszewski Stępień Malinowski Jaworski Adamczyk Dudek Nowicki Pawlak Górski "
        "Witkowski Walczak Sikora Baran Rutkowski Michalak Szewczyk Ostrowski Tomaszewski Pietrzak "
        "Zalewski Wróblewski Marciniak Jasiński Sadowski Bąk Duda Zawadzki Jakubowski Wilk"
    ),
    towns=_towns(
        """Warszawa|mazowieckie|00-950
        Warszawa|mazowieckie|02-777
        Kraków|małopolskie|31-001
        Łódź|łódzkie|90-001
        Wrocław|dolnośląskie|50-001
        Poznań|wielkopolskie|60-001
        Gdańsk|pomorskie|80-001
        Szczecin|zachodniopomorskie|70-001
        Bydgoszcz|kujawsko-pomorskie|85-001
        Lublin|lubelskie|20-001
        Białystok|podlaskie|15-001
        Katowice|śląskie|40-001
        Gdynia|pomorskie|81-300
        Rzeszów|podkarpackie|35-001
        Toruń|kujawsko-pomorskie|87-100"""
    ),
    streets=_words(
        "Polna Leśna Słoneczna Krótka Szkolna Ogrodowa Lipowa Brzozowa Łąkowa Kwiatowa Sosnowa "
        "Kościelna Akacjowa Parkowa Zielona Kolejowa Mickiewicza Kościuszki Sienkiewicza"
    ),
    mail_domains=_words(
        "gmail.com gmail.com gmail.com wp.pl wp.pl onet.pl o2.pl interia.pl op.pl outlook.com"
    ),
    work_domains=_words("biuro-krakow.example warsztat.example ksiegowosc.example"),
    family_word="rodzina",
    vat_percent=23,
    plan=PLANS["PL"],
)

_HU = Country(
    code="HU",
    language="hu",
    male=_words(
        "László István József János Zoltán Sándor Ferenc Gábor Attila Péter Tamás Tibor György "
        "András Zsolt Imre Csaba Lajos Balázs Dániel Ádám Krisztián Márton Bence Róbert Norbert "
        "Gergely Máté Levente Szabolcs Miklós Béla"
    ),
    female=_words(
        "Mária Erzsébet Katalin Ilona Éva Anna Zsuzsanna Margit Judit Ágnes Julianna Andrea "
        "Ildikó Erika Krisztina Irén Eszter Magdolna Mónika Edit Gabriella Szilvia Anita Anikó "
        "Viktória Márta Tímea Réka Nóra Zsófia Dóra Orsolya Boglárka Beáta"
    ),
    surnames=_words(
        "Nagy Kovács Tóth Szabó Horváth Varga Kiss Molnár Németh Farkas Balogh Papp Lakatos Takács "
        "Juhász Oláh Mészáros Simon Rácz Fekete Szilágyi Török Fehér Balázs Gál Kis Szűcs Orsós "
        "Kocsis Fodor Pintér Szalai Sipos Magyar Lukács Gulyás Bíró Király Katona László Jakab "
        "Bogdán Balog Sándor Boros Fazekas Kelemen Antal Somogyi Váradi Fülöp Orosz Vincze Veres"
    ),
    towns=_towns(
        """Budapest|Budapest|1051
        Budapest|Budapest|1117
        Budapest|Budapest|1138
        Debrecen|Hajdú-Bihar|4024
        Szeged|Csongrád-Csanád|6720
        Miskolc|Borsod-Abaúj-Zemplén|3525
        Pécs|Baranya|7621
        Győr|Győr-Moson-Sopron|9021
        Nyíregyháza|Szabolcs-Szatmár-Bereg|4400
        Kecskemét|Bács-Kiskun|6000
        Székesfehérvár|Fejér|8000
        Szombathely|Vas|9700
        Eger|Heves|3300"""
    ),
    streets=_words(
        "Kossuth Petőfi Rákóczi Ady Arany Dózsa Jókai Széchenyi Béke Táncsics Bartók Deák "
        "Bem Damjanich Vörösmarty"
    ),
    mail_domains=_words(
        "gmail.com gmail.com gmail.com freemail.hu freemail.hu citromail.hu indamail.hu t-online.hu"
    ),
    work_domains=_words("epito.example konyveles.example muhely.example"),
    family_word="csalad",
    vat_percent=27,
    plan=PLANS["HU"],
)

_GENERIC = Country(
    code="",
    language="en",
    male=_words(
        "Thomas Michael Daniel David Robert Alexander Martin Peter Paul Christian Andreas Stefan "
        "Lukas Simon Adrian Victor Oliver Samuel Benjamin Felix Leon Marco Antonio Carlos Luis "
        "Nicolas Julien Hugo Liam George"
    ),
    female=_words(
        "Maria Anna Laura Julia Sarah Elizabeth Katherine Christina Emma Sophie Clara Lena Nina "
        "Elena Claudia Monica Andrea Paula Isabel Carmen Lucia Alice Chloé Camille Charlotte Eva "
        "Hannah Ioana Ana Grace"
    ),
    surnames=_words(
        "Müller Schmidt Weber Wagner Bauer Hoffmann Smith Jones Brown Taylor Wilson Martin Bernard "
        "Dubois Laurent Moreau García Fernández López Sánchez Pérez Rossi Russo Ferrari Bianchi "
        "Popescu Ionescu Radu Gruber Huber Steiner Moser Meyer Klein Wolf Keller Fischer Costa "
        "Silva Evans Walker Roberts Hall Clarke Young Simon Michel Leroy Girard Conti"
    ),
    towns=_towns(
        """Riverton|North|10101
        Lakeside|North|10205
        Hillcrest|South|20110
        Newport|South|20345
        Ashford|West|30120
        Kingsbridge|West|30411
        Fairview|East|40050
        Oakham|East|40222"""
    ),
    streets=_words("Station Church Park Mill School Garden Forest Bridge Market Castle Lime Hill"),
    mail_domains=_words("gmail.com gmail.com gmail.com outlook.com yahoo.com icloud.com gmx.net"),
    work_domains=_words("studio.example workshop.example office.example"),
    family_word="family",
    vat_percent=GENERIC_VAT_PERCENT,
    plan=PLANS["GB"],
)

_COUNTRIES = {country.code: country for country in (_CZ, _SK, _PL, _HU)}


def country_of(code: str) -> Country:
    """The pools of a country; the generic ones with the country's own code, plan and tax rate."""
    if code in _COUNTRIES:
        return _COUNTRIES[code]
    return Country(
        code=code,
        language=LANGUAGES.get(code, _GENERIC.language),
        male=_GENERIC.male,
        female=_GENERIC.female,
        surnames=_GENERIC.surnames,
        towns=_GENERIC.towns,
        streets=_GENERIC.streets,
        mail_domains=_GENERIC.mail_domains,
        work_domains=_GENERIC.work_domains,
        family_word=_GENERIC.family_word,
        vat_percent=VAT_PERCENT.get(code, GENERIC_VAT_PERCENT),
        plan=PLANS.get(code, _GENERIC.plan),
    )


def has_own_plan(code: str) -> bool:
    """Whether numbers of the country may be written in its national form."""
    return code in PLANS


@cache
def female_surname(surname: str, country_code: str) -> str:
    """The form that a woman of the country bears: Novák → Nováková, Kowalski → Kowalska."""
    if country_code in ("CZ", "SK"):
        if surname.endswith(("ová", "í")):
            return surname
        if surname.endswith("ý"):
            return surname[:-1] + "á"
        if len(surname) > 4 and surname.endswith(("ek", "ec")):
            return surname[:-2] + surname[-1] + "ová"
        if surname.endswith(("a", "o")):
            return surname[:-1] + "ová"
        return surname + "ová"
    if country_code == "PL" and surname.endswith(("ski", "cki", "dzki")):
        return surname[:-1] + "a"
    return surname


@cache
def plain_ascii(text: str) -> str:
    """The text without diacritics, as a careless export or an e-mail address has it."""
    decomposed = unicodedata.normalize("NFD", text.replace("ł", "l").replace("Ł", "L"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
