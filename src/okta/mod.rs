//! Reads groups and their members from Okta.
//!
//! Whole lists or an error: a list that ends early would make people look gone. Knows no mapping,
//! no filter, and nothing of Adobe.
//!
//! | room | holds |
//! | --- | --- |
//! | `read`, `page`, `wire`, `member` | lists of groups and users, page by page |
//! | `lookup` | groups by their names |
//! | `ask` | one request, authorised, and what a refusal means |
//! | `auth`, `sign`, `refusal` | the same for a service app |

mod ask;
mod auth;
mod lookup;
mod member;
mod page;
mod read;
mod refusal;
mod sign;
#[cfg(test)]
mod tests;
mod wire;

use crate::config::{OktaAccess, OktaConfig};
use crate::error::Error;
use crate::http::{Api, Client, Server, Statistics, Transport};
use ask::Authorization;
use auth::Tokens;

pub use auth::Grant;
pub use lookup::{Group, Lookup};
pub use read::read_user;
pub use wire::member_parts;

/// The connection to one Okta tenant.
pub struct Okta {
    client: Client,
    authorization: Authorization,
    /// Whether a service app was seen to see groups.
    sees_groups: bool,
    group_filter_format: Option<String>,
    page_size: u32,
    warned_of_host: bool,
}

impl Okta {
    /// Prepares to talk to the tenant; nothing is sent yet. Fails if the token cannot stand in a
    /// header.
    pub fn connect(config: &OktaConfig, transport: &Transport) -> Result<Okta, Error> {
        let server = Server {
            host: &config.host,
            api: Api::Okta,
            logger: "okta",
            connection: &config.connection,
            rate_limit_reserve: Some(config.rate_limit_reserve),
        };
        let mut client = Client::new(transport, server);
        let authorization = match &config.access {
            OktaAccess::ApiToken(token) => {
                let authorization = Authorization::by_token(token, &mut client);
                authorization.map_err(|why| Error::config(&config.file, why))?
            }
            OktaAccess::ServiceApp(app) => {
                let tokens = Tokens::new(config, app, transport);
                let tokens = tokens.map_err(|why| Error::config(&config.file, why))?;
                Authorization::ServiceApp(Box::new(tokens))
            }
        };
        Ok(Okta {
            client,
            authorization,
            sees_groups: false,
            group_filter_format: config.group_filter_format.clone(),
            page_size: config.page_size,
            warned_of_host: false,
        })
    }

    /// What was sent so far, requests for tokens included.
    pub fn statistics(&self) -> Statistics {
        let own = self.client.statistics();
        match &self.authorization {
            Authorization::ApiToken(_) => own,
            Authorization::ServiceApp(tokens) => own.with(tokens.statistics()),
        }
    }

    /// As whom a service app reads, once it has a token.
    pub fn grant(&self) -> Option<Grant> {
        match &self.authorization {
            Authorization::ApiToken(_) => None,
            Authorization::ServiceApp(tokens) => tokens.grant(),
        }
    }
}

/// A host without the port of HTTPS.
fn bare(host: &str) -> &str {
    host.strip_suffix(":443").unwrap_or(host)
}
