//! A person's change in one line: `created, federatedID, SE (in Okta group "Design"); groups
//! added: Substance 3D`. The log and `history` say it so (manual/records.md#in-the-log).

use crate::model::change::{Change, GroupChange, Kind, Reason};
use crate::model::command::{Command, Step};
use crate::text::Text;

/// Whom a change is about: the newest e-mail, or the name of a user group.
pub fn person(reason: &Reason) -> Text {
    let email = reason
        .attributes
        .iter()
        .find(|change| change.attribute == "email");
    email.map_or(reason.person, |change| change.new)
}

/// What a change does, with its reasons.
pub fn sentence(change: &Change) -> String {
    let reason = &change.reason;
    let parts = account(&change.command, reason)
        .into_iter()
        .chain(groups("groups removed", &reason.removed, reason))
        .chain(groups("groups added", &reason.added, reason));
    parts.collect::<Vec<String>>().join("; ")
}

/// What happens to the account itself, if anything.
fn account(command: &Command, reason: &Reason) -> Option<String> {
    let what = match reason.kind {
        Kind::GroupCreated => "user group created".to_owned(),
        Kind::Created => created("created", command),
        Kind::Pushed => created("pushed", command),
        Kind::AdobeOnlyAllGroups => "all groups removed".to_owned(),
        Kind::AdobeOnlyRemoved => "removed from the org".to_owned(),
        Kind::AdobeOnlyDeleted => "removed from the org, account deleted".to_owned(),
        Kind::Updated if !reason.attributes.is_empty() => {
            let one = |change: &crate::model::change::AttributeChange| {
                format!("{} {}", change.attribute, change.difference())
            };
            let all: Vec<String> = reason.attributes.iter().map(one).collect();
            all.join(", ")
        }
        Kind::Updated | Kind::AdobeOnlyGroups | Kind::Continued => return None,
    };
    Some(match reason.why {
        Some(why) => format!("{what} ({why})"),
        None => what,
    })
}

fn created(word: &str, command: &Command) -> String {
    match command.steps.first() {
        Some(Step::Create {
            identity_type,
            country,
            ..
        }) => {
            let parts = [Some(word), Some(identity_type.as_str()), *country];
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
        _ => word.to_owned(),
    }
}

/// `groups removed: Photoshop, Stock (not in any mapped Okta group)`: groups with the same reason
/// share it, and one that the account's own part gives already is not said again.
fn groups(label: &str, changes: &[GroupChange], reason: &Reason) -> Option<String> {
    let said = reason.why.map(|why| why.to_string());
    let with_reason = |changes: &[GroupChange]| {
        let names: Vec<&str> = changes.iter().map(|change| change.group).collect();
        let names = names.join(", ");
        match changes.first().map(|change| change.why.to_string()) {
            Some(why) if said.as_ref() != Some(&why) => format!("{names} ({why})"),
            _ => names,
        }
    };
    let lists: Vec<String> = changes
        .chunk_by(|one, next| one.why == next.why)
        .map(with_reason)
        .collect();
    (!lists.is_empty()).then(|| format!("{label}: {}", lists.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::AttributeChange;
    use crate::model::command::{IfExists, Subject};
    use crate::model::why::{GroupWhy, UserWhy};
    use crate::model::{DirectoryKind, IdentityType};

    fn said(reason: Reason, step: Step) -> String {
        let subject = Subject::User {
            root: "ann@example.com",
            domain: None,
            use_adobe_id: false,
        };
        let steps = vec![step];
        sentence(&Change {
            command: Command { subject, steps },
            reason,
        })
    }

    fn groups(names: &[(Text, GroupWhy)]) -> std::rc::Rc<[GroupChange]> {
        let change = |(group, why): &(Text, GroupWhy)| GroupChange { group, why: *why };
        names.iter().map(change).collect()
    }

    #[test]
    fn a_creation_tells_type_country_reason_and_groups() {
        let why = GroupWhy::InDirectoryGroup(DirectoryKind::Okta, "Design");
        let reason = Reason {
            kind: Kind::Created,
            why: Some(UserWhy::InDirectoryGroup(DirectoryKind::Okta, "Design")),
            added: groups(&[
                ("Substance 3D", why),
                ("Stock", GroupWhy::ByRule(DirectoryKind::Okta, "Ops")),
            ]),
            ..Reason::default()
        };
        let step = Step::Create {
            identity_type: IdentityType::FederatedId,
            email: "bo@example.com",
            firstname: None,
            lastname: None,
            country: Some("SE"),
            if_exists: IfExists::Ignore,
        };
        assert_eq!(
            said(reason, step),
            "created, federatedID, SE (in Okta group \"Design\"); groups added: Substance 3D, \
             Stock (additional group of Okta group \"Ops\")"
        );
    }

    #[test]
    fn groups_with_one_reason_share_it() {
        let why = GroupWhy::NotInMappedGroup(DirectoryKind::Okta);
        let reason = Reason {
            kind: Kind::Updated,
            removed: groups(&[("A", why), ("B", why)]),
            added: groups(&[("C", GroupWhy::ByHook)]),
            ..Reason::default()
        };
        assert_eq!(
            said(reason, Step::RemoveAll),
            "groups removed: A, B (not in any mapped Okta group); groups added: C (by the hook)"
        );
    }

    #[test]
    fn a_changed_email_is_told_under_the_new_one() {
        let attribute = |attribute, old, new| AttributeChange {
            attribute,
            old,
            new,
        };
        let reason = Reason {
            person: "cy@old.example",
            kind: Kind::Updated,
            attributes: Box::new([
                attribute("lastname", "", "Lee"),
                attribute("email", "cy@old.example", "cy@example.com"),
            ]),
            ..Reason::default()
        };
        assert_eq!(person(&reason), "cy@example.com");
        assert_eq!(
            said(reason, Step::RemoveAll),
            "lastname (nothing) -> Lee, email cy@old.example -> cy@example.com"
        );
    }

    #[test]
    fn what_is_taken_away_whole_is_said_so() {
        for (kind, expected) in [
            (Kind::AdobeOnlyAllGroups, "all groups removed"),
            (Kind::AdobeOnlyRemoved, "removed from the org"),
            (
                Kind::AdobeOnlyDeleted,
                "removed from the org, account deleted",
            ),
        ] {
            let reason = Reason {
                kind,
                why: Some(UserWhy::NoDirectoryUser(DirectoryKind::Okta)),
                ..Reason::default()
            };
            assert_eq!(
                said(reason, Step::RemoveAll),
                format!("{expected} (no matching Okta user)")
            );
        }
    }
}
