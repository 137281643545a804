//! Programs made at random from a seed: small values, all operators, the usual methods, some control flow.

use super::python::Case;
use super::typed;

/// A small generator of numbers: the same seed gives the same program everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// The case that follows from a seed.
pub(crate) fn case(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let is_hook = !seed.is_multiple_of(3);
    // Half of them combine everything with everything, half get far.
    let source = match (is_hook, seed.is_multiple_of(2)) {
        (true, true) => hook(&mut random),
        (true, false) => typed::hook(&mut random),
        (false, true) => expression(&mut random, 4, &[]),
        (false, false) => typed::expression(&mut random),
    };
    Case {
        place: format!("USER_SYNC_SCRIPT_SEED={seed}"),
        source,
        is_hook,
    }
}

const ATOMS: &[&str] = &[
    "0",
    "1",
    "2",
    "-1",
    "7",
    "3.5",
    "0.0",
    "-2.5",
    "1e10",
    "True",
    "False",
    "None",
    "''",
    "'a'",
    "'Ab c'",
    "'é'",
    "'x,y,,z'",
    "' pad '",
    "'12'",
    "'{}-{}'",
    "'%s|%s'",
    "[]",
    "[1, 2, 3]",
    "['b', 'a']",
    "[[1], [2]]",
    "()",
    "(1, 'a')",
    "(3, 1, 2)",
    "{}",
    "{'a': 1, 'b': 2}",
    "{1: 'x', 2: None}",
    "set()",
    "{1, 2}",
    "{'a'}",
    "range(3)",
    "range(4, 0, -1)",
    "'ß'",
];
const BINARY: &[&str] = &[
    "+", "-", "*", "/", "//", "%", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "in", "not in",
    "and", "or",
];
const UNARY: &[&str] = &["-", "+", "not ", "~"];
const FUNCTIONS: &[&str] = &[
    "len", "str", "int", "float", "bool", "list", "tuple", "set", "sorted", "sum", "min", "max",
    "any", "all", "abs", "repr", "round", "ord", "dict",
];
/// Methods that need no argument, and calls with some.
const METHODS: &[&str] = &[
    "upper()",
    "lower()",
    "title()",
    "strip()",
    "split()",
    "split(',')",
    "isdigit()",
    "isalpha()",
    "swapcase()",
    "casefold()",
    "capitalize()",
    "splitlines()",
    "partition(',')",
    "replace('a', 'bb')",
    "startswith('a')",
    "endswith(('c', 'z'))",
    "find('a')",
    "rfind('b')",
    "count('a')",
    "zfill(5)",
    "center(7, '*')",
    "ljust(4)",
    "format(1, 'a')",
    "removeprefix('a')",
    "join(['a', 'b'])",
    "rsplit(None, 1)",
    "rpartition('a')",
    "isupper()",
    "isspace()",
    "index('a')",
    "count(1)",
    "index(1)",
    "copy()",
    "get('a')",
    "get(1, 5)",
    "keys()",
    "values()",
    "items()",
    "union([5])",
    "intersection({1})",
    "difference([1])",
    "issubset([1, 2])",
    "isdisjoint({7})",
    "symmetric_difference([1])",
    "pop()",
    "pop(0)",
    "append(1)",
    "add(5)",
    "sort()",
    "reverse()",
    "clear()",
    "extend([1])",
    "insert(1, 0)",
    "remove(1)",
    "update({'z': 1})",
    "setdefault('q', 0)",
    "discard(1)",
];
const SPECS: &[&str] = &[
    "", ":>6", ":05", ":.2f", "!r", ":,", ":x", ":^8", "!s:>4", ":e", ":g", ":%", "!a", "=", ":f",
    ":>+9", ":+", ":_",
];

fn expression(random: &mut Random, depth: usize, names: &[&str]) -> String {
    if depth == 0 || random.below(6) == 0 {
        return if names.is_empty() || random.below(2) == 0 {
            random.pick(ATOMS).to_owned()
        } else {
            random.pick(names).to_owned()
        };
    }
    let inner = |random: &mut Random| expression(random, depth - 1, names);
    match random.below(15) {
        0..=3 => format!(
            "({} {} {})",
            inner(random),
            random.pick(BINARY),
            inner(random)
        ),
        4 => format!("({}{})", random.pick(UNARY), inner(random)),
        5 => format!("{}({})", random.pick(FUNCTIONS), inner(random)),
        6 | 7 => format!("({}).{}", inner(random), random.pick(METHODS)),
        8 => format!(
            "({})[{}]",
            inner(random),
            random.pick(&["0", "-1", "1", "'a'", "1:", ":2", "::-1", "5", "1:3:2"])
        ),
        9 => format!(
            "({} if {} else {})",
            inner(random),
            inner(random),
            inner(random)
        ),
        10 => format!("[{}, {}]", inner(random), inner(random)),
        11 => {
            let loop_names: Vec<&str> = names.iter().copied().chain(["v"]).collect();
            let element = expression(random, depth - 1, &loop_names);
            let (open, close) =
                [("[", "]"), ("{", "}"), ("list(", ")"), ("sorted(", ")")][random.below(4)];
            format!(
                "{open}{element} for v in {} if {}{close}",
                inner(random),
                expression(random, 1, &loop_names)
            )
        }
        12 => format!(
            "f'{{{}{}}}'",
            random.pick(&["1", "2.5", "[1]", "None", "True", "12345", "-7"]),
            random.pick(SPECS)
        ),
        13 => format!(
            "(lambda v: {})({})",
            expression(random, depth - 1, &["v"]),
            inner(random)
        ),
        _ => format!("({}, {})", inner(random), inner(random)),
    }
}

fn hook(random: &mut Random) -> String {
    let mut source = String::from("a = 1\nb = 'text'\nc = [3, 1, 2]\nd = {'a': 1}\n");
    let names = &["a", "b", "c", "d", "source_groups", "target_attributes"];
    for _ in 0..2 + random.below(5) {
        statement(random, &mut source, 0, names);
    }
    source.push_str("hook_storage = [a, b, c, d]\n");
    source
}

fn statement(random: &mut Random, source: &mut String, indent: usize, names: &[&str]) {
    let pad = "    ".repeat(indent);
    let value = |random: &mut Random| expression(random, 2, names);
    let name = ["a", "b", "c", "d"][random.below(4)];
    let line = match random.below(if indent < 2 { 14 } else { 6 }) {
        0..=2 => format!("{pad}{name} = {}\n", value(random)),
        3 => format!(
            "{pad}{name} {}= {}\n",
            random.pick(&["+", "-", "*", "|", "&", "//"]),
            value(random)
        ),
        4 => format!(
            "{pad}d[{}] = {}\n",
            random.pick(&["'k'", "1", "a", "b"]),
            value(random)
        ),
        5 => format!(
            "{pad}logger.info('%s', {})\n",
            random.pick(&["a", "b", "len(str(c))", "1"])
        ),
        6 | 7 => {
            source.push_str(&format!("{pad}if {}:\n", value(random)));
            statement(random, source, indent + 1, names);
            source.push_str(&format!("{pad}else:\n"));
            return statement(random, source, indent + 1, names);
        }
        8 | 9 => {
            source.push_str(&format!("{pad}for v{indent} in {}:\n", value(random)));
            statement(random, source, indent + 1, names);
            source.push_str(&format!(
                "{pad}    {name} = v{indent}\n{pad}    {}\n",
                random.pick(&["break", "continue", "pass"])
            ));
            return;
        }
        10 | 11 => {
            source.push_str(&format!("{pad}try:\n"));
            statement(random, source, indent + 1, names);
            let types = random.pick(&[
                " TypeError",
                " (KeyError, ValueError)",
                " AttributeError as e",
                " Exception as e",
                "",
            ]);
            source.push_str(&format!("{pad}except{types}:\n"));
            statement(random, source, indent + 1, names);
            if random.below(3) == 0 {
                source.push_str(&format!("{pad}finally:\n"));
                statement(random, source, indent + 1, names);
            }
            return;
        }
        12 => {
            source.push_str(&format!("{pad}def f(x, y=2):\n"));
            source.push_str(&format!(
                "{pad}    return {}\n",
                expression(random, 2, &["x", "y", "a"])
            ));
            format!("{pad}{name} = f({})\n", value(random))
        }
        _ => format!(
            "{pad}{name} = {}; {name} = ({name}, {})\n",
            value(random),
            value(random)
        ),
    };
    source.push_str(&line);
}
