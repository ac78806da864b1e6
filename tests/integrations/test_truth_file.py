"""A truth file is read, or says where it cannot be."""

from datetime import date
from pathlib import Path

import pytest

from configs.errors import FileMalformed
from configs.terms import Episode, Expected
from integrations.truth_file import load_truth

HEAD = "case_id,app,version,window_start,window_end,cause,expected,note\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "truth.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_become_episodes(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + 'e1,shop,2.0,2025-05-05,2025-05-10,crash,recall,"says, much"\n')
    assert load_truth(path) == (Episode("e1", "shop", "2.0", date(2025, 5, 5), date(2025, 5, 10), "crash", Expected.RECALL),)


def test_optional_columns_may_be_absent(tmp_path: Path) -> None:
    path = written(tmp_path, "case_id,app,window_start,window_end,expected\ne1,shop,2025-05-05,2025-05-05,no_recall\n")
    assert load_truth(path)[0].version == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("case_id,app\n", r"truth.csv:1: lacks the column\(s\) window_start"),
        ("", r"truth.csv:1: lacks the column"),
        (HEAD + "e1,shop,2.0,05.05.2025,2025-05-10,crash,recall,\n", "truth.csv:2: window_start and window_end must be days"),
        (HEAD + "e1,shop,2.0,2025-05-05,2025-05-10,crash,maybe,\n", "truth.csv:2: expected is 'maybe'"),
        (HEAD + "e1,shop,2.0,2025-05-10,2025-05-05,crash,recall,\n", "truth.csv:2: window_end .* is before"),
        (HEAD + "e1,shop\n", "truth.csv:2: window_start"),
        (HEAD + "e1,shop," + "x" * 2_000_000 + "\n", "truth.csv:2: not a CSV row"),
        (HEAD + 'e1,"shop\n', "truth.csv:2: not a CSV row"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FileMalformed, match=said):
        load_truth(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMalformed, match=r"nowhere\.csv"):
        load_truth(tmp_path / "nowhere.csv")


def test_the_reference_episodes_load(reference: Path) -> None:
    assert {e.expected for e in load_truth(reference / "data" / "ground_truth_episodes.csv")} == set(Expected)


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD)
    path.write_bytes(path.read_bytes() + b"e1,sh\xffop,2.0,2025-05-05,2025-05-10,crash,recall,\n")
    with pytest.raises(FileMalformed, match=r"truth\.csv:2: not a CSV row in UTF-8"):
        load_truth(path)
