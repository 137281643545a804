//! The readers and the sender of the library against the simulator: connections, pages, retries,
//! refusals, and what must not become visible.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use user_sync::adobe::{Listing, Marker, Mode, Outcome, Umapi};
use user_sync::config::{Connection, OktaAccess, OktaConfig, OrgConfig};
use user_sync::error::Error;
use user_sync::http::{Effect, Transport};
use user_sync::model::command::{Command, IfExists, Step, Subject};
use user_sync::model::names::AdobeName;
use user_sync::model::{AdobeOrg, IdentityType};
use user_sync::okta::{Group, Lookup, Okta};
use user_sync::os::secret::Secret;
use user_sync::record::{Json, Record, Wanted};
use user_sync::text::Texts;

use crate::sim::{Service, Sim};

const TOKEN: &str = "00R_test-Secret_okta-token";
const CLIENT_ID: &str = "cid-primary-0001";
const CLIENT_SECRET: &str = "p8e-Secret-primary-77aa";
const ORG: &str = "A1B2@AdobeOrg";

/// Seven people in one group, three a page; five Adobe users, two a page.
fn world() -> Value {
    let ids: Vec<String> = (1..=7).map(|number| format!("u{number}")).collect();
    let user = |id: &String| {
        let login = format!("{id}@x.com");
        json!({"profile": {"login": login, "email": login, "n": 3}})
    };
    let users: serde_json::Map<String, Value> =
        ids.iter().map(|id| (id.clone(), user(id))).collect();
    let mut groups = vec![
        json!({"name": "Team", "members": ids}),
        json!({"name": "Hidden", "members": [], "searchable": false}),
        json!({"name": "Twice", "members": [], "id": "00g1", "type": "APP_GROUP"}),
        json!({"name": "Twice", "members": [], "id": "00g2", "type": "APP_GROUP"}),
        json!({"name": "Own", "members": [], "id": "00g3", "type": "APP_GROUP"}),
        json!({"name": "Own", "members": [], "id": "00g4", "type": "OKTA_GROUP"}),
        json!({"name": "A \"quoted\" \\ +&#% name", "members": []}),
    ];
    groups.extend((0..30).map(|number| json!({"name": format!("Team {number}"), "members": []})));
    let account =
        |name: &str, groups: Value| json!({"email": format!("{name}@x.com"), "groups": groups});
    json!({
        "okta": {"token": TOKEN, "page_cap": 3, "users": users, "groups": groups},
        "adobe": {"orgs": {ORG: {
            "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "page_size": 2,
            "groups": ["P", "Q", "a/b", "Empty"],
            "users": [
                account("a", json!(["P", "Q"])), account("b", json!(["P"])), account("c", json!(["P", "a/b"])),
                {"email": "b@x.com", "type": "adobeID", "groups": ["Q"]}, account("d", json!([])),
            ],
        }}},
    })
}

struct Scene {
    sim: Sim,
    transport: Transport,
    timeout: Duration,
    retries: u32,
}

impl Scene {
    fn new(world: Value) -> Scene {
        let sim = Sim::start(world);
        let ca = sim.ca_pem().into_os_string();
        let transport = Transport::from_variables(&|name| match name {
            "SSL_CERT_FILE" => Some(ca.clone()),
            "USER_SYNC_MAX_WAIT" => Some(OsString::from("0.01")),
            _ => None,
        });
        Scene {
            sim,
            transport: transport.unwrap(),
            timeout: Duration::from_secs(30),
            retries: 2,
        }
    }

    fn connection(&self) -> Connection {
        Connection {
            timeout: self.timeout,
            retries: self.retries,
            ssl_verify: true,
        }
    }

    fn okta_config(&self) -> OktaConfig {
        OktaConfig {
            file: "connector-okta.yml".into(),
            host: self.sim.okta_host(),
            access: OktaAccess::ApiToken(Secret::new(format!(" {TOKEN}\n"))),
            group_filter_format: None,
            filter: String::new(),
            filter_is_set: false,
            filter_line: None,
            identity_type: None,
            formats: Default::default(),
            page_size: 1000,
            rate_limit_reserve: 10.0,
            connection: self.connection(),
            credentials: Vec::new(),
        }
    }

    fn okta(&self) -> Okta {
        Okta::connect(&self.okta_config(), &self.transport).unwrap()
    }

    fn umapi_at(&self, host: String, secret: &str) -> Umapi {
        let config = OrgConfig {
            name: None,
            file: "connector-umapi.yml".into(),
            org_id: ORG.into(),
            client_id: Secret::new(CLIENT_ID.into()),
            client_secret: Secret::new(secret.into()),
            host,
            endpoint: "/v2/usermanagement".into(),
            auth_host: self.sim.umapi_host(),
            auth_endpoint: "/ims/token/v2".into(),
            pace: Default::default(),
            batch_group_changes: false,
            connection: self.connection(),
            credentials: Vec::new(),
        };
        Umapi::connect(&config, &self.transport).unwrap()
    }

    fn umapi(&self) -> Umapi {
        self.umapi_at(self.sim.umapi_host(), CLIENT_SECRET)
    }

    /// The logins of the members of the group `Team`.
    fn members(&self) -> Result<Vec<String>, Error> {
        let mut okta = self.okta();
        let group = match okta.find_groups(&["Team".into()])?.remove(0) {
            Lookup::Found(group) => group,
            other => panic!("{other:?}"),
        };
        let mut wanted = Wanted::default();
        let login = wanted.profile_slot("login");
        let mut logins = Vec::new();
        okta.read_members(&group, &wanted, &mut |record| {
            match record.attribute(login) {
                Some(Json::Text(text)) => logins.push(text.to_string()),
                other => panic!("{other:?}"),
            }
            Ok(())
        })?;
        logins.sort();
        Ok(logins)
    }

    fn adobe_users(&self, listing: Listing<'_>) -> Result<AdobeOrg, Error> {
        self.umapi().read_users(listing, &mut Texts::default())
    }

    fn assert_clean(&self) {
        assert!(
            self.sim.violations().is_empty(),
            "{:?}",
            self.sim.violations()
        );
    }
}

fn lookups(scene: &Scene, names: &[&str]) -> Vec<Lookup> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    scene.okta().find_groups(&names).unwrap()
}

fn user(root: &'static str, steps: Vec<Step>) -> Command {
    let subject = Subject::User {
        root,
        domain: None,
        use_adobe_id: false,
    };
    Command { subject, steps }
}

fn create(email: &'static str) -> Step {
    Step::Create {
        identity_type: IdentityType::FederatedId,
        email,
        firstname: Some("New"),
        lastname: None,
        country: Some("US"),
        if_exists: IfExists::Ignore,
    }
}

fn emails(org: &AdobeOrg) -> Vec<&str> {
    let mut emails: Vec<_> = org.users.iter().map(|user| user.email).collect();
    emails.sort_unstable();
    emails
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
        let scene = Scene::new(world);
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
    let scene = Scene::new(world());
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
    let scene = Scene::new(world());
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
    let scene = Scene::new(world());
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
    let scene = Scene::new(world());
    scene
        .sim
        .fault(json!({"service": "okta", "path": "search=", "status": 400}));
    assert!(matches!(lookups(&scene, &["Team"])[0], Lookup::Found(_)));
    scene.sim.fault(json!({"service": "okta", "status": 400}));
    assert!(scene.okta().find_groups(&["Team".into()]).is_err());
}

#[test]
fn a_check_tells_whether_the_token_is_taken() {
    let scene = Scene::new(world());
    scene.okta().check().unwrap();
    scene.sim.fault(json!({"service": "okta", "status": 403}));
    assert!(scene.okta().check().is_err());
}

#[test]
fn a_format_of_its_own_asks_with_q() {
    let scene = Scene::new(world());
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
    let scene = Scene::new(world);
    let names = scene.okta().list_groups().unwrap();
    assert!(names.iter().any(|group| group.name == "Team 29"));
    assert!(names.len() >= 37);
}

#[test]
fn a_user_is_found_by_login_or_email() {
    let scene = Scene::new(world());
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
        let scene = Scene::new(world());
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
        let scene = Scene::new(world());
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
fn a_small_body_that_grows_too_large_is_refused() {
    let mut world = world();
    world["http"] = json!({"gzip": true});
    let scene = Scene::new(world);
    scene
        .sim
        .fault(json!({"path": "/users?", "huge_body": 70_000_000}));
    let error = scene.members().unwrap_err().to_string();
    assert!(error.contains("larger than 64 MiB"), "{error}");
}

/// A proxy that knows CONNECT. It tunnels to where it is asked, or refuses with a status, and
/// tells what it was asked.
struct Proxy {
    address: std::net::SocketAddr,
    asked: std::sync::mpsc::Receiver<String>,
}

impl Proxy {
    fn start(refusal: Option<u16>) -> Proxy {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, asked) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            // Ends with the test process; one connection after the other is enough.
            while let Ok((client, _)) = listener.accept() {
                tell.send(tunnel(client, refusal)).ok();
            }
        });
        Proxy { address, asked }
    }
}

/// Serves one client in threads of its own and gives the head of its request.
fn tunnel(mut client: std::net::TcpStream, refusal: Option<u16>) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|read| read > 0) {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    if let Some(status) = refusal {
        let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
        client.write_all(answer.as_bytes()).ok();
        return head;
    }
    let target = head.split(' ').nth(1).unwrap();
    let mut server = std::net::TcpStream::connect(target).unwrap();
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::thread::spawn(move || std::io::copy(&mut server, &mut client));
    head
}

fn through(scene: &Scene, proxy: &Proxy, no_proxy: &'static str) -> Transport {
    let ca = scene.sim.ca_pem().into_os_string();
    let url = format!("http://ann:geh%40eim@{}", proxy.address);
    let transport = Transport::from_variables(&|name| match name {
        "SSL_CERT_FILE" => Some(ca.clone()),
        "https_proxy" => Some(OsString::from(&url)),
        "NO_PROXY" => Some(OsString::from(no_proxy)),
        "USER_SYNC_MAX_WAIT" => Some(OsString::from("0.01")),
        _ => None,
    });
    transport.unwrap()
}

#[test]
fn a_proxy_is_used_unless_the_host_is_excepted() {
    let mut scene = Scene::new(world());
    let proxy = Proxy::start(None);
    scene.transport = through(&scene, &proxy, "elsewhere.example");
    assert_eq!(scene.members().unwrap().len(), 7);
    let head = proxy.asked.recv_timeout(Duration::from_secs(10)).unwrap();
    let start = format!("CONNECT {} HTTP/1.1", scene.sim.okta_host());
    assert!(head.starts_with(&start), "{head}");
    // "ann:geh@eim" in base64.
    assert!(
        head.contains("Proxy-Authorization: Basic YW5uOmdlaEBlaW0="),
        "{head}"
    );
    scene.transport = through(&scene, &proxy, "localhost");
    assert_eq!(scene.members().unwrap().len(), 7);
    assert!(proxy.asked.try_recv().is_err());
}

#[test]
fn a_proxy_that_refuses_is_never_gone_around() {
    for (status, tries) in [(407, 1), (503, 3)] {
        let mut scene = Scene::new(world());
        let proxy = Proxy::start(Some(status));
        scene.transport = through(&scene, &proxy, "");
        let error = scene.members().unwrap_err().to_string();
        assert!(
            error.contains("proxy") && error.contains(&status.to_string()),
            "{error}"
        );
        assert!(!error.contains("eim"), "{error}");
        for _ in 0..tries {
            proxy.asked.recv_timeout(Duration::from_secs(10)).unwrap();
        }
        assert!(proxy.asked.try_recv().is_err());
        assert!(scene.sim.requests().is_empty());
    }
}

#[test]
fn a_next_link_to_another_host_is_followed_on_the_configured_one() {
    let scene = Scene::new(world());
    scene
        .sim
        .fault(json!({"path": "/users?", "link": "other_host"}));
    assert_eq!(scene.members().unwrap().len(), 7);
    scene.assert_clean();
}

#[test]
fn a_server_that_hangs_is_not_waited_for_longer_than_configured() {
    let mut scene = Scene::new(world());
    (scene.timeout, scene.retries) = (Duration::from_millis(300), 1);
    scene.sim.fault(json!({"path": "/users?", "hang": true}));
    let start = Instant::now();
    let error = scene.members().unwrap_err().to_string();
    assert!(error.contains("timed out (after 2 tries)"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_echoed_secret_stays_hidden() {
    let scene = Scene::new(world());
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
    let scene = Scene::new(world());
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

#[test]
fn an_unknown_certificate_is_refused_unless_told_otherwise() {
    let mut scene = Scene::new(world());
    scene.transport = Transport::from_variables(&|_| None).unwrap();
    let error = scene.members().unwrap_err().to_string();
    assert!(
        error.contains("certificate") && error.contains("SSL_CERT_FILE"),
        "{error}"
    );
    assert!(scene.sim.requests().is_empty());
    let mut config = scene.okta_config();
    config.connection.ssl_verify = false;
    let mut okta = Okta::connect(&config, &scene.transport).unwrap();
    assert!(!okta.list_groups().unwrap().is_empty());
}

#[test]
fn the_reserve_of_the_rate_limit_is_left_to_others() {
    let mut world = world();
    world["okta"]["rate_limit"] = json!({"limit": 1000, "window": 60});
    let scene = Scene::new(world);
    let waited = |reserve| {
        let config = OktaConfig {
            rate_limit_reserve: reserve,
            ..scene.okta_config()
        };
        let mut okta = Okta::connect(&config, &scene.transport).unwrap();
        okta.list_groups().unwrap();
        okta.list_groups().unwrap();
        okta.statistics()
    };
    assert_eq!(waited(10.0).waited, Duration::ZERO);
    let statistics = waited(100.0);
    assert!(statistics.waited >= Duration::from_millis(10));
    assert_eq!((statistics.requests, statistics.retries), (2, 0));
}

#[test]
fn adobe_users_come_whole_with_one_token_and_markers() {
    let scene = Scene::new(world());
    let org = scene.adobe_users(Listing::All).unwrap();
    assert_eq!(
        emails(&org),
        ["a@x.com", "b@x.com", "b@x.com", "c@x.com", "d@x.com"]
    );
    let a = org
        .users
        .iter()
        .find(|user| user.email == "a@x.com")
        .unwrap();
    assert_eq!(org.group_lists.get(a.groups).len(), 2);
    let pages = scene.sim.requests_of(Service::Umapi);
    let markers: Vec<_> = pages.iter().map(|page| page.header("pragma")).collect();
    assert_eq!(
        markers,
        [Some("umapi-sync-start"), None, Some("umapi-sync-end")]
    );
    assert!(
        pages[0]
            .target
            .ends_with("/users/A1B2@AdobeOrg/0?directOnly=true")
    );
    assert_eq!(scene.sim.requests_of(Service::Token).len(), 1);
    assert_eq!(scene.sim.connections(Service::Umapi), 1);
    scene.assert_clean();
}

#[test]
fn members_of_adobe_groups_are_read_once_each() {
    let scene = Scene::new(world());
    let groups = ["P", "Q", "a/b", "Nope", "Empty"].map(str::to_owned);
    let org = scene.adobe_users(Listing::Groups(&groups)).unwrap();
    assert_eq!(emails(&org), ["a@x.com", "b@x.com", "b@x.com", "c@x.com"]);
    assert!(
        org.users
            .iter()
            .all(|user| !org.group_lists.get(user.groups).is_empty())
    );
    let requests = scene.sim.requests_of(Service::Umapi);
    assert!(
        requests
            .iter()
            .any(|request| request.target.contains("/0/a%2Fb?"))
    );
    scene.assert_clean();
}

#[test]
fn a_page_that_fails_ends_the_reading_of_adobe() {
    for (fault, told) in [
        (json!({"status": 404}), "404"),
        (
            json!({"status": 404, "body": {"result": "error.org.not_found", "message": "m"}}),
            "error.org.not_found m",
        ),
        (json!({"status": 503}), "503"),
        (json!({"truncate": true}), "cannot be used"),
        (
            json!({"status": 200, "body": {"lastPage": true, "result": "success"}}),
            "no list of users",
        ),
        (
            json!({"status": 200, "body": {"lastPage": true, "result": "error.x", "users": []}}),
            "error.x",
        ),
        (json!({"close": "middle"}), "before the answer was whole"),
    ] {
        let scene = Scene::new(world());
        let mut fault = fault;
        fault["path"] = json!("/users/*/1?");
        scene.sim.fault(fault.clone());
        let error = scene
            .adobe_users(Listing::All)
            .expect_err(&fault.to_string());
        let text = error.to_string();
        assert!(
            text.contains("/users/A1B2@AdobeOrg/1: ") && text.contains(told),
            "{fault}: {text}"
        );
    }
}

#[test]
fn adobe_groups_end_in_both_ways() {
    for past_end in [json!(null), json!("not_found")] {
        let mut world = world();
        world["adobe"]["orgs"][ORG]["group_page_size"] = json!(2);
        if past_end.is_string() {
            world["adobe"]["orgs"][ORG]["groups_past_end"] = past_end;
        }
        let scene = Scene::new(world);
        let groups = scene.umapi().read_groups().unwrap();
        let names: Vec<_> = groups.iter().map(|group| group.name.as_str()).collect();
        for name in ["P", "Q", "a/b", "Empty"] {
            assert_eq!(
                names.iter().filter(|known| **known == name).count(),
                1,
                "{names:?}"
            );
        }
        scene.assert_clean();
    }
}

#[test]
fn one_adobe_user_is_found_or_not() {
    let scene = Scene::new(world());
    let mut umapi = scene.umapi();
    let mut texts = Texts::default();
    let mut found = |name| {
        let found = umapi.find_users(&[AdobeName::Email(name)], &mut texts);
        emails(&found.unwrap()).join(" ")
    };
    assert_eq!(found("C@x.com"), "c@x.com");
    assert_eq!(found("nobody@x.com"), "");
    scene.assert_clean();
}

#[test]
fn commands_are_carried_out_and_their_outcomes_told() {
    let scene = Scene::new(world());
    let mut umapi = scene.umapi();
    let new = user("new@x.com", vec![create("new@x.com"), Step::Add(vec!["P"])]);
    let bad = user(
        "a@x.com",
        vec![Step::Remove(vec!["Q"]), Step::Add(vec!["Nope"])],
    );
    let gone = user("nobody@x.com", vec![Step::Remove(vec!["P"])]);
    let entries = [("action_1", &new), ("action_2", &bad), ("action_3", &gone)];
    let outcomes = umapi
        .send(&entries, Mode::Live, Some(Marker::Start))
        .unwrap();
    assert_eq!(outcomes[0], Outcome::Done);
    assert!(
        matches!(&outcomes[1], Outcome::Rejected(why) if why[0].is_group_not_found() && why[0].step == Some(1)),
        "{outcomes:?}"
    );
    assert!(
        matches!(&outcomes[2], Outcome::AlreadySo(_)),
        "{outcomes:?}"
    );
    let request = scene.sim.requests_of(Service::Umapi).remove(0);
    assert_eq!(request.header("pragma"), Some("umapi-sync-start"));
    assert_eq!(request.target, "/v2/usermanagement/action/A1B2@AdobeOrg");
    assert!(scene.sim.state().to_string().contains("new@x.com"));
    scene.assert_clean();
}

#[test]
fn test_mode_changes_nothing() {
    let scene = Scene::new(world());
    let before = scene.sim.state();
    let new = user("new@x.com", vec![create("new@x.com"), Step::Add(vec!["P"])]);
    let outcomes = scene
        .umapi()
        .send(&[("action_1", &new)], Mode::Test, None)
        .unwrap();
    assert_eq!(outcomes, [Outcome::Done]);
    assert_eq!(scene.sim.state(), before);
    let request = scene.sim.requests_of(Service::Umapi).remove(0);
    assert!(request.target.ends_with("?testOnly=true") && request.header("pragma").is_none());
}

#[test]
fn a_token_that_ends_is_renewed() {
    let mut world = world();
    world["adobe"]["token_uses"] = json!(1);
    let scene = Scene::new(world);
    let org = scene.adobe_users(Listing::All).unwrap();
    assert_eq!(org.users.len(), 5);
    assert!(scene.sim.issued_tokens().len() >= 3);
    let mut short = self::world();
    short["adobe"]["expires_in"] = json!(30);
    let scene = Scene::new(short);
    scene.adobe_users(Listing::All).unwrap();
    assert_eq!(scene.sim.requests_of(Service::Token).len(), 3);
}

#[test]
fn refused_credentials_are_told_with_advice() {
    let scene = Scene::new(world());
    let mut umapi = scene.umapi_at(scene.sim.umapi_host(), "wrong-secret");
    let error = umapi.authenticate().unwrap_err().to_string();
    assert!(
        error.contains("/ims/token/v2: ") && error.contains("client_secret"),
        "{error}"
    );
    assert!(!error.contains("wrong-secret"), "{error}");
    scene.sim.fault(json!({"service": "umapi", "status": 401}));
    let error = scene.adobe_users(Listing::All).unwrap_err().to_string();
    assert!(error.contains("401") && error.contains("org_id"), "{error}");
    assert_eq!(scene.sim.requests_of(Service::Umapi).len(), 2);
}

#[test]
fn a_repeated_post_does_no_harm() {
    for fault in [
        json!({"close": "executed", "nth": 1}),
        json!({"truncate": true, "nth": 1}),
        json!({"status": 200, "body": "", "nth": 1}),
        json!({"status": 503, "nth": 1}),
        json!({"status": 401, "nth": 1}),
    ] {
        let scene = Scene::new(world());
        let mut fault = fault;
        fault["path"] = json!("/action/");
        scene.sim.fault(fault.clone());
        let new = user("new@x.com", vec![create("new@x.com"), Step::Add(vec!["P"])]);
        let outcomes = scene.umapi().send(&[("action_1", &new)], Mode::Live, None);
        assert_eq!(outcomes.unwrap(), [Outcome::Done], "{fault}");
        assert_eq!(scene.sim.requests_of(Service::Umapi).len(), 2, "{fault}");
    }
}

#[test]
fn a_post_that_fails_says_whether_it_may_have_been_carried_out() {
    let none = user("a@x.com", vec![Step::RemoveAll]);
    for (fault, effect) in [
        (
            json!({"status": 400, "body": {"errorMessage": "m"}}),
            Effect::None,
        ),
        (json!({"status": 401}), Effect::None),
        (json!({"status": 403}), Effect::None),
        (json!({"status": 429}), Effect::None),
        (json!({"status": 429, "retry_after": 8000}), Effect::None),
        (json!({"status": 503}), Effect::None),
        (json!({"status": 500}), Effect::Unknown),
        (json!({"status": 504}), Effect::Unknown),
        (json!({"close": "before"}), Effect::Unknown),
        (json!({"close": "executed"}), Effect::Unknown),
        (json!({"truncate": true}), Effect::Unknown),
        (json!({"hang": true}), Effect::Unknown),
    ] {
        let mut scene = Scene::new(world());
        (scene.timeout, scene.retries) = (Duration::from_millis(500), 1);
        let mut fault = fault;
        fault["path"] = json!("/action/");
        scene.sim.fault(fault.clone());
        let failure = scene
            .umapi()
            .send(&[("action_1", &none)], Mode::Live, None)
            .unwrap_err();
        assert_eq!(failure.effect, effect, "{fault}: {failure}");
        assert!(failure.request.starts_with("POST localhost:"), "{failure}");
    }
    // A port that nobody listens on: reserved, then given back.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("localhost:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let scene = Scene::new(world());
    let mut umapi = scene.umapi_at(host, CLIENT_SECRET);
    let failure = umapi
        .send(&[("action_1", &none)], Mode::Live, None)
        .unwrap_err();
    assert_eq!(failure.effect, Effect::None, "{failure}");
    assert!(failure.problem.contains("after 3 tries"), "{failure}");
}

#[test]
fn one_try_without_an_answer_leaves_the_effect_unknown() {
    let scene = Scene::new(world());
    scene
        .sim
        .fault(json!({"path": "/action/", "close": "before", "nth": 1}));
    scene.sim.fault(json!({"path": "/action/", "status": 403}));
    let none = user("a@x.com", vec![Step::RemoveAll]);
    let failure = scene
        .umapi()
        .send(&[("action_1", &none)], Mode::Live, None)
        .unwrap_err();
    assert_eq!(failure.effect, Effect::Unknown, "{failure}");
}

#[test]
fn the_stop_flag_ends_a_wait_between_tries() {
    let scene = Scene::new(world());
    let mut umapi = scene.umapi();
    umapi.authenticate().unwrap();
    scene.sim.fault(json!({"path": "/action/", "status": 503}));
    let stop = scene.transport.stop().flag();
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let none = user("a@x.com", vec![Step::RemoveAll]);
    let failure = umapi
        .send(&[("action_1", &none)], Mode::Live, None)
        .unwrap_err();
    assert!(failure.stopped, "{failure}");
    assert_eq!(scene.sim.requests_of(Service::Umapi).len(), 1);
}
