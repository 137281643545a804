//! A soak: many runs of the real binary under seeded random faults. Each ends with the
//! organisation as a clean run leaves it, or with an honest exit code and nobody harmed; and
//! a clean run afterwards always brings it there.
//!
//! Stands in the suite (a few runs) and in the benchmarks (200 runs); both have the modules
//! `child`, `scene`, `sim` and `support` at their root.

use crate::child::until;
use crate::scene::{EMEA, MAIN, OKTA, ORG, Scene, UMAPI, address, world};
use crate::support::Outcome;
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

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    Sync,
    /// With a secondary org.
    TwoOrgs,
    Push,
    /// `plan --out`, then `apply`.
    Apply,
}

impl Job {
    fn of(random: &mut Random) -> Job {
        match random.below(6) {
            0 => Job::TwoOrgs,
            1 => Job::Push,
            2 | 3 => Job::Apply,
            _ => Job::Sync,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Job::Sync => "sync",
            Job::TwoOrgs => "sync of two orgs",
            Job::Push => "sync --strategy push",
            Job::Apply => "plan and apply",
        }
    }

    /// The commands that do the job, in their order.
    fn commands(self) -> &'static [&'static [&'static str]] {
        match self {
            Job::Sync | Job::TwoOrgs => &[&["sync"]],
            Job::Push => &[&["sync", "--strategy", "push"]],
            Job::Apply => &[&["plan", "--out", "plan.jsonl"], &["apply", "plan.jsonl"]],
        }
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
    let mut jobs: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut kinds: BTreeMap<&'static str, u64> = BTreeMap::new();
    for seed in first..first + runs {
        let (job, code, faults) = one(seed);
        *codes.entry(code).or_default() += 1;
        *jobs.entry(job.name()).or_default() += 1;
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
    for (title, counts) in [("what was run:", jobs), ("faults put in:", kinds)] {
        table += &format!("{title}\n");
        for (kind, count) in counts {
            table += &format!("  {count:>5}  {kind}\n");
        }
    }
    table
}

/// Thirty people in two groups on both sides, in every combination.
fn company(random: &mut Random) -> String {
    let mut lines = [
        String::from("Design:"),
        String::from("Video:"),
        String::from("adobe:"),
        String::from("adobe emea:"),
    ];
    for number in 0..30 {
        let name = format!("p{number:02}");
        for line in &mut lines[..2] {
            if random.below(2) == 0 {
                *line += &format!(" {name}");
            }
        }
        let kind = random.below(5);
        match kind {
            0 => {}
            1 => lines[2] += &format!(" {name}[Stock]"),
            2 => lines[2] += &format!(" {name}[Creative,Stock]"),
            3 => lines[2] += &format!(" {name}[Premiere]"),
            _ => lines[2] += &format!(" {name}[Creative,Premiere]"),
        }
        // Who is in the secondary org alone would have to wait for the next run.
        if kind > 0 && random.below(3) == 0 {
            lines[3] += &format!(" {name}[Stock]");
        }
    }
    lines.join("\n")
}

/// The ways in which answers travel, lists are ordered, and tokens wear out.
fn travelling(company: &str, random: &mut Random) -> Value {
    let mut world = world(company);
    let mut coin = || random.below(2) == 0;
    world["http"] = json!({"gzip": coin(), "chunked": coin(), "link_combined": coin()});
    if coin() && coin() {
        world["adobe"]["token_uses"] = json!(3);
    }
    if coin() && coin() {
        world["adobe"]["expires_in"] = json!(60);
    }
    if coin() {
        world["okta"]["shuffle"] = json!(random.below(1000));
    }
    world
}

fn scene(job: Job, world: &Value) -> Scene {
    let mut scene = Scene::of_world(world.clone());
    if job == Job::TwoOrgs {
        scene.with_emea();
    }
    scene.set(OKTA, "/page_size", json!(7));
    scene.set(OKTA, "/timeout", json!(1));
    scene.set(UMAPI, "/server/timeout", json!(1));
    scene.set(MAIN, "/limits/max_adobe_only_users", json!(100));
    // Random companies lose whole groups; that guard has tests of its own.
    scene.set(MAIN, "/limits/max_group_loss", json!("100%"));
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
        ("408", json!({"status": 408})),
        ("425", json!({"status": 425})),
        ("502", json!({"status": 502})),
        ("504", json!({"status": 504})),
        (
            "302",
            json!({"status": 302, "headers": {"Location": "https://elsewhere.example/"}}),
        ),
        (
            "503 with a date to retry after",
            json!({"status": 503, "retry_after": {"date_in": 20}}),
        ),
        (
            "429 with a reset",
            json!({"status": 429, "rate_limit": {"limit": 600, "remaining": 0, "reset_in": 9}}),
        ),
        (
            "429 with a limit of zero",
            json!({"status": 429, "rate_limit": {"limit": 0, "remaining": 0, "reset_in": 9}}),
        ),
        (
            "200 with other JSON",
            json!({"status": 200, "body": {"a": []}}),
        ),
        ("401 that echoes", json!({"echo_authorization": 401})),
        ("dripping", json!({"drip_ms": 5})),
        ("larger than 64 MiB", json!({"huge_body": 65 * 1024 * 1024})),
        (
            "the same page again and again",
            json!({"link": "endless_same"}),
        ),
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
        // Two further tries are made: what passes soon enough does no harm.
        if fault.get("times").is_none() && random.below(3) > 0 {
            fault["times"] = json!(1 + random.below(2));
        }
        scene.fault(fault);
        kinds.push(kind);
    }
    kinds
}

fn one(seed: u64) -> (Job, String, Vec<&'static str>) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let company = company(&mut random);
    let job = Job::of(&mut random);
    let world = travelling(&company, &mut random);
    let clean = {
        let scene = scene(job, &world);
        finish(job, &scene, "");
        scene.sim.state()
    };
    let scene = scene(job, &world);
    let before = scene.sim.state();
    let mut kinds = put_faults_in(&scene, &mut random);
    let ending = match random.below(8) {
        0 => Ending::Signal("KILL"),
        1 => Ending::Signal("TERM"),
        2 => Ending::Signal("INT"),
        _ => Ending::ByItself,
    };
    let requests = 1 + random.below(18) as usize;
    if let Ending::Signal(name) = ending {
        kinds.push(name);
    }
    let mut told = format!("seed {seed}, {}, {kinds:?}\n", job.name());
    let mut code = None;
    for command in job.commands() {
        let outcome = under_faults(&scene, command, ending, requests);
        told += &outcome.output();
        code = outcome.code;
        if code != Some(0) {
            break;
        }
    }
    let state = scene.sim.state();
    let code = judge((code, ending), [&before, &state, &clean], &told);
    for org in [ORG, EMEA] {
        nobody_is_harmed([&before, &state, &clean].map(|state| &state[org]), &told);
    }
    scene.sim.clear_faults();
    finish(job, &scene, &told);
    assert_eq!(scene.sim.state(), clean, "after the second run: {told}");
    (job, code.to_owned(), kinds)
}

/// One command with the faults in place, ended when so many requests have been made in all.
fn under_faults(scene: &Scene, command: &[&str], ending: Ending, requests: usize) -> Outcome {
    let child = scene.start(command);
    if let Ending::Signal(name) = ending {
        until("the run to come so far", || {
            scene.sim.requests().len() >= requests || child.has_ended()
        });
        child.signal(name);
    }
    child.finish()
}

/// Does the job, or what is left of it, without faults. A plan that is there is applied.
fn finish(job: Job, scene: &Scene, told: &str) {
    let has_plan = scene.path("plan.jsonl").exists();
    let commands = job.commands().iter();
    for command in commands.skip(usize::from(has_plan)) {
        let outcome = scene.run(command);
        assert_eq!(
            outcome.code,
            Some(0),
            "the second run: {told}{}",
            outcome.output()
        );
    }
}

/// What the exit code means; it must be true.
fn judge(
    (code, ending): (Option<i32>, Ending),
    [before, state, clean]: [&Value; 3],
    told: &str,
) -> &'static str {
    let unwritten = || assert_eq!(state, before, "but something was written: {told}");
    match code {
        Some(0) => {
            assert_eq!(state, clean, "{told}");
            "exit 0: as after a clean run"
        }
        Some(1) => {
            unwritten();
            "exit 1: nothing written"
        }
        Some(130) => {
            unwritten();
            "exit 130: stopped, nothing written"
        }
        Some(3) => "exit 3: some commands rejected",
        Some(4) => "exit 4: something held back",
        Some(5) => "exit 5: stopped part-way",
        None if ending == Ending::Signal("KILL") => "killed",
        _ => panic!("no honest exit code: {told}"),
    }
}

/// Nothing is gone that a clean run would have kept, and nothing is there that it would not
/// have given.
fn nobody_is_harmed(states: [&Value; 3], told: &str) {
    for number in 0..30 {
        let person = address(&format!("p{number:02}"));
        let [before, now, clean] = states.map(|org| groups(org, &person));
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

fn groups(org: &Value, person: &str) -> Option<BTreeSet<String>> {
    let users = org["users"].as_array()?;
    let user = users.iter().find(|user| user["email"] == person)?;
    let groups = user["groups"].as_array()?.iter();
    Some(
        groups
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}
