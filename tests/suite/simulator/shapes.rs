//! What the simulator shows: generated companies, and objects as Okta's have them.

use super::*;

#[test]
fn generated_people_differ_in_little_from_their_accounts() {
    let sim = Sim::generated(2000);
    let client = Client::new(&sim);
    let headers = [
        ("Authorization", "SSWS 00R_test-Secret_okta-token-9f3c"),
        ("Accept", "application/json"),
    ];
    let host = sim.okta_host();
    let groups = body_of(
        client
            .get(&format!("https://{host}/api/v1/groups"), &headers)
            .unwrap(),
    );
    let counts = groups.as_array().unwrap().iter().map(|group| {
        let mut url = Some(format!(
            "{}?limit=1000",
            group["_links"]["users"]["href"].as_str().unwrap()
        ));
        let mut count = 0;
        while let Some(asked) = url {
            let answer = client.get(&asked, &headers).unwrap();
            let next = links(&answer)
                .into_iter()
                .find(|link| link.contains("rel=\"next\""));
            url = next.map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
            count += body_of(answer).as_array().unwrap().len();
        }
        count
    });
    assert_eq!(counts.collect::<Vec<usize>>(), [2000, 760, 400]);
    let state = sim.state();
    let users = state["A1B2C3D4E5F6@AdobeOrg"]["users"].as_array().unwrap();
    assert_eq!(users.len(), 2000);
    let left = users
        .iter()
        .filter(|user| user["email"].as_str().unwrap().starts_with("left"));
    assert_eq!(left.count(), 2);
}

/// The names of a JSON object's members, in their order.
fn members(text: &str) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'de> serde::de::Visitor<'de> for Names {
        type Value = Vec<String>;
        fn expecting(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
            to.write_str("an object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(
            mut self,
            mut map: A,
        ) -> Result<Vec<String>, A::Error> {
            while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                self.0.push(name);
            }
            Ok(self.0)
        }
    }
    let mut parser = serde_json::Deserializer::from_str(text);
    serde::Deserializer::deserialize_map(&mut parser, Names(Vec::new())).unwrap()
}

#[test]
fn objects_have_the_members_of_oktas_in_their_order() {
    let scene = Scene::new(world());
    let text = |path: &str| {
        scene
            .okta(path)
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap()
    };
    let team = scene.team();
    let person = "id status created activated statusChanged lastLogin lastUpdated passwordChanged \
                  type profile credentials _links";
    let group = "id created lastUpdated lastMembershipUpdated objectClass type profile _links";
    let error = "errorCode errorSummary errorLink errorId errorCauses";
    let cases = [
        (format!("groups/{team}/users?limit=1"), person),
        ("groups?q=Hidden".to_owned(), group),
        ("groups/none".to_owned(), error),
    ];
    for (path, expected) in cases {
        let own = members(text(&path).trim_start_matches('['));
        assert_eq!(
            own,
            expected.split_whitespace().collect::<Vec<_>>(),
            "{path}"
        );
    }
}
