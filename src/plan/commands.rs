//! Builds commands and cuts them at Adobe's limits (manual/rules.md#commands-and-requests).
//!
//! Knows subjects and steps, not why they are wanted.

use crate::model::command::{Command, IfExists, Step, Subject, Update};
use crate::model::{AdobeUser, DirectoryUser, IdentityType};
use crate::text::{self, Text};

/// Names in one list of groups.
pub const NAMES: usize = 10;
/// Steps in one command.
pub const STEPS: usize = 10;

/// An existing Adobe user, by the e-mail that Adobe has.
pub fn existing(user: &AdobeUser) -> Subject {
    Subject::User {
        root: user.email,
        domain: None,
        use_adobe_id: user.identity_type == Some(IdentityType::AdobeId),
    }
}

/// A new user, by username; the domain only if the username has no `@`.
pub fn new_user(user: &DirectoryUser) -> Subject {
    by_username(user.username, user.domain, user.identity_type)
}

/// Somebody known by username and domain.
pub fn by_username(username: Text, domain: Text, identity_type: IdentityType) -> Subject {
    Subject::User {
        root: username,
        domain: (!username.contains('@')).then_some(domain),
        use_adobe_id: identity_type == IdentityType::AdobeId,
    }
}

/// The create step of a user, for whom a country was found.
pub fn create(user: &DirectoryUser, country: Text, if_exists: IfExists) -> Step {
    Step::Create {
        identity_type: user.identity_type,
        email: user.email,
        firstname: user.firstname,
        lastname: user.lastname,
        country: Some(country),
        if_exists,
    }
}

/// The commands of one user: `head` (create or update), then removals, then additions, lists and
/// commands cut at the limits. None if there is no step.
pub fn cut(
    subject: Subject,
    head: Option<Step>,
    removed: impl IntoIterator<Item = Text>,
    added: impl IntoIterator<Item = Text>,
) -> Vec<Command> {
    let later = later_subject(&subject, head.as_ref());
    let mut steps: Vec<Step> = head.into_iter().collect();
    steps.extend(lists(removed).map(Step::Remove));
    steps.extend(lists(added).map(Step::Add));
    let mut commands = Vec::with_capacity(steps.len().div_ceil(STEPS));
    let mut steps = steps.into_iter().peekable();
    let mut subject = Some(subject);
    while steps.peek().is_some() {
        commands.push(Command {
            subject: subject.take().unwrap_or_else(|| later.clone()),
            steps: steps.by_ref().take(STEPS).collect(),
        });
    }
    commands
}

fn lists(names: impl IntoIterator<Item = Text>) -> impl Iterator<Item = Vec<Text>> {
    let mut names = names.into_iter();
    std::iter::from_fn(move || {
        let list: Vec<Text> = names.by_ref().take(NAMES).collect();
        (!list.is_empty()).then_some(list)
    })
}

/// The subject of the commands behind the first: an e-mail that it changed is the new root, and a
/// username that looks like an e-mail, but is not the user's, is known to creates only.
pub(super) fn later_subject(subject: &Subject, head: Option<&Step>) -> Subject {
    let Subject::User {
        root, use_adobe_id, ..
    } = subject
    else {
        return subject.clone();
    };
    let by_email = match head {
        Some(Step::Update(Update { email, .. })) => *email,
        Some(Step::Create { email, .. }) => {
            let differs = root.contains('@') && !text::same(root, email) && !email.is_empty();
            differs.then_some(*email)
        }
        _ => None,
    };
    match by_email {
        Some(root) => Subject::User {
            root,
            domain: None,
            use_adobe_id: *use_adobe_id,
        },
        None => subject.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(root: Text) -> Subject {
        Subject::User {
            root,
            domain: None,
            use_adobe_id: false,
        }
    }

    fn names(prefix: char, count: usize) -> Vec<Text> {
        let name = |n| -> Text { Box::leak(format!("{prefix}{n}").into_boxed_str()) };
        (0..count).map(name).collect()
    }

    #[test]
    fn lists_are_cut_at_ten_names_and_commands_at_ten_steps() {
        let commands = cut(user("a@x.com"), None, names('r', 12), names('a', 95));
        let sizes: Vec<Vec<usize>> = commands
            .iter()
            .map(|command| {
                let size = |step: &Step| match step {
                    Step::Add(names) | Step::Remove(names) => names.len(),
                    _ => 0,
                };
                command.steps.iter().map(size).collect()
            })
            .collect();
        assert_eq!(
            sizes,
            [vec![10, 2, 10, 10, 10, 10, 10, 10, 10, 10], vec![10, 5]]
        );
        assert!(matches!(commands[0].steps[1], Step::Remove(_)));
        assert!(matches!(commands[0].steps[2], Step::Add(_)));
    }

    #[test]
    fn no_step_is_no_command() {
        assert!(cut(user("a@x.com"), None, [], []).is_empty());
    }

    #[test]
    fn commands_behind_a_changed_email_use_the_new_one() {
        let head = Step::Update(Update {
            email: Some("new@x.com"),
            ..Update::default()
        });
        let commands = cut(user("old@x.com"), Some(head), [], names('a', 100));
        let roots: Vec<_> = commands.iter().map(|command| &command.subject).collect();
        assert_eq!(roots, [&user("old@x.com"), &user("new@x.com")]);
    }
}
