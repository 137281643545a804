//! `connector-umapi.yml`: one org and how it is reached (manual/configuration.md#adobe-connector).

use std::time::Duration;

use super::credential::{self, Form, Found, Outside, Wanted};
use super::item::Item;
use super::reader::Reader;
use super::section::Section;
use super::{Connection, OrgConfig, Pace, server};
use crate::error::misplaced;
use crate::os::secret::Secret;

/// Old keys of JWT, without their secure forms.
const JWT_KEYS: [&str; 5] = [
    "tech_acct_id",
    "tech_acct",
    "priv_key_path",
    "priv_key_data",
    "priv_key_pass",
];

const TOP_KEYS: [&str; 8] = [
    "authentication_method",
    "enterprise",
    "server",
    "ssl_verify",
    "uses_business_id",
    "batch_group_changes",
    "trusted",
    "logger_name",
];

const SERVER_KEYS: [&str; 9] = [
    "host",
    "endpoint",
    "auth_host",
    "auth_endpoint",
    "timeout",
    "retries",
    "ssl_verify",
    "actions_per_minute",
    "pages_per_minute",
];

const OLD_SERVER_KEYS: [&str; 2] = ["ims_host", "ims_endpoint_jwt"];

/// Reads the files of one org, merged key by key. Problems are left with the readers.
pub(super) fn read(
    name: Option<String>,
    readers: &[Reader],
    outside: &Outside,
) -> Option<OrgConfig> {
    let top = Section::open(readers.iter().map(Reader::root).collect(), &TOP_KEYS);
    top.flag("trusted");
    if let Some(item) = top.get("uses_business_id") {
        item.flag();
        item.warn("is obsolete and has no effect; remove it");
    }
    let enterprise = Enterprise::read(&top, outside);
    let section = top.section_with_old("server", &SERVER_KEYS, &OLD_SERVER_KEYS);
    let server = Server::read(&section);
    let default = Connection {
        timeout: Duration::from_secs(120),
        retries: 3,
        ssl_verify: ssl_verify(&top, &section),
    };
    let connection = server::connection(&section, default);
    let per_minute = |key| section.read(key, |item| item.whole(1..=u32::MAX));
    let pace = Pace {
        actions_per_minute: per_minute("actions_per_minute"),
        pages_per_minute: per_minute("pages_per_minute"),
    };
    let batch_group_changes = top.flag("batch_group_changes").unwrap_or(false);
    let (enterprise, server, first) = (enterprise?, server?, readers.first()?);
    Some(OrgConfig {
        name,
        file: first.file().to_owned(),
        org_id: enterprise.org_id,
        client_id: enterprise.client_id,
        client_secret: enterprise.client_secret,
        credentials: enterprise.found,
        host: server.host,
        endpoint: server.endpoint,
        auth_host: server.auth_host,
        auth_endpoint: server.auth_endpoint,
        connection,
        pace,
        batch_group_changes,
    })
}

/// How the file says that it identifies itself to Adobe.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    OAuth,
    Jwt,
    /// JWT, UST's default, if there are keys of it.
    Unsaid,
}

const MOVE_TO_OAUTH: &str = "is for JWT, which Adobe has switched off. Add an OAuth \
                             server-to-server credential to the project in the Adobe Developer \
                             Console, put its client id and client secret into \
                             enterprise.client_id and enterprise.client_secret, remove tech_acct_id \
                             and the priv_key keys, and say authentication_method: oauth";

fn read_method(top: &Section<'_>) -> Method {
    let Some(item) = top.get("authentication_method") else {
        return Method::Unsaid;
    };
    let Some(word) = item.text() else {
        return Method::OAuth;
    };
    match word.trim().to_lowercase().as_str() {
        "oauth" => {}
        "jwt" => {
            item.problem(MOVE_TO_OAUTH);
            return Method::Jwt;
        }
        _ => item.problem(format!("expected oauth, found {}", misplaced(&word))),
    }
    Method::OAuth
}

/// Says what to do about JWT; `None`: all else that could be said is noise.
fn refuse_jwt(method: Method, section: &Section<'_>, keys: &[String]) -> Option<()> {
    let mut of_jwt = keys.iter().filter_map(|key| section.get(key));
    match method {
        Method::OAuth => of_jwt.for_each(|item| {
            item.problem("belongs to JWT, which is no longer used with oauth; remove this key");
        }),
        // One line says it all.
        Method::Unsaid => {
            if let Some(item) = of_jwt.next() {
                return item.refuse(MOVE_TO_OAUTH);
            }
        }
        Method::Jwt => return None,
    }
    Some(())
}

/// The section `enterprise`: who we are to Adobe.
struct Enterprise {
    org_id: String,
    client_id: Secret,
    client_secret: Secret,
    found: Vec<Found>,
}

impl Enterprise {
    fn read(top: &Section<'_>, outside: &Outside) -> Option<Enterprise> {
        let own = credential::all_keys(&["client_id", "client_secret"]);
        let own = own.iter().map(String::as_str);
        let allowed: Vec<&str> = ["org_id"].into_iter().chain(own).collect();
        let (jwt, api_key) = (
            credential::all_keys(&JWT_KEYS),
            credential::all_keys(&["api_key"]),
        );
        let old: Vec<&str> = jwt.iter().chain(&api_key).map(String::as_str).collect();
        let section = top.section_with_old("enterprise", &allowed, &old);
        refuse_jwt(read_method(top), &section, &jwt)?;
        let org_id = section
            .required("org_id", "the id of the organisation, as ABC123@AdobeOrg")
            .and_then(Item::name);
        let user = org_id.clone().unwrap_or_default();
        let read = |name, old_name| {
            let wanted = Wanted {
                name,
                old_name,
                user: &user,
                form: Form::Line,
            };
            credential::read(&section, &wanted, outside)
        };
        let client_id = read("client_id", Some("api_key"));
        let client_secret = read("client_secret", None);
        let ((client_id, id_found), (client_secret, secret_found)) = (client_id?, client_secret?);
        Some(Enterprise {
            org_id: org_id?,
            client_id,
            client_secret,
            found: vec![id_found, secret_found],
        })
    }
}

/// The section `server`: where Adobe is.
struct Server {
    host: String,
    endpoint: String,
    auth_host: String,
    auth_endpoint: String,
}

impl Server {
    fn read(section: &Section<'_>) -> Option<Server> {
        let host = or(section.get("host"), "usermanagement.adobe.io", server::host);
        let endpoint = or(
            section.get("endpoint"),
            "/v2/usermanagement",
            server::endpoint,
        );
        let auth_host = section.renamed("auth_host", "ims_host");
        let auth_host = or(auth_host, "ims-na1.adobelogin.com", server::host);
        let auth_endpoint = section.renamed("auth_endpoint", "ims_endpoint_jwt");
        if let Some(item) = auth_endpoint
            && item
                .text()
                .is_some_and(|path| path.contains("/exchange/jwt"))
        {
            item.problem(
                "is the endpoint of JWT; remove this key, for that of OAuth is the default",
            );
        }
        let auth_endpoint = or(auth_endpoint, "/ims/token/v2", server::endpoint);
        Some(Server {
            host: host?,
            endpoint: endpoint?,
            auth_host: auth_host?,
            auth_endpoint: auth_endpoint?,
        })
    }
}

/// The value of a key, or its default.
fn or<'d>(
    item: Option<&Item<'d>>,
    default: &str,
    read: fn(&Item<'d>) -> Option<String>,
) -> Option<String> {
    item.map_or_else(|| Some(default.to_owned()), read)
}

/// `ssl_verify`, which may stand at the top or under `server`.
fn ssl_verify(top: &Section<'_>, server: &Section<'_>) -> bool {
    let (outer, inner) = (top.get("ssl_verify"), server.get("ssl_verify"));
    if let (Some(_), Some(inner)) = (outer, inner) {
        inner.problem("is set at the top of the file too (ssl_verify); keep one of the two");
    }
    server::ssl_verify(outer.or(inner))
}
