//! Programs made at random from templates that mostly fit together, so that they get far: every statement, function
//! and method of the language has its place here.

use super::generate::Random;

/// What a place of a template stands for: a letter in angle brackets.
///
/// | place | stands for |
/// | --- | --- |
/// | `<n>`, `<i>` | a number, a small whole number |
/// | `<t>`, `<p>` | a text, a pattern |
/// | `<b>` | a truth |
/// | `<l>`, `<u>` | a list, a list of texts |
/// | `<d>`, `<s>` | a dict, a set |
/// | `<a>` | anything |
/// | `<B>` | a block, on a line of its own |
fn templates(place: char) -> (&'static [&'static str], &'static [&'static str]) {
    match place {
        'i' => (&["0", "1", "2", "3", "-1", "-2", "5"], &["<i> - 1"]),
        'n' => (
            &[
                "a", "0", "7", "-3", "2.5", "-0.5", "1e3", "True", "12345", "0x1F", "0b101",
                "1_000", "0o17",
            ],
            NUMBERS,
        ),
        't' => (
            &[
                "b",
                "''",
                "'a'",
                "'Ab c'",
                "'x,y,,z'",
                "' pad '",
                "'12'",
                "'-3'",
                "'Straße'",
                "'ǆ ﬁ'",
                "r'\\d'",
                "'tab\\there'",
                "'one\\ntwo\\r\\nthree'",
                "\"it's\"",
                "'ad' 'jacent'",
                "'''three'''",
                "'\\x41\\u00e9'",
                "source_attributes['email']",
                "target_attributes['firstname']",
            ],
            TEXTS,
        ),
        'p' => (
            &[
                "'a'",
                "r'(\\w+)'",
                "r'\\d+'",
                "'[a-c]+'",
                "r'(?P<x>\\w)(\\d)?'",
                "'x*'",
                "''",
                "r'\\s+'",
                "'(?i)A'",
                "r'\\b\\w'",
                "r'(a|b)(c)?'",
                "','",
                "r'[^a-z]'",
                "'.'",
                "r'^\\W*'",
                "r'e\\Z'",
                "'a{1,2}?'",
                "'(?:x,|y)+'",
            ],
            &[],
        ),
        'b' => (
            &[
                "True",
                "False",
                "(not a)",
                "hook_storage is None",
                "c is not None",
            ],
            TRUTHS,
        ),
        'u' => (&["['b', 'a', 'C']", "[]", "['é']"], TEXT_LISTS),
        'l' => (
            &[
                "c",
                "[]",
                "[1, 2, 3]",
                "[3, 'x', None]",
                "[[1], [2, 3]]",
                "[0.5, 2]",
                "[False, True]",
            ],
            LISTS,
        ),
        'd' => (
            &[
                "d",
                "{}",
                "{'a': 1, 'b': 2}",
                "{1: 'x', None: []}",
                "{'k': {'n': 1}}",
                "source_attributes",
            ],
            DICTS,
        ),
        's' => (
            &[
                "e",
                "set()",
                "{1, 2}",
                "{'b'}",
                "source_groups",
                "target_groups",
            ],
            SETS,
        ),
        _ => (
            &["None", "()", "(1, 'a')", "a", "b", "c", "d", "e"],
            ANYTHING,
        ),
    }
}

const NUMBERS: &[&str] = &[
    "(<n> + <n>)",
    "(<n> - <n>)",
    "(<i> * <n>)",
    "(<n> / <n>)",
    "(<n> // <n>)",
    "(<n> % <n>)",
    "(<n> % 10) ** 2",
    "2 ** <i>",
    "(<i> << 3)",
    "(<i> >> 1)",
    "(<i> & <i>)",
    "(<i> | <i>)",
    "(<i> ^ <i>)",
    "~<i>",
    "-<n>",
    "+<n>",
    "abs(<n>)",
    "round(<n>)",
    "round(<n>, <i>)",
    "int(<n>)",
    "int(<t>)",
    "int('ff', 16)",
    "int(<t>, 0)",
    "float(<n>)",
    "float(<t>)",
    "len(<l>)",
    "len(<t>)",
    "len(<d>)",
    "len(<s>)",
    "sum(<l>)",
    "sum([1, <n>], <n>)",
    "min(<n>, <n>)",
    "max(<l>)",
    "max(<u>, key=len, default='')",
    "min([], default=<n>)",
    "ord(<t>[:1])",
    "<t>.find(<t>)",
    "<t>.rfind(<t>, <i>)",
    "<t>.index(<t>)",
    "<t>.rindex(<t>, 0, <i>)",
    "<t>.count(<t>)",
    "<l>.index(<a>)",
    "<l>.index(<a>, <i>)",
    "<l>.count(<a>)",
    "(1, 2, 1).count(<i>)",
    "(1, 2, 1).index(<i>)",
    "bool(<a>) + 1",
    "f(<n>)",
    "f(<n>, <n>)",
    "f(<n>, y=<n>)",
    "f(y=<n>, x=<n>)",
    "re.search(<p>, <t>).start()",
    "re.search(<p>, <t>).end(0)",
    "<d>.get('a', <n>)",
    "(<n> if <b> else <n>)",
    "(lambda v, w=2: v * w)(<n>)",
    "range(<i>, 9, 2)[<i>]",
    "len(range(<i>, -4, -1))",
    "fact(<i>)",
    "total(3)(<n>)",
];
const TEXTS: &[&str] = &[
    "(<t> + <t>)",
    "<t> * (<i> % 3)",
    "<t>[<i>]",
    "<t>[<i>:]",
    "<t>[:<i>]",
    "<t>[<i>:<i>]",
    "<t>[::-1]",
    "<t>[::<i>]",
    "<t>.upper()",
    "<t>.lower()",
    "<t>.casefold()",
    "<t>.title()",
    "<t>.capitalize()",
    "<t>.swapcase()",
    "<t>.strip()",
    "<t>.strip(<t>)",
    "<t>.lstrip()",
    "<t>.lstrip('a ')",
    "<t>.rstrip(<t>)",
    "<t>.replace(<t>, <t>)",
    "<t>.replace(<t>, <t>, <i>)",
    "<t>.zfill(<i>)",
    "<t>.ljust(<i>)",
    "<t>.rjust(7, '.')",
    "<t>.center(<i>)",
    "<t>.center(9, '*')",
    "<t>.removeprefix(<t>)",
    "<t>.removesuffix(<t>)",
    "<t>.join(<u>)",
    "', '.join(map(str, <l>))",
    "'-'.join(sorted(<u>))",
    "str(<a>)",
    "repr(<a>)",
    "str()",
    "chr(97 + <i>)",
    "'{} {}'.format(<a>, <a>)",
    "'{0!r:>8}|{x:<5}'.format(<t>, x=<t>)",
    "'{0[a]}'.format(<d>)",
    "'{:{w}.{p}f}'.format(<n>, w=8, p=2)",
    "'%s and %r' % (<a>, <a>)",
    "'%5.1f%%' % <n>",
    "'%-6d|%+d' % (<n>, <i>)",
    "'%(a)s' % <d>",
    "'%x %o' % (<i>, <i>)",
    "f'''{<a>}'''",
    "f'''{<t>!r:>12}'''",
    "f'''{<n>:08.2f}|{<n>:,}'''",
    "f'''{<i>:+d}{<i>:^5}{<n>:e}'''",
    "f'''{<t>:{<i>}}'''",
    "re.sub(<p>, '-', <t>)",
    "re.sub(<p>, r'[\\g<0>]', <t>, <i>)",
    "re.sub(<p>, lambda m: m.group().upper(), <t>)",
    "re.escape(<t>)",
    "re.match(<p>, <t>).group()",
    "re.search(<p>, <t>)[0]",
    "re.compile(<p>, re.I).sub('<>', <t>)",
    "<t>.partition(<t>)[0]",
    "<t>.rpartition(<t>)[2]",
    "(<t> or <t>)",
    "(<t> and <t>)",
    "(<t> if <b> else <t>)",
    "str.upper(<t>)",
    "(<d>.get('a') or <t>)",
    "g(<t>)",
    "getattr(<t>, 'upper')()",
    "min(<u>)",
    "sorted(<t>)[0]",
];
const TRUTHS: &[&str] = &[
    "<n> < <n>",
    "<n> <= <n> < <n>",
    "<n> > <n>",
    "<n> >= <n>",
    "<a> == <a>",
    "<a> != <a>",
    "<t> < <t>",
    "<l> < <l>",
    "<t> in <t>",
    "<a> in <l>",
    "<a> not in <l>",
    "<t> in <d>",
    "<t> not in <s>",
    "<a> in (1, 'a', None)",
    "<i> in range(3)",
    "<a> is None",
    "<a> is not None",
    "(not <a>)",
    "<b> and <b>",
    "<b> or <b>",
    "bool(<a>)",
    "isinstance(<a>, str)",
    "isinstance(<a>, (int, list, dict))",
    "isinstance(<a>, (set, tuple, float, bool))",
    "hasattr(<a>, 'upper')",
    "<t>.startswith(<t>)",
    "<t>.startswith(('a', <t>))",
    "<t>.endswith(<t>, <i>)",
    "<t>.isalpha()",
    "<t>.isdigit()",
    "<t>.isalnum()",
    "<t>.isupper()",
    "<t>.islower()",
    "<t>.isspace()",
    "any(<l>)",
    "all(<l>)",
    "any(v == <a> for v in <l>)",
    "all(isinstance(v, int) for v in <l>)",
    "<s>.issubset(<s>)",
    "<s>.issuperset(<s>)",
    "<s>.isdisjoint(<s>)",
    "<s> <= <s>",
    "<s> < <s>",
    "<s> == <s>",
    "<s> >= <l>",
    "<d>.keys() == <s>",
    "bool(re.fullmatch(<p>, <t>))",
    "re.match(<p>, <t>, re.I) is None",
    "<d>.keys() <= <s>",
    "(1, <n>) < (1, <n>)",
];
const TEXT_LISTS: &[&str] = &[
    "<t>.split()",
    "<t>.split(<t>)",
    "<t>.split(',', <i>)",
    "<t>.rsplit(',', 1)",
    "<t>.rsplit()",
    "<t>.splitlines()",
    "<t>.splitlines(True)",
    "list(<t>)",
    "[v.upper() for v in <u>]",
    "sorted(<u>, key=str.lower)",
    "sorted(<u>, reverse=True)",
    "list(map(str, <l>))",
    "re.findall(<p>, <t>)",
    "re.split(<p>, <t>)",
    "re.split(<p>, <t>, 1)",
    "re.compile(<p>).split(<t>)",
    "[v for v in <t> if v.isalpha()]",
    "<u> + <u>",
    "<u>[<i>:]",
    "sorted(str(v) for v in <s>)",
    "list(filter(None, <u>))",
    "list(<t>.partition(','))",
];
const LISTS: &[&str] = &[
    "<u>",
    "<l> + <l>",
    "<l> * (<i> % 3)",
    "<l>[<i>:]",
    "<l>[::-1]",
    "<l>[:<i>]",
    "<l>[<i>:<i>:<i>]",
    "[<a>, <a>]",
    "[v for v in <l> if v]",
    "[(v, w) for v in <l> for w in <t>]",
    "[[w for w in <t>] for v in <l>]",
    "list(<d>)",
    "list(<d>.values())",
    "list(<d>.items())",
    "list(<d>.keys())",
    "list(range(<i>))",
    "list(range(5, <i>, -2))",
    "list(reversed(<l>))",
    "list(enumerate(<l>, <i>))",
    "list(zip(<l>, <t>))",
    "list(zip(<l>, <l>, strict=True))",
    "list(map(lambda v: (v, v), <l>))",
    "list(map(lambda v, w: v, <l>, <t>))",
    "list(filter(lambda v: v, <l>))",
    "sorted(<l>)",
    "sorted(<l>, key=str)",
    "sorted(<l>, key=lambda v: -len(str(v)), reverse=<b>)",
    "<l>.copy()",
    "list(<a>)",
    "sorted(<s>, key=repr)",
    "list(reversed(range(<i>)))",
    "list(reversed(<t>))",
    "sorted(set(<l>), key=repr)",
    "list((v, i) for i, v in enumerate(<t>))",
    "[f for f in [<n>, <t>]]",
];
const DICTS: &[&str] = &[
    "{<t>: <a>}",
    "{v: str(v) for v in <l>}",
    "{k: v for k, v in <d>.items() if v}",
    "dict(<d>)",
    "dict(a=<a>, z=<n>)",
    "dict(zip(<u>, <l>))",
    "dict([('p', <a>), ('q', <a>)])",
    "<d>.copy()",
    "(<d> | <d>)",
    "dict(<d>, b=<t>)",
    "{<a>: <a>}",
    "{len(v): v for v in <u>}",
];
const SETS: &[&str] = &[
    "{<a>, <a>}",
    "{v for v in <t>}",
    "{len(v) for v in <u>}",
    "set(<l>)",
    "set(<t>)",
    "(<s> | <s>)",
    "(<s> & <s>)",
    "(<s> - <s>)",
    "(<s> ^ <s>)",
    "<s>.union(<l>, <t>)",
    "<s>.intersection(<s>)",
    "<s>.difference(<u>, <s>)",
    "<s>.symmetric_difference(<u>)",
    "<s>.copy()",
    "(<d>.keys() & <s>)",
    "(<s> ^ <d>.keys())",
    "(<d>.items() - <s>)",
    "(set(<d>) | set(<u>))",
    "(set(<d>) - <s>)",
];
const ANYTHING: &[&str] = &[
    "<n>",
    "<t>",
    "<b>",
    "<l>",
    "<d>",
    "<s>",
    "(<a>, <a>)",
    "tuple(<l>)",
    "<l>[<i>]",
    "<d>[<t>]",
    "<d>.get(<t>)",
    "<d>.get(<t>, <a>)",
    "<d>.pop('nope', <a>)",
    "<l>.copy().pop()",
    "<d>.copy().pop('a')",
    "<d>.copy().setdefault('q', <a>)",
    "getattr(<a>, 'nope', <a>)",
    "(<a> or <a>)",
    "(<a> if <b> else <a>)",
    "max(<l>)",
    "re.match(<p>, <t>)",
    "re.match(<p>, <t>).groups()",
    "re.search(<p>, <t>).groupdict('-')",
    "re.search(<p>, <t>).span()",
    "(type_of(<a>) is str)",
    "re.findall(<p>, <t>, re.M | re.S)",
    "re.compile(<p>)",
    "f(<a>, <a>)",
    "ValueError(<t>)",
    "KeyError(<a>).args",
    "str(KeyError(<t>))",
    "range(<i>, <i>)",
    "<t>.upper",
    "(lambda: <a>)()",
    "[print(<a>, <a>, sep=<t>)]",
    "sum([[1], <l>], [])",
    "source_attributes.get('c')",
    "target_attributes['country']",
];
const STATEMENTS: &[&str] = &[
    "a = <n>",
    "b = <t>",
    "c = <l>",
    "d = <d>",
    "e = <s>",
    "a = x = <n>",
    "a, b = <n>, <t>",
    "b, c = <a>",
    "(a, (b, c)) = <n>, (<t>, <l>)",
    "[a, b] = <l>",
    "a += <n>",
    "a -= <n>",
    "a *= <i>",
    "a //= <n>",
    "a %= <n>",
    "b += (<t>)[:5]",
    "b *= <i> % 2",
    "b %= <a>",
    "c += (<l>)[:3]",
    "c *= <i> % 2",
    "e |= <s>",
    "e &= <s>",
    "e -= <s>",
    "e ^= <s>",
    "d |= <d>",
    "c[<i>] = <a>",
    "d[<t>] = <a>",
    "d[<a>] = <a>",
    "d['a'] += <n>",
    "c[<i>] += <n>",
    "target_attributes['country'] = <t>",
    "del c[<i>]",
    "del d[<t>]",
    "del a; a = <n>",
    "x = (v for v in <l>); c = list(x)",
    "c.append(<a>)",
    "c.extend((<l>)[:3])",
    "c.insert(<i>, <a>)",
    "c.remove(<a>)",
    "c.pop(<i>)",
    "c.sort(key=str)",
    "c.sort(reverse=True)",
    "c.reverse()",
    "c.clear()",
    "d.update(<d>)",
    "d.update(k=<a>)",
    "d.setdefault('l', []).append(<a>)",
    "d.pop(<t>)",
    "d.clear()",
    "e = set(e); e.add(<a>)",
    "e = set(e); e.discard(<a>)",
    "e = set(e); e.remove(<a>)",
    "e = {1}; e.pop()",
    "e = set(e); e.update(<u>, <s>)",
    "e = set(e); e.difference_update(<l>)",
    "e = set(e); e.intersection_update(<s>)",
    "e = set(e); e.clear()",
    "target_groups.add(<t>)",
    "target_groups.discard(<t>)",
    "logger.info(<t>)",
    "logger.debug('%s', <a>)",
    "logger.warning('%s %d', <t>, <n>)",
    "logger.warn(<a>)",
    "logger.error('%r', <a>)",
    "logger.critical(<t>, <a>)",
    "logger.exception(<t>)",
    "print(<a>, <n>)",
    "pass  # nothing",
    "a = (<n> +\n    <n>)",
    "b = <t> \\\n    + <t>",
    "raise ValueError(<t>)",
    "raise KeyError",
    "raise TypeError(<a>)",
    "hook_storage = [<a>]",
];
const BLOCKS: &[&str] = &[
    "if <b>:\n    <B>",
    "if <b>:\n    <B>\nelse:\n    <B>",
    "if <b>:\n    <B>\nelif <b>:\n    <B>\nelse:\n    <B>",
    "for v in list(<l>)[:4]:\n    <B>",
    "for v in (<t>)[:4]:\n    b = v\n    <B>\nelse:\n    <B>",
    "for k, v in list(<d>.items())[:4]:\n    <B>",
    "for i, v in enumerate((<u>)[:4]):\n    if <b>: break\n    <B>\nelse:\n    <B>",
    "for v in range(<i>):\n    if v % 2: continue\n    <B>",
    "w<N> = 0\nwhile w<N> < <i>:\n    w<N> += 1\n    <B>\n    if <b>: break\nelse:\n    <B>",
    "try:\n    <B>\nexcept:\n    <B>",
    "try:\n    <B>\nexcept (KeyError, ValueError) as x:\n    b = str(x)\n    <B>",
    "try:\n    <B>\nexcept TypeError:\n    <B>\nexcept Exception as x:\n    d['x'] = x.args\n    raise\nelse:\n    <B>\nfinally:\n    <B>",
    "try:\n    <B>\nfinally:\n    <B>",
    "try:\n    <B>\nexcept LookupError as x:\n    raise RuntimeError(str(x))",
    "def h(p, q=<n>):\n    if <b>: return p\n    for v in list(<l>):\n        if <b>: return v\n    return q\nc = [h(<a>), h(<a>, <a>), h(q=<a>, p=<a>)]",
    "def h(p):\n    z = p\n    def inner(r): return (z, r)\n    z = <a>\n    return inner\nb = str(h(<n>)(<t>))",
    "if <b>: a = <n>; b = <t>",
];

/// What every program begins with: the names that templates use.
const START: &str = "\
import re
a, b, c, d, e = 4, 'Ann, Lee', [1, 2, 3], {'a': 1, 'b': 'x'}, {'a'}
x = None
def f(x, y=2):
    return x + y
def g(t):
    return t.strip() or 'none'
def fact(n):
    return 1 if n < 1 else n * fact(n - 1)
def total(n):
    return lambda m: n + m
def type_of(v):
    for kind in (bool, int, float, str, list, tuple, dict, set):
        if isinstance(v, kind): return kind
";

pub(crate) fn hook(random: &mut Random) -> String {
    let mut source = START.to_owned();
    for _ in 0..3 + random.below(6) {
        statement(random, &mut source, 0);
    }
    source.push_str("hook_storage = (hook_storage, a, b, c, d, e, x)\n");
    source
}

pub(crate) fn expression(random: &mut Random) -> String {
    // Without the names of a hook: what the templates take for them are literals.
    let text = fill(random, "<a>", 4);
    format!(
        "(lambda a, b, c, d, e, source_groups, target_groups, source_attributes, target_attributes, f, g, fact, total, \
         type_of, hook_storage: {text})(4, 'Ann, Lee', [1, 2, 3], {{'a': 1}}, {{'a'}}, {{'G'}}, {{'T'}}, \
         {{'email': 'a@x', 'c': None}}, {{'firstname': 'Ann', 'country': None}}, lambda x, y=2: x + y, str.strip, abs, \
         lambda n: lambda m: n + m, bool, None)"
    )
}

fn statement(random: &mut Random, source: &mut String, indent: usize) {
    let blocks = indent < 2 && random.below(3) == 0;
    let template = random.pick(if blocks { BLOCKS } else { STATEMENTS });
    let template = template.replace("<N>", &indent.to_string());
    for line in template.split('\n') {
        let inner = line.len() - line.trim_start().len();
        let depth = indent + inner / 4;
        if line.trim() == "<B>" {
            statement(random, source, depth);
        } else {
            let line = fill(random, line.trim_start(), 2);
            source.push_str(&format!("{}{line}\n", "    ".repeat(depth)));
        }
    }
}

/// The template with its places filled.
fn fill(random: &mut Random, template: &str, depth: usize) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('<') {
        let place: Vec<char> = rest[at + 1..].chars().take(2).collect();
        out.push_str(&rest[..at]);
        match place.as_slice() {
            [
                letter @ ('n' | 'i' | 't' | 'p' | 'b' | 'l' | 'u' | 'd' | 's' | 'a'),
                '>',
            ] => {
                let value = value(random, *letter, depth);
                rest = &rest[at + 3..];
                if rest.starts_with(['.', '[']) {
                    out.push_str(&format!("({value})"))
                } else {
                    out.push_str(&value)
                }
            }
            _ => {
                out.push('<');
                rest = &rest[at + 1..];
            }
        }
    }
    out + rest
}

fn value(random: &mut Random, place: char, depth: usize) -> String {
    // Now and then something that does not fit.
    let place = match random.below(24) {
        0 if !matches!(place, 'p' | 'i') => 'a',
        _ => place,
    };
    let (simple, made) = templates(place);
    if depth == 0 || made.is_empty() || random.below(4) == 0 {
        return random.pick(simple).to_owned();
    }
    let template = random.pick(made);
    let made = fill(random, template, depth - 1);
    // Before 3.12, no backslash and none of its own quotes may stand in a field of an f-string.
    let in_field = template.starts_with("f'''");
    let is_bad = made.contains('\\') || made.matches("'''").count() > 2;
    if in_field && is_bad {
        "b".to_owned()
    } else {
        made
    }
}

/// Functions, types and methods of the language.
const NAMES: &str = "\
len int float str bool list tuple dict set sorted reversed enumerate zip map filter range min max sum any all \
abs round isinstance getattr hasattr repr ord chr print \
lower upper casefold title capitalize swapcase strip lstrip rstrip split rsplit splitlines partition rpartition join \
replace startswith endswith find rfind index rindex count isalpha isdigit isalnum isupper islower isspace zfill ljust \
rjust center removeprefix removesuffix format append extend insert pop remove sort reverse copy clear get keys values \
items setdefault update add discard union intersection difference symmetric_difference difference_update \
intersection_update issubset issuperset isdisjoint match search fullmatch sub findall escape compile group groups \
groupdict start end span debug info warning warn error critical exception";
/// Statements and operators, with what follows them.
const WORDS: &str = "\
if `elif `else:`for `while `break`continue`pass`del `def `return `try:`except:`except (` as x:`finally:`\
raise\n`raise `import re`lambda` is None` is not ` not in ` in ` and ` or `not `**`//`<<`>>`~`^`+=`|=`&=`^=`\
-=`*=`//=`%=";

#[test]
fn the_templates_have_every_statement_function_and_method() {
    let lists = "nitpbulda".chars().flat_map(|place| {
        let (simple, made) = templates(place);
        [simple, made]
    });
    let lists = lists.chain([templates('s').0, SETS, STATEMENTS, BLOCKS]);
    let all = lists.flatten().copied().chain([START]);
    let all = all.collect::<Vec<&str>>().join("\n");
    let missing = NAMES.split(' ').filter(|name| {
        let called = [format!("{name}("), format!("{name},"), format!(".{name}")];
        !called.iter().any(|form| all.contains(form))
    });
    assert_eq!(missing.collect::<Vec<&str>>(), [""; 0]);
    let missing = WORDS.split('`').filter(|word| !all.contains(word));
    assert_eq!(missing.collect::<Vec<&str>>(), [""; 0]);
}
