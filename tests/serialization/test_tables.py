"""Tables as people have them: read right, or refused; never a row too few or many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msbook import io

TABLE = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


@pytest.fixture
def read(tmp_path):
    def read_text(text, encoding="utf-8", **arguments):
        path = tmp_path / "a.csv"
        path.write_bytes(text.encode(encoding))
        return io.read_array(path, **arguments)

    return read_text


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,4\n5,6\n",
        "1,2\r\n3,4\r\n5,6\r\n",
        "1,2\r3,4\r5,6",
        "1, 2\n 3,4\n5 ,6",
        "1,2\n\n3,4\n5,6\n\n",
        "x,v\n1,2\n3,4\n5,6\n",
        '"x","v"\n"1","2"\n"3","4"\n"5","6"\n',
        '"x\n(in m)","v, v"\n1,2\n3,4\n5,6\n',
        "Ort (µm),_v\n1,2\n3,4\n5,6\n",
        "# my run\n#\n# x, v\n1,2\n3,4\n# half way\n5,6\n",
        "# my run\nx,v\n1,2\n3,4\n5,6\n",
        "+1,2e0\n.3E1,4.\n5,6",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_forms_that_are_read(read, text, encoding):
    np.testing.assert_array_equal(read(text, encoding), TABLE)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_trajectories_with_and_without_a_byte_order_mark(read, encoding):
    text = "trajectory,step,0\n0,0,1\n0,1,2\n1,0,3\n1,1,4\n"
    np.testing.assert_array_equal(read(text, encoding), [[[1], [2]], [[3], [4]]])


@pytest.mark.parametrize(
    "line",
    [
        ",2",
        "NA,2",
        "NA,NA",
        "null,None",
        "1..5,2",
        "1..5,2..5",
        ",x,v",
        "x,",
        "1,v",
        "0,1",
        "0",
        "-,-",
        "#N/A,2",
        "#N/A,#N/A",
        "1;2",
        "1\t2",
        "1 2",
        "1,2,",
        "1.0D+00,2.0D+00",
        "1_0,2",
        "１,２",
    ],
)
def test_a_first_line_that_may_be_names_or_numbers_is_refused(read, line):
    rest = "\n".join(["3" + ",4" * line.count(",")] * 2)
    with pytest.raises(io.FileFormatError, match=r"a\.csv .*header=True.*header=False"):
        read(f"{line}\n{rest}\n")
    names = read(f"{line}\n{rest}\n", header=True)
    assert names.shape == (2, line.count(",") + 1)


@pytest.mark.parametrize("line", ["0,1", "0"])
def test_counted_numbers_are_a_row_where_the_reader_says_so(read, line):
    values = read(f"{line}\n{line}\n", header=False)
    np.testing.assert_array_equal(values, 2 * [[float(v) for v in line.split(",")]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,v\n1,2\n3,\n", "could not convert string '' to float64 at row 2"),
        ("x,v\n1,2\n3,nan\n", "must be finite; got 1 of 4"),
        ("x;v\n1,5;2\n3;4\n", "commas between the columns"),
        ("x;v\n1;2\n3;4\n", "commas between the columns"),
        ("x\n1,5\n2,5\n", "has 1 names, and the others have 2 columns"),
        ("x,v\n1,2,\n3,4,\n", "could not convert string ''"),
        ("x,v\n1,2,3\n", "has 2 names, and the others have 3 columns"),
        ("1,2\n3,4#5\n", "could not convert string '4#5'"),
        ("1,2\n#3,4\n", "could not convert string '#3'"),
        ("1,2\n1_0,4\n", "could not convert string '1_0'"),
        ("1,2\n3\n", "number of columns changed"),
        ("x,v\n", "no line of numbers"),
        ("# x,v\n", "no line of numbers"),
    ],
)
def test_what_is_refused_is_named(read, text, message):
    with pytest.raises(io.FileFormatError, match=rf"a\.csv .*{message}"):
        read(text)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings_are_named(read, encoding):
    with pytest.raises(io.FileFormatError, match=r"a\.csv .*A table is UTF-8 text"):
        read("Ort (µm),v\n1,2\n", encoding)


def test_endings_may_be_in_capitals(tmp_path):
    for ending in (".CSV", ".Npy", ".NPZ"):
        path = tmp_path / f"a{ending}"
        io.write_array(path, TABLE)
        np.testing.assert_array_equal(io.read_array(path), TABLE)


def test_only_tables_have_a_header(tmp_path):
    io.write_array(tmp_path / "a.npy", TABLE)
    with pytest.raises(ValueError, match=r"header is for a \.csv file"):
        io.read_array(tmp_path / "a.npy", header=False)


def test_integers_that_float64_does_not_have_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    for values in ([[2**53]], [[-(2**53)]]):
        io.write_array(path, values)
        assert io.read_array(path)[0, 0] == values[0][0]
    for values in ([[2**53 + 1]], [[-(2**53) - 1]], np.array([[2**64 - 1]], "u8")):
        with pytest.raises(ValueError, match=r"beyond 2\*\*53.*Use \.npy"):
            io.write_array(path, values)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "1", "2.5", "NA", "x", "0", "1..5", " ", '"3"', "#"]),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_row_is_lost_without_a_word(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("io") / "a.csv"
    path.write_text("\n".join(map(",".join, rows)) + "\n")
    try:
        values = io.read_array(path)
    except io.FileFormatError:
        return
    names = rows[0] == ["x", "x"]
    numbers = [[float(cell.strip('"')) for cell in row] for row in rows[names:]]
    np.testing.assert_array_equal(values, numbers)


@pytest.mark.parametrize(
    "names", ["trajectory,step,x,v", "Trajectory,STEP,x,v", "step,trajectory,x,v",
              "x,Step,v,trajectory"],
)  # fmt: skip
@pytest.mark.parametrize("header", [None, True])
def test_trajectories_are_known_by_the_names_of_their_columns(read, names, header):
    columns = {"trajectory": [0, 0, 1, 1], "step": [0, 1, 0, 1],
               "x": [1, 2, 3, 4], "v": [5, 6, 7, 8]}  # fmt: skip
    rows = zip(*(columns[name.casefold()] for name in names.split(",")), strict=True)
    text = "\n".join([names, *(",".join(map(str, row)) for row in rows)])
    expected = [[[1, 5], [2, 6]], [[3, 7], [4, 8]]]
    np.testing.assert_array_equal(read(text, header=header), expected)


def test_steps_before_trajectories_are_refused(read):
    with pytest.raises(io.FileFormatError, match="all its steps before the second"):
        read("step,trajectory,x\n0,0,1\n0,1,2\n1,0,3\n1,1,4\n")


def test_the_advice_is_ours(read):
    with pytest.raises(io.FileFormatError) as told:
        read("1,2\n3,4\n5\n")
    assert "columns changed from 2 to 1 at row 3, rows counted" in str(told.value)
    assert "usecols" not in str(told.value)
    with pytest.raises(io.FileFormatError, match="'abc' to float64 at row 3, column 2"):
        read("x,v\n1,2\n3,4\n5,abc\n")


@pytest.mark.parametrize("header", ["x", 0, 1.0, ["x", "v"]])
def test_header_is_true_or_false(read, header):
    with pytest.raises(ValueError, match="header must be True or False; got"):
        read("1,2\n3,4\n", header=header)
