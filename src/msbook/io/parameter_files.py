"""Systems, solvers and estimators from a file of parameters."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from inspect import isclass, signature
from types import ModuleType
from typing import Any, NamedTuple, cast

from msbook import estimators, integrators, networks, systems
from msbook.serialization.writing import FileFormatError, file_to_read, sentence

# Where the names of each section are looked up.
SECTIONS = {
    "system": (systems,),
    "solver": (integrators,),
    "estimator": (estimators, networks),
}
_NOT_IN_FILES = ("system", "executor", "increments")


class Setup(NamedTuple):
    """What a file of parameters describes; None for a section that it lacks.

    Attributes
    ----------
    system : object of :mod:`msbook.systems` or None
    solver : dict or None
        Keyword arguments of :func:`msbook.solve`.
    estimator : object of :mod:`msbook.estimators` or None
        Not fitted.
    """

    system: Any
    solver: dict[str, Any] | Any  # Any stands for None: a reader knows the sections
    estimator: Any


def from_toml(path: str | os.PathLike[str]) -> Setup:
    """Build a system, a solver and an estimator from a file of parameters.

    The file is TOML and has sections ``[system]``, ``[solver]`` and ``[estimator]``,
    or some of them. In each, ``class`` names what is built, a class or a ready system,
    and all other keys are its arguments; ``[solver]`` holds arguments of
    :func:`msbook.solve`. An argument that is itself an object of this package is a
    table with a ``class``, or its name alone. Lists become tuples.

    Only names of this package are looked up, and nothing in a file is code.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Setup

    Raises
    ------
    FileFormatError
        When the file is not TOML, or a section, a name or an argument is not known,
        lacks or does not fit; the message says where, and what is known.
    FileNotFoundError
        When there is no such file.

    Examples
    --------
    >>> import tempfile
    >>> import msbook as ms
    >>> text = '''
    ... [system]
    ... class = "van_der_pol"
    ... mu = 1.0
    ...
    ... [solver]
    ... method = {class = "Theta", theta = 0.5}
    ... t_span = [0.0, 25.0]
    ... dt = 0.1
    ...
    ... [estimator]
    ... class = "LED"
    ... autoencoder = {class = "Identity", n_latent = 2}
    ... propagator = {class = "DelayedMLP", n_delays = 1}
    ... dt = 0.1
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = open(f"{folder}/oscillator.toml", "w").write(text)
    ...     system, solver, led = ms.io.from_toml(f"{folder}/oscillator.toml")
    >>> ms.solve(system, **solver).y.shape
    (1, 251, 2)
    >>> led.propagator
    DelayedMLP(hidden=(100, 100), n_delays=1, increments=True)
    """
    file = file_to_read(path)
    try:
        sections = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:  # of the text, or of its encoding
        raise FileFormatError(
            f"{file} is no TOML: {sentence(error)} Mend it."
        ) from error
    try:
        return _setup(sections)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{file}: {error}") from error


def _setup(sections: dict[str, Any]) -> Setup:
    _check_names("section", sections, SECTIONS, "it")
    built: dict[str, Any] = {}
    for section, table in sections.items():
        if not isinstance(table, dict):
            raise ValueError(
                f"{section} must be a section, [{section}]; got {table!r}."
            )
        known = _known_names(SECTIONS[section])
        if section == "solver":
            built[section] = _solver_arguments(cast(dict[str, Any], table), known)
        else:
            built[section] = _built(cast(dict[str, Any], table), known, section)
    return Setup(**{section: built.get(section) for section in SECTIONS})


def _known_names(modules: tuple[ModuleType, ...]) -> dict[str, Any]:
    return {
        name: getattr(module, name) for module in modules for name in module.__all__
    }


def _solver_arguments(
    table: dict[str, Any], known: Mapping[str, Any]
) -> dict[str, Any]:
    allowed = [
        n for n in signature(known["solve"]).parameters if n not in _NOT_IN_FILES
    ]
    _check_names("argument", table, allowed, "[solver]")
    missing = {"t_span", "dt"} - set(table)
    if missing:
        raise ValueError(f"[solver] needs {' and '.join(sorted(missing))}.")
    method = table.get("method")
    if isinstance(method, str):
        _check_names("name", [method], known, "[solver.method]")
    return {name: _value(v, known, f"solver.{name}") for name, v in table.items()}


def _value(value: Any, known: Mapping[str, Any], where: str) -> Any:
    """An argument: a table is an object, and so is the name of one."""
    if isinstance(value, dict):
        return _built(cast(dict[str, Any], value), known, where)
    if isinstance(value, list):
        entries = cast(list[Any], value)
        return tuple(_value(entry, known, where) for entry in entries)
    if isinstance(value, str) and value in known:
        ready = known[value]
        return _called(ready, {}, where) if isclass(ready) else ready
    return value


def _built(table: dict[str, Any], known: Mapping[str, Any], where: str) -> Any:
    arguments = dict(table)
    name = arguments.pop("class", None)
    makers = {n: maker for n, maker in known.items() if callable(maker)}
    if name is None:
        raise ValueError(
            f"[{where}] needs a class, one of {', '.join(sorted(makers))}."
        )
    _check_names("name", [name], makers, f"[{where}]")
    _check_names(
        "argument", arguments, signature(makers[name]).parameters, f"[{where}]"
    )
    values = {n: _value(v, known, f"{where}.{n}") for n, v in arguments.items()}
    return _called(makers[name], values, where)


def _called(maker: Any, arguments: dict[str, Any], where: str) -> Any:
    try:
        return maker(**arguments)
    except Exception as error:  # of any kind, at an argument of a wrong kind
        reason = str(error).rstrip(".")
        raise ValueError(
            f"[{where}] {maker.__name__}: {reason}. Mend its arguments."
        ) from error


def _check_names(
    kind: str, names: Iterable[Any], known: Iterable[str], where: str
) -> None:
    """Raise a ValueError that lists what is known, the likeliest first."""
    known = sorted(known)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(
                f"{where} has no {kind} {name!r}.{hint} It knows {', '.join(known)}."
            )
