//! A soak: many runs of the real binary under seeded random faults. Each ends with the
//! organisation as a clean run leaves it, or with an honest exit code and nobody harmed; and
//! a clean run afterwards always brings it there.
//!
//! Stands in the suite (a few runs) and in the benchmarks (200 runs); both have the modules
//! `child`, `scene`, `sim` and `support` at their root.

use crate::child::until;
use crate::scene::{MAIN, OKTA, ORG, Scene, UMAPI, address};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A small generator of its own, so that a seed means the same run for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// How a run is ended from outside.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    ByItself,
    Signal(&'static str),
}

/// Runs with the seeds from `first` on; gives the table of what came of them, or panics with
/// the seed of the first run that did harm.
pub(crate) fn run(runs: u64, first: u64) -> String {
    let mut codes: BTreeMap<String, u64> = BTreeMap::new();
    let mut kinds: BTreeMap<&'static str, u64> = BTreeMap::new();
    for seed in first..first + runs {
        let (code, faults) = one(seed);
        *codes.entry(code).or_default() += 1;
        for kind in faults {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    let mut table = format!(
        "soak: {runs} runs under random faults, seeds {first} to {}\n",
        first + runs - 1
    );
    for (code, count) in codes {
        table += &format!("  {count:>5}  {code}\n");
    }
    table += "faults put in:\n";
    for (kind, count) in kinds {
        table += &format!("  {count:>5}  {kind}\n");
    }
    table
}

/// Thirty people in two groups on both sides, in every combination.
fn company(random: &mut Random) -> String {
    let mut lines = [
        String::from("Design:"),
        String::from("Video:"),
        String::from("adobe:"),
    ];
    for number in 0..30 {
        let name = format!("p{number:02}");
        for line in &mut lines[..2] {
            if random.below(2) == 0 {
                *line += &format!(" {name}");
            }
        }
        match random.below(5) {
            0 => {}
            1 => lines[2] += &format!(" {name}[Stock]"),
            2 => lines[2] += &format!(" {name}[Creative,Stock]"),
            3 => lines[2] += &format!(" {name}[Premiere]"),
            _ => lines[2] += &format!(" {name}[Creative,Premiere]"),
        }
    }
    lines.join("\n")
}

fn scene(company: &str) -> Scene {
    let mut scene = Scene::new(company);
    scene.set(OKTA, "/page_size", json!(7));
    scene.set(OKTA, "/timeout", json!(1));
    scene.set(UMAPI, "/server/timeout", json!(1));
    scene.set(MAIN, "/limits/max_adobe_only_users", json!(100));
    scene.set(MAIN, "/logging/console_log_level", json!("info"));
    scene
}

/// One fault of any kind: what it is called, and what it does.
fn effect(random: &mut Random) -> (&'static str, Value) {
    let all = [
        ("429", json!({"status": 429})),
        (
            "429 with Retry-After",
            json!({"status": 429, "retry_after": 5}),
        ),
        (
            "429 for more than an hour",
            json!({"status": 429, "retry_after": 5000}),
        ),
        ("500", json!({"status": 500})),
        ("503", json!({"status": 503})),
        ("400", json!({"status": 400})),
        ("401", json!({"status": 401})),
        ("403", json!({"status": 403})),
        ("404", json!({"status": 404})),
        ("200 with an empty body", json!({"status": 200})),
        (
            "200 with HTML",
            json!({"status": 200, "body": "<html>maintenance</html>"}),
        ),
        ("closed before", json!({"close": "before"})),
        ("closed in the middle", json!({"close": "middle"})),
        ("closed when carried out", json!({"close": "executed"})),
        ("cut off", json!({"truncate": true})),
        ("late", json!({"delay_ms": 30})),
        ("hanging", json!({"hang": true, "times": 2})),
        ("broken gzip", json!({"gzip_broken": true})),
        ("oversized header", json!({"oversized_header": 200_000})),
        ("next link to another host", json!({"link": "other_host"})),
        ("next link out of the API", json!({"link": "outside"})),
        ("next link again", json!({"link": "repeat"})),
        ("endless pages", json!({"link": "endless"})),
    ];
    let (name, effect) = all[random.below(all.len() as u64) as usize].clone();
    (name, effect)
}

/// Puts one to three faults in; passing ones are more likely than lasting ones.
fn put_faults_in(scene: &Scene, random: &mut Random) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    for _ in 0..=random.below(3) {
        let (kind, mut fault) = effect(random);
        let places = [
            ("okta", ""),
            ("umapi", ""),
            ("umapi", "/action/"),
            ("token", ""),
        ];
        let (service, path) = places[random.below(4) as usize];
        let service = if fault.get("link").is_some() {
            "okta"
        } else {
            service
        };
        fault["service"] = json!(service);
        if service == "umapi" {
            fault["path"] = json!(path);
        }
        match random.below(3) {
            0 => fault["nth"] = json!(1 + random.below(6)),
            1 => fault["every"] = json!(2 + random.below(5)),
            _ => {
                fault["probability"] = json!(0.3);
                fault["seed"] = json!(random.below(1000));
            }
        }
        scene.fault(fault);
        kinds.push(kind);
    }
    kinds
}

fn one(seed: u64) -> (String, Vec<&'static str>) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let company = company(&mut random);
    let clean = {
        let scene = scene(&company);
        scene.sync().exits(0);
        scene.sim.state()
    };
    let scene = scene(&company);
    let before = scene.sim.state();
    let mut kinds = put_faults_in(&scene, &mut random);
    let ending = match random.below(8) {
        0 => Ending::Signal("KILL"),
        1 => Ending::Signal("TERM"),
        2 => Ending::Signal("INT"),
        _ => Ending::ByItself,
    };
    let child = scene.start(&["sync"]);
    if let Ending::Signal(name) = ending {
        let requests = 1 + random.below(18) as usize;
        until("the run to come so far", || {
            scene.sim.requests().len() >= requests || child.has_ended()
        });
        child.signal(name);
        kinds.push(name);
    }
    let outcome = child.finish();
    let state = scene.sim.state();
    let told = format!("seed {seed}, {kinds:?}\n{}", outcome.output());
    let code = match outcome.code {
        Some(0) => {
            assert_eq!(state, clean, "{told}");
            "exit 0: as after a clean run"
        }
        Some(1) => {
            assert_eq!(
                state, before,
                "exit code 1, but something was written: {told}"
            );
            "exit 1: nothing written"
        }
        Some(130) => {
            assert_eq!(
                state, before,
                "exit code 130, but something was written: {told}"
            );
            "exit 130: stopped, nothing written"
        }
        Some(3) => "exit 3: some commands rejected",
        Some(4) => "exit 4: something held back",
        Some(5) => "exit 5: stopped part-way",
        None if ending == Ending::Signal("KILL") => "killed",
        _ => panic!("no honest exit code: {told}"),
    };
    nobody_is_harmed(&before, &state, &clean, &told);
    scene.sim.clear_faults();
    let second = scene.sync();
    assert_eq!(
        second.code,
        Some(0),
        "the second run: {told}{}",
        second.output()
    );
    assert_eq!(scene.sim.state(), clean, "after the second run: {told}");
    (code.to_owned(), kinds)
}

/// Nothing is gone that a clean run would have kept, and nothing is there that it would not
/// have given.
fn nobody_is_harmed(before: &Value, state: &Value, clean: &Value, told: &str) {
    for number in 0..30 {
        let person = address(&format!("p{number:02}"));
        let [before, now, clean] = [before, state, clean].map(|state| groups(state, &person));
        let stays = before.is_some() && clean.is_some();
        assert!(!stays || now.is_some(), "{person} is gone: {told}");
        let (before, clean) = (before.unwrap_or_default(), clean.unwrap_or_default());
        if let Some(now) = now {
            let kept: BTreeSet<String> = before.intersection(&clean).cloned().collect();
            let known: BTreeSet<String> = before.union(&clean).cloned().collect();
            assert!(
                now.is_superset(&kept) && now.is_subset(&known),
                "{person} is in {now:?}: {told}"
            );
        }
    }
}

fn groups(state: &Value, person: &str) -> Option<BTreeSet<String>> {
    let users = state[ORG]["users"].as_array()?;
    let user = users.iter().find(|user| user["email"] == person)?;
    let groups = user["groups"].as_array()?.iter();
    Some(
        groups
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}
