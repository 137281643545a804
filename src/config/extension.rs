//! The extension file (manual/configuration.md#extension-file): the hook's source text and what it
//! needs.

use std::path::Path;

use super::files::Files;
use super::item::Item;
use super::orgs::OrgNames;
use super::reader::Reader;
use super::section::Section;
use super::{Encoding, Extension};
use crate::error::Error;

/// Reads an extension file. Problems are left with the reader. Without `orgs` there are no groups.
pub(super) fn read(reader: &Reader, orgs: Option<&OrgNames>) -> Option<Extension> {
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
    let known = |orgs: &OrgNames| groups.iter().filter_map(|item| orgs.group(item)).collect();
    let extended_adobe_groups = orgs.map(known).unwrap_or_default();
    Some(Extension {
        file: reader.file().to_owned(),
        hook: hook?.text()?,
        hook_line: hook.and_then(Item::content_line),
        extended_attributes,
        extended_adobe_groups,
    })
}

/// The hook of an extension file alone, to try it without the rest of the configuration: group
/// names are not looked at.
///
/// # Errors
/// [`Error::Config`]: the file cannot be read, or has no hook.
pub fn read_hook(path: &Path) -> Result<Extension, Error> {
    let reader = Files::new(Encoding::Utf8).read(path)?;
    let extension = read(&reader, None);
    reader.finish()?;
    extension.ok_or_else(|| Error::config(path, "has no after_mapping_hook"))
}
