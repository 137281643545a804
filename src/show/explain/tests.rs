use super::*;
use crate::show::{Colour, golden};

fn reasoned(what: &str, why: &str, rule: Option<&str>) -> Reasoned {
    Reasoned {
        what: what.to_owned(),
        why: why.to_owned(),
        rule: rule.map(str::to_owned),
    }
}

fn answer() -> Answer<'static> {
    let person = Person {
        id: "00u1".to_owned(),
        login: "sue@example.com".to_owned(),
        status: "ACTIVE".to_owned(),
        selection: "selected: in Okta group \"Design\"".to_owned(),
        groups: vec![
            reasoned("Design", "", Some("user-sync-config.yml:14")),
            reasoned("Everyone in Europe", "not mapped", None),
        ],
        filter: Some(reasoned(
            "kept",
            "by user.status == \"ACTIVE\", the default",
            Some("connector-okta.yml:3"),
        )),
        attributes: vec![
            Attribute {
                attribute: "email".to_owned(),
                format: "{email}".to_owned(),
                sources: vec![("email".to_owned(), "sue@example.com".into())],
                value: Some("sue@example.com".to_owned()),
            },
            Attribute {
                attribute: "country".to_owned(),
                format: "{countryCode}".to_owned(),
                sources: vec![("countryCode".to_owned(), Value::Null)],
                value: None,
            },
        ],
        hook_changes: vec!["lastname: \"Li\" -> \"Lee\"".to_owned()],
    };
    let record = Record {
        email: "sue@example.com",
        username: "sue",
        identity_type: "federatedID",
        groups: vec!["Photoshop", "Stock\u{7}"],
        mapped_groups: vec!["Photoshop"],
        verdict: reasoned("matches directory user sue@example.com by e-mail", "", None),
    };
    let change = Change {
        kind: "update".to_owned(),
        reasons: vec![
            "-Photoshop: not in any mapped Okta group".to_owned(),
            "+Acrobat: in Okta group \"Design\"".to_owned(),
        ],
        command: serde_json::json!({"user": "sue@example.com", "requestID": "action_3",
            "do": [{"remove": {"group": ["Photoshop"]}}, {"add": {"group": ["Acrobat"]}}]}),
    };
    let primary = Org {
        org_id: "A1@AdobeOrg".to_owned(),
        records: vec![record],
        desired_groups: vec![reasoned(
            "Acrobat",
            "in Okta group \"Design\"",
            Some("user-sync-config.yml:14"),
        )],
        notes: vec!["attributes differ, and are not written without --update-user-info".to_owned()],
        ..Org::default()
    };
    let emea = Org {
        name: Some("emea".to_owned()),
        org_id: "E1@AdobeOrg".to_owned(),
        ..Org::default()
    };
    Answer {
        user: "sue@example.com".to_owned(),
        directory: Some(person),
        search: None,
        orgs: vec![
            OrgAnswer {
                org: primary,
                changes: vec![change],
            },
            OrgAnswer {
                org: emea,
                changes: Vec::new(),
            },
        ],
        history: Vec::new(),
    }
}

#[test]
fn an_answer_reads_from_the_directory_to_the_commands() {
    for (name, width) in [("usual.txt", 80), ("narrow.txt", 44)] {
        let style = Style {
            width,
            colour: Colour::Off,
        };
        golden("explain", name, &text(&answer(), style));
    }
}

#[test]
fn somebody_whom_nobody_knows_is_told_so() {
    let answer = Answer {
        user: "nobody@example.com".to_owned(),
        search: Some("Okta knows nobody with that login or e-mail".to_owned()),
        ..Answer::default()
    };
    let style = Style {
        width: 80,
        colour: Colour::Off,
    };
    golden("explain", "nobody.txt", &text(&answer, style));
}
