"""Languages and genres by their codes.

Source: EBU Tech 3264 (and 3258 annex 1), language codes; Sony's list of genres, as in libburn, cdrdao and
libcdio.
"""

from __future__ import annotations

UNKNOWN_LANGUAGE, GERMAN, ENGLISH, JAPANESE = 0x00, 0x08, 0x09, 0x69

_EUROPEAN = (
    "Albanian Breton Catalan Croatian Welsh Czech Danish German English Spanish Esperanto Estonian Basque "
    "Faroese French Frisian Irish Gaelic Galician Icelandic Italian Sami Latin Latvian Luxembourgish "
    "Lithuanian Hungarian Maltese Dutch Norwegian Occitan Polish Portuguese Romanian Romansh Serbian Slovak "
    "Slovenian Finnish Swedish Turkish Flemish Walloon"
)
"""From 01h on."""

_OTHER = (
    "Zulu Vietnamese Uzbek Urdu Ukrainian Thai Telugu Tatar Tamil Tajik Swahili Sranan_Tongo Somali "
    "Sinhalese Shona Serbo-Croat Ruthenian Russian Quechua Pashto Punjabi Persian Papiamento Oriya Nepali "
    "Ndebele Marathi Moldavian Malay Malagasy Macedonian Lao Korean Khmer Kazakh Kannada Japanese Indonesian "
    "Hindi Hebrew Hausa Guarani Gujarati Greek Georgian Fulani Dari Chuvash Chinese Burmese Bulgarian "
    "Bengali Belarusian Bambara Azerbaijani Assamese Armenian Arabic Amharic"
)
"""From 45h on."""

LANGUAGES: dict[int, str] = {
    **dict(enumerate(_EUROPEAN.split(), 0x01)),
    **{code: name.replace("_", " ") for code, name in enumerate(_OTHER.split(), 0x45)},
}

GENRE_NOT_USED, GENRE_NOT_DEFINED = 0, 1

GENRES: dict[int, str] = dict(
    enumerate(
        (
            *("Adult Contemporary", "Alternative Rock", "Childrens Music", "Classical"),
            *("Contemporary Christian", "Country", "Dance", "Easy Listening", "Erotic", "Folk", "Gospel"),
            *("Hip Hop", "Jazz", "Latin", "Musical", "New Age", "Opera", "Operetta", "Pop", "Rap", "Reggae"),
            *("Rock", "Rhythm & Blues", "Sound Effects", "Spoken Word", "World Music"),
        ),
        2,
    )
)


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold().replace("&", "and") if c.isalnum())


_GENRE_CODES = {_letters(name): code for code, name in GENRES.items()}
_LANGUAGE_CODES = {_letters(name): code for code, name in LANGUAGES.items()}


def genre_code(name: str) -> int:
    """The code of a genre, by its name in any case and with any marks between its letters; 0 if none."""
    return _GENRE_CODES.get(_letters(name), GENRE_NOT_USED)


def language_code(name: str) -> int:
    """The code of a language, by its English name; 0 if there is none."""
    return _LANGUAGE_CODES.get(_letters(name), UNKNOWN_LANGUAGE)
