//! The people and groups that a run is about, as plain records.
//!
//! What was read from the directory and from Adobe, in the terms of manual/start.md#glossary. No
//! I/O, no JSON, no configuration, no decisions. Records are compact and hold `Text`s: a run may
//! have a million of them.

pub mod change;
pub mod command;
pub mod names;
pub mod notice;
pub mod places;
pub mod recorded;
pub mod sentence;
pub mod why;

use std::collections::HashSet;

use crate::text::hash::QuickMap;
use crate::text::{self, Text};

/// The type of an Adobe account (UMAPI `type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentityType {
    AdobeId,
    EnterpriseId,
    FederatedId,
}

impl IdentityType {
    /// Reads the word in any case, trimmed; `None` for a word that is no identity type.
    pub fn parse(word: &str) -> Option<IdentityType> {
        [Self::AdobeId, Self::EnterpriseId, Self::FederatedId]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text::trim(word)))
    }

    /// The word as UMAPI spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AdobeId => "adobeID",
            Self::EnterpriseId => "enterpriseID",
            Self::FederatedId => "federatedID",
        }
    }
}

/// An attribute of a person that is mapped from the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    Email,
    Username,
    Domain,
    Firstname,
    Lastname,
    Country,
    IdentityType,
}

impl Attribute {
    pub const ALL: [Attribute; 7] = [
        Self::Email,
        Self::Username,
        Self::Domain,
        Self::Firstname,
        Self::Lastname,
        Self::Country,
        Self::IdentityType,
    ];

    /// The name by which people, hooks and configuration know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
            Self::Domain => "domain",
            Self::Firstname => "firstname",
            Self::Lastname => "lastname",
            Self::Country => "country",
            Self::IdentityType => "identity_type",
        }
    }
}

/// An org, by its place in the configuration: 0 is the primary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrgId(pub u16);

impl OrgId {
    pub const PRIMARY: OrgId = OrgId(0);

    pub fn of(place: usize) -> OrgId {
        OrgId(u16::try_from(place).unwrap_or(u16::MAX))
    }

    pub fn place(self) -> usize {
        usize::from(self.0)
    }

    pub fn is_primary(self) -> bool {
        self == Self::PRIMARY
    }
}

/// One person read from the directory, after attribute mapping (manual/rules.md#mapping).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryUser {
    /// Okta's id of the user; for a CSV file the line, `line 7`.
    pub id: Text,
    /// What messages call this person: Okta's login, or the e-mail.
    pub login: Text,
    pub identity_type: IdentityType,
    /// Trimmed, as the directory spells it. Never empty, but for a user known by username alone.
    pub email: Text,
    /// Trimmed. Never empty: the e-mail where the directory has none.
    pub username: Text,
    /// Trimmed. Empty where it is not known.
    pub domain: Text,
    pub firstname: Option<Text>,
    pub lastname: Option<Text>,
    /// Two letters, upper case.
    pub country: Option<Text>,
    /// The directory groups the user was found in: indexes into [`Directory::groups`], ascending,
    /// kept in [`Directory::group_lists`].
    pub groups: ListId,
}

/// A directory group that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryGroup {
    pub name: Text,
    /// Okta has no group of exactly this name, or several that cannot be told apart.
    pub missing: bool,
    /// How many people were read in it, whatever became of them.
    pub read: usize,
    /// Type and id of one that is no `OKTA_GROUP`: it was imported, or is built in.
    pub foreign: Option<Text>,
}

/// A member whom `all_users_filter` left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilteredMember {
    pub login: Text,
    /// Everything it may be known by.
    pub names: Box<[Text]>,
    pub status: Text,
}

/// A member who could not be mapped (manual/rules.md#mapping).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedMember {
    pub login: Text,
    /// Everything it may be known by.
    pub names: Vec<Text>,
    pub reason: why::SkipWhy,
}

/// Names of people beside e-mail and username, by the ids of directory users
/// (manual/rules.md#other-names). Most people have none.
#[derive(Debug, Default)]
pub struct OtherNames {
    /// Sorted by id, once the directory is complete.
    by_id: Vec<(Text, Text)>,
}

impl OtherNames {
    /// Notes a name; [`OtherNames::sort`] makes it findable.
    pub fn add(&mut self, id: Text, name: Text) {
        self.by_id.push((id, name));
    }

    /// Gives the names of users to those whom they were joined to.
    pub fn hand_over(&mut self, joined: &QuickMap<Text, Text>) {
        for (id, _) in &mut self.by_id {
            *id = joined.get(id).copied().unwrap_or(id);
        }
    }

    /// Puts the names in order. Those of one person stay in theirs.
    pub fn sort(&mut self) {
        self.by_id.sort_by_key(|(id, _)| *id);
        self.by_id.shrink_to_fit();
    }

    /// The other names of a user.
    pub fn of(&self, id: &str) -> impl Iterator<Item = Text> {
        let start = self.by_id.partition_point(|(known, _)| *known < id);
        let names = self.by_id.iter().skip(start);
        names
            .take_while(move |(known, _)| *known == id)
            .map(|(_, name)| *name)
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DirectoryKind {
    #[default]
    Okta,
    /// A CSV file of people.
    File,
}

/// Everything that was read from the directory.
#[derive(Debug, Default)]
pub struct Directory {
    pub kind: DirectoryKind,
    /// In handling order: by first configured group, then by id (manual/rules.md#reading-okta).
    /// Each person once.
    pub users: Vec<DirectoryUser>,
    /// Groups in the order in which they were asked for.
    pub groups: Vec<DirectoryGroup>,
    pub group_lists: Lists,
    pub other_names: OtherNames,
    pub filtered: Vec<FilteredMember>,
    pub skipped: Vec<SkippedMember>,
    /// With `--only`, ids of users who have a name of somebody whom the run is about: nothing is
    /// done to them.
    pub bystanders: HashSet<Text>,
    /// With `--only`, the names of those whom the run is about and who are no users.
    pub other_people: Vec<Text>,
    /// Logins of those who, as Okta has it, are in no group at all.
    pub groupless: Vec<Text>,
}

/// An Adobe group of one org: its place in [`AdobeOrg::groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub u32);

/// A user record that UMAPI returns (`GET /users/{orgId}/{page}`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdobeUser {
    /// As Adobe spells it. Empty where the record has none.
    pub email: Text,
    /// Empty where the record has none.
    pub username: Text,
    pub domain: Text,
    pub firstname: Text,
    pub lastname: Text,
    pub country: Text,
    /// `None`: a type that this program does not know.
    pub identity_type: Option<IdentityType>,
    /// [`GroupId`]s in Adobe's order, kept in [`AdobeOrg::group_lists`].
    pub groups: ListId,
}

/// What was read from one org.
#[derive(Debug, Default)]
pub struct AdobeOrg {
    /// In the order read; each record once.
    pub users: Vec<AdobeUser>,
    pub groups: GroupNames,
    pub group_lists: Lists,
    /// Groups that were asked for and whose members are not known, not none.
    pub unread_groups: Vec<UnreadGroup>,
    /// The org's list of groups, where it was read.
    pub listed: Option<Vec<ListedGroup>>,
}

/// A group whose members Adobe does not list, though it may exist: UMAPI cuts names at `. `.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreadGroup {
    /// As it was asked for.
    pub name: Text,
    /// Adobe's own code and text.
    pub told: Text,
}

/// A group as an org lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedGroup {
    pub name: Text,
    pub kind: GroupKind,
}

/// What a group is (UMAPI `type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    UserGroup,
    ProductProfile,
    /// Roles of administrators, and groups that are listed without a type.
    Other,
}

impl GroupKind {
    pub fn of(word: Option<&str>) -> GroupKind {
        match word {
            Some("USER_GROUP") => GroupKind::UserGroup,
            Some("PRODUCT_PROFILE") => GroupKind::ProductProfile,
            _ => GroupKind::Other,
        }
    }
}

/// The Adobe groups of one org by name. Names are compared trimmed and ignoring case.
#[derive(Debug, Default)]
pub struct GroupNames {
    spelled: Vec<Text>,
    ids: QuickMap<Text, GroupId>,
}

impl GroupNames {
    /// The group of that name; it is added, with this spelling, where it is not known yet.
    pub fn intern(&mut self, name: &str, texts: &mut text::Texts) -> GroupId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let key = text::key(name);
        if let Some(id) = self.ids.get(key.as_str()) {
            return *id;
        }
        let id = GroupId(u32::try_from(self.spelled.len()).unwrap_or(u32::MAX));
        self.spelled.push(texts.keep(name.trim()));
        let key = texts.keep(&key);
        self.ids.insert(key, id);
        id
    }

    /// The group of that name, if it is known.
    pub fn find(&self, name: &str) -> Option<GroupId> {
        self.ids
            .get(name)
            .or_else(|| self.ids.get(text::key(name).as_str()))
            .copied()
    }

    pub fn count(&self) -> usize {
        self.spelled.len()
    }

    /// All of them, as they were spelled first.
    pub fn names(&self) -> impl Iterator<Item = Text> {
        self.spelled.iter().copied()
    }

    /// The name as it was spelled first.
    pub fn name(&self, id: GroupId) -> Text {
        self.spelled.get(id.0 as usize).copied().unwrap_or_default()
    }
}

/// One of the lists in [`Lists`]. The default is the empty list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ListId(u32);

/// A list of more items is not likely to be shared.
const FEW: usize = 100;

/// Lists of small numbers, each kept once: thousands of people share a few sets of groups. Only long
/// ones that come at once have a place of their own.
#[derive(Debug)]
pub struct Lists {
    lists: Vec<Box<[u32]>>,
    longer: QuickMap<(ListId, u32), ListId>,
}

impl Default for Lists {
    fn default() -> Lists {
        Lists {
            lists: vec![Box::default()],
            longer: QuickMap::default(),
        }
    }
}

impl Lists {
    /// The list `list` with `item` behind it; `list` itself where it holds `item` already.
    pub fn with(&mut self, list: ListId, item: u32) -> ListId {
        if let Some(longer) = self.longer.get(&(list, item)) {
            return *longer;
        }
        let mut items = self.get(list).to_vec();
        if items.contains(&item) {
            self.longer.insert((list, item), list);
            return list;
        }
        items.push(item);
        let longer = ListId(u32::try_from(self.lists.len()).unwrap_or(u32::MAX));
        self.lists.push(items.into_boxed_slice());
        self.longer.insert((list, item), longer);
        longer
    }

    /// The list of these items, each of which comes once: what [`Lists::with`] gives one by one, in
    /// a time that does not grow with the square of their number.
    pub fn of(&mut self, items: Vec<u32>) -> ListId {
        if items.len() <= FEW {
            let with = |list, item| self.with(list, item);
            return items.into_iter().fold(ListId::default(), with);
        }
        let long = ListId(u32::try_from(self.lists.len()).unwrap_or(u32::MAX));
        self.lists.push(items.into_boxed_slice());
        long
    }

    /// The items of a list, in the order in which they were put in.
    pub fn get(&self, list: ListId) -> &[u32] {
        self.lists
            .get(list.0 as usize)
            .map(AsRef::as_ref)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_names_ignore_case_and_keep_the_first_spelling() {
        let mut texts = text::Texts::default();
        let mut names = GroupNames::default();
        let id = names.intern("Acrobat DC", &mut texts);
        assert_eq!(names.intern(" acrobat dc ", &mut texts), id);
        assert_eq!(names.find("ACROBAT DC"), Some(id));
        assert_eq!(names.find("Acrobat"), None);
        assert_eq!(names.name(id), "Acrobat DC");
    }

    #[test]
    fn a_list_that_comes_at_once_has_the_same_items() {
        let mut lists = Lists::default();
        let one = lists.with(ListId::default(), 3);
        assert_eq!(lists.of(vec![3]), one);
        assert_eq!(lists.of(vec![]), ListId::default());
        let items: Vec<u32> = (0..40_000).collect();
        let long = lists.of(items.clone());
        assert_eq!(lists.get(long), items);
        let longer = lists.with(long, 50_000);
        assert_eq!(lists.get(longer).last(), Some(&50_000));
    }

    #[test]
    fn equal_lists_are_one_list() {
        let mut lists = Lists::default();
        let one = lists.with(ListId::default(), 3);
        let two = lists.with(one, 5);
        let again = lists.with(ListId::default(), 3);
        assert_eq!(lists.with(again, 5), two);
        assert_eq!(lists.with(two, 3), two);
        assert_eq!(lists.get(two), [3, 5]);
        assert!(lists.get(ListId::default()).is_empty());
    }

    #[test]
    fn identity_types_are_read_in_any_case() {
        assert_eq!(
            IdentityType::parse(" FEDERATEDid "),
            Some(IdentityType::FederatedId)
        );
        assert_eq!(IdentityType::parse("unknown"), None);
    }
}
