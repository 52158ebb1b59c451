from __future__ import annotations

import pytest

from api.generation.rules.text_language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We are looking for a cook with experience and the will to learn", "en"),
        ("Wir suchen eine Köchin mit Erfahrung für unser Team und das Restaurant", "de"),
        ("Nous cherchons un cuisinier pour notre équipe avec de l'expérience dans la région", "fr"),
        ("Buscamos un cocinero para nuestro equipo con experiencia y ganas de aprender", "es"),
        ("Cerchiamo un cuoco per la nostra cucina che abbia esperienza nel settore", "it"),
        ("Procuramos um cozinheiro para a nossa equipa com experiência e vontade", "pt"),
        ("Wij zoeken een kok voor ons restaurant met ervaring en zin in het vak", "nl"),
        ("経験のある料理人を募集しています", "ja"),
        ("我们正在招聘有经验的厨师", "zh"),
        ("경력 요리사를 모집합니다", "ko"),
        ("Мы ищем повара с опытом", "ru"),
        ("Python, SQL", "und"),
        ("", "und"),
        ("12345 !!!", "und"),
    ],
)
def test_tells_the_language(text: str, language: str) -> None:
    assert detect_language(text) == language
