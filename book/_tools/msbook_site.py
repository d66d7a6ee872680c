"""Sphinx extension of the book: live tables, the API pages, links to the repository."""

import importlib
import inspect
import re

import colophon
import elsewhere
import execution
import speed
from claim_captions import link_captions
from claim_example import ClaimExample
from contents import PageCount
from docutils import nodes
from markdown_directive import MarkdownDirective
from project import repository
from run_time import RunTime
from scoreboard import ClaimCount, Scoreboard, VerdictChart, load_filter
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

import msbook

LOGGER = logging.getLogger(__name__)


class ExecutionTimes(MarkdownDirective):
    """The record of how long each notebook ran."""

    def markdown(self) -> str:
        """Return the record as a Markdown table."""
        return execution.table(set(self.env.found_docs))


class BenchmarkResults(MarkdownDirective):
    """The stored benchmarks: ours beside the peers."""

    def markdown(self) -> str:
        """Return the comparisons as a Markdown table."""
        return speed.table()


def public_names(name: str) -> list[str]:
    """Return what a module offers: its ``__all__``, else what it defines itself."""
    module = importlib.import_module(name)
    own = [
        member
        for member, value in vars(module).items()
        if not member.startswith("_") and getattr(value, "__module__", "") == name
    ]
    return list(getattr(module, "__all__", own))


def directive_for(name: str, value: object) -> str:
    """Return the directive that documents a value."""
    if inspect.isclass(value):
        kind = "autoexception" if issubclass(value, Exception) else "autoclass"
        return f".. {kind}:: {name}"
    if callable(value):
        return f".. autofunction:: {name}"
    # Autodoc would print the docstring of the constant's class, and its value, which
    # may be a tableau of sixteen digits an entry.
    return f".. py:data:: {name}\n   :type: {type(value).__name__}"


class Study(MarkdownDirective):
    """A stored study of an estimator on systems from elsewhere."""

    required_arguments = 1

    def markdown(self) -> str:
        """Return the study's tables as Markdown."""
        return elsewhere.tables(self.arguments[0])


class Colophon(MarkdownDirective):
    """Who wrote the book, its licence, its version, and how to cite it."""

    def markdown(self) -> str:
        """Return the colophon as Markdown."""
        return colophon.markdown()


class Feedback(MarkdownDirective):
    """Where questions and misprints go."""

    def markdown(self) -> str:
        """Return the sentences as Markdown."""
        return colophon.feedback()


class PublicNames(MarkdownDirective):
    """A module's public names: a summary of all, then each in full."""

    required_arguments = 1

    def markdown(self) -> str:
        """Return the autodoc directives for the module."""
        name = self.arguments[0]
        members = public_names(name)
        module = importlib.import_module(name)
        full = [directive_for(member, getattr(module, member)) for member in members]
        summary = "\n".join(
            f"   {member}"
            for member, directive in zip(members, full, strict=True)
            if not directive.startswith(".. py:data")
        )
        documented = "\n\n".join(full)
        return (
            f"```{{eval-rst}}\n.. py:module:: {name}\n\n"
            # The module's anchor goes to what follows; a table would lose it.
            f"The names of ``{name}``:\n\n"
            f".. autosummary::\n\n{summary}\n\n{documented}\n```"
        )


def skip_metadata_routing(app, what, name, obj, skip, options) -> bool | None:
    """Leave out the ``set_*_request`` methods that scikit-learn adds to estimators."""
    return True if re.fullmatch(r"set_\w+_request", name) else None


def link_repository(app: Sphinx, config: Config) -> None:
    """Point the launch and source buttons at the repository."""
    config.html_theme_options["repository_url"] = repository()


def resolve_short_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.TextElement
) -> nodes.Element | None:
    """Lead a name of the top level, ``msbook.LED``, to the page that documents it."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not target.startswith("msbook."):
        return None
    name, *rest = target.removeprefix("msbook.").split(".")
    value = getattr(msbook, name, None)
    # A class that stands deep in a package is documented as a name of the package, and
    # equations are among the systems.
    package = ".".join(getattr(value, "__module__", "").split(".")[:2])
    package = package.replace("msbook.equations", "msbook.systems")
    found = env.get_domain("py").resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"],
        ".".join([package, name, *rest]), node, text,
    )  # fmt: skip
    if found is None:
        LOGGER.warning("no page documents %s", target, location=node)
    return found


def drop_repeated_scripts(app, pagename, templatename, context, doctree) -> None:
    """Keep one of each script tag: sphinx-thebe adds its own once a page built."""
    first = {}
    for script in context.get("script_files", []):
        # Inline scripts come with the file name None or the empty one.
        first.setdefault((script.filename or "", script.attributes.get("body")), script)
    context["script_files"] = list(first.values())


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.add_directive("verdict-chart", VerdictChart)
    app.add_directive("scoreboard", Scoreboard)
    app.add_directive("claim-example", ClaimExample)
    app.add_directive("execution-times", ExecutionTimes)
    app.add_directive("benchmark-results", BenchmarkResults)
    app.add_directive("study", Study)
    app.add_directive("public-names", PublicNames)
    app.add_directive("colophon", Colophon)
    app.add_directive("feedback", Feedback)
    app.add_role("run-time", RunTime())
    app.add_role("fit-time", elsewhere.FitTime())
    app.add_role("page-count", PageCount())
    app.add_role("claim-count", ClaimCount())
    app.connect("autodoc-skip-member", skip_metadata_routing)
    app.connect("config-inited", link_repository, priority=100)
    app.connect("missing-reference", resolve_short_name)
    app.connect("html-page-context", load_filter)
    app.connect("html-page-context", link_captions)
    app.connect("html-page-context", drop_repeated_scripts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
