//! How the directory and the orgs are reached, as their connector files say it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Encoding, Formats, Found};
use crate::key::SigningKey;
use crate::model::IdentityType;
use crate::os::secret::Secret;

/// One org and how it is reached: `connector-umapi.yml`.
#[derive(Debug)]
pub struct OrgConfig {
    /// `None` for the primary org.
    pub name: Option<String>,
    pub file: PathBuf,
    pub org_id: String,
    pub client_id: Secret,
    pub client_secret: Secret,
    /// Where the credentials came from.
    pub credentials: Vec<Found>,
    /// Host, with a port where one was given.
    pub host: String,
    pub endpoint: String,
    pub auth_host: String,
    pub auth_endpoint: String,
    pub connection: Connection,
    pub pace: Pace,
    /// Memberships may go by `usergroup` commands.
    pub batch_group_changes: bool,
}

/// How many requests a minute an org is asked at most, from the start; `None`: as fast as it goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    pub actions_per_minute: Option<u32>,
    pub pages_per_minute: Option<u32>,
}

/// How a server is talked to.
#[derive(Debug, Clone)]
pub struct Connection {
    /// For one request.
    pub timeout: Duration,
    /// Further tries of a request that failed for a passing reason.
    pub retries: u32,
    pub ssl_verify: bool,
}

/// `connector-okta.yml`.
#[derive(Debug)]
pub struct OktaConfig {
    pub file: PathBuf,
    /// Host, with a port where one was given; no scheme, no path.
    pub host: String,
    pub access: OktaAccess,
    /// Where the credentials came from.
    pub credentials: Vec<Found>,
    /// Holds `{group}`; `None` for the default, an exact search.
    pub group_filter_format: Option<String>,
    /// Source text of `all_users_filter`.
    pub filter: String,
    /// The file sets `all_users_filter` itself (manual/safety.md#protected-people).
    pub filter_is_set: bool,
    /// Line of `all_users_filter`, where it is known.
    pub filter_line: Option<usize>,
    pub identity_type: Option<IdentityType>,
    pub formats: Formats,
    pub page_size: u32,
    /// Share of Okta's rate limit left for others, in percent.
    pub rate_limit_reserve: f64,
    pub connection: Connection,
}

/// Who we are to Okta.
#[derive(Debug)]
pub enum OktaAccess {
    ApiToken(Secret),
    ServiceApp(ServiceApp),
}

/// A service app of the tenant: it proves with a private key who it is.
#[derive(Debug, Clone)]
pub struct ServiceApp {
    pub client_id: String,
    pub key: Arc<SigningKey>,
    /// The `kid` that is sent; `None` if none is known.
    pub key_id: Option<String>,
    /// At least one.
    pub scopes: Vec<String>,
}

/// The CSV directory: `connector-csv.yml` and the file to read.
#[derive(Debug)]
pub struct CsvConfig {
    pub users_file: PathBuf,
    pub delimiter: u8,
    pub encoding: Encoding,
    pub columns: CsvColumns,
    pub identity_type: Option<IdentityType>,
}

/// The column names of the CSV directory.
#[derive(Debug, Clone)]
pub struct CsvColumns {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub country: String,
    pub groups: String,
    pub username: String,
    pub domain: String,
    pub identity_type: String,
    /// Other names of a person, split at commas.
    pub alias: Option<String>,
}

impl CsvColumns {
    /// All of them.
    pub fn names(&self) -> Vec<&str> {
        let fixed = [
            &self.email,
            &self.first_name,
            &self.last_name,
            &self.country,
            &self.groups,
            &self.username,
            &self.domain,
            &self.identity_type,
        ];
        fixed
            .into_iter()
            .chain(&self.alias)
            .map(String::as_str)
            .collect()
    }
}
