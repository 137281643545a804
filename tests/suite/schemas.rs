//! The tables of the manual's page on schemas, held against what the binary really writes.

use crate::scene::{EMEA, MAIN, Scene};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The fields of one table, each with its type.
type Table = BTreeMap<String, String>;

/// The tables of the page by the heading above each.
fn tables() -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let mut heading = String::new();
    for line in include_str!("../../src/manual/schemas.md").lines() {
        if let Some(title) = line.trim_start_matches('#').strip_prefix(' ')
            && line.starts_with('#')
        {
            title.clone_into(&mut heading);
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", fields, kind, ..] = cells.as_slice()
            && fields.starts_with('`')
        {
            let table = tables.entry(heading.clone()).or_default();
            for field in fields.split(',') {
                let field = field.trim().trim_matches('`').to_owned();
                table.insert(field, (*kind).to_owned());
            }
        }
    }
    tables
}

fn is_of_type(value: &Value, kind: &str) -> bool {
    if let Some((one, other)) = kind.split_once(" or ") {
        return is_of_type(value, one) || is_of_type(value, other);
    }
    match kind {
        "text" => value.is_string(),
        "time" => {
            let time = value.as_str().unwrap_or_default();
            time.parse::<jiff::Timestamp>().is_ok() && time.ends_with('Z')
        }
        "number" => value.is_number(),
        "count" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "object" => value.is_object(),
        "list" => value.is_array(),
        "list of text" => value
            .as_array()
            .is_some_and(|items| items.iter().all(Value::is_string)),
        _ => panic!("the manual knows a type `{kind}` that this test does not"),
    }
}

struct Schemas(BTreeMap<String, Table>);

impl Schemas {
    /// Every field of the object stands in one of the tables, of its type, and none is missing.
    #[track_caller]
    fn check(&self, value: &Value, headings: &[&str]) {
        let mut fields = Table::new();
        for heading in headings {
            let table = self.0.get(*heading);
            fields.extend(
                table
                    .unwrap_or_else(|| panic!("no table {heading}"))
                    .clone(),
            );
        }
        let object = value
            .as_object()
            .unwrap_or_else(|| panic!("no object: {value}"));
        for (name, value) in object {
            let kind = fields
                .get(name)
                .map(|kind| kind.trim_start_matches("optional "));
            let kind = kind.unwrap_or_else(|| panic!("{headings:?} know no `{name}`: {object:?}"));
            assert!(
                is_of_type(value, kind),
                "{headings:?}: `{name}` is no {kind}: {value}"
            );
        }
        for (name, kind) in &fields {
            let there = object.contains_key(name) || kind.starts_with("optional ");
            assert!(there, "{headings:?}: no `{name}` in {object:?}");
        }
    }

    fn check_change(&self, change: &Value, also: &[&str]) {
        self.check(change, &[&["A change"][..], also].concat());
        if let Some(before) = change.get("before") {
            self.check(before, &["Before"]);
            if let Some(account) = before.get("account") {
                self.check(account, &["An account"]);
            }
        }
    }

    fn check_report(&self, text: &str) {
        let report: Value = serde_json::from_str(text).unwrap();
        self.check(&report, &["The report"]);
        if let Some(okta) = report.get("okta") {
            self.check(okta, &["Traffic"]);
        }
        for org in report["orgs"].as_array().unwrap() {
            self.check(org, &["An org of the report"]);
        }
    }
}

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn check_recording(schemas: &Schemas, scene: &Scene) {
    let packed = std::fs::read(scene.path("r.gz")).unwrap();
    let mut text = String::new();
    let mut unpacked = flate2::bufread::MultiGzDecoder::new(packed.as_slice());
    std::io::Read::read_to_string(&mut unpacked, &mut text).unwrap();
    let lines = lines(&text);
    schemas.check(&lines[0], &["The recording"]);
    let answers: Vec<&Value> = lines.iter().filter_map(|line| line.get("answer")).collect();
    for answer in &answers {
        schemas.check(answer, &["An answer"]);
    }
    assert_eq!(lines.last(), Some(&json!({"end": answers.len()})));
}

#[test]
fn what_is_written_is_as_the_manual_says() {
    let schemas = Schemas(tables());
    let mut scene = Scene::new(
        "Design: ann bob
         Video: cy
         adobe: bob[Premiere,Stock] cy[Premiere] leo[Creative] mo[]
         adobe emea: bob[]",
    );
    scene.with_emea();
    scene.option("update_user_info", json!(true));
    scene.set(MAIN, "/logging/change_log", json!("changes.jsonl"));
    scene.sim.edit(|world| {
        world["okta"]["users"]["cy"]["profile"]["lastName"] = json!("Lee");
        // One that is refused.
        world["adobe"]["orgs"][EMEA]["groups"] = json!(["Stock"]);
    });
    let planned = scene.run(&["plan", "--json", "--out", "p.plan", "--report", "plan.json"]);
    scene.run(&["plan", "--record", "r.gz"]);
    check_recording(&schemas, &scene);
    let plan: Value = serde_json::from_str(&planned.exits(0).stdout).unwrap();
    schemas.check(&plan, &["plan --json"]);
    for org in plan["orgs"].as_array().unwrap() {
        for change in org["changes"].as_array().unwrap() {
            schemas.check_change(change, &[]);
        }
    }
    let saved = lines(&scene.read("p.plan"));
    schemas.check(&saved[0], &["The plan file"]);
    for line in &saved[1..] {
        schemas.check(line, &["A line of the plan file"]);
        schemas.check_change(&line["change"], &[]);
    }
    scene
        .run(&["apply", "p.plan", "--report", "apply.json"])
        .exits(3);
    let journal = lines(&scene.read("p.plan.journal"));
    schemas.check(&journal[0], &["The journal"]);
    for line in &journal[1..] {
        schemas.check(line, &["A line of the journal"]);
    }
    scene
        .run(&["sync", "--report", "failed.json", "--users", "x"])
        .exits(2);
    for report in ["plan.json", "apply.json", "failed.json"] {
        schemas.check_report(&scene.read(report));
    }
    let records = lines(&scene.read("changes.jsonl"));
    for line in &records {
        let heading = match line["event"].as_str().unwrap() {
            "start" => "The start of a run",
            "command" => "A command",
            "outcome" => "An outcome",
            _ => "The end of a run",
        };
        schemas.check(line, &[heading]);
        if heading == "A command" {
            schemas.check_change(&line["change"], &[]);
        }
    }
    assert!(records.iter().any(|line| line["outcome"] == "refused"));
    for run in lines(&scene.run(&["history", "--json"]).stdout) {
        schemas.check(&run, &["A run"]);
    }
    let leo = lines(&scene.run(&["history", "leo@example.com", "--json"]).stdout);
    assert_eq!(leo.len(), 1);
    schemas.check_change(&leo[0], &["history --json"]);
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let schemas = Schemas(tables());
    for wrong in [
        json!({"in_org": 1}),
        json!({}),
        json!({"in_org": true, "more": 1}),
        json!({"in_org": true, "account": []}),
    ] {
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            schemas.check(&wrong, &["Before"]);
        }));
        assert!(checked.is_err(), "{wrong}");
    }
    schemas.check(&json!({"in_org": true}), &["Before"]);
}
