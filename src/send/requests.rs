//! Packs commands into requests (manual/rules.md#commands-and-requests).
//!
//! Up to ten commands, in order, and never two for the same user or group: Adobe does not promise
//! the order inside a request. Knows nothing of how a request travels.

use std::ops::Range;

use crate::model::command::{Command, Step, Subject};
use crate::text::{self, Text};

/// Commands in one request.
pub const COMMANDS: usize = 10;

/// The requests, as ranges of places in the list of commands.
pub fn pack<'c>(commands: impl IntoIterator<Item = &'c Command>) -> Vec<Range<usize>> {
    let mut requests = Vec::new();
    let mut request = 0..0;
    let mut names: Vec<Text> = Vec::new();
    for command in commands {
        let own = names_of(command);
        let same = |name: &Text| names.iter().any(|known| text::same(known, name));
        if request.len() == COMMANDS || own.iter().any(same) {
            requests.push(request.clone());
            request = request.end..request.end;
            names.clear();
        }
        request.end += 1;
        names.extend(own);
    }
    if !request.is_empty() {
        requests.push(request);
    }
    requests
}

/// Everything that the user or group of a command may be called by another one.
fn names_of(command: &Command) -> Vec<Text> {
    let root = match &command.subject {
        Subject::User { root, .. } => *root,
        // A group is no user, even if the names are equal; a wrong cut does no harm.
        Subject::UserGroup(name) => *name,
    };
    let mut names = vec![root];
    for step in &command.steps {
        match step {
            Step::Create { email, .. } => names.push(email),
            Step::Update(update) => {
                names.extend(update.email);
                names.extend(update.username);
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::command::Update;

    fn add(root: Text) -> Command {
        command(root, Step::Add(vec!["P"]))
    }

    fn command(root: Text, step: Step) -> Command {
        Command {
            subject: Subject::User {
                root,
                domain: None,
                use_adobe_id: false,
            },
            steps: vec![step],
        }
    }

    #[test]
    fn a_request_has_up_to_ten_commands() {
        let names: Vec<Text> = (0..23)
            .map(|n| -> Text { Box::leak(format!("u{n}@x.com").into_boxed_str()) })
            .collect();
        let commands: Vec<Command> = names.iter().map(|name| add(name)).collect();
        assert_eq!(pack(&commands), [0..10, 10..20, 20..23]);
        assert!(pack(&[]).is_empty());
    }

    #[test]
    fn two_commands_of_one_user_never_share_a_request() {
        let update = Step::Update(Update {
            email: Some("New@x.com"),
            ..Update::default()
        });
        let commands = [
            add("a@x.com"),
            add("b@x.com"),
            add("A@x.com"),
            command("old@x.com", update),
            add("new@x.com"),
        ];
        assert_eq!(pack(&commands), [0..2, 2..4, 4..5]);
    }
}
