//! What Adobe allows a client a minute, by kind of request (manual/requests.md#pacing).

use crate::config::OrgConfig;
use crate::http::{Quota, QuotaRule, Transport};

/// Action requests of a client that Adobe allows in a minute.
pub const ACTIONS_PER_MINUTE: usize = 10;

pub(super) struct Quotas {
    pub(super) actions: Quota,
    pub(super) user_pages: Quota,
    pub(super) group_pages: Quota,
    pub(super) single_users: Quota,
}

impl Quotas {
    pub(super) fn new(config: &OrgConfig, transport: &Transport) -> Quotas {
        let quota = |what, documented, from_start: Option<u32>| {
            let rule = QuotaRule {
                what,
                documented,
                from_start: from_start.and_then(|number| usize::try_from(number).ok()),
            };
            transport.quota(&config.client_id, rule)
        };
        let (actions, pages) = (config.pace.actions_per_minute, config.pace.pages_per_minute);
        Quotas {
            actions: quota("action requests", ACTIONS_PER_MINUTE, actions),
            user_pages: quota("pages of users", 25, pages),
            group_pages: quota("pages of groups", 5, pages),
            single_users: quota("single users", 25, pages),
        }
    }
}
