from analysis.report.sections.glossary import TERMS, glossary_section


def test_every_term_is_explained_once():
    section = glossary_section()
    (facts,) = section.parts[0].blocks
    assert section.name == "glossary"
    assert facts.pairs == TERMS
    assert len({term for term, _ in TERMS}) == len(TERMS)
    assert all(meaning.endswith(".") for _, meaning in TERMS)
