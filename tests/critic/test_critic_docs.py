"""The page about the critic names every check."""

from pathlib import Path

from critic_pieces import good_take

from sonicforge.critic.judge import judge_audio, judge_score, judge_stems

PAGE = Path(__file__).parents[2] / "docs" / "critic.md"


def test_every_check_has_its_row_with_its_name_and_domain() -> None:
    score, genre, master = good_take()
    told = {
        "S": judge_score(score, genre),
        "M": judge_stems((), {}, score, genre),
        "A": judge_audio(master.audio, genre, score, master),
    }
    rows = [
        [cell.strip() for cell in line.split("|")[1:4]] for line in PAGE.read_text().splitlines() if line[:3] != "|--"
    ]
    found = {cells[0]: cells[1:] for cells in rows if len(cells) == 3 and cells[0].isdigit()}
    wanted: dict[str, tuple[str, set[str]]] = {}
    for domain, findings in told.items():
        for finding in findings:
            name, domains = wanted.setdefault(str(finding.id), (finding.name, set()))
            assert name == finding.name
            domains.add(domain)
    assert set(found) == set(wanted) == {str(number) for number in range(1, 26)}
    for number, (name, domains) in wanted.items():
        assert found[number][0] == name
        assert set(found[number][1].split(", ")) == domains
