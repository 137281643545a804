//! Looks for groups by their exact names (manual/rules.md#finding-a-group).
//!
//! An exact search first, several names at once. Its index lags behind: a group that was made or
//! renamed a minute ago is missing there, while an imported one of the same name is found. So `q`,
//! a capped prefix match, is asked as well wherever the search brings no group made in Okta. Knows
//! what Okta has; not what a missing group means.

use std::collections::{BTreeSet, HashMap};

use super::Okta;
use super::read::{Asked, quoted, take_groups};
use super::wire::{self, WireGroup};
use crate::error::{Error, all_quoted};
use crate::http::encode;
use crate::text::alike;

/// How many groups one search asks for, and how long its text may be before it is encoded.
const MOST_NAMES: usize = 20;
const LONGEST_SEARCH: usize = 2000;
/// Okta advises 200 or fewer for lists of groups, and takes up to 10000. `q` has no pages, so it
/// must ask for all at once.
const SEARCH_PAGE: u32 = 200;
const Q_LIMIT: u32 = 10_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: String,
    pub name: String,
    /// `OKTA_GROUP`, `APP_GROUP` (imported), `BUILT_IN`; empty if Okta does not say.
    pub kind: String,
}

impl Group {
    /// Whether it was made in Okta by somebody: of several groups of one name, the one that counts.
    pub fn is_own(&self) -> bool {
        self.kind == "OKTA_GROUP"
    }

    /// For messages: `APP_GROUP, id 00g1`.
    pub fn kind_and_id(&self) -> String {
        let kind = if self.kind.is_empty() {
            "no type"
        } else {
            &self.kind
        };
        format!("{kind}, id {}", self.id)
    }
}

impl From<WireGroup> for Group {
    fn from(group: WireGroup) -> Group {
        Group {
            id: group.id,
            name: group.profile.name,
            kind: group.kind.unwrap_or_default(),
        }
    }
}

/// What became of looking for a group by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    Found(Group),
    /// With names that Okta has and that look like the one that it has not.
    Missing(Vec<String>),
    /// Groups with that very name, of which not exactly one is an `OKTA_GROUP`.
    Ambiguous(Vec<Group>),
}

impl Okta {
    /// Looks for groups by their exact names: case matters, ends are trimmed. The answers come in
    /// the order of the names.
    pub fn find_groups(&mut self, names: &[String]) -> Result<Vec<Lookup>, Error> {
        let mut found = Found::new(names);
        if self.group_filter_format.is_none() {
            // A recording is asked name by name: another run may look for others together.
            let most = if self.client.is_replaying() {
                1
            } else {
                MOST_NAMES
            };
            for names in searches(&found.names, most) {
                self.search_groups(&names, &mut found)?;
            }
        }
        for name in found.without_own() {
            let query = match &self.group_filter_format {
                Some(format) => format.replace("{group}", &name),
                None => name.clone(),
            };
            self.ask_by_q(&q_path(&query, Q_LIMIT), &name, &mut found)?;
        }
        if self.group_filter_format.is_none() {
            for name in found.missing() {
                if let Some(start) = start_of(&name) {
                    self.ask_by_q(&q_path(start, SEARCH_PAGE), &name, &mut found)?;
                }
            }
        }
        Ok(names.iter().map(|name| found.lookup(name)).collect())
    }

    fn ask_by_q(&mut self, path: &str, name: &str, found: &mut Found) -> Result<(), Error> {
        let asked = asked(&[name]);
        self.read_groups(path, &asked, &mut |group| found.take(group.into()))
    }

    /// One search for several names; one search a name where it is refused. A name that no search
    /// takes is left to `q`.
    fn search_groups(&mut self, names: &[String], found: &mut Found) -> Result<(), Error> {
        let path = search_path(names);
        let asked = asked(names);
        let reply = self.get(&path, &asked)?;
        if names.len() > 1 {
            let alone = names.chunks(1).map(search_path);
            let alone: Vec<String> = alone.collect();
            self.client.record(&alone, &reply, &asked.parts)?;
        }
        // A 403 without a word of Okta's comes from a firewall that does not like the search.
        let is_from_okta = reply.headers.contains_key("www-authenticate")
            || !wire::told(self.client.body()).is_empty();
        let is_refused = match reply.status {
            // 413 and 431 too say that the search is too long.
            400 | 413 | 414 | 431 => true,
            403 => !is_from_okta,
            _ => false,
        };
        if is_refused {
            log::debug!(target: "okta", "{}: a search was refused ({})", reply.request(), reply.status);
            let alone = if names.len() > 1 { names } else { &[] };
            return alone
                .iter()
                .try_for_each(|name| self.search_groups(std::slice::from_ref(name), found));
        }
        if reply.status != 200 {
            return Err(self.refusal(&reply));
        }
        let take = &mut |group: WireGroup| found.take(group.into());
        self.read_pages_from(&path, reply, &asked, &mut take_groups(take))
    }
}

/// Groups that are looked for by name.
fn asked<N: AsRef<str>>(names: &[N]) -> Asked {
    Asked::groups(format!("Okta group {}", all_quoted(names)))
}

/// The letters and digits that a name begins with: by them a name is found that differs behind
/// them. `None` if they are all of it.
fn start_of(name: &str) -> Option<&str> {
    let end = name.find(|c: char| !c.is_alphanumeric())?;
    name.get(..end).filter(|start| !start.is_empty())
}

fn condition(name: &str) -> String {
    format!("profile.name eq {}", quoted(name))
}

fn q_path(query: &str, limit: u32) -> String {
    format!("/api/v1/groups?q={}&limit={limit}", encode(query))
}

fn search_path(names: &[String]) -> String {
    let conditions: Vec<String> = names.iter().map(|name| condition(name)).collect();
    let search = encode(&conditions.join(" or "));
    format!("/api/v1/groups?search={search}&limit={SEARCH_PAGE}")
}

/// Cuts names into lots of at most so many for one search each.
fn searches(names: &[String], most: usize) -> Vec<Vec<String>> {
    let mut lots: Vec<Vec<String>> = Vec::new();
    let mut length = 0;
    for name in names {
        let own = condition(name).len() + " or ".len();
        match lots.last_mut() {
            Some(lot) if lot.len() < most && length + own <= LONGEST_SEARCH => {
                lot.push(name.clone());
                length += own;
            }
            _ => {
                lots.push(vec![name.clone()]);
                length = own;
            }
        }
    }
    lots
}

/// The groups found so far, by the trimmed names that are looked for.
struct Found {
    /// In the order asked, each once.
    names: Vec<String>,
    groups: HashMap<String, Vec<Group>>,
    /// All names found that look like one that is looked for, by what they have in common.
    alike: HashMap<String, BTreeSet<String>>,
}

impl Found {
    fn new(names: &[String]) -> Found {
        let mut found = Found {
            names: Vec::new(),
            groups: HashMap::new(),
            alike: HashMap::new(),
        };
        for name in names
            .iter()
            .map(|name| name.trim())
            .filter(|name| !name.is_empty())
        {
            if found.groups.insert(name.to_owned(), Vec::new()).is_none() {
                found.names.push(name.to_owned());
                found.alike.entry(alike::likeness(name)).or_default();
            }
        }
        found
    }

    fn take(&mut self, group: Group) {
        let name = group.name.trim();
        if let Some(alike) = self.alike.get_mut(&alike::likeness(name)) {
            alike.insert(name.to_owned());
        }
        if let Some(groups) = self.groups.get_mut(name)
            && !groups.iter().any(|known| known.id == group.id)
        {
            groups.push(group);
        }
    }

    /// Names of which no group made in Okta was found.
    fn without_own(&self) -> Vec<String> {
        self.names_where(|groups| !groups.iter().any(Group::is_own))
    }

    fn missing(&self) -> Vec<String> {
        self.names_where(<[Group]>::is_empty)
    }

    fn names_where(&self, is: impl Fn(&[Group]) -> bool) -> Vec<String> {
        let is = |name: &&String| is(self.groups.get(*name).map_or(&[], Vec::as_slice));
        self.names.iter().filter(is).cloned().collect()
    }

    fn lookup(&self, name: &str) -> Lookup {
        let name = name.trim();
        let groups = self.groups.get(name).map_or(&[][..], Vec::as_slice);
        let own: Vec<&Group> = groups.iter().filter(|group| group.is_own()).collect();
        match (groups, own.as_slice()) {
            ([], _) => {
                let others = self.alike.get(&alike::likeness(name));
                Lookup::Missing(others.into_iter().flatten().cloned().collect())
            }
            (_, [group]) => Lookup::Found((*group).clone()),
            ([group], _) => Lookup::Found(group.clone()),
            (several, _) => Lookup::Ambiguous(several.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn group(id: &str, kind: &str, name: &str) -> Group {
        Group {
            id: id.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
        }
    }

    #[test]
    fn names_are_compared_exactly_with_trimmed_ends() {
        let mut found = Found::new(&names(&[" Design ", "Design", "design", ""]));
        let design = group("1", "OKTA_GROUP", "Design");
        found.take(design.clone());
        found.take(group("2", "OKTA_GROUP", "Design 2"));
        assert_eq!(found.missing(), ["design"]);
        assert_eq!(found.lookup(" Design "), Lookup::Found(design));
        assert_eq!(found.lookup("design"), Lookup::Missing(names(&["Design"])));
        assert_eq!(found.lookup(""), Lookup::Missing(vec![]));
    }

    #[test]
    fn look_alikes_of_a_missing_name_are_kept() {
        let mut found = Found::new(&names(&["Adobe CC", "Docs"]));
        for name in ["ADOBE CC", "Adobe\u{a0}CC", "Adobe CC 2", "Docs", "docs"] {
            found.take(group(name, "OKTA_GROUP", name));
        }
        let alike = names(&["ADOBE CC", "Adobe\u{a0}CC"]);
        assert_eq!(found.lookup("Adobe CC"), Lookup::Missing(alike));
        assert!(matches!(found.lookup("Docs"), Lookup::Found(_)));
        assert_eq!(start_of("Adobe CC"), Some("Adobe"));
        assert_eq!((start_of("Docs"), start_of("-x")), (None, None));
    }

    #[test]
    fn of_several_groups_the_one_made_in_okta_counts() {
        let lookup = |kinds: &[&str]| {
            let mut found = Found::new(&names(&["A"]));
            for (place, kind) in kinds.iter().enumerate() {
                found.take(group(&place.to_string(), kind, "A"));
            }
            let asks_on = !found.without_own().is_empty();
            match found.lookup("A") {
                Lookup::Found(group) => (group.id, asks_on),
                Lookup::Missing(_) => ("missing".into(), asks_on),
                Lookup::Ambiguous(several) => (format!("{} groups", several.len()), asks_on),
            }
        };
        let (own, imported, built_in) = ("OKTA_GROUP", "APP_GROUP", "BUILT_IN");
        for (kinds, expected, asks_on) in [
            (&[][..], "missing", true),
            (&[own], "0", false),
            (&[imported], "0", true),
            (&[built_in], "0", true),
            (&[imported, own], "1", false),
            (&[imported, imported], "2 groups", true),
            (&[built_in, imported], "2 groups", true),
            (&[own, own], "2 groups", false),
        ] {
            assert_eq!(lookup(kinds), (expected.to_owned(), asks_on), "{kinds:?}");
        }
    }

    #[test]
    fn a_group_that_comes_twice_is_one_group() {
        let mut found = Found::new(&names(&["A"]));
        found.take(group("1", "APP_GROUP", "A"));
        found.take(group("1", "APP_GROUP", "A"));
        assert!(matches!(found.lookup("A"), Lookup::Found(_)));
    }

    #[test]
    fn a_search_is_quoted_and_encoded() {
        assert_eq!(
            search_path(&names(&[r#"A "b" \ +&#%"#, "C"])),
            "/api/v1/groups?search=profile.name%20eq%20%22A%20%5C%22b%5C%22%20%5C%5C%20%2B%26%23%25\
             %22%20or%20profile.name%20eq%20%22C%22&limit=200"
        );
    }

    #[test]
    fn searches_are_cut_by_number_and_length() {
        let short: Vec<String> = (0..45).map(|number| number.to_string()).collect();
        let lots: Vec<usize> = searches(&short, MOST_NAMES).iter().map(Vec::len).collect();
        assert_eq!(lots, [20, 20, 5]);
        let long = names(&[
            "a".repeat(900).as_str(),
            &"b".repeat(900),
            &"c".repeat(3000),
            "d",
        ]);
        let lots: Vec<usize> = searches(&long, MOST_NAMES).iter().map(Vec::len).collect();
        assert_eq!(lots, [2, 1, 1]);
        assert!(searches(&[], MOST_NAMES).is_empty());
        assert_eq!(searches(&short, 1).len(), short.len());
    }
}
