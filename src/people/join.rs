//! Joins what was read, group by group, into one [`Directory`] in handling order.
//!
//! A person found in several groups is one directory user; two with the same e-mail or username
//! become one (manual/rules.md#reading-okta and manual/rules.md#mapping). Knows neither how groups
//! are read nor who is selected.

use std::hash::BuildHasher as _;

use crate::model::names::{Index, Names};
use crate::model::notice::Notice;
use crate::model::places::Places;
use crate::model::{Directory, DirectoryGroup, DirectoryUser, ListId, Lists};
use crate::people::Verdict;
use crate::people::sources::Sources;
use crate::text::hash::{Quick, QuickMap};
use crate::text::{self, Text};

/// What is known of a member already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Kept: its place among the users so far.
    User(u32),
    /// Left out by the filter: its place among those.
    Filtered(u32),
    Skipped,
}

/// Everything read from the directory, joined.
#[derive(Debug, Default)]
pub struct Read {
    pub directory: Directory,
    /// The hook's source attributes, where they were given.
    pub sources: Sources,
    pub notices: Vec<Notice>,
}

/// So many of the next users are looked at before a member is looked up: from there, memory is read
/// in its order.
const NEXT: u32 = 8;

/// Takes in members group by group; groups come in ascending order.
#[derive(Debug, Default)]
pub struct Intake {
    read: Read,
    /// The users so far by the hash of their ids.
    users: Places,
    /// The place behind the user found last.
    next: u32,
    /// Those who are no users, by their ids.
    others: QuickMap<Text, Known>,
}

impl Intake {
    /// An empty directory with these groups, in the order in which they are asked for.
    pub fn new(groups: Vec<DirectoryGroup>) -> Intake {
        let mut intake = Intake::default();
        intake.read.directory.groups = groups;
        intake
    }

    /// What is known of the member with this id, who was read in these groups; a user is joined to
    /// them.
    pub fn join(&mut self, id: &str, groups: &[usize]) -> Option<Known> {
        for group in groups {
            if let Some(group) = self.read.directory.groups.get_mut(*group) {
                group.read += 1;
            }
        }
        let Some(user) = self.find(id) else {
            return self.others.get(id).copied();
        };
        self.next = user.saturating_add(1);
        groups.iter().for_each(|group| self.join_user(user, *group));
        Some(Known::User(user))
    }

    /// The user with this id: among the next ones, where groups list their members in one order.
    fn find(&self, id: &str) -> Option<u32> {
        let users = &self.read.directory.users;
        let is_it = |place: u32| users.get(place as usize).is_some_and(|user| user.id == id);
        let mut next = self.next..self.next.saturating_add(NEXT);
        next.find(|place| is_it(*place))
            .or_else(|| self.users.find(hash(id), is_it))
    }

    fn join_user(&mut self, user: u32, group: usize) {
        let directory = &mut self.read.directory;
        if let (Some(user), Ok(group)) = (directory.users.get_mut(user as usize), group.try_into())
        {
            user.groups = directory.group_lists.with(user.groups, group);
        }
    }

    /// Takes in a new user, found in these groups, which come in ascending order.
    pub fn user(&mut self, user: DirectoryUser, groups: &[usize]) {
        let place = u32::try_from(self.read.directory.users.len()).unwrap_or(u32::MAX);
        self.users.add(hash(user.id), place);
        self.next = place.saturating_add(1);
        self.read.directory.users.push(user);
        let directory = &mut self.read.directory;
        let groups = groups.iter().filter_map(|group| u32::try_from(*group).ok());
        let list = directory.group_lists.of(groups.collect());
        if let Some(user) = directory.users.last_mut() {
            user.groups = list;
        }
    }

    /// The member with this id has a name of somebody whom the run is about, and is nobody of them.
    pub(super) fn stands_by(&mut self, id: Text) {
        self.read.directory.bystanders.insert(id);
    }

    /// Where the hook's source attributes are kept.
    pub fn sources(&mut self) -> &mut Sources {
        &mut self.read.sources
    }

    /// Takes in a new member; the status of one whom the filter left out.
    pub(super) fn add(&mut self, id: Text, verdict: Verdict, groups: &[usize]) -> Option<Text> {
        match verdict {
            Verdict::Kept(user, other_names) => {
                let known = &mut self.read.directory.other_names;
                let other_names = other_names.into_iter();
                other_names.for_each(|name| known.add(user.id, name));
                self.user(user, groups);
                None
            }
            Verdict::Filtered(member) => {
                let filtered = &mut self.read.directory.filtered;
                let place = u32::try_from(filtered.len()).unwrap_or(u32::MAX);
                self.others.insert(id, Known::Filtered(place));
                let status = member.status;
                filtered.push(member);
                Some(status)
            }
            Verdict::Skipped(member) => {
                self.others.insert(id, Known::Skipped);
                let protects = if member.names.is_empty() {
                    "it has no name by which an Adobe user could be left alone"
                } else {
                    "Adobe users of that name are left alone"
                };
                self.read.notices.push(Notice::warning(format!(
                    "user {} is skipped: {}; {protects}",
                    member.login, member.reason
                )));
                self.read.directory.skipped.push(member);
                None
            }
        }
    }

    /// The status of a member whom the filter left out.
    pub fn filtered_status(&self, known: Known) -> Option<Text> {
        let Known::Filtered(place) = known else {
            return None;
        };
        let member = self.read.directory.filtered.get(place as usize)?;
        Some(member.status)
    }

    /// The directory in handling order, people with the same e-mail or username made one.
    pub fn finish(self) -> Read {
        drop(self.users);
        let mut read = self.read;
        let lists = &read.directory.group_lists;
        let order = |user: &DirectoryUser| (lists.get(user.groups).first().copied(), user.id);
        read.directory.users.sort_unstable_by_key(order);
        read.directory.filtered.sort_by_key(|member| member.login);
        read.directory.skipped.sort_by_key(|member| member.login);
        read.notices.sort_by(|one, other| one.text.cmp(&other.text));
        merge(&mut read);
        read.directory.other_names.sort();
        read
    }
}

fn hash(id: &str) -> u64 {
    Quick::default().hash_one(id)
}

/// Makes users with the same e-mail or username one: the first one's attributes, all groups.
fn merge(read: &mut Read) {
    let directory = &mut read.directory;
    let mut index = Index::for_people(directory.users.len());
    let mut joins: Vec<(usize, usize)> = Vec::new();
    for (place, user) in directory.users.iter().enumerate() {
        let names = Names::of_directory(user);
        let known = |place: u32| {
            let other = directory.users.get(place as usize)?;
            Some(Names::of_directory(other))
        };
        let by_email = index.by_email(&names, known).next();
        match by_email.or_else(|| index.by_username(&names, known).next()) {
            Some(first) => joins.push((first as usize, place)),
            None => index.add(&names, place),
        }
    }
    let mut joined_to: QuickMap<Text, Text> = QuickMap::default();
    for (first, second) in &joins {
        joined_to.extend(join(read, *first, *second));
    }
    // Whoever is looked for by one of two ids is looked for.
    let bystanders = &mut read.directory.bystanders;
    for (dropped, kept) in &joined_to {
        if !bystanders.contains(dropped) {
            bystanders.remove(kept);
        }
    }
    read.directory.other_names.hand_over(&joined_to);
    let mut place = 0;
    let mut joined = joins.iter().map(|(_, second)| *second).peekable();
    read.directory.users.retain(|_| {
        let keep = joined.next_if_eq(&place).is_none();
        place += 1;
        keep
    });
}

/// Joins the second user to the first; the ids of both, the dropped one first.
fn join(read: &mut Read, first: usize, second: usize) -> Option<(Text, Text)> {
    let directory = &mut read.directory;
    let dropped = directory.users.get(second)?.clone();
    let kept = directory.users.get_mut(first)?;
    kept.groups = union(&mut directory.group_lists, kept.groups, dropped.groups);
    read.notices.push(Notice::warning(format!(
        "directory users {} ({}) and {} ({}) have the same e-mail or username: the attributes of the first count, the groups are joined",
        kept.login, kept.id, dropped.login, dropped.id
    )));
    // All names of both are names of that person (manual/rules.md#one-address-for-two-people).
    let kept = kept.clone();
    let names = &mut directory.other_names;
    let other_names = [kept.login, dropped.login, dropped.email, dropped.username].into_iter();
    let other_names = other_names
        .filter(|name| !text::same(name, kept.email) && !text::same(name, kept.username));
    other_names.for_each(|name| names.add(kept.id, name));
    Some((dropped.id, kept.id))
}

/// The list of all items of both, ascending.
fn union(lists: &mut Lists, one: ListId, other: ListId) -> ListId {
    let mut items = [lists.get(one), lists.get(other)].concat();
    items.sort_unstable();
    let join = |list, item: &u32| lists.with(list, *item);
    items.iter().fold(ListId::default(), join)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IdentityType;

    fn user(id: Text, email: Text, username: Text) -> DirectoryUser {
        DirectoryUser {
            id,
            login: email,
            identity_type: IdentityType::FederatedId,
            email,
            username,
            domain: "x.com",
            firstname: Some(id),
            lastname: None,
            country: None,
            groups: ListId::default(),
        }
    }

    fn groups(names: &[Text]) -> Vec<DirectoryGroup> {
        let group = |name: &Text| DirectoryGroup {
            name,
            missing: false,
            read: 0,
            foreign: None,
        };
        names.iter().map(group).collect()
    }

    fn taken_in(members: &[(usize, DirectoryUser)]) -> Read {
        let mut intake = Intake::new(groups(&["G", "H"]));
        for (group, user) in members {
            if intake.join(user.id, &[*group]).is_none() {
                intake.user(user.clone(), &[*group]);
            }
        }
        intake.finish()
    }

    #[test]
    fn a_person_in_several_groups_is_one_user_with_several_groups() {
        let ann = user("1", "ann@x.com", "ann@x.com");
        let read = taken_in(&[(0, ann.clone()), (1, ann)]);
        assert_eq!(read.directory.users.len(), 1);
        let groups = read.directory.users[0].groups;
        assert_eq!(read.directory.group_lists.get(groups), [0, 1]);
    }

    #[test]
    fn users_come_in_the_order_of_first_group_then_id_however_pages_come() {
        let people = [
            (0, user("3", "c@x.com", "c@x.com")),
            (0, user("1", "a@x.com", "a@x.com")),
            (1, user("0", "z@x.com", "z@x.com")),
            (1, user("3", "c@x.com", "c@x.com")),
        ];
        let ids =
            |read: &Read| -> Vec<Text> { read.directory.users.iter().map(|u| u.id).collect() };
        let mut turned = people.clone();
        turned.swap(0, 1);
        turned.swap(2, 3);
        assert_eq!(ids(&taken_in(&people)), ["1", "3", "0"]);
        assert_eq!(ids(&taken_in(&turned)), ["1", "3", "0"]);
    }

    #[test]
    fn users_with_the_same_email_or_username_become_one() {
        let cases = [
            (("dup@x.com", "dup@x.com"), ("DUP@x.com ", "DUP@x.com "), 1),
            (("a@x.com", "same"), ("b@x.com", "SAME"), 1),
            (("a@x.com", "b@x.com"), ("b@x.com", "b@x.com"), 1),
            (("a@x.com", "a@x.com"), ("b@x.com", "a@x.com"), 1),
            (("a@x.com", "one"), ("b@x.com", "two"), 2),
            (("a@x.com", "b@x.com"), ("b@x.com", "c@x.com"), 2),
        ];
        for (one, other, expected) in cases {
            let read = taken_in(&[
                (0, user("1", one.0, one.1)),
                (1, user("2", other.0, other.1)),
            ]);
            assert_eq!(read.directory.users.len(), expected, "{one:?} {other:?}");
            if expected == 1 {
                let kept = &read.directory.users[0];
                assert_eq!((kept.id, kept.firstname), ("1", Some("1")));
                assert_eq!(read.directory.group_lists.get(kept.groups), [0, 1]);
                assert_eq!(read.notices.len(), 1);
            }
        }
    }

    #[test]
    fn all_names_of_a_joined_user_are_names_of_that_person() {
        let mut other = user("2", "a@x.com", "two");
        other.login = "b@corp.x";
        let read = taken_in(&[(0, user("1", "a@x.com", "one")), (0, other)]);
        let names: Vec<Text> = read.directory.other_names.of("1").collect();
        assert_eq!(names, ["b@corp.x", "two"]);
        assert_eq!(read.directory.other_names.of("2").count(), 0);
    }
}
