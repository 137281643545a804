//! The readers and the sender of the library at the simulator, where a run of the program would hide
//! what is to be seen: single calls, connections, effects of a request that failed.

use std::ffi::OsString;
use std::time::Duration;

use serde_json::{Value, json};
use user_sync::adobe::{Listing, Umapi};
use user_sync::config::{Connection, OktaAccess, OktaConfig, OrgConfig};
use user_sync::error::Error;
use user_sync::http::Transport;
use user_sync::model::AdobeOrg;
use user_sync::okta::{Lookup, Okta};
use user_sync::os::secret::Secret;
use user_sync::record::{Json, Wanted};
use user_sync::text::Texts;

use crate::sim::Sim;

pub const TOKEN: &str = "00R_test-Secret_okta-token";
pub const CLIENT_ID: &str = "cid-primary-0001";
pub const CLIENT_SECRET: &str = "p8e-Secret-primary-77aa";
pub const ORG: &str = "A1B2@AdobeOrg";

/// Seven people in one group, three a page; five Adobe users, two a page.
pub fn world() -> Value {
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

pub struct Servers {
    pub sim: Sim,
    pub transport: Transport,
    pub timeout: Duration,
    pub retries: u32,
}

impl Servers {
    pub fn new(world: Value) -> Servers {
        let sim = Sim::start(world);
        let ca = sim.ca_pem().into_os_string();
        let transport = Transport::from_variables(&|name| match name {
            "SSL_CERT_FILE" => Some(ca.clone()),
            "USER_SYNC_MAX_WAIT" => Some(OsString::from("0.01")),
            _ => None,
        });
        Servers {
            sim,
            transport: transport.unwrap(),
            timeout: Duration::from_secs(30),
            retries: 2,
        }
    }

    pub fn connection(&self) -> Connection {
        Connection {
            timeout: self.timeout,
            retries: self.retries,
            ssl_verify: true,
        }
    }

    pub fn okta_config(&self) -> OktaConfig {
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

    pub fn okta(&self) -> Okta {
        Okta::connect(&self.okta_config(), &self.transport).unwrap()
    }

    pub fn umapi_at(&self, host: String, secret: &str) -> Umapi {
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

    pub fn umapi(&self) -> Umapi {
        self.umapi_at(self.sim.umapi_host(), CLIENT_SECRET)
    }

    /// The logins of the members of the group `Team`.
    pub fn members(&self) -> Result<Vec<String>, Error> {
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

    pub fn adobe_users(&self, listing: Listing<'_>) -> Result<AdobeOrg, Error> {
        self.umapi().read_users(listing, &mut Texts::default())
    }

    pub fn assert_clean(&self) {
        assert!(
            self.sim.violations().is_empty(),
            "{:?}",
            self.sim.violations()
        );
    }
}
