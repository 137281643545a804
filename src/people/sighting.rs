//! People whom `explain` asks about, noted down while the directory is read.
//!
//! Only of those few more is kept than the rules need: the status, the groups, and how each
//! attribute came about. Decides nothing.

use std::collections::HashSet;

use crate::model::why::SkipWhy;
use crate::people::map::Trace;
use crate::text;

/// What was seen of one member.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// Okta's id, or the line of a CSV file.
    pub id: String,
    pub login: String,
    /// Everything that the member is known by.
    pub names: Vec<String>,
    pub status: String,
    /// The filter kept it; `None`: there is no filter.
    pub kept: Option<bool>,
    /// How each attribute came about.
    pub traces: Vec<Trace>,
    /// Why it was skipped in mapping, if it was.
    pub skipped: Option<SkipWhy>,
    /// Places of the groups that it was found in, in reading order; empty for somebody who was
    /// searched for.
    pub groups: Vec<usize>,
}

/// Looks out for people while they are read.
#[derive(Debug, Default)]
pub struct Watch {
    /// Names that are watched for, as keys ([`text::key`]).
    names: HashSet<String>,
    pub seen: Vec<Sighting>,
}

impl Watch {
    /// Looks out for these names from now on.
    pub fn look_for(&mut self, names: &[String]) {
        self.names.extend(names.iter().map(|name| text::key(name)));
    }

    /// Whether anybody is looked for: most runs look for nobody.
    pub fn is_off(&self) -> bool {
        self.names.is_empty()
    }

    /// Notes that a member who may have been seen before is in these groups too.
    pub fn again(&mut self, id: &str, groups: &[usize]) {
        let mut seen = self.seen.iter_mut();
        if let Some(seen) = seen.find(|seen| seen.id == id) {
            seen.groups.extend(groups);
        }
    }

    /// Keeps a sighting if somebody asked for one of its names.
    pub fn note(&mut self, sighting: Sighting) {
        let wanted = |name: &String| self.names.contains(&text::key(name));
        if sighting.names.iter().any(wanted) || wanted(&sighting.id) {
            self.seen.push(sighting);
        }
    }
}

impl Sighting {
    /// The login; a CSV file has none, and another name stands for it.
    pub fn called(&self) -> &str {
        let names = self.names.iter().map(String::as_str);
        let mut known = [self.login.as_str()].into_iter().chain(names);
        known.find(|name| !name.is_empty()).unwrap_or_default()
    }

    /// Whether this is the person of that name.
    pub fn is(&self, name: &str) -> bool {
        let mut names = self.names.iter().chain([&self.id]);
        names.any(|known| text::same(known, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(id: &str, name: &str) -> Sighting {
        Sighting {
            id: id.to_owned(),
            login: name.to_owned(),
            names: vec![name.to_owned()],
            status: "ACTIVE".to_owned(),
            kept: Some(true),
            traces: Vec::new(),
            skipped: None,
            groups: vec![0],
        }
    }

    #[test]
    fn only_those_who_are_asked_for_are_kept() {
        let mut watch = Watch::default();
        assert!(watch.is_off());
        watch.look_for(&[" Ann@X.com".to_owned(), "00u7".to_owned()]);
        for (id, name) in [("1", "ann@x.com"), ("2", "bo@x.com"), ("00u7", "cy@x.com")] {
            watch.note(sighting(id, name));
        }
        let seen: Vec<&str> = watch.seen.iter().map(|seen| seen.login.as_str()).collect();
        assert_eq!(seen, ["ann@x.com", "cy@x.com"]);
        assert!(watch.seen[0].is("ANN@x.com ") && watch.seen[1].is("00u7"));
    }
}
