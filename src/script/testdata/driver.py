"""Runs sources in Python itself: the other side of the comparison.

Reads one JSON object a line, {"kind": "expr" | "hook", "source": ...}, and answers each with one line:
{"value": ..., "log": [...]} or {"error": type, "line": number, "log": [...]}.
"""
import ast
import json
import logging
import re
import resource
import signal
import sys
import traceback
import warnings

warnings.simplefilter("ignore")
# Deep recursion is not compared, but it must not end this process.
sys.setrecursionlimit(900)


# A program made at random may grow without end; what takes so long or so much is not compared.
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))


class TooLong(BaseException):
    pass


def _too_long(*_):
    raise TooLong()


signal.signal(signal.SIGALRM, _too_long)


class User:
    pass


class UserProfile:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        # hasattr and getattr with a default tell a missing attribute; reading it gives None.
        raise AttributeError(f"'UserProfile' object has no attribute '{name}'")


class Attributes(dict):
    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"'dict' object has no attribute '{name}'")


class Reads(ast.NodeTransformer):
    """`user.profile.x` of a user without x is None."""

    def visit_Attribute(self, node):
        self.generic_visit(node)
        return ast.copy_location(
            ast.Call(ast.Name("_read", ast.Load()), [node.value, ast.Constant(node.attr)], []), node
        )


def _read(value, name):
    if isinstance(value, UserProfile):
        return value.__dict__.get(name)
    return getattr(value, name)


def attributes(value):
    if isinstance(value, dict):
        return Attributes((key, attributes(item)) for key, item in value.items())
    if isinstance(value, list):
        return [attributes(item) for item in value]
    return value


def shown(value, seen=()):
    """A value as text, sets in an order of their own. The order of dicts counts."""
    if id(value) in seen:
        return "<cycle>"
    seen = seen + (id(value),)
    if type(value) in (set, frozenset):
        return type(value).__name__ + "{" + ", ".join(sorted(shown(item, seen) for item in value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(shown(item, seen) for item in value) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(shown(item, seen) for item in value) + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(shown(k, seen) + ": " + shown(v, seen) for k, v in value.items()) + "}"
    if value is None or isinstance(value, (bool, int, float, str, range)) and not isinstance(value, re.RegexFlag):
        return repr(value)
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, (re.Match, re.Pattern)):
        return repr(value)
    if isinstance(value, type):
        return "type " + value.__name__
    return "object"


class Logger:
    def __init__(self, lines):
        self.lines = lines

    def write(self, level, message, *args, **named):
        text = str(message)
        if args:
            if len(args) == 1 and isinstance(args[0], dict) and args[0]:
                args = args[0]
            try:
                text = text % args
            except Exception:
                pass
        self.lines.append([level, "", text])


for _name, _level in (
    ("debug", "debug"), ("info", "info"), ("warning", "warning"), ("warn", "warning"),
    ("error", "error"), ("critical", "critical"), ("exception", "error"),
):
    def _method(self, message, *args, _level=_level, **named):
        self.write(_level, message, *args, **named)
    setattr(Logger, _name, _method)


class Handler(logging.Handler):
    """What the loggers of the module write; arguments that do not fit leave the text as it is."""

    def __init__(self, lines):
        super().__init__(logging.NOTSET)
        self.lines = lines

    def emit(self, record):
        try:
            text = record.getMessage()
        except Exception:
            text = str(record.msg)
        self.lines.append([record.levelname.lower(), record.name, text])


logging.root.setLevel(logging.NOTSET)


def statement_line(tree, line):
    """The first line of the statement that has this line."""
    best = 0
    for node in ast.walk(tree):
        if isinstance(node, (ast.stmt, ast.ExceptHandler)):
            if node.lineno <= line <= node.end_lineno and node.lineno > best:
                best = node.lineno
    return best or line


def failure(tree, exception):
    frames = [frame for frame in traceback.extract_tb(exception.__traceback__) if frame.filename == "<case>"]
    line = frames[-1].lineno if frames else 0
    return {"error": type(exception).__name__, "line": statement_line(tree, line), "text": str(exception)}


def expression(source, names):
    tree = ast.parse(source.strip(), "<case>", "eval")
    tree = ast.fix_missing_locations(Reads().visit(tree))
    return shown(eval(compile(tree, "<case>", "eval"), names))


def printed(lines):
    def show(*values, sep=" ", end="\n", file=None, flush=False):
        if sep is not None and not isinstance(sep, str):
            raise TypeError(f"sep must be None or a string, not {type(sep).__name__}")
        lines.append(["info", "", (" " if sep is None else sep).join(map(str, values))])
    return show


def run(case):
    lines = []
    source = case["source"]
    if case["kind"] == "expr":
        user = User()
        for key, item in case["user"].items():
            if key == "profile":
                profile = UserProfile()
                profile.__dict__.update({name: attributes(value) for name, value in item.items()})
                item = profile
            setattr(user, key, attributes(item))
        names = {"user": user, "re": re, "_read": _read, "print": printed(lines)}
        try:
            return {"value": expression(source, names), "log": lines}
        except SyntaxError as problem:
            return {"error": "SyntaxError", "line": 0, "text": str(problem)}
        except Exception as problem:
            return {**failure(ast.parse(source.strip()), problem), "line": 1, "log": lines}
    names = case["names"]
    for name in ("source_groups", "target_groups"):
        names[name] = set(names[name])
    names["logger"] = Logger(lines)
    logging.root.handlers = [Handler(lines)]
    given = ["source_attributes", "source_groups", "target_attributes", "target_groups", "hook_storage"]
    names["print"] = printed(lines)
    try:
        tree = ast.parse(source, "<case>")
        code = compile(tree, "<case>", "exec")
    except SyntaxError as problem:
        return {"error": "SyntaxError", "line": 0, "text": str(problem)}
    try:
        exec(code, names)
        result = {}
    except Exception as problem:
        result = failure(tree, problem)
    result["value"] = "; ".join(name + " = " + shown(names.get(name)) for name in given)
    return {**result, "log": lines}


def answer(case):
    signal.setitimer(signal.ITIMER_REAL, 2, 0.1)
    try:
        return run(case)
    except (TooLong, MemoryError):
        return {"error": "TooLong", "line": 0}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


for line in sys.stdin:
    sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
