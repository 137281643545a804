//! What a filter and a hook cost for each user, here and in `python3`.
//!
//! The measuring loops are the same on both sides: names laid out anew for each user, then the
//! compiled source run over them.

use std::hint::black_box;
use std::process::Command;
use std::rc::Rc;
use std::time::Instant;

use script::{Missing, Program, Shape, Str, Value};
use user_sync::hook::NAMES;

const ROUNDS: u32 = 200_000;

const FILTER: &str = r#"user.status == "ACTIVE""#;

const HOOK: &str = r#"import re
country = source_attributes.get('c')
codes = {'Germany': 'DE', 'France': 'FR'}
target_attributes['country'] = codes.get(country, 'US')
domain = target_attributes['email'].split('@')[1]
target_attributes['username'] = source_attributes['email'][:3] + '.' + domain
for group in source_groups:
    if re.match(r'^Adobe-\w+$', group):
        target_groups.add(f'Team {group[6:]}')
target_attributes['firstname'] = (source_attributes.get('givenName') or 'x').strip().title()
"#;

/// The same in Python; prints nanoseconds for the filter and for the hook.
const PYTHON: &str = r#"
import re, sys, time
rounds, filter_source, hook_source = int(sys.argv[1]), sys.argv[2], sys.argv[3]
class User: pass
code = compile(filter_source, "<filter>", "eval")
start = time.perf_counter()
for _ in range(rounds):
    user = User(); user.id = "00u1"; user.status = "ACTIVE"; user.profile = None
    eval(code, {"user": user, "re": re})
one = time.perf_counter()
code = compile(hook_source, "<hook>", "exec")
again = time.perf_counter()
for _ in range(rounds):
    names = {
        "source_attributes": {"c": "Germany", "email": "ann.lee@example.com", "givenName": " ann "},
        "source_groups": {"Adobe-Design", "Staff"},
        "target_attributes": {"email": "ann.lee@example.com", "username": "ann", "domain": "example.com",
                              "firstname": "Ann", "lastname": "Lee", "country": None},
        "target_groups": {"Default"}, "hook_storage": None, "logger": None,
    }
    exec(code, names)
end = time.perf_counter()
print((one - start) / rounds * 1e9, (end - again) / rounds * 1e9)
"#;

/// Nanoseconds a user.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) filter: f64,
    pub(crate) hook: f64,
}

/// The cost here.
pub(crate) fn here() -> Cost {
    Cost {
        filter: filter(),
        hook: hook(),
    }
}

fn filter() -> f64 {
    let program = Program::expression(FILTER, &["user"]).unwrap();
    let shape = Shape::new("User", &["id", "status", "profile"], Missing::Error);
    let user = |shape: &Rc<Shape>| {
        let slots = vec![
            Some(Value::None),
            Some(Value::from(black_box("ACTIVE"))),
            Some(Value::None),
        ];
        Value::object(shape, slots)
    };
    each(|| {
        let kept = program.run(&mut [user(&shape)], &mut |_| {}).unwrap();
        assert!(black_box(kept).truth());
    })
}

fn hook() -> f64 {
    let program = Program::block(HOOK, &NAMES).unwrap();
    // As in a run, and as the constants of Python: the texts are there, and live to the end.
    let name = Str::Kept;
    let text = |text| Value::Str(Str::Kept(black_box(text)));
    each(|| {
        let email = text("ann.lee@example.com");
        let mut globals = [
            Value::dict([
                (name("c"), text("Germany")),
                (name("email"), email.clone()),
                (name("givenName"), text(" ann ")),
            ]),
            Value::set([name("Adobe-Design"), name("Staff")]),
            Value::dict([
                (name("email"), email),
                (name("username"), text("ann")),
                (name("domain"), text("example.com")),
                (name("firstname"), text("Ann")),
                (name("lastname"), text("Lee")),
                (name("country"), Value::None),
            ]),
            Value::set([name("Default")]),
            Value::None,
            Value::logger(),
        ];
        program.run(&mut globals, &mut |_| {}).unwrap();
        black_box(globals);
    })
}

/// Nanoseconds a round: the best of five, since other work on the machine only adds.
fn each(mut round: impl FnMut()) -> f64 {
    let rounds = ROUNDS / 5;
    let mut best = f64::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..rounds {
            round();
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(rounds) * 1e9);
    }
    best
}

/// The cost in Python; None where there is no `python3`.
pub(crate) fn in_python() -> Option<Cost> {
    let rounds = (ROUNDS / 5).to_string();
    let output = Command::new("python3")
        .args(["-c", PYTHON, &rounds, FILTER, HOOK])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (filter, hook) = text.trim().split_once(' ')?;
    Some(Cost {
        filter: filter.parse().ok()?,
        hook: hook.parse().ok()?,
    })
}
