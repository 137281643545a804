//! Which commands share a request (manual/rules.md#commands-and-requests).
//!
//! Up to ten, in order, and never two for the same user or group: Adobe does not promise the order
//! inside a request. Where groups are known to be user groups, changes of memberships may go by
//! `usergroup` commands instead. Knows nothing of how a request travels.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::batches::{self, Change, Limits, Membership, Request, Wish};
use crate::model::command::{Command, Step, Subject};
use crate::text::{self, Text};

/// What Adobe takes, as documented.
pub(super) const LIMITS: Limits = Limits {
    commands: 10,
    steps: 10,
    names: 10,
};

/// The user groups of an org, whose members `usergroup` commands may change.
#[derive(Debug, Clone, Default)]
pub struct UserGroups(HashSet<String>);

impl UserGroups {
    /// The groups that commands name and that could be user groups, where nobody has looked. Names
    /// of admin roles begin with `_`; no user group's does.
    pub fn conceivable<'c>(commands: impl IntoIterator<Item = &'c Command>) -> UserGroups {
        let steps = commands.into_iter().flat_map(|command| &command.steps);
        let names: HashSet<Text> = steps.flat_map(Step::groups).copied().collect();
        let names = names.into_iter();
        names.filter(|name| !name.starts_with('_')).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn add(&mut self, name: &str) {
        self.0.insert(text::key(name));
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.remove(&text::key(name));
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&text::key(name))
    }
}

impl<'n> FromIterator<&'n str> for UserGroups {
    fn from_iter<I: IntoIterator<Item = &'n str>>(names: I) -> UserGroups {
        UserGroups(names.into_iter().map(text::key).collect())
    }
}

/// What is left to be sent of the command of an entry.
pub(super) struct Packable<'c> {
    /// The place of the entry.
    pub(super) place: usize,
    pub(super) command: Cow<'c, Command>,
    /// It is not to be taken apart into `usergroup` commands.
    pub(super) whole: bool,
}

impl<'c> Packable<'c> {
    /// All of a command, by whatever way is cheapest.
    fn of(place: usize, command: &'c Command) -> Packable<'c> {
        Packable {
            place,
            command: Cow::Borrowed(command),
            whole: false,
        }
    }
}

/// Requests, with places among the commands, and the groups by their numbers in them.
pub(super) struct Packed {
    pub(super) requests: Vec<Request>,
    pub(super) groups: Vec<Text>,
}

/// How many requests the commands take.
pub fn count<'c>(
    commands: impl IntoIterator<Item = &'c Command>,
    user_groups: &UserGroups,
) -> usize {
    let packable = |(place, command)| Packable::of(place, command);
    let commands: Vec<Packable<'_>> = commands.into_iter().enumerate().map(packable).collect();
    pack(&commands, user_groups, LIMITS).requests.len()
}

pub(super) fn pack(commands: &[Packable<'_>], user_groups: &UserGroups, limits: Limits) -> Packed {
    let mut users: HashMap<String, Names> = HashMap::new();
    let mut wishes: Vec<Wish> = Vec::with_capacity(commands.len());
    for (place, packable) in commands.iter().enumerate() {
        let mut wish = Wish::default();
        for name in names_of(&packable.command) {
            let names = users.entry(text::key(name)).or_default();
            wish.behind = wish.behind.max(names.last.filter(|last| *last != place));
            names.commands += usize::from(names.last != Some(place));
            names.last = Some(place);
        }
        wishes.push(wish);
    }
    let mut groups = Groups::default();
    if !user_groups.is_empty() {
        for (packable, wish) in commands.iter().zip(&mut wishes) {
            let alone = |name: Text| {
                let names = users.get(&text::key(name));
                names.is_some_and(|names| names.commands == 1)
            };
            if !packable.whole && names_of(&packable.command).into_iter().all(alone) {
                wish.memberships = memberships(&packable.command, user_groups, &mut groups);
            }
        }
    }
    Packed {
        requests: batches::plan(&wishes, groups.names.len(), limits),
        groups: groups.names,
    }
}

/// The commands that name a user.
#[derive(Default)]
struct Names {
    last: Option<usize>,
    commands: usize,
}

/// Names of groups, each once, found by number.
#[derive(Default)]
struct Groups {
    names: Vec<Text>,
    numbers: HashMap<String, usize>,
}

impl Groups {
    fn number(&mut self, name: Text) -> usize {
        let next = self.names.len();
        let number = *self.numbers.entry(text::key(name)).or_insert(next);
        if number == next {
            self.names.push(name);
        }
        number
    }
}

/// What a command changes, if commands for its groups can do that: it does nothing else, its
/// groups are user groups, and the person is known by an e-mail that means nobody else.
fn memberships(
    command: &Command,
    user_groups: &UserGroups,
    groups: &mut Groups,
) -> Option<Vec<Membership>> {
    match &command.subject {
        Subject::User {
            root,
            domain: None,
            use_adobe_id: false,
        } if root.contains('@') => {}
        _ => return None,
    }
    let mut named: Vec<(Change, Text)> = Vec::new();
    for step in &command.steps {
        let (change, names) = match step {
            Step::Add(names) => (Change::Add, names),
            Step::Remove(names) => (Change::Remove, names),
            _ => return None,
        };
        for name in names {
            let twice = named.iter().any(|(_, other)| text::same(other, name));
            if twice || !user_groups.has(name) {
                return None;
            }
            named.push((change, name));
        }
    }
    let membership = |(change, name)| Membership {
        group: groups.number(name),
        change,
    };
    (!named.is_empty()).then(|| named.into_iter().map(membership).collect())
}

/// Everything that the user or group of a command may be called by another one.
fn names_of(command: &Command) -> Vec<Text> {
    // A group is no user, even if the names are equal; a wrong cut does no harm.
    let mut names = vec![command.subject.name()];
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
        command(root, vec![Step::Add(vec!["P"])])
    }

    fn command(root: Text, steps: Vec<Step>) -> Command {
        Command {
            subject: Subject::User {
                root,
                domain: None,
                use_adobe_id: false,
            },
            steps,
        }
    }

    fn names(count: usize) -> Vec<Text> {
        let name = |n| -> Text { Box::leak(format!("u{n}@x.com").into_boxed_str()) };
        (0..count).map(name).collect()
    }

    fn packed(commands: &[Command], user_groups: &[&str]) -> Vec<Request> {
        let packable = |command| Packable::of(0, command);
        let commands: Vec<Packable> = commands.iter().map(packable).collect();
        let user_groups = user_groups.iter().copied().collect();
        pack(&commands, &user_groups, LIMITS).requests
    }

    /// The places of the commands for users, request by request.
    fn users(commands: &[Command], user_groups: &[&str]) -> Vec<Vec<usize>> {
        let requests = packed(commands, user_groups).into_iter();
        requests.map(|request| request.users).collect()
    }

    #[test]
    fn a_request_has_up_to_ten_commands() {
        let commands: Vec<Command> = names(23).into_iter().map(add).collect();
        let sizes: Vec<usize> = users(&commands, &[]).iter().map(Vec::len).collect();
        assert_eq!(sizes, [10, 10, 3]);
        assert!(users(&[], &[]).is_empty());
    }

    #[test]
    fn two_commands_of_one_user_never_share_a_request() {
        let update = |email| {
            Step::Update(Update {
                email: Some(email),
                ..Update::default()
            })
        };
        let commands = [
            add("a@x.com"),
            add("b@x.com"),
            add("A@x.com"),
            command("c@x.com", vec![update("New@x.com")]),
            add("new@x.com"),
        ];
        assert_eq!(users(&commands, &[]), [vec![0, 1], vec![2, 3], vec![4]]);
    }

    /// Thirty people get `P`; the last one is what the row says.
    #[test]
    fn only_memberships_of_people_with_an_unmistakable_email_go_by_group() {
        let username = Command {
            subject: Subject::User {
                root: "zoe",
                domain: Some("x.com"),
                use_adobe_id: false,
            },
            steps: vec![Step::Add(vec!["P"])],
        };
        let adobe_id = Command {
            subject: Subject::User {
                root: "z@x.com",
                domain: None,
                use_adobe_id: true,
            },
            steps: vec![Step::Add(vec!["P"])],
        };
        let update = Step::Update(Update {
            lastname: Some("Z"),
            ..Update::default()
        });
        let profile = Step::Add(vec!["Profile"]);
        for (last, goes_by_group) in [
            (add("z@x.com"), true),
            (command("z@x.com", vec![Step::Remove(vec!["p"])]), true),
            (username, false),
            (adobe_id, false),
            (add("u3@x.com"), false),
            (
                command("z@x.com", vec![update, Step::Add(vec!["P"])]),
                false,
            ),
            (
                command("z@x.com", vec![Step::Add(vec!["P"]), profile]),
                false,
            ),
            (command("z@x.com", vec![Step::RemoveAll]), false),
            (
                command(
                    "z@x.com",
                    vec![Step::Remove(vec!["P"]), Step::Add(vec!["P"])],
                ),
                false,
            ),
        ] {
            let mut commands: Vec<Command> = names(29).into_iter().map(add).collect();
            commands.push(last);
            let requests = packed(&commands, &["P"]);
            let by_user = requests.iter().any(|request| request.users.contains(&29));
            assert_eq!(!by_user, goes_by_group, "{:?}", commands[29]);
            assert!(requests.len() <= 2, "{:?}", commands[29]);
        }
    }

    #[test]
    fn without_user_groups_nothing_goes_by_group() {
        let commands: Vec<Command> = names(50).into_iter().map(add).collect();
        let by_group = |user_groups: &[&str]| {
            let requests = packed(&commands, user_groups);
            requests.iter().any(|request| !request.groups.is_empty())
        };
        assert!(!by_group(&[]));
        assert!(!by_group(&["Q"]));
        assert!(by_group(&["p"]));
    }
}
