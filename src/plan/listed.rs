//! Adobe-only users from a list instead of a comparison: `--adobe-only-user-list`
//! (manual/rules.md#the-list-file).
//!
//! Nothing was read from directory or Adobe. Knows rows, not the file they came from.

use std::collections::HashSet;

use crate::config::{Config, Limit};
use crate::error::quoted;
use crate::model::names::Names;
use crate::model::notice::Notice;
use crate::model::why::UserWhy;
use crate::model::{IdentityType, OrgId};
use crate::plan::draft::{Draft, Whom};
use crate::plan::matching::excluded_username;
use crate::plan::{
    HeldBackBy, HeldRule, OrgPlan, Plan, Reason, adobe_only_kind, adobe_only_step, commands, limits,
};
use crate::text::{self, Text, Texts};

/// A row of the list, as written; a column that the file lacks is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Row<'r> {
    pub identity_type: &'r str,
    pub username: &'r str,
    pub email: &'r str,
    pub domain: &'r str,
    /// The org's name; empty for the primary one.
    pub umapi: &'r str,
}

/// One row of the list of Adobe-only users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedUser {
    /// `None`: the list does not say.
    pub identity_type: Option<IdentityType>,
    pub names: Names,
    pub org: OrgId,
}

impl ListedUser {
    /// Reads a row; the error says what is wrong with it.
    pub fn parse(config: &Config, row: &Row, texts: &mut Texts) -> Result<ListedUser, String> {
        let [username, email, domain] = [row.username, row.email, row.domain].map(str::trim);
        if username.is_empty() && email.is_empty() {
            return Err("neither username nor email is given".to_owned());
        }
        // Adobe reports success for somebody whom it does not know.
        if !email.is_empty() && !text::is_address(email) {
            return Err(format!("email {} is no e-mail address", quoted(email)));
        }
        if email.is_empty() && !username.contains('@') && domain.is_empty() {
            return Err(format!(
                "username {} is no e-mail and has no domain",
                quoted(username)
            ));
        }
        let identity_type = match row.identity_type.trim() {
            "" => None,
            word => Some(
                IdentityType::parse(word)
                    .ok_or_else(|| format!("type {} is no identity type", quoted(word)))?,
            ),
        };
        let email = texts.keep(email);
        Ok(ListedUser {
            identity_type,
            org: find_org(config, row.umapi)?,
            names: Names {
                email,
                username: if username.is_empty() {
                    email
                } else {
                    texts.keep(username)
                },
                domain: texts.share(domain),
            },
        })
    }

    /// How it is addressed: by e-mail if one is given, else by username and domain.
    fn subject(&self) -> crate::model::command::Subject {
        let identity_type = self.identity_type.unwrap_or(IdentityType::FederatedId);
        match self.names.email {
            "" => commands::by_username(self.names.username, self.names.domain, identity_type),
            email => commands::by_username(email, "", identity_type),
        }
    }

    /// What makes two rows the same person.
    fn key(&self) -> (bool, String, String) {
        let adobe_id = self.identity_type == Some(IdentityType::AdobeId);
        match self.names.email {
            "" => {
                let domain = if self.names.username.contains('@') {
                    String::new()
                } else {
                    text::key(self.names.domain)
                };
                (adobe_id, text::key(self.names.username), domain)
            }
            email => (adobe_id, text::key(email), String::new()),
        }
    }
}

fn find_org(config: &Config, name: &str) -> Result<OrgId, String> {
    let name = name.trim();
    if name.is_empty() {
        return Ok(OrgId::PRIMARY);
    }
    let known = |org: &crate::config::OrgConfig| {
        org.name
            .as_deref()
            .is_some_and(|known| text::same(known, name))
    };
    let place = config.orgs.iter().position(known);
    place
        .map(OrgId::of)
        .ok_or_else(|| format!("umapi {} is no configured org", quoted(name)))
}

/// Applies the action to the listed users, within the limit.
pub fn build(config: &Config, users: &[ListedUser]) -> Plan {
    let mut plan = Plan::default();
    let no_step = |org| {
        adobe_only_kind(config, org)
            .and_then(adobe_only_step)
            .is_none()
    };
    if no_step(OrgId::PRIMARY) {
        plan.notices.push(Notice::info(
            "this action does nothing to listed users; the list of Adobe-only users is not used",
        ));
        return plan;
    }
    plan.notices.push(Notice::warning(
        "nothing is read from Adobe for a list: limits.max_group_loss is off",
    ));
    let users = not_excluded(config, users, &mut plan.notices);
    let people: HashSet<_> = users.iter().map(ListedUser::key).collect();
    let over = over_limit(config.limits.max_adobe_only_users, people.len());
    let of_org = |org| org_plan(config, org, &users, over.is_some());
    plan.orgs = config.sending_order().map(of_org).collect();
    match over {
        Some(text) => {
            let by = HeldBackBy::Limit(HeldRule::AdobeOnly, OrgId::PRIMARY);
            plan.hold(by, text);
        }
        None => plan.counts.adobe_only = people.len(),
    }
    plan
}

/// Exclusions by type and by `exclude_users` hold for listed users too.
fn not_excluded(
    config: &Config,
    users: &[ListedUser],
    notices: &mut Vec<Notice>,
) -> Vec<ListedUser> {
    let mut kept = Vec::with_capacity(users.len());
    for user in users {
        let types = &config.exclusions.identity_types;
        let reason = if user.identity_type.is_some_and(|kind| types.contains(&kind)) {
            "exclude_identity_types"
        } else if excluded_username(config, user.identity_type, &user.names) {
            "exclude_users"
        } else {
            kept.push(*user);
            continue;
        };
        notices.push(Notice::info(format!(
            "listed user {} is excluded by {reason}",
            person(user)
        )));
    }
    kept
}

fn over_limit(limit: Limit, count: usize) -> Option<String> {
    match limit {
        Limit::Percent(percent) if count > 0 => Some(format!(
            "{count} Adobe-only users are listed, and limits.max_adobe_only_users is a percentage ({percent}%), which cannot be worked out without reading Adobe: none of them is processed. Give a number"
        )),
        Limit::Percent(_) => None,
        Limit::Number(_) => limits::exceeds(limit, count, 0)
            .then(|| limits::adobe_only(count, &limits::allowed(limit, 0, ""))),
    }
}

fn org_plan(config: &Config, org: OrgId, users: &[ListedUser], is_held: bool) -> OrgPlan {
    let mut plan = OrgPlan::of(org);
    let mut seen = HashSet::new();
    for user in users.iter().filter(|user| user.org == org) {
        let Some(kind) = adobe_only_kind(config, org).filter(|_| seen.insert(user.key())) else {
            continue;
        };
        let draft = Draft {
            whom: Whom::Unread,
            subject: user.subject(),
            head: adobe_only_step(kind),
            reason: Reason {
                person: person(user),
                kind,
                why: Some(UserWhy::Listed),
                ..Reason::default()
            },
        };
        if is_held {
            plan.held.extend(draft.into_held(vec![HeldRule::AdobeOnly]));
        } else {
            plan.changes.extend(draft.into_changes());
        }
    }
    plan
}

fn person(user: &ListedUser) -> Text {
    match user.names.email {
        "" => user.names.username,
        email => email,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AdobeOnlyUserAction;
    use crate::plan::testing::{config, shown};

    const ROWS: [Row; 5] = [
        row("federatedID", "", "stray@x.com", "", ""),
        row("federatedID", "E1", "", "x.com", ""),
        row("adobeID", "free@x.com", "free@x.com", "", ""),
        row("", "E2", "two@x.com", "x.com", "org2"),
        row("federatedID", "", "STRAY@x.com", "", ""),
    ];

    const fn row<'r>(
        identity_type: &'r str,
        username: &'r str,
        email: &'r str,
        domain: &'r str,
        umapi: &'r str,
    ) -> Row<'r> {
        Row {
            identity_type,
            username,
            email,
            domain,
            umapi,
        }
    }

    fn users(config: &Config) -> Vec<ListedUser> {
        let mut texts = Texts::default();
        ROWS.iter()
            .map(|row| ListedUser::parse(config, row, &mut texts).unwrap())
            .collect()
    }

    fn removing() -> Config {
        let mut config = config(&["org2"]);
        config.options.adobe_only_user_action = AdobeOnlyUserAction::Remove;
        config
    }

    #[test]
    fn listed_users_are_addressed_by_email_else_by_username_and_domain() {
        let config = removing();
        let plan = build(&config, &users(&config));
        assert_eq!(
            shown(&plan),
            [
                "org2 two@x.com: leave",
                "stray@x.com: leave",
                "E1 (x.com): leave",
                "free@x.com adobeID: leave",
            ]
        );
        assert_eq!(plan.counts.adobe_only, 4);
    }

    #[test]
    fn delete_deletes_accounts_in_the_primary_org_only() {
        let mut config = removing();
        config.options.adobe_only_user_action = AdobeOnlyUserAction::Delete;
        let shown = shown(&build(&config, &users(&config)));
        assert_eq!(shown[0], "org2 two@x.com: leave");
        assert_eq!(shown[1], "stray@x.com: delete");
    }

    #[test]
    fn exclusions_hold_for_listed_users() {
        let mut config = removing();
        config.exclusions.identity_types = vec![IdentityType::AdobeId];
        config.exclusions.users = vec![script::pattern::whole("e[0-9]").unwrap()];
        let plan = build(&config, &users(&config));
        assert_eq!(shown(&plan), ["stray@x.com: leave"]);
        assert_eq!(plan.notices.len(), 4);
    }

    #[test]
    fn the_limit_holds_and_a_percentage_cannot_be_worked_out() {
        for limit in [Limit::Number(3), Limit::Percent(100.0)] {
            let mut config = removing();
            config.limits.max_adobe_only_users = limit;
            let plan = build(&config, &users(&config));
            assert!(plan.is_empty());
            assert_eq!(plan.held_back.len(), 1);
            assert!(plan.held_back[0].text.starts_with("4 Adobe-only users"));
            assert_eq!(plan.counts.adobe_only, 0);
        }
    }

    #[test]
    fn preserve_does_nothing_to_listed_users() {
        let config = config(&["org2"]);
        let plan = build(&config, &users(&config));
        assert!(plan.is_empty() && plan.held_back.is_empty());
        assert_eq!(plan.notices.len(), 1);
    }

    #[test]
    fn a_bad_row_says_why() {
        let config = removing();
        let cases = [
            (row("federatedID", "", " ", "x.com", ""), "neither"),
            (row("federatedID", "E1", "", "", ""), "no domain"),
            (
                row("federatedID", "E1", "E1", "x.com", ""),
                "no e-mail address",
            ),
            (row("", "", "a@x.com;b@x.com", "", ""), "no e-mail address"),
            (row("", "", "Ann <a@x.com>", "", ""), "no e-mail address"),
            (row("unknown", "", "a@x.com", "", ""), "identity type"),
            (row("", "", "a@x.com", "", "org9"), "org9"),
        ];
        for (row, reason) in cases {
            let problem = ListedUser::parse(&config, &row, &mut Texts::default()).unwrap_err();
            assert!(problem.contains(reason), "{problem}");
        }
    }
}
