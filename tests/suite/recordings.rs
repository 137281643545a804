//! `--record` and `--replay`: read once, look often (manual/requests.md#read-once-look-often).

use crate::scene::{
    CLIENT_ID, CLIENT_SECRET, COMPANY, MAIN, OKTA, OKTA_TOKEN, ORG, Scene, UMAPI, each,
};
use flate2::Compression;
use flate2::bufread::{GzDecoder, MultiGzDecoder};
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::path::Path;

/// All that a recording holds.
pub(crate) fn unpacked(path: &Path) -> String {
    let packed = std::fs::read(path).unwrap();
    let mut text = String::new();
    MultiGzDecoder::new(packed.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    text
}

/// The members of a recording: header, answers, end.
pub(crate) fn members(packed: &[u8]) -> Vec<String> {
    let mut rest = packed;
    let mut members = Vec::new();
    while !rest.is_empty() {
        let mut text = String::new();
        GzDecoder::new(&mut rest).read_to_string(&mut text).unwrap();
        members.push(text);
    }
    members
}

pub(crate) fn packed(members: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let pack = |member: &_| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(AsRef::<[u8]>::as_ref(member)).unwrap();
        packed.finish().unwrap()
    };
    members.iter().flat_map(pack).collect()
}

/// The recording of the company's plan.
pub(crate) fn recorded(company: &str) -> Scene {
    let scene = Scene::new(company);
    scene.run(&["plan", "--record", "r.gz"]).exits(0);
    scene.sim.clear_log();
    scene
}

pub(crate) fn asked_nobody(scene: &Scene) {
    let asked: Vec<String> = scene
        .sim
        .requests()
        .iter()
        .map(|one| one.target.clone())
        .collect();
    assert!(asked.is_empty(), "{asked:?}");
}

/// A plan from the recording is that of the recorded run, byte for byte, and asks nobody.
fn replays(scene: &Scene) {
    let first = scene.run(&["plan", "--all", "--record", "r.gz", "--out", "p"]);
    assert!(matches!(first.code, Some(0 | 3 | 4)), "{}", first.output());
    scene.sim.clear_log();
    let again = scene.run(&["plan", "--all", "--replay", "r.gz", "--out", "q"]);
    assert_eq!(again.code, first.code, "{}", again.output());
    assert_eq!(scene.read("p"), scene.read("q"));
    let (age, plan) = again.stdout.split_once("\n\n").unwrap();
    assert_eq!(plan, first.stdout);
    let expected = regex::Regex::new("^From the recording r.gz of .*Z, 0 h 0 min old; nobody");
    assert!(expected.unwrap().is_match(age), "{age}");
    let json = scene.run(&["plan", "--replay", "r.gz", "--json"]);
    serde_json::from_str::<Value>(&json.stdout).unwrap();
    assert!(json.stderr.contains("0 h 0 min old"), "{}", json.stderr);
    asked_nobody(scene);
}

const HOOK: &str =
    "if (source_attributes['department'] or '') == 'Art':\n    target_groups.add('Stock')\n";

type Prepare = fn(&mut Scene);

/// Everything that is read in one way or another.
const RUNS: [(&str, Prepare); 12] = [
    ("as usual", |_| {}),
    ("names and e-mail", |scene| {
        scene.option("update_user_info", json!(true));
        scene.sim.edit(|world| {
            world["adobe"]["orgs"][ORG]["users"][1]["lastname"] = json!("Ol\u{e9}\"d\\ \u{1f600}");
        });
    }),
    ("two orgs", |scene| {
        scene.with_emea();
    }),
    ("a hook", |scene| {
        scene.hook(HOOK);
        scene.folder.write(
            "extension.yml",
            &json!({
                "after_mapping_hook": HOOK, "extended_adobe_groups": ["Stock"],
                "extended_attributes": ["department"],
            })
            .to_string(),
        );
        scene.sim.edit(|world| {
            world["okta"]["users"]["cleo"]["profile"]["department"] = json!("Art");
        });
    }),
    ("a filter on any attribute", |scene| {
        let filter = "'cleo' not in str(user.profile) and user.created and user.status == 'ACTIVE'";
        scene.set(OKTA, "/all_users_filter", json!(filter));
    }),
    ("a filter on some", |scene| {
        let filter = "user.profile.lastName == 'Test' and user.type is not None";
        scene.set(OKTA, "/all_users_filter", json!(filter));
    }),
    ("a missing group", |scene| {
        scene.set(
            MAIN,
            "/directory_users/groups",
            json!([
                {"directory_group": "Design", "adobe_groups": ["Creative"]},
                {"directory_group": "Design Team", "adobe_groups": ["Premiere"]},
            ]),
        );
    }),
    ("additional groups", |scene| {
        let rule = json!([{"source": "Vid(.*)", "target": "Pre$1"}]);
        scene.set(MAIN, "/directory_users/additional_groups", rule);
    }),
    ("a search of one's own", |scene| {
        scene.set(OKTA, "/group_filter_format", json!("{group}"));
    }),
    ("members of groups, one of them unknown", |scene| {
        scene.option("adobe_users", json!(["group", "Creative,Nobody,Premiere"]));
    }),
    ("groups that are made", |scene| {
        let options = json!({"auto_create": true});
        scene.set(MAIN, "/directory_users/group_sync_options", options);
        let groups = json!(["Creative", "Fresh"]);
        scene.set(MAIN, "/directory_users/groups/0/adobe_groups", groups);
    }),
    ("a service app", |scene| {
        scene.with_app(json!({}));
    }),
];

#[test]
fn a_replayed_plan_is_that_of_the_recorded_run() {
    let company = format!("{COMPANY}\n adobe emea: bob[Creative] zoe[Creative]");
    each(
        &RUNS,
        |(name, _)| (*name).to_owned(),
        |(_, prepare)| {
            let mut scene = Scene::new(&company);
            prepare(&mut scene);
            replays(&scene);
        },
    );
}

#[test]
fn batches_are_replayed_with_the_types_of_groups() {
    let names: Vec<String> = (0..60).map(|n| format!("p{n:02}")).collect();
    let names = names.join(" ");
    let mut scene = Scene::new(&format!("Design: {names}\n Video:\n adobe: {names}"));
    scene.set(UMAPI, "/batch_group_changes", json!(true));
    replays(&scene);
    assert!(scene.read("q").contains("\"user_groups\":[\"Creative\"]"));
    scene.run(&["apply", "q"]).exits(0);
    assert_eq!(scene.actions().len(), 1);
}

#[test]
fn what_sync_explain_and_check_read_is_kept_too() {
    let scene = Scene::new(COMPANY);
    let plan = scene.run(&["plan", "--all"]);
    scene.run(&["sync", "--record", "s.gz"]).exits(0);
    let written = scene.actions().len();
    let again = scene.run(&["plan", "--all", "--replay", "s.gz"]);
    assert!(again.stdout.ends_with(&plan.stdout), "{}", again.stdout);
    let ann = scene.run(&["explain", "--record", "e.gz", "ann@example.com", "nobody"]);
    scene.sim.clear_log();
    let again = scene.run(&["explain", "--replay", "e.gz", "ann@example.com", "nobody"]);
    assert!(again.stdout.ends_with(&ann.stdout), "{}", again.stdout);
    assert!(again.stdout.contains("old; nobody is asked."));
    asked_nobody(&scene);
    assert_eq!(written, 1);
    scene.run(&["check", "--record", "c.gz"]).exits(0);
    scene.sim.clear_log();
    let check = scene.run(&["check", "--replay", "c.gz"]);
    check
        .exits(0)
        .says("ok +primary org .*: as recorded, 3 groups")
        .says("4 members");
    asked_nobody(&scene);
}

/// The first run of the manual, where Adobe blocks whoever lists twice in two hours.
#[test]
fn a_first_run_reads_adobe_once() {
    let scene = Scene::new(COMPANY);
    scene.sim.edit(|world| {
        world["adobe"]["listing_block"] = json!({"within": 7200, "retry_after": 4500});
    });
    let check = scene.run(&["check"]);
    check
        .exits(0)
        .says("next list of groups of the primary org: not before \\d\\d:\\d\\d: ");
    scene
        .run(&["plan", "--record", "r.gz", "--out", "p"])
        .exits(0);
    let reads = scene.sim.requests().len();
    scene
        .run(&["explain", "--replay", "r.gz", "ann@example.com"])
        .exits(0)
        .says("\\+Creative");
    assert_eq!(scene.sim.requests().len(), reads);
    scene.run(&["apply", "p", "-t"]).exits(0);
    scene.run(&["apply", "p"]).exits(0).never_says("429");
    assert_eq!(
        scene.adobe(),
        "ann[Creative,Stock] bob[Creative,Premiere] cleo[Creative] eve[Creative,Premiere,Stock] finn[Premiere]"
    );
}

#[test]
fn another_configuration_is_tried_on_a_recording() {
    let mut scene = recorded(COMPANY);
    // Names that were looked for together are found alone.
    scene.set(
        MAIN,
        "/directory_users/groups",
        json!([
            {"directory_group": "Video", "adobe_groups": ["Stock"]},
        ]),
    );
    scene.set(
        OKTA,
        "/all_users_filter",
        json!("user.profile.email != 'bob@example.com'"),
    );
    let plan = scene.run(&[
        "plan",
        "--replay",
        "r.gz",
        "--adobe-only-user-action",
        "preserve",
    ]);
    plan.exits(0)
        .says("finn@example.com")
        .never_says("bob@example.com");
    asked_nobody(&scene);
}

#[test]
fn a_plan_from_a_recording_is_applied_while_the_recording_is_fresh() {
    let scene = recorded(COMPANY);
    scene
        .run(&["plan", "--replay", "r.gz", "--out", "p"])
        .exits(0);
    scene.run(&["apply", "p"]).exits(0);
    assert_eq!(
        scene.groups_of("ann"),
        Some(vec!["Creative".into(), "Stock".into()])
    );
    let mut members = members(&std::fs::read(scene.path("r.gz")).unwrap());
    let mut header: Value = serde_json::from_str(&members[0]).unwrap();
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(24 * 60 + 5);
    header["time"] = json!(yesterday.to_string());
    members[0] = format!("{header}\n");
    std::fs::write(scene.path("old.gz"), packed(&members)).unwrap();
    let plan = scene.run(&["plan", "--replay", "old.gz", "--out", "old"]);
    plan.exits(0).says("24 h 5 min old");
    scene.run(&["apply", "old"]).exits(2).says("24 hours");
}

#[test]
fn csv_and_push_record_the_side_that_they_read() {
    let scene = Scene::new(COMPANY);
    scene.folder.write(
        "people.csv",
        "email,firstname,lastname,groups\nann@example.com,Ann,Test,Design\n",
    );
    let csv = [
        "--users",
        "file",
        "people.csv",
        "--adobe-only-user-action",
        "preserve",
    ];
    scene
        .run(&[&["plan", "--record", "r.gz", "--out", "p"], &csv[..]].concat())
        .exits(0);
    assert!(!unpacked(&scene.path("r.gz")).contains("/api/v1/"));
    scene
        .run(&[&["plan", "--replay", "r.gz", "--out", "q"], &csv[..]].concat())
        .exits(0);
    assert_eq!(scene.read("p"), scene.read("q"));
    let push = ["--strategy", "push"];
    scene
        .run(&[&["plan", "--record", "r.gz", "--out", "p"], &push[..]].concat())
        .exits(0);
    assert!(!unpacked(&scene.path("r.gz")).contains("usermanagement"));
    scene.sim.clear_log();
    scene
        .run(&[&["plan", "--replay", "r.gz", "--out", "q"], &push[..]].concat())
        .exits(0);
    assert_eq!(scene.read("p"), scene.read("q"));
    let sync = scene.run(&["plan", "--replay", "r.gz"]);
    sync.exits(1)
        .says("the list of users of Adobe org A1B2C3@AdobeOrg is not in the recording");
    asked_nobody(&scene);
}

/// What is in a page beside what is kept does not come into the file, and of requests nothing but
/// their paths.
#[test]
fn only_what_is_named_is_kept() {
    let mut scene = Scene::new(COMPANY);
    scene.option("update_user_info", json!(true));
    scene.sim.edit(|world| {
        world["okta"]["users"]["ann"]["profile"]["mobilePhone"] = json!("+31 6 1234");
        world["adobe"]["orgs"][ORG]["users"][0]["tags"] = json!(["edu"]);
    });
    for command in ["plan", "check", "sync"] {
        scene.run(&[command, "--record", "r.gz"]).exits(0);
        let text = unpacked(&scene.path("r.gz"));
        let others = [
            "1234",
            "edu",
            "credentials",
            "created",
            "SSWS",
            "Bearer",
            "/ims/",
        ];
        for secret in [OKTA_TOKEN, CLIENT_SECRET, CLIENT_ID].iter().chain(&others) {
            assert!(!text.contains(secret), "{command}: {secret} in {text}");
        }
        for token in scene.sim.issued_tokens() {
            assert!(!text.contains(&token), "{command}: {token}");
        }
        assert!(text.contains("\"lastName\":\"Test\""), "{text}");
    }
}

/// `--only` reads other things, and these are replayed as well.
#[test]
fn a_run_for_one_person_is_replayed() {
    let scene = Scene::new(COMPANY);
    let only = ["--only", "ann@example.com", "--only", "nobody@example.com"];
    let plan = |kind: [&str; 4]| scene.run(&[&["plan"], &kind[..], &only[..]].concat());
    plan(["--record", "r.gz", "--out", "p"]).exits(0);
    scene.sim.clear_log();
    plan(["--replay", "r.gz", "--out", "q"])
        .exits(0)
        .says("ann@example.com");
    assert_eq!(scene.read("p"), scene.read("q"));
    let everybody = scene.run(&["plan", "--replay", "r.gz"]);
    everybody
        .exits(1)
        .says("the list of members of Okta group \"Design\" is not in the recording");
    let another = scene.run(&["plan", "--replay", "r.gz", "--only", "bob@example.com"]);
    another
        .exits(1)
        .says("Okta user \"bob@example.com\" is not in the recording");
    asked_nobody(&scene);
}

#[cfg(unix)]
#[test]
fn a_recording_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new(COMPANY);
    let mode = |name: &str| scene.path(name).metadata().unwrap().permissions().mode() & 0o777;
    scene.folder.write("there", "old");
    std::fs::set_permissions(scene.path("there"), PermissionsExt::from_mode(0o644)).unwrap();
    for (command, file) in [("plan", "p.gz"), ("check", "c.gz"), ("sync", "there")] {
        scene.run(&[command, "--record", file]).exits(0);
        assert_eq!(mode(file), 0o600, "{command}");
    }
    for writable in [0o620, 0o602] {
        std::fs::set_permissions(scene.path("p.gz"), PermissionsExt::from_mode(writable)).unwrap();
        let refused = scene.run(&["plan", "--replay", "p.gz"]);
        refused.exits(1).says("others than its owner can write it");
    }
}

fn names(scene: &Scene) -> Vec<String> {
    scene
        .folder
        .files()
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn a_check_writes_its_recording_and_nothing_else() {
    let scene = Scene::new(COMPANY);
    let before = scene.folder.files();
    scene.run(&["check", "--record", "c.gz"]).exits(0);
    let mut after = scene.folder.files();
    after.retain(|(name, _)| name != "c.gz");
    assert_eq!(before, after);
    assert!(scene.path("c.gz").exists());
    // A group that is not there is an answer, too.
    scene
        .sim
        .edit(|world| world["okta"]["groups"][1]["name"] = json!("Film"));
    std::fs::remove_file(scene.path("c.gz")).unwrap();
    let missing = scene.run(&["check", "--record", "c.gz"]);
    let again = scene.run(&["check", "--replay", "c.gz"]);
    missing.exits(1);
    again
        .exits(1)
        .says("FAIL +directory group \"Video\": Okta has no group of exactly that name");
}

/// Nothing takes the recording's name before all is read; an older one stays.
#[test]
fn what_was_not_read_whole_is_no_recording() {
    let refused = json!({"service": "umapi", "path": "/users/", "status": 403});
    let lost = json!({"service": "umapi", "path": "/v2/", "close": "before", "times": 9});
    for (command, fault, code) in [
        ("plan", &refused, 1),
        ("sync", &refused, 1),
        ("plan", &lost, 1),
        ("check", &lost, 1),
    ] {
        let scene = recorded(COMPANY);
        let (files, older) = (names(&scene), std::fs::read(scene.path("r.gz")).unwrap());
        scene.fault(fault.clone());
        let outcome = scene.run(&[command, "--record", "r.gz"]);
        outcome.exits(code);
        if command == "check" {
            outcome.says("r.gz: the recording is not kept, for not all");
        }
        assert_eq!(names(&scene), files, "{command}");
        assert_eq!(
            std::fs::read(scene.path("r.gz")).unwrap(),
            older,
            "{command}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_while_reading_leaves_no_recording() {
    for signal in ["TERM", "KILL"] {
        let scene = Scene::new(COMPANY);
        let files = names(&scene);
        scene.fault(json!({"service": "umapi", "path": "/users/", "hang": true}));
        let child = scene.start(&["plan", "--record", "r.gz"]);
        scene.until_asked("/users/");
        child.signal(signal);
        let outcome = child.finish();
        assert_ne!(outcome.code, Some(0));
        assert!(!scene.path("r.gz").exists(), "{signal}");
        if signal == "TERM" {
            assert_eq!(names(&scene), files);
        }
        // What is left behind is in nobody's way.
        scene.sim.clear_faults();
        scene.run(&["plan", "--record", "r.gz"]).exits(0);
        scene.run(&["plan", "--replay", "r.gz"]).exits(0);
    }
}
