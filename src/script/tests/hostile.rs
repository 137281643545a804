//! Sources that mean harm: each ends in an error or a value, soon, with little memory; none panics.

use std::time::Duration;

use script::{Program, Value};

use super::generate::Random;
use super::python::{NAMES, corpus, hook_values, user_value};

/// Of the processor's time, which a busy machine does not lengthen.
const LONGEST: Duration = Duration::from_secs(10);

/// As the program's main thread has it.
fn on_a_main_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .stack_size(8 << 20)
        .spawn(test)
        .unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// What comes of a block: `refused`, `value`, or the type of the exception.
fn outcome(source: &str) -> String {
    let start = processor_time();
    let outcome = match Program::block(source, &NAMES) {
        Err(refusal) => {
            assert!(!refusal.render().is_empty());
            "refused".to_owned()
        }
        Ok(program) => {
            let mut globals = hook_values();
            let result = program.run(&mut globals, &mut |_| {});
            drop(globals);
            result.map_or_else(|exception| exception.kind, |_| "value".to_owned())
        }
    };
    let shown: String = source.chars().take(200).collect();
    let took = processor_time().saturating_sub(start);
    assert!(took < LONGEST, "{took:?}: {shown}");
    outcome
}

/// What this thread has had of the processor; nothing where the system does not tell.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

fn check(source: &str, wanted: &[&str]) {
    let found = outcome(source);
    let shown: String = source.chars().take(200).collect();
    assert!(wanted.contains(&found.as_str()), "{found}: {shown}");
}

#[test]
fn endless_and_costly_sources_are_stopped() {
    on_a_main_stack(|| {
        for source in [
            "while True: pass",
            "while 1:\n    try:\n        1 / 0\n    except:\n        pass",
            "try:\n    while True: pass\nexcept:\n    pass\nfinally:\n    hook_storage = 1",
            "for i in range(10 ** 18): pass",
            "x = [1]\nfor y in x: x.append(y)",
            "sum(range(10 ** 15))",
            "list(range(10 ** 12))",
            "any(x < 0 for x in range(10 ** 12))",
            "10 ** 12 - 1 in (x for x in range(10 ** 13))",
            "sorted(range(10 ** 9))",
            "x = 'a' * 10 ** 6\nfor i in range(10 ** 6): x in x + 'b'",
            "x = 'a' * 10 ** 6\nfor i in range(10 ** 6): x.find('b')",
            "x = 'a' * 10 ** 6\nfor i in range(10 ** 6): x == x[:-1] + 'b'",
            "x = list(range(1000))\nwhile True: x == x[:]",
            "x = {(i,) for i in range(1000)}\nwhile True: x == x | x",
            "import re\nx = 'a' * 10 ** 5\nwhile True: re.search('(a|b|c)*d', x)",
            "import re\nwhile True: re.compile('a' + 'b')",
            "import re\nn = 0\nwhile True:\n    n += 1\n    re.compile(str(n) + r'\\w{50}')",
            "import re\nx = 'ab' * 10 ** 5\nwhile True: re.search(r'(\\w|a|b){1,200}c', x)",
            "def f(): f() if 0 else [f() for i in range(3)]\nx = 0\nwhile True: x += 1",
            "while True: sorted([3, 1, 2])",
            "while True: logger.info('x')",
            "while True: f'{1:>100}'",
            "import re\nre.search(r'^(?:(a+)(?:\\1|a))+$', 'a' * 40 + 'b')",
            "import re\nwhile True: re.search(r'(a+)+\\1b(?=c)', 'a' * 30)",
            "import re\nwhile True: re.search(r'(?<!x)\\w+(?=y)', 'a' * 1000)",
            "import re\nwhile True: re.sub(r'(?=.*b)', '', 'a' * 10000)",
        ] {
            check(source, &["TimeoutError", "MemoryError"]);
        }
    });
}

#[test]
fn large_values_are_stopped_before_they_are_made() {
    on_a_main_stack(|| {
        for source in [
            "'x' * 10 ** 9",
            "'x' * 10 ** 18",
            "[0] * 10 ** 9",
            "(0,) * 10 ** 12",
            "x = [0]\nx *= 10 ** 10",
            "'x'.zfill(10 ** 9)",
            "'x'.ljust(10 ** 12)",
            "'x'.center(10 ** 12, 'é')",
            "'%1000000000d' % 1",
            "'%.1000000000f' % 1",
            "'%-1000000000d' % 1",
            "'%s' % ('x' * 10 ** 8)",
            "f'{1:>999999999}'",
            "f'{1:0999999999,}'",
            "f'{1.5:.999999999f}'",
            "'{:999999999}'.format('a')",
            "x = 'x' * 10 ** 5\nx.replace('x', x)",
            "x = 'x' * 10 ** 4\nx.join([x] * 10 ** 4)",
            "x = 'x' * 10 ** 5\nx.replace('', x)",
            "x = 'ab'\nwhile True: x += x",
            "x = [1]\nwhile True: x += x",
            "x = [1]\nwhile True: x = [x, x, x] * 1000",
            "x = 'x' * 10 ** 6\nhook_storage = [x + str(i) for i in range(1000)]",
            "import re\nx = 'x' * 10 ** 5\nre.sub('x', x, x)",
            "import re\nre.sub('', 'x' * 10 ** 6, 'x' * 1000)",
            "x = {}\nfor i in range(10 ** 7): x[i] = 'y' * 100",
            "logger.info('x' * 10 ** 9)",
            "for i in range(1000): logger.info('x' * 10 ** 6)",
            "for i in range(1000): print('x' * 10 ** 6)",
            "x = ['x' * 10 ** 6] * 1000\nrepr(x)",
            "x = []\nx = [x] * 30\nx = [x] * 30\nx = [x] * 30\nx = [x] * 30\nx = [x] * 30\nx = [x] * 30\nrepr(x)",
        ] {
            check(
                source,
                &["MemoryError", "TimeoutError", "ValueError", "OverflowError"],
            );
        }
    });
}

#[test]
fn deep_nesting_is_stopped_and_never_overflows_the_stack() {
    on_a_main_stack(|| {
        let ended = &["RecursionError", "TimeoutError", "MemoryError"];
        for source in [
            "def f(): return f()\nf()",
            "def f(n): return 1 + (2 * (3 + (4 - f(n + 1))))\nf(0)",
            "def f(x):\n    for i in [1]:\n        if 1:\n            try:\n                while 1:\n                    return [f(y) for y in [1]]\n            finally: pass\nf(1)",
            "f = lambda: f()\nf()",
            "f = lambda x: sorted([x, x], key=f)\nf(1)",
            "def f(x): return max(map(f, [x]))\nf(1)",
            "import re\ndef f(m): return re.sub('a', f, 'a')\nf(1)",
            "def f(x): return f'{f(x)}'\nf(1)",
            "def f(x): return {f(x): {f(x)}}[f(x)](a=f(x))\nf(1)",
            "def f(x): return any(f(y) for y in [x])\nf(1)",
            "def f(x): return x.append(f(x)) or x[f(x):f(x)]\nf([])",
            "def f(x): x[f(x)] = 1\nf([])",
            "def f(x): x[f(x)] += 1\nf([])",
            "def f(x):\n    try:\n        f(x)\n    except:\n        f(x)\n    finally:\n        f(x)\nf(1)",
            "def f(x): return (lambda y: f(y) if y else f(y))(x)\nf(1)",
            "def f(x): return not -(f(x) ** f(x)) < f(x) and f(x)\nf(1)",
            "m = [1]\nfor i in range(60000): m = map(str, m)\nlist(m)",
            "m = [1]\nfor i in range(60000): m = enumerate(m)\nlist(m)",
        ] {
            check(source, ended);
        }
        let nested = "x = []\nfor i in range(60000): x = [x]\n";
        for use_it in [
            "repr(x)",
            "y = []\nfor i in range(60000): y = [y]\nx == y\n",
            "str([x])",
            "'%s' % x",
            "print(x)",
        ] {
            check(&format!("{nested}{use_it}"), ended);
        }
        let tuples = "x = ()\nfor i in range(60000): x = (x, 1)\n";
        for use_it in [
            "{x}",
            "{x: 1}",
            "y = ()\nfor i in range(60000): y = (y, 1)\nx < y\n",
            "isinstance(1, x)",
        ] {
            check(
                &format!("{tuples}{use_it}"),
                &["RecursionError", "TimeoutError", "MemoryError", "TypeError"],
            );
        }
    });
}

#[test]
fn deep_values_are_dropped_one_after_another() {
    on_a_main_stack(|| {
        for make in [
            "[x]",
            "(x, 1)",
            "{'a': x}",
            "(lambda y=x: y)",
            "[x].append",
            "map(x, [])",
            "ValueError(x)",
            "(v for v in (x or []))",
            "{1: x}.values()",
        ] {
            check(
                &format!("x = None\nfor i in range(60000): x = {make}\n"),
                &["value", "MemoryError"],
            );
        }
        check(
            "def f(x):\n    def g(): return x\n    return g\nx = None\nfor i in range(50000): x = f(x)\n",
            &["value", "MemoryError"],
        );
        check(
            "x = []\nx.append(x)\nrepr(x)\nx in x\n",
            &["value", "RecursionError"],
        );
        check(
            "x = []\nx.append(x)\ny = []\ny.append(y)\nx == y\n",
            &["RecursionError"],
        );
        check("x = {}\nx['x'] = x\nx == x\nrepr(x)\nf'{x}'\n", &["value"]);
    });
}

#[test]
fn long_and_deep_sources_are_read_in_bounds() {
    on_a_main_stack(|| {
        let many = 100_000;
        let deep = [
            "(",
            "[",
            "{",
            "not ",
            "- ",
            "~",
            "f(",
            "x[",
            "lambda: ",
            "1 if 1 else (",
            "[x for x in (",
            "x ** ",
            "1 and (",
            "{1: ",
        ];
        for part in deep {
            check(&part.repeat(many), &["refused"]);
        }
        let closed = ["()", "[]", "{}"];
        for pair in closed {
            let (open, close) = pair.split_at(1);
            check(
                &format!("{}1{}", open.repeat(many), close.repeat(many)),
                &["refused"],
            );
        }
        for (part, end) in [
            ("1 + ", "1"),
            ("1 - ", "1"),
            ("1 or ", "1"),
            ("0 and ", "1"),
            ("1 < 2 == ", "1"),
            ("1 if 0 else ", "1"),
            ("'a' ", "'b'"),
            ("f'{1}' ", "'b'"),
            ("1, ", "1"),
        ] {
            check(
                &format!("x = {}{end}\n", part.repeat(many / 2)),
                &["value", "TypeError"],
            );
        }
        check(&format!("x = ''{}\n", ".strip()".repeat(many)), &["value"]);
        check(&format!("x = 1{}\n", "[0]".repeat(many)), &["TypeError"]);
        check(
            &format!("x = {{}}{}\n", ".get".repeat(many)),
            &["value", "AttributeError"],
        );
        check(
            &format!(
                "x = 5\nif x == 1: pass\n{}",
                "elif x == 2: pass\n".repeat(30_000)
            ),
            &["value"],
        );
        check(&"x = 1\n".repeat(100_000), &["value"]);
        check(&"x = 1; ".repeat(100_000), &["value"]);
        let blocks: String = (0..500)
            .map(|depth| format!("{}if 1:\n", " ".repeat(depth)))
            .collect();
        check(&blocks, &["refused"]);
        check(&"x = 1\n".repeat(400_000), &["refused"]);
        let fields = (0..200).fold("1".to_owned(), |inner, _| format!("f'{{{inner}}}'"));
        check(&format!("x = {fields}"), &["refused"]);
        check(
            &format!("x = f'{{1:{}{}'", "{1:".repeat(500), "}".repeat(501)),
            &["refused"],
        );
        check(
            &format!("x = '{}'.format(1)", "{0:".repeat(500) + &"}".repeat(500)),
            &["ValueError"],
        );
        check(
            &format!("x = '{}' % ()", "%(".repeat(10_000)),
            &["TypeError", "ValueError"],
        );
        check(&format!("x = {}", "9".repeat(100_000)), &["refused"]);
        check(
            &format!("x = int('{}')", "9".repeat(100_000)),
            &["OverflowError"],
        );
        check(&format!("x = float('{}')", "9".repeat(100_000)), &["value"]);
        check(
            &format!("import re\nre.compile('{}' + '')", "(".repeat(100_000)),
            &["error", "TimeoutError"],
        );
        check(
            &format!(
                "import re\nre.compile('{}a{}' + '')",
                "(".repeat(1000),
                ")".repeat(1000)
            ),
            &["error"],
        );
        check(
            "import re\nre.compile('((a{1000}){1000}){1000}' + '')",
            &["error"],
        );
        check(
            "import re\nre.compile('(' * 30 + 'a' + '{1,9})' * 30)",
            &["error"],
        );
        check(
            "import re\nre.compile('\\\\w{1000}' + '')",
            &["error", "value"],
        );
    });
}

#[test]
fn attribute_tricks_give_an_error_and_no_information() {
    for source in [
        "'{0.__class__}'.format(user)",
        "'{0.__init__.__globals__}'.format(user)",
        "'{0.profile.__dict__}'.format(user)",
        "'{u.__class__.__mro__}'.format(u=user)",
        "getattr(user, '__class__')",
        "getattr('a', '__class__')",
        "getattr(re, 'sys')",
        "getattr(re, '__builtins__')",
        "getattr(len, '__self__')",
        "getattr(str, 'mro')()",
        "getattr('a', 'format_map')",
        "'{0[__class__]}'.format(user.type)",
        "'%(__class__)s' % user",
    ] {
        let program = Program::expression(source, &["user"]).unwrap();
        let result = program.run(&mut [user_value()], &mut |_| {});
        assert!(result.is_err(), "{source}: {result:?}");
    }
    let program = Program::expression(
        "hasattr(user, '__class__') or getattr(user.profile, '__class__', None)",
        &["user"],
    )
    .unwrap();
    let value = program.run(&mut [user_value()], &mut |_| {}).unwrap();
    assert!(!value.truth());
}

#[test]
fn a_bound_cannot_be_caught_and_skips_finally() {
    let source = "try:\n    'x' * 10 ** 9\nexcept MemoryError:\n    hook_storage = 'caught'\nexcept:\n    hook_storage = 'caught'\nfinally:\n    logger.info('finally')\n";
    let program = Program::block(source, &NAMES).unwrap();
    let mut globals = hook_values();
    let mut lines = 0;
    let ended = program.run(&mut globals, &mut |_| lines += 1).unwrap_err();
    assert_eq!(
        (ended.kind.as_str(), ended.line, lines),
        ("MemoryError", 2, 0)
    );
    assert!(globals[4].is_none());
}

#[test]
fn what_a_run_assigns_is_gone_in_the_next_and_storage_stays() {
    let source = "if hook_storage is None:\n    hook_storage = []\n    own = 1\n    def f(): return own\n    hook_storage.append(f)\nelse:\n    hook_storage[0]()\n";
    let program = Program::block(source, &NAMES).unwrap();
    let mut globals = hook_values();
    program.run(&mut globals, &mut |_| {}).unwrap();
    let mut next = hook_values();
    next[4] = globals[4].clone();
    // The names that the kept function saw are gone: nothing is guessed.
    let ended = program.run(&mut next, &mut |_| {}).unwrap_err();
    assert_eq!(
        (ended.kind.as_str(), ended.line),
        ("NotImplementedError", 7)
    );

    let source = "if hook_storage is None:\n    hook_storage = own = 1\nelse:\n    own\n";
    let program = Program::block(source, &NAMES).unwrap();
    let mut globals = hook_values();
    program.run(&mut globals, &mut |_| {}).unwrap();
    let ended = program.run(&mut globals, &mut |_| {}).unwrap_err();
    assert_eq!((ended.kind.as_str(), ended.line), ("NameError", 4));
    assert!(matches!(globals[4], Value::Int(1)));
}

/// Sources made from the corpus by cutting, copying and scattering characters.
fn mutated(cases: &[String], seed: u64) -> String {
    const SCATTER: &[&str] = &[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        ".",
        "=",
        "'",
        "\"",
        "\\",
        "\n",
        "\n    ",
        "\t",
        " ",
        "f'{",
        "é",
        "\u{0}",
        "9",
        "not ",
        "lambda x: ",
        " for x in ",
        " if ",
        " else ",
        "**",
        "*",
        "%",
        "x",
        "None",
        "0x",
        "1e",
        "r'",
        "#",
        "@",
        ";",
        "\u{1f600}",
    ];
    let mut random = Random::new(seed);
    let mut text: Vec<char> = cases[random.below(cases.len())].chars().collect();
    for _ in 0..1 + random.below(4) {
        let at = random.below(text.len() + 1);
        match random.below(4) {
            0 => text.truncate(at),
            1 => {
                let end = (at + random.below(8)).min(text.len());
                text.drain(at..end);
            }
            2 => {
                let other: Vec<char> = cases[random.below(cases.len())].chars().collect();
                let from = random.below(other.len() + 1);
                let part: Vec<char> = other[from..]
                    .iter()
                    .take(random.below(30))
                    .copied()
                    .collect();
                text.splice(at..at, part);
            }
            _ => {
                text.splice(at..at, random.pick(SCATTER).chars());
            }
        }
    }
    text.into_iter().collect()
}

#[test]
fn broken_sources_never_panic() {
    on_a_main_stack(|| {
        let cases: Vec<String> = corpus().into_iter().map(|case| case.source).collect();
        let first = std::env::var("USER_SYNC_SCRIPT_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok())
            .unwrap_or(1_u64);
        let rounds = std::env::var("USER_SYNC_SCRIPT_ROUNDS")
            .ok()
            .and_then(|count| count.parse().ok())
            .unwrap_or(2000_u64);
        for seed in first..first + rounds {
            let source = mutated(&cases, seed);
            let attempt = std::panic::catch_unwind(|| {
                outcome(&source);
                if let Ok(program) = Program::expression(&source, &["user"]) {
                    let _ = program.reads("user").names(&["profile"]);
                    let _ = program.run(&mut [user_value()], &mut |_| {});
                }
            });
            assert!(
                attempt.is_ok(),
                "USER_SYNC_SCRIPT_SEED={seed} panics:\n{source}"
            );
        }
    });
}
