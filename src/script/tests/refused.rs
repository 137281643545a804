//! What is not in the subset is refused when it is loaded: by name, with its place.

use script::{Program, Refusal};

const NAMES: [&str; 3] = ["source_attributes", "target_groups", "hook_storage"];

fn refused_block(source: &str) -> Refusal {
    match Program::block(source, &NAMES) {
        Ok(_) => panic!("this is accepted: {source}"),
        Err(refusal) => refusal,
    }
}

fn refused_expression(source: &str) -> Refusal {
    match Program::expression(source, &["user"]) {
        Ok(_) => panic!("this is accepted: {source}"),
        Err(refusal) => refusal,
    }
}

/// Source, line, column, and a part of the message.
const BLOCKS: &[(&str, usize, usize, &str)] = &[
    ("class A:\n    pass\n", 1, 1, "classes"),
    ("x = 1\nwith open('f') as f:\n    pass\n", 2, 1, "'with'"),
    ("def f():\n    yield 1\n", 2, 5, "'yield'"),
    ("def f():\n    x = yield\n", 2, 9, "'yield'"),
    ("def f():\n    x = (yield 1)\n", 2, 10, "'yield'"),
    ("async def f():\n    pass\n", 1, 1, "'async'"),
    ("def f():\n    await g()\n", 2, 5, "'await'"),
    ("x = [y async for y in z]\n", 1, 8, "'async'"),
    ("def f():\n    global x\n", 2, 5, "'global'"),
    ("def f():\n    nonlocal x\n", 2, 5, "'nonlocal'"),
    ("if (n := 5):\n    pass\n", 1, 7, "':='"),
    ("x = [y := 1]\n", 1, 8, "':='"),
    ("def f(*args):\n    pass\n", 1, 7, "'*'"),
    ("def f(**named):\n    pass\n", 1, 7, "'**'"),
    ("def f(a, /):\n    pass\n", 1, 10, "'/'"),
    ("def f(a, *, b):\n    pass\n", 1, 10, "'*'"),
    ("x = lambda *a: 1\n", 1, 12, "'*'"),
    ("print(*[1])\n", 1, 7, "'*'"),
    ("print(**{})\n", 1, 7, "'**'"),
    ("x = [*[1]]\n", 1, 6, "'*'"),
    ("x = {**{}}\n", 1, 6, "'**'"),
    ("a, *b = [1]\n", 1, 4, "'*'"),
    ("*a, b = [1]\n", 1, 1, "'*'"),
    ("for a, *b in []:\n    pass\n", 1, 8, "'*'"),
    ("assert 1\n", 1, 1, "'assert'"),
    ("x: int = 1\n", 1, 2, "annotations"),
    ("def f(a: int):\n    pass\n", 1, 8, "annotations"),
    ("def f() -> int:\n    pass\n", 1, 9, "annotations"),
    ("@f\ndef g():\n    pass\n", 1, 1, "decorators"),
    ("import os\n", 1, 8, "import re"),
    ("import re, os\n", 1, 10, "import re"),
    ("import re as r\n", 1, 11, "import re"),
    ("from re import sub\n", 1, 1, "import re"),
    ("from os import path\n", 1, 1, "import re"),
    ("import os.path\n", 1, 8, "import re"),
    ("import logging\nlogging.info('a')\n", 2, 9, "logging.info"),
    (
        "import logging\nf = logging.basicConfig\n",
        2,
        13,
        "logging.basicConfig",
    ),
    ("import logging.handlers\n", 1, 15, "import logging"),
    ("import re, logging\n", 1, 10, "import re"),
    (
        "x = logging.getLogger('a')\n",
        1,
        5,
        "unknown name 'logging'",
    ),
    (
        "import logging\nlogging.getLogger('a').setLevel(5)\n",
        2,
        24,
        "'setLevel'",
    ),
    (
        "raise ValueError('a') from None\n",
        1,
        23,
        "'raise ... from'",
    ),
    ("x = frozenset([1])\n", 1, 5, "unknown name 'frozenset'"),
    ("x = b'a'\n", 1, 5, "bytes"),
    ("x = rb'a'\n", 1, 5, "bytes"),
    ("x = 1j\n", 1, 5, "complex"),
    ("x = '\\N{DASH}'\n", 1, 6, "\\N"),
    ("x = '\\ud800'\n", 1, 6, "surrogate"),
    ("x = 9223372036854775808\n", 1, 5, "64 bits"),
    ("x = 0xffffffffffffffff\n", 1, 5, "64 bits"),
    ("x = nothing\n", 1, 5, "unknown name 'nothing'"),
    ("x = open('f')\n", 1, 5, "unknown name 'open'"),
    ("x = __import__('os')\n", 1, 5, "unknown name '__import__'"),
    ("x = type(1)\n", 1, 5, "unknown name 'type'"),
    ("x = re.match('a', 'b')\n", 1, 5, "unknown name 're'"),
    ("x = eval('1')\n", 1, 5, "unknown name 'eval'"),
    ("x = 'a'.encode()\n", 1, 9, "'encode'"),
    ("x = source_attributes.email\n", 1, 23, "'email'"),
    ("x = source_attributes.has_key('a')\n", 1, 23, "'has_key'"),
    ("x = 'a'.startsWith('b')\n", 1, 9, "'startsWith'"),
    ("x = 'a'.__class__\n", 1, 9, "'__class__'"),
    ("x = ().__class__.__bases__\n", 1, 8, "'__class__'"),
    (
        "import re\nx = re.compile('(?<=a|bc)d')\n",
        2,
        16,
        "fixed width",
    ),
    ("import re\nx = re.compile('(?>a)')\n", 2, 16, "atomic"),
    (
        "import re\nx = re.sub(r'a\\1', '', 'aa')\n",
        2,
        12,
        "no group 1",
    ),
    ("import re\nx = re.match('(', 'a')\n", 2, 14, "wrong"),
    ("import re\nx = re.finditer('a', 'a')\n", 2, 8, "'finditer'"),
    ("x.y = 1\n", 1, 1, "an attribute"),
    ("x = [1]\nx[0:1] = [2]\n", 2, 1, "a slice"),
    ("x = [1]\ndel x[0:1]\n", 2, 5, "a slice"),
    ("f() = 1\n", 1, 1, "the result of a call"),
    ("1 = x\n", 1, 1, "a constant"),
    ("x = ...\n", 1, 5, "'...'"),
    ("x = 1 @ 2\n", 1, 7, "'@'"),
    ("match x:\n    case 1:\n        pass\n", 1, 7, "'match'"),
    ("print 'a'\n", 1, 7, "end of the statement"),
    (
        "try:\n    pass\nexcept* ValueError:\n    pass\n",
        3,
        7,
        "'except*'",
    ),
    ("try:\n    pass\nexcept A, B:\n    pass\n", 3, 9, "':'"),
    ("return 1\n", 1, 1, "'return'"),
    ("break\n", 1, 1, "'break'"),
    ("if 1:\n    x = 1\n   y = 2\n", 3, 4, "indentation"),
    ("if 1:\n\tx = 1\n        y = 2\n", 3, 9, "tabs"),
    ("  x = 1\n", 1, 1, "indentation"),
    ("if 1:\nx = 1\n", 2, 1, "indented block"),
    ("x = (1,\n", 1, 5, "never closed"),
    ("x = 'abc\n", 1, 5, "never closed"),
    ("x = 1)\n", 1, 6, "without an opening"),
    ("x = [1)\n", 1, 7, "does not close"),
    ("if x = 1:\n    pass\n", 1, 6, "':'"),
    ("x = \u{201c}a\u{201d}\n", 1, 5, "unexpected character"),
    ("x = 012\n", 1, 5, "begin with 0"),
    ("x = f'{1!z}'\n", 1, 9, "!s, !r or !a"),
    ("x = f'{}'\n", 1, 7, "empty field"),
    ("x = f'{1'\n", 1, 7, "never closed"),
    ("x = f'}'\n", 1, 7, "single '}'"),
    ("x = f'{a b}'\n", 1, 10, "end of the field"),
    ("x = 1 if 2\n", 1, 11, "'else'"),
    ("def f(a, a):\n    pass\n", 1, 10, "twice"),
    ("def f(a=1, b):\n    pass\n", 1, 12, "default"),
    ("f(a=1, a=2)\n", 1, 8, "twice"),
    ("f(a=1, 2)\n", 1, 8, "positional"),
    ("x = 1 <> 2\n", 1, 7, "'<>'"),
    ("x = `1`\n", 1, 5, "unexpected character"),
    ("x = 5 not 6\n", 1, 7, "end of the statement"),
    ("else:\n    pass\n", 1, 1, "expected"),
    ("x = \\ 1\n", 1, 5, "backslash"),
    ("x = d[1:2, 3]\n", 1, 10, "several dimensions"),
    ("raise ValueError, 'x'\n", 1, 17, "end of the statement"),
];

const EXPRESSIONS: &[(&str, usize, usize, &str)] = &[
    ("user.status ==", 1, 15, "an expression"),
    ("user.status = 'A'", 1, 13, "end of the expression"),
    ("open('x')", 1, 1, "unknown name 'open'"),
    ("usr.status", 1, 1, "unknown name 'usr'"),
    ("user.__class__", 1, 6, "'__class__'"),
    ("user.profile.login.upperr()", 1, 20, "'upperr'"),
    ("import re", 1, 1, "'import' is a statement"),
    ("if user.status: True", 1, 1, "'if' is a statement"),
    ("any(x for x in y)", 1, 16, "unknown name 'y'"),
    ("re.match('[', 'a')", 1, 10, "wrong"),
    ("", 1, 1, "an expression"),
    ("user.status && user.id", 1, 14, "an expression"),
    ("user.status == 'A' || 1", 1, 21, "an expression"),
    ("!user.status", 1, 1, "unexpected character"),
    ("user.status == true", 1, 16, "unknown name 'true'"),
    ("user.status == null", 1, 16, "unknown name 'null'"),
    ("lambda: (yield)", 1, 10, "'yield'"),
];

fn check(refusal: &Refusal, (source, line, column, part): (&str, usize, usize, &str)) {
    let found = (refusal.line, refusal.column);
    assert_eq!(found, (line, column), "{source:?}: {refusal}");
    assert!(refusal.message.contains(part), "{source:?}: {refusal}");
    let drawn = refusal.render();
    let caret = drawn.lines().find(|line| line.trim() == "^").unwrap();
    assert_eq!(caret.len(), 4 + column, "{source:?}:\n{drawn}");
}

#[test]
fn what_is_not_in_the_subset_is_refused_by_name_and_place() {
    BLOCKS
        .iter()
        .for_each(|case| check(&refused_block(case.0), *case));
    EXPRESSIONS
        .iter()
        .for_each(|case| check(&refused_expression(case.0), *case));
}

#[test]
fn a_refusal_says_what_to_write_instead_where_there_is_a_way() {
    for (source, hint) in [
        ("x = b'a'\n", "leave the b out"),
        ("x = 'a'.startsWith('b')\n", ".startswith"),
        ("x = re.match('a', 'b')\n", "import re"),
        ("x = source_attributes.email\n", "d.get('key')"),
        ("assert 1\n", "raise ValueError"),
        ("x = true\n", "True"),
        ("raise ValueError() from None\n", "leave 'from ...' out"),
        ("x = frozenset()\n", "tuple(sorted(items))"),
        ("print 'a'\n", "print(...)"),
    ] {
        let refusal = refused_block(source);
        let given = refusal.hint.clone().unwrap_or_default();
        assert!(given.contains(hint), "{source:?}: {given:?}");
        assert!(refusal.render().contains(hint));
    }
}
