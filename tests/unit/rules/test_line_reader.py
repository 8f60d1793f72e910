"""The lines that a CSV reader is fed: comments left out, their numbers kept, blanks behind a closing quote removed."""

from __future__ import annotations

import pytest

from linecard.rules.line_reader import LineReader


def never(_line):
    return False


def always(_line):
    return True


def fed(text, delimiter=",", is_row=never, quote='"'):
    """What the reader is fed, each line at the start of a row, with the number of the line where that row begins."""
    reader = LineReader(text.splitlines(keepends=True), quote)
    found = []
    for line in reader.lines(delimiter, is_row):
        found.append((reader.start, line))
        reader.at_start = True
    return found


def test_comments_are_left_out_and_counted():
    text = "% a comment\n  % an indented one\n\t% with a tab\na,b\n\n%\nc,% d\n"
    assert fed(text) == [(4, "a,b\n"), (5, "\n"), (7, "c,% d\n")]


def test_an_indented_comment_may_be_a_row_and_one_at_the_margin_never_is():
    assert fed("  % a\n% b\n", is_row=always) == [(1, "  % a\n")]


def test_inside_a_cell_that_spans_lines_nothing_is_a_comment():
    reader = LineReader(['a,"b\n', "% c\n", '",d\n', "e\n"], '"')
    lines = reader.lines(",", never)
    assert [next(lines) for _ in range(3)] == ['a,"b\n', "% c\n", '",d\n']
    assert (reader.start, reader.number) == (1, 3)
    reader.at_start = True
    assert (next(lines), reader.start, reader.number) == ("e\n", 4, 4)


@pytest.mark.parametrize(
    ("delimiter", "line", "read"),
    [
        (",", '"a" ,"b"  ,c\n', '"a","b",c\n'),
        (",", '"a"\t,b\n', '"a"\t,b\n'),  # what has no blank behind a quote is left as it is
        (",", '"a" \t,b\n', '"a",b\n'),
        (";", '"a" ;"b" \n', '"a";"b"\n'),
        ("|", '"a" |"b" ', '"a"|"b"'),
        ("\t", '"a" \t"b"\n', '"a"\t"b"\n'),
        (",", '"" ,a\n', '"",a\n'),
        (",", 'a,"" ,b\n', 'a,"",b\n'),
        (",", '"a "" ,b"\n', '"a "" ,b"\n'),  # two quotes inside a cell are a quote
        (",", '"a" b,c\n', '"a" b,c\n'),
    ],
)
def test_blanks_between_a_closing_quote_and_a_delimiter_mean_nothing(delimiter, line, read):
    assert fed(line, delimiter) == [(1, read)]


def test_other_quotes_than_double_ones():
    assert fed("'a' ,\"b\" ,c\n", quote="'") == [(1, "'a',\"b\" ,c\n")]


def test_the_first_line_with_anything_in_it_after_those_to_skip():
    """Blank lines and comments count as lines of the file, and are not among those that were passed over."""
    reader = LineReader(["title\n", "\n", "% comment\n", "  more\n", "Action\n", "attach\n"], '"')
    assert reader.next_content(4) == "Action\n"
    assert (reader.number, reader.passed) == (5, [(1, "title\n"), (4, "  more\n")])
    assert reader.next_content(0) == "attach\n"
    assert reader.next_content(0) is None


def test_an_indented_comment_may_be_the_first_row_of_a_file_without_a_header():
    assert LineReader(["  % a\n"], '"').next_content(0, always) == "  % a\n"
    assert LineReader(["  % a\n", "b\n"], '"').next_content(0) == "b\n"
    assert LineReader(["% a\n", "b\n"], '"').next_content(0, always) == "b\n"


def test_a_hundred_lines_that_were_passed_over_are_kept():
    reader = LineReader([f"{number}\n" for number in range(1, 151)], '"')
    assert reader.next_content(149) == "150\n"
    assert reader.passed == [(number, f"{number}\n") for number in range(1, 101)]


@pytest.mark.parametrize("before", ["", "a,", "a; ", "a\t", "a|"])
def test_a_quoted_name_in_a_header_may_span_lines(before):
    reader = LineReader(["Login\n", 'Email",b\n', "c\n"], '"')
    reader.number = 1
    assert reader.whole_line(f'{before}"\n') == f'{before}"\nLogin\nEmail",b\n'
    assert (reader.number, reader.next_content(0)) == (3, "c\n")


@pytest.mark.parametrize("more", [7, 8, 2])
def test_up_to_eight_lines_else_the_quote_was_none(more):
    """Then nothing is lost: the lines come again, with their numbers."""
    lines = [f"{number}\n" for number in range(2, more + 1)]
    reader = LineReader([*lines, 'end"\n'] if more > 2 else lines, '"')
    reader.number = 1
    whole = reader.whole_line('"1\n')
    if more == 7:
        assert (whole, reader.number) == ("".join(['"1\n', *lines, 'end"\n']), 8)
    else:
        assert (whole, reader.number) == ('"1\n', 1)
        assert (reader.next_content(0), reader.number) == ("2\n", 2)


def test_a_quote_inside_a_name_opens_nothing():
    assert LineReader(["more\n"], '"').whole_line('2" pipe,b\n') == '2" pipe,b\n'


def test_a_tab_that_delimits_is_no_padding():
    """Or an empty cell behind a quoted one would vanish, and all behind it move to the left."""
    assert fed('"x" \t"a"\t\tb\n', delimiter="\t") == [(1, '"x"\t"a"\t\tb\n')]
