//! The reader of Okta at the simulator: lookups, pages, tries, refusals, and what must not
//! become visible.

use serde_json::json;
use user_sync::adobe::Listing;
use user_sync::config::{OktaAccess, OktaConfig};
use user_sync::okta::{Group, Lookup, Okta};
use user_sync::os::secret::Secret;
use user_sync::record::{Record, Wanted};

use crate::servers::{CLIENT_ID, CLIENT_SECRET, Servers, TOKEN, world};
use crate::sim::Service;

fn lookups(scene: &Servers, names: &[&str]) -> Vec<Lookup> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    scene.okta().find_groups(&names).unwrap()
}

#[test]
fn members_come_whole_over_pages_and_one_connection() {
    let seven: Vec<String> = (1..=7).map(|number| format!("u{number}@x.com")).collect();
    for http in [
        json!({}),
        json!({"gzip": true, "link_combined": true}),
        json!({"chunked": true}),
        json!({"gzip": true, "chunked": true}),
    ] {
        let mut world = world();
        world["http"] = http;
        let scene = Servers::new(world);
        assert_eq!(scene.members().unwrap(), seven);
        assert_eq!(scene.members().unwrap(), seven);
        assert_eq!(scene.sim.connections(Service::Okta), 1);
        let requests = scene.sim.requests();
        assert_eq!(requests.len(), 8);
        assert!(requests[1].target.ends_with("/users?limit=1000"));
        for request in &requests {
            assert_eq!(
                request.header("authorization"),
                Some(&*format!("SSWS {TOKEN}"))
            );
            assert_eq!(request.header("accept-encoding"), Some("gzip"));
            let agent = request.header("user-agent").unwrap();
            assert!(agent.starts_with("user-sync/"), "{agent}");
        }
        scene.assert_clean();
    }
}

#[test]
fn many_groups_are_found_with_few_requests() {
    let scene = Servers::new(world());
    let names: Vec<String> = (0..30).map(|number| format!("Team {number}")).collect();
    let lookups = scene.okta().find_groups(&names).unwrap();
    assert!(
        lookups
            .iter()
            .all(|lookup| matches!(lookup, Lookup::Found(_)))
    );
    assert_eq!(scene.sim.requests().len(), 2);
    scene.assert_clean();
}

#[test]
fn groups_are_found_by_their_exact_names() {
    let scene = Servers::new(world());
    let odd = "A \"quoted\" \\ +&#% name";
    let found = lookups(
        &scene,
        &[" Team ", "team", "Hidden", "Twice", "Own", odd, "None"],
    );
    let id = |lookup: &Lookup| match lookup {
        Lookup::Found(group) => group.id.clone(),
        Lookup::Missing(alike) => format!("missing, like {alike:?}"),
        Lookup::Ambiguous(several) => {
            let several: Vec<String> = several.iter().map(Group::kind_and_id).collect();
            several.join("; ")
        }
    };
    assert!(matches!(&found[0], Lookup::Found(group) if group.name == "Team"));
    assert_eq!(id(&found[1]), r#"missing, like ["Team"]"#);
    assert!(matches!(&found[2], Lookup::Found(group) if group.name == "Hidden"));
    assert_eq!(id(&found[3]), "APP_GROUP, id 00g1; APP_GROUP, id 00g2");
    assert_eq!(id(&found[4]), "00g4");
    assert!(matches!(&found[5], Lookup::Found(group) if group.name == odd));
    assert_eq!(id(&found[6]), "missing, like []");
    scene.assert_clean();
}

#[test]
fn a_refused_search_for_several_groups_is_made_one_by_one() {
    let scene = Servers::new(world());
    scene
        .sim
        .fault(json!({"service": "okta", "path": "search=*%20or%20", "status": 400}));
    let found = lookups(&scene, &["Team 1", "Team 2"]);
    assert!(
        found
            .iter()
            .all(|lookup| matches!(lookup, Lookup::Found(_)))
    );
    assert_eq!(scene.sim.requests().len(), 3);
}

#[test]
fn a_name_that_no_search_takes_is_looked_up_with_q() {
    let scene = Servers::new(world());
    scene
        .sim
        .fault(json!({"service": "okta", "path": "search=", "status": 400}));
    assert!(matches!(lookups(&scene, &["Team"])[0], Lookup::Found(_)));
    scene.sim.fault(json!({"service": "okta", "status": 400}));
    assert!(scene.okta().find_groups(&["Team".into()]).is_err());
}

#[test]
fn a_check_tells_whether_the_token_is_taken() {
    let scene = Servers::new(world());
    scene.okta().check().unwrap();
    scene.sim.fault(json!({"service": "okta", "status": 403}));
    assert!(scene.okta().check().is_err());
}

#[test]
fn a_format_of_its_own_asks_with_q() {
    let scene = Servers::new(world());
    let config = OktaConfig {
        group_filter_format: Some("Te{group}".into()),
        ..scene.okta_config()
    };
    let mut okta = Okta::connect(&config, &scene.transport).unwrap();
    let found = okta.find_groups(&["am".into(), "Team".into()]).unwrap();
    assert_eq!(found[0], Lookup::Missing(vec![]));
    assert!(matches!(&found[1], Lookup::Found(group) if group.name == "Team"));
    let requests = scene.sim.requests();
    assert_eq!(requests[0].target, "/api/v1/groups?q=Team&limit=10000");
}

#[test]
fn all_groups_are_listed_over_pages() {
    let mut world = world();
    world["okta"]["group_cap"] = json!(10);
    let scene = Servers::new(world);
    let names = scene.okta().list_groups().unwrap();
    assert!(names.iter().any(|group| group.name == "Team 29"));
    assert!(names.len() >= 37);
}

#[test]
fn a_user_is_found_by_login_or_email() {
    let scene = Servers::new(world());
    let mut wanted = Wanted::default();
    let login = wanted.profile_slot("login");
    let found = |name: &str| {
        let mut logins = Vec::new();
        let mut each = |record: &Record<'_>| {
            logins.push(
                record
                    .attribute(login)
                    .cloned()
                    .map(|login| format!("{login:?}")),
            );
            Ok(())
        };
        scene
            .okta()
            .find_users(&[name], &wanted, &mut each)
            .unwrap();
        logins
    };
    assert_eq!(found(" u3@x.com "), [Some("Text(\"u3@x.com\")".to_owned())]);
    assert!(found("nobody\"").is_empty());
    scene.assert_clean();
}

#[test]
fn what_passes_is_tried_again() {
    let page = "/users?";
    for fault in [
        json!({"status": 429, "rate_limit": {"limit": 600, "remaining": 0, "reset_in": 30}}),
        json!({"status": 429, "rate_limit": {"limit": 0, "remaining": 0, "reset_in": 30}}),
        json!({"status": 429}),
        json!({"status": 503, "retry_after": 20}),
        json!({"status": 500}),
        json!({"status": 502, "body": "<html>"}),
        json!({"status": 504, "retry_after": {"date_in": 5}}),
        json!({"status": 408}),
        json!({"status": 425}),
        json!({"close": "before"}),
        json!({"close": "middle"}),
        json!({"close": "executed"}),
        json!({"gzip_broken": true}),
    ] {
        let scene = Servers::new(world());
        let mut fault = fault;
        fault["path"] = json!(page);
        fault["nth"] = json!([2, 3]);
        scene.sim.fault(fault.clone());
        let members = scene.members().map(|members| members.len());
        assert!(matches!(members, Ok(7)), "{fault}: {members:?}");
        assert_eq!(scene.sim.requests().len(), 6, "{fault}");
    }
}

#[test]
fn what_does_not_pass_ends_the_reading() {
    for (fault, tries, told) in [
        (json!({"status": 503}), 3, "503 Service Unavailable"),
        (json!({"status": 400}), 1, "400 Bad Request"),
        (json!({"status": 403}), 1, "403 Forbidden"),
        (
            json!({"status": 404, "body": {"errorCode": "E0000007", "errorSummary": "Not found: a\nb"}}),
            1,
            "E0000007 Not found: a\\nb",
        ),
        (
            json!({"status": 302, "headers": {"Location": "https://elsewhere.example/"}}),
            1,
            "redirects",
        ),
        (json!({"status": 429, "retry_after": 8000}), 1, "8000 s"),
        (json!({"close": "middle"}), 3, "before the answer was whole"),
        (json!({"truncate": true}), 1, "cannot be used"),
        (json!({"gzip_broken": true}), 3, "damaged"),
        (json!({"huge_body": 70_000_000}), 1, "larger than 64 MiB"),
        (json!({"oversized_header": 200_000}), 1, "header"),
        (json!({"link": "outside"}), 1, "outside /api/v1/"),
        (json!({"link": "repeat"}), 1, "already"),
        (
            json!({"status": 200, "body": "<html>"}),
            1,
            "cannot be used",
        ),
        (
            json!({"status": 200, "body": {"a": 1}}),
            1,
            "cannot be used",
        ),
        (
            json!({"status": 200, "body": [{"status": "ACTIVE", "profile": {}}]}),
            1,
            "without id",
        ),
    ] {
        let scene = Servers::new(world());
        let mut fault = fault;
        fault["path"] = json!("/users?");
        scene.sim.fault(fault.clone());
        let error = scene.members().expect_err(&fault.to_string());
        assert_eq!(error.exit_code(), 1);
        let text = error.to_string();
        let start = format!("GET {}/api/v1/groups/", scene.sim.okta_host());
        assert!(
            text.starts_with(&start) && text.contains(told),
            "{fault}: {text}"
        );
        assert!(!text.contains('\n') && text.len() < 900, "{text}");
        assert_eq!(scene.sim.requests().len(), 1 + tries, "{fault}: {text}");
    }
}

#[test]
fn an_echoed_secret_stays_hidden() {
    let scene = Servers::new(world());
    scene
        .sim
        .fault(json!({"service": "okta", "echo_authorization": 401}));
    let error = format!("{0} {0:?}", scene.members().unwrap_err());
    assert!(error.contains("***") && !error.contains(TOKEN), "{error}");
    scene.sim.clear_faults();
    scene
        .sim
        .fault(json!({"service": "umapi", "echo_authorization": 403}));
    let error = format!("{0} {0:?}", scene.adobe_users(Listing::All).unwrap_err());
    assert!(error.contains("403"), "{error}");
    for token in scene.sim.issued_tokens() {
        assert!(!error.contains(&token), "{error}");
    }
    let body = json!({"error": "invalid_client", "error_description": format!("{CLIENT_SECRET} {CLIENT_ID}")});
    scene.sim.clear_faults();
    scene
        .sim
        .fault(json!({"service": "token", "status": 401, "body": body}));
    let error = format!("{0} {0:?}", scene.umapi().authenticate().unwrap_err());
    assert!(error.contains("invalid_client *** ***"), "{error}");
}

#[test]
fn a_wrong_token_is_told_with_advice() {
    let scene = Servers::new(world());
    let config = OktaConfig {
        access: OktaAccess::ApiToken(Secret::new("wrong-token".into())),
        ..scene.okta_config()
    };
    let mut okta = Okta::connect(&config, &scene.transport).unwrap();
    let error = okta.list_groups().unwrap_err().to_string();
    assert!(
        error.contains("E0000011") && error.contains("check the API token"),
        "{error}"
    );
    let odd = OktaConfig {
        access: OktaAccess::ApiToken(Secret::new("wr\u{f6}ng\ntoken".into())),
        ..scene.okta_config()
    };
    let error = Okta::connect(&odd, &scene.transport).err().unwrap();
    assert_eq!(error.exit_code(), 2);
    assert!(
        !format!("{error} {error:?}").contains("wr\u{f6}ng"),
        "{error}"
    );
}
