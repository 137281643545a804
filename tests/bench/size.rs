//! The size of the binary.

use std::path::Path;

/// One line with path and size.
pub(crate) fn line(binary: &Path) -> Result<String, String> {
    let about =
        std::fs::metadata(binary).map_err(|problem| format!("{}: {problem}", binary.display()))?;
    let name = binary.file_name().unwrap_or_default().display();
    Ok(format!("{name}: {:.2} MB", about.len() as f64 / 1e6))
}
