"""The operations that can be written down, each with its text."""

from __future__ import annotations

# The text of an operation is the same in compiled loops and in NumPy; what a name in
# it stands for differs, see `writing.py`.
ARITHMETIC = {
    "add": "{} + {}",
    "subtract": "{} - {}",
    "multiply": "{} * {}",
    "divide": "{} / {}",
    "negative": "-{}",
}

COMPARISONS = {
    "less": "{} < {}",
    "less_equal": "{} <= {}",
    "greater": "{} > {}",
    "greater_equal": "{} >= {}",
    "equal": "{} == {}",
    "not_equal": "{} != {}",
}

# Of truth values.
LOGIC = {
    "logical_and": "{} & {}",
    "logical_or": "{} | {}",
    "logical_xor": "{} ^ {}",
    "logical_not": "logical_not({})",
}

# Of numbers, with a truth value as result.
QUESTIONS = ("isfinite", "isinf", "isnan", "signbit")

FUNCTIONS = (
    *("absolute", "sign", "sqrt", "cbrt", "square", "reciprocal"),
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "hypot"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
    *("floor", "ceil", "trunc", "rint", "floor_divide", "remainder", "fmod"),
    *("power", "maximum", "minimum", "fmax", "fmin", "copysign", "heaviside"),
    *("erf", "erfc", "gamma", "gammaln", "expit"),
)

SPECIAL = {  # no operations of their own
    "true_divide": "divide",
    "float_power": "power",
    "fabs": "absolute",
    "mod": "remainder",
    "invert": "logical_not",
    "bitwise_not": "logical_not",
    "bitwise_and": "logical_and",
    "bitwise_or": "logical_or",
    "bitwise_xor": "logical_xor",
}

RADIANS = {"deg2rad": 1, "radians": 1, "rad2deg": -1, "degrees": -1}


def text_of(operation: str, arguments: list[str]) -> str:
    """Text of an operation on arguments that are names or numbers."""
    for table in (ARITHMETIC, COMPARISONS, LOGIC):
        if operation in table:
            return table[operation].format(*arguments)
    return f"{operation}({', '.join(arguments)})"
