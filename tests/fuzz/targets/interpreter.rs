//! Filters and hooks: loading and running, over values as runs have them.

use super::fuzz;
use script::{Program, Value};
use serde::Deserialize as _;
use serde_json::{Value as Json, json};
use user_sync::hook::NAMES;

const FILTERS: [&[u8]; 12] = [
    br#"user.status in ("ACTIVE", "LOCKED_OUT") and not user.profile.email.endswith("@x.com")"#,
    br#"user.status == "ACTIVE" and re.match(r"^(\w+)@([a-z.]+)$", user.profile.email or "")"#,
    br#"any(w[0].isupper() for w in (user.profile.department or '').split() if len(w) > 1)"#,
    br#"{k: v for k, v in [("a", 1), ("b", 2.5)]}.get("a", None) is not None"#,
    br#"f"{user.profile.login!r:>40} {3.14159:.2f} {1000000:,}" != ''"#,
    br#""%s %05d %-3r" % ("a", 7, [1]) + "{0:^9}|{x[0]}".format("b", x=[1]) < "z""#,
    br#"[1, 2, 3][::-1] == list(reversed(range(1, 4))) and -7 // 2 == -4 and 2 ** 10 % 1000 << 3"#,
    br#"(lambda a, b=2: a if a else b)(0) or sorted({3, 1, 2} | {5}, key=lambda n: -n)[0:2:1]"#,
    br#"re.sub(r"(?P<x>a+)(?:b|c){1,3}", r"\g<x>-\1", "aabcc", flags=re.I) or re.compile("[^]]*").findall("a]")"#,
    br#"'\x41\u00e9\U0001F600\n' 'joined' "\"" .upper().casefold().zfill(20).partition("A")[2]"#,
    br#"0x1F + 0b11 + 0o17 + 1_000 + int("12") + len(str(1e16)) + round(2.5) + max(1, 2.0)"#,
    br#"getattr(user.profile, "x", None) is None and hasattr(user.profile, "email") and 1 < 2 <= 3 != 4"#,
];

const HOOKS: [&[u8]; 6] = [
    b"import re\ncountry = source_attributes.get('c') or 'US'\nif country == 'UK':\n    target_attributes['country'] = 'GB'\nelif re.match('d', country): pass\nfor g in source_groups:\n    if g.startswith('A-'):\n        target_groups.add(g[2:])\n",
    b"if hook_storage is None:\n    hook_storage = {'n': 0}\nhook_storage['n'] += 1\nlogger.info('%s of %d', target_attributes['email'], hook_storage['n'])\n",
    b"def f(a, b=1):\n    try:\n        return a / b\n    except (ZeroDivisionError, TypeError) as e:\n        logger.error(str(e))\n    else:\n        return 0\n    finally:\n        b = 2\n    raise ValueError('x')\nf(1, 0)\n",
    b"x, (y, *z), w = 1, (2, 3), 4\ndel target_attributes['nothing']\nwhile x < 100:\n\tx *= 2\n\tif x > 50: break\n\tcontinue\nelse: pass\n",
    b"a = b = [1] * 3; a[1:2] = [9]; a += b; a.sort(reverse=True)\nt = {c for c in 'hello' if c not in {'l'}}\nprint(a, t, f'{a[0]:>{4}}')\n",
    b"s = ''\nfor i in range(100000):\n    s = s + 'x' * i\n",
];

/// A value whose dicts are reached by attribute, as those of a user are.
fn by_attribute(json: &Json) -> Value {
    match json {
        Json::Object(entries) => {
            let entries = entries.iter();
            Value::attribute_dict(entries.map(|(key, item)| (key.as_str(), by_attribute(item))))
        }
        other => Value::deserialize(other).unwrap(),
    }
}

fn run(program: Program, mut globals: Vec<Value>) {
    let mut lines = 0;
    let outcome = program.run(&mut globals, &mut |line| lines += line.text.len());
    // What it is must be writable, whatever it is.
    match outcome {
        Ok(value) => drop((value.repr(), value.truth())),
        Err(exception) => drop(exception.message),
    }
    for value in globals {
        value.repr().ok();
    }
}

#[test]
fn filters() {
    let user = json!({"id": "00u1", "status": "ACTIVE", "created": null, "type": {"id": "t"},
                      "profile": {"login": "ann@x.com", "email": "ann@x.com", "department": "Art und Weise", "n": [1, 2.5, null, true]}});
    fuzz("filter", 300, &FILTERS, |bytes| {
        let source = String::from_utf8_lossy(bytes);
        match Program::expression(&source, &["user", "re"]) {
            Ok(program) => run(program, vec![by_attribute(&user), Value::None]),
            Err(refusal) => assert!(!refusal.render().is_empty()),
        }
        if let Ok(program) = Program::expression(&source, &["user"]) {
            program.reads("user").names(&["profile"]);
            run(program, vec![by_attribute(&user)]);
        }
    });
}

#[test]
fn hooks() {
    fuzz("hook", 200, &HOOKS, |bytes| {
        let source = String::from_utf8_lossy(bytes);
        match Program::block(&source, &NAMES) {
            Ok(program) => run(
                program,
                vec![
                    Value::dict([("c", Value::None), ("email", Value::from("a@x.com"))]),
                    Value::set(["A-1", "B"]),
                    Value::dict([("email", Value::from("a@x.com")), ("country", Value::None)]),
                    Value::set(["Creative"]),
                    Value::None,
                    Value::logger(),
                ],
            ),
            Err(refusal) => assert!(!refusal.render().is_empty()),
        }
    });
}
