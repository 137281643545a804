//! The names of the orgs, and Adobe group names that carry one: `org2::Group`.

use super::QualifiedGroup;
use super::item::Item;
use crate::error::one_line;
use crate::model::OrgId;
use crate::text::nearest::meant;

/// The names of the secondary orgs, in configuration order.
#[derive(Debug, Clone, Default)]
pub(super) struct OrgNames(pub(super) Vec<String>);

impl OrgNames {
    /// The group that a value names.
    pub(super) fn group(&self, item: &Item<'_>) -> Option<QualifiedGroup> {
        item.accept(self.parse(&item.name()?))
    }

    /// Reads `Group` or `org::Group`. An org's name may hold `::`, a group's may not.
    ///
    /// # Errors
    /// The org is unknown, or the name is empty.
    pub(super) fn parse(&self, qualified: &str) -> Result<QualifiedGroup, String> {
        let (org, name) = match qualified.rsplit_once("::") {
            Some((org, name)) => (self.find(org.trim(), qualified)?, name),
            None => (OrgId::PRIMARY, qualified),
        };
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err(format!("\"{}\" names no group", one_line(qualified)));
        }
        Ok(QualifiedGroup { org, name })
    }

    fn find(&self, name: &str, qualified: &str) -> Result<OrgId, String> {
        let place = self.0.iter().position(|known| known == name);
        if let Some(id) = place.and_then(|place| u16::try_from(place + 1).ok()) {
            return Ok(OrgId(id));
        }
        let known = match self.0.as_slice() {
            [] => "there are no secondary orgs".to_owned(),
            names => format!("the secondary orgs are {}", one_line(&names.join(", "))),
        };
        let meant = meant(name, self.0.iter().map(String::as_str));
        Err(format!(
            "\"{}\" names the org \"{}\", which adobe_users.connectors.umapi does not define; {known}{meant}",
            one_line(qualified),
            one_line(name)
        ))
    }
}
