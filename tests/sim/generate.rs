//! Large tenants by formula: `people` users of one Okta tenant in three groups,
//! and an Adobe organisation that differs in little.
//!
//! | Okta group | Adobe group | members |
//! | --- | --- | --- |
//! | Adobe Creative Cloud | Creative Cloud | all |
//! | Adobe Acrobat | Acrobat Pro | 38 of 100 |
//! | Adobe Stock | Stock | 20 of 100 |
//!
//! Of each thousand people one is missing at Adobe (joiner), one has another
//! group there (mover), and one Adobe account has no Okta user (leaver). All
//! are ACTIVE federated IDs. Nothing is held for an Okta user but its rendered
//! page; names and addresses follow from the number.

use super::org::User;
use super::people::{Formula, People};
use super::server::State;
use serde_json::{Value, json};
use std::sync::Arc;

const ORG: &str = "A1B2C3D4E5F6@AdobeOrg";
const GROUPS: [(&str, &str); 3] = [
    ("Adobe Creative Cloud", "Creative Cloud"),
    ("Adobe Acrobat", "Acrobat Pro"),
    ("Adobe Stock", "Stock"),
];

/// A world with the users and groups that its `generate` stands for written out.
pub(super) fn expanded(mut world: Value) -> Value {
    let Some(generate) = world.as_object_mut().and_then(|all| all.remove("generate")) else {
        return world;
    };
    let count = generate["n"].as_u64().unwrap_or(0);
    let domain = generate["domain"].as_str().unwrap_or("example.com");
    let uid = |number: u64| format!("user{number:06}");
    for number in 0..count {
        let address = format!("{}@{domain}", uid(number));
        world["okta"]["users"][uid(number)] = json!({"profile": {
            "firstName": format!("First{number}"), "lastName": format!("Last{number}"),
            "login": address, "email": address, "countryCode": "US",
        }});
    }
    for group in generate["groups"].as_array().into_iter().flatten() {
        let each = group["mod"].as_u64().unwrap_or(1).max(1);
        let members = (0..count).filter(|number| number % each == 0).map(uid);
        let group = json!({"name": group["name"], "members": members.collect::<Vec<_>>()});
        if let Some(groups) = world["okta"]["groups"].as_array_mut() {
            groups.push(group);
        }
    }
    world
}

/// The world around the people: names, credentials, and `http`, `faults` as given.
pub(super) fn world(people: usize, given: &Value) -> Value {
    let okta_groups: Vec<Value> = GROUPS
        .iter()
        .map(|(okta, _)| json!({"name": okta, "members": []}))
        .collect();
    let adobe_groups: Vec<&str> = GROUPS.iter().map(|(_, adobe)| *adobe).collect();
    json!({
        "okta": {"token": "00R_test-Secret_okta-token-9f3c", "groups": okta_groups, "users": {}},
        "adobe": {"orgs": {ORG: {
            "client_id": "cid-primary-0001", "client_secret": "p8e-Secret-primary-77aa",
            "users": [], "groups": adobe_groups, "generated": people,
        }}},
        "http": given["http"], "faults": given["faults"],
    })
}

/// Fills in the people, and renders the Okta pages ahead of time.
pub(super) fn fill(people: usize, state: &mut State, okta_host: &str) {
    let tenant = &mut state.tenant;
    tenant.people = People::Formula(Formula {
        count: people,
        email,
        status: |_| "ACTIVE",
        profile,
    });
    for (place, group) in tenant.groups.iter_mut().enumerate() {
        let members = (0..people).filter(|number| is_in(place, *number));
        group.members = members.map(|number| number as u32).collect();
    }
    tenant.prepare_pages(okta_host);
    let Some(org) = state.adobe.org(ORG) else {
        return;
    };
    let groups: Vec<Arc<str>> = GROUPS.iter().map(|(_, adobe)| Arc::from(*adobe)).collect();
    for number in 0..people {
        // The joiner's place is taken by a leaver.
        let joiner = number % 1000 == 7;
        let moved = number % 1000 == 13;
        let email = if joiner {
            format!("left{number}@example.com")
        } else {
            email(number)
        };
        // A leaver of the joiner's names might be the joiner, whose address has changed.
        let lastname = if joiner {
            "Leaver"
        } else {
            LAST[number / 7 % LAST.len()]
        };
        let own = (0..3).filter(|place| is_in(*place, number) != (moved && *place == 2));
        org.insert(User {
            username: Some(email.clone()),
            email,
            domain: Some("example.com".to_owned()),
            kind: "federatedID".to_owned(),
            firstname: Some(FIRST[number % FIRST.len()].to_owned()),
            lastname: Some(lastname.to_owned()),
            country: Some("US".to_owned()),
            groups: own.map(|place| Arc::clone(&groups[place])).collect(),
            status: None,
        });
    }
    org.prepare_pages();
}

fn is_in(group: usize, number: usize) -> bool {
    match group {
        0 => true,
        1 => number % 100 < 38,
        _ => number % 5 == 4,
    }
}

const FIRST: [&str; 8] = [
    "Ada", "Bo", "Carla", "Dmitri", "Eve", "Farid", "Grace", "Hana",
];
const LAST: [&str; 7] = [
    "Adams", "Berg", "Costa", "Dubois", "Ek", "Fischer", "Garcia",
];

fn email(number: usize) -> String {
    format!("person{number:07}@example.com")
}

/// A profile as full as those of real tenants.
fn profile(number: usize) -> String {
    let email = email(number);
    format!(
        "{{\"firstName\":\"{}\",\"lastName\":\"{}\",\"mobilePhone\":null,\"secondEmail\":null,\
         \"countryCode\":\"US\",\"department\":\"Department {}\",\"division\":\"Division {}\",\
         \"employeeNumber\":\"{number:07}\",\"organization\":\"Example Company\",\
         \"costCenter\":\"{}\",\"title\":\"Title {}\",\"city\":\"New York\",\"locale\":\"en_US\",\"userType\":\"Employee\",\
         \"login\":\"{email}\",\"email\":\"{email}\"}}",
        FIRST[number % FIRST.len()],
        LAST[number / 7 % LAST.len()],
        number % 40,
        number % 9,
        1000 + number % 300,
        number % 25,
    )
}
