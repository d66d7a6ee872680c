"""Array files of other programs: round trips, and what is refused."""

import os
import pickle
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from msbook import io

ENDINGS = (".npy", ".npz", ".csv")
finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=40, deadline=None)
@given(
    ending=st.sampled_from((".npy", ".npz")),
    values=st.sampled_from(["f8", "f4", "i8", "u1", "?"]).flatmap(
        lambda dtype: arrays(
            dtype,
            array_shapes(min_dims=0, max_dims=4),
            elements=None if dtype[0] != "f" else {"allow_nan": False},
        )
    ),
)
def test_arrays_come_back_as_they_were(tmp_path_factory, ending, values):
    path = tmp_path_factory.mktemp("io") / f"a{ending}"
    if not np.isfinite(values).all():
        with pytest.raises(ValueError, match="must be finite"):
            io.write_array(path, values)
        return
    io.write_array(path, values)
    again = io.read_array(path)
    assert again.dtype == values.dtype
    np.testing.assert_array_equal(again, values, strict=True)


@settings(max_examples=40, deadline=None)
@given(arrays("f8", array_shapes(min_dims=2, max_dims=3), elements=finite))
def test_no_digit_is_lost_in_text(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("io") / "a.csv"
    io.write_array(path, values)
    np.testing.assert_array_equal(io.read_array(path), values, strict=True)


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2, 2)])
def test_text_holds_tables_and_trajectories_only(tmp_path, shape):
    with pytest.raises(ValueError, match="two axes or three"):
        io.write_array(tmp_path / "a.csv", np.ones(shape))
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("names", ["", "x,y\n", "x, y of the cell\n"])
def test_a_table_of_another_program(tmp_path, names):
    path = tmp_path / "a.csv"
    path.write_text(names + "1.5,2\n-3e2,4\n")
    np.testing.assert_array_equal(io.read_array(path), [[1.5, 2], [-300, 4]])


def test_one_array_of_several(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, t=np.arange(3.0), y=np.ones((3, 2)))
    np.testing.assert_array_equal(io.read_array(path, "t"), [0, 1, 2])
    for name in (None, "z"):
        with pytest.raises(ValueError, match=r"\['t', 'y'\]"):
            io.read_array(path, name)
    np.save(tmp_path / "b.npy", np.ones(3))
    with pytest.raises(ValueError, match=r"name is for the arrays of an \.npz file"):
        io.read_array(tmp_path / "b.npy", "t")


@pytest.mark.parametrize("shape", [("n", 2), ("n_traj", 3, 2), ("n_traj", "n_time")])
def test_the_shape_is_checked(tmp_path, shape):
    path = tmp_path / "a.npy"
    io.write_array(path, np.ones((4, 5, 2)))
    assert io.read_array(path, shape=("n_traj", "n_time", 2)).shape == (4, 5, 2)
    with pytest.raises(ValueError, match=r"must have shape \(n.*got \(4, 5, 2\)"):
        io.read_array(path, shape=shape)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(tmp_path, ending, bad):
    path = tmp_path / f"a{ending}"
    with pytest.raises(ValueError, match="got 1 of 4 that are not"):
        io.write_array(path, [[1.0, bad], [3.0, 4.0]])
    if ending == ".csv":
        path.write_text(f"1,{bad}\n3,4\n")
    elif ending == ".npy":
        np.save(path, [[1.0, bad], [3.0, 4.0]])
    else:
        np.savez(path, [[1.0, bad], [3.0, 4.0]])
    with pytest.raises(ValueError, match="got 1 of 4 that are not"):
        io.read_array(path)


class Trap:
    """Tells when it is unpickled."""

    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)


def test_nothing_is_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "a.npz", np.array([Trap()], dtype=object))
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Trap()))
    (tmp_path / "b.npz").write_bytes(pickle.dumps(Trap()))
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(io.FileFormatError):
            io.read_array(path)
    assert not Trap.sprung


@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_no_part_is_taken_for_the_whole(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    io.write_array(path, np.arange(6.0).reshape(3, 2))
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(io.FileFormatError):
            io.read_array(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_changed_byte_does_no_worse_than_a_refusal(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    io.write_array(path, np.arange(6.0).reshape(1, 3, 2))
    whole = path.read_bytes()
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 16
        path.write_bytes(changed)
        with suppress(ValueError):
            assert np.isfinite(io.read_array(path)).all()


@pytest.mark.parametrize(
    "text",
    [
        "trajectory,step,x\n0,0,1\n0,1,2\n1,0,3\n",  # the second is cut short
        "trajectory,step,x\n0,1,1\n0,0,2\n",  # not in order
        "trajectory,step,x\n1,0,1\n1,1,2\n",  # not counted from 0
        "trajectory,step,x\nnan,0,1\n",
        "trajectory,step,x\n-1,0,1\n",
        "trajectory,step\n0,0\n0,1\n",  # no states
        "trajectory,step,x\n",
        "x,y\n",
        "",
        "1,2\n3\n",
        "1;2\n3;4\n",
        "x,y\n1,two\n",
        "\x00\x01",
    ],
)
def test_text_that_does_not_fit_is_refused(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(io.FileFormatError, match=r"a\.csv"):
        io.read_array(path)


@pytest.mark.parametrize("ending", [".txt", "", ".safetensors", ".pkl"])
def test_other_endings_are_refused(tmp_path, ending):
    for call in (io.read_array, lambda path: io.write_array(path, [[1.0]])):
        with pytest.raises(ValueError, match=r"path must end in \.npy, \.npz, \.csv"):
            call(tmp_path / f"a{ending}")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_is_not_there_is_named(tmp_path, ending):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        io.read_array(tmp_path / f"nowhere{ending}")


def test_texts_and_nothing_are_no_numbers(tmp_path):
    for values in (["a", "b"], np.empty((0, 2)), [1j]):
        with pytest.raises(ValueError, match="must hold real numbers"):
            io.write_array(tmp_path / "a.npy", values)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    io.write_array(path, [[1.0]])

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        io.write_array(path, [[2.0]])
    np.testing.assert_array_equal(io.read_array(path), [[1.0]])
    assert os.listdir(tmp_path) == ["a.csv"]


def test_what_other_programs_say_ends_with_a_full_stop(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(io.FileFormatError, match=r"not a zip file\. Mend the file"):
        io.read_array(path)
