//! The extension file (spec/configuration.md): the hook's source text and what it needs.

use super::Extension;
use super::orgs::OrgNames;
use super::section::{Item, Reader, Section};

/// Reads an extension file. Problems are left with the reader.
pub(super) fn read(reader: &Reader, orgs: &OrgNames) -> Option<Extension> {
    let section = Section::open(
        vec![reader.root()],
        &[
            "after_mapping_hook",
            "extended_attributes",
            "extended_adobe_groups",
        ],
    );
    let hook = section.required("after_mapping_hook", "the source text of the hook");
    let extended_attributes = section.names("extended_attributes");
    let groups = section.list("extended_adobe_groups");
    let extended_adobe_groups = groups.iter().filter_map(|item| orgs.group(item)).collect();
    Some(Extension {
        file: reader.file().to_owned(),
        hook: hook?.text()?,
        hook_line: hook.and_then(Item::content_line),
        extended_attributes,
        extended_adobe_groups,
    })
}
