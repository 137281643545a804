//! The floor: one `curl` fetches the pages that the product fetched, with the
//! same headers, in the same order, over one connection a host, and throws
//! them away.

use crate::simulator::{Request, Simulator};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// What curl sets by itself, or what would change how pages travel.
const NOT_COPIED: [&str; 3] = ["host", "accept-encoding", "connection"];

/// Writes a configuration for curl with every GET of `requests`.
pub(crate) fn write(
    path: &Path,
    requests: &[Request],
    simulator: &Simulator,
) -> Result<(), String> {
    let pages = requests.iter().filter(|request| request.method == "GET");
    let entries: Vec<String> = pages.map(|page| entry(page, simulator)).collect();
    std::fs::write(path, entries.join("next\n"))
        .map_err(|problem| format!("{}: {problem}", path.display()))
}

fn entry(page: &Request, simulator: &Simulator) -> String {
    let host = match page.service.as_str() {
        "okta" => simulator.address("OKTA_HOST"),
        _ => simulator.address("UMAPI_HOST"),
    };
    let mut text = format!(
        "url = \"https://{host}{}\"\noutput = \"/dev/null\"\n",
        page.target
    );
    for (name, value) in &page.headers {
        if !NOT_COPIED.contains(&name.as_str()) {
            // A string never fails to take more text.
            writeln!(text, "header = \"{name}: {value}\"").ok();
        }
    }
    let authority = simulator.address("SSL_CERT_FILE");
    writeln!(text, "cacert = \"{authority}\"").ok();
    text + "fail\nsilent\nshow-error\nhttp1.1\n"
}

/// The command that fetches what `write` wrote.
pub(crate) fn command(path: &Path) -> Command {
    let mut command = Command::new("curl");
    // Not ~/.curlrc: the floor is the same everywhere.
    command
        .arg("--disable")
        .arg("--globoff")
        .arg("--config")
        .arg(path);
    command
}

/// What to say when there is no curl.
pub(crate) fn missing() -> Option<String> {
    let works = Command::new("curl").arg("--version").output().is_ok();
    (!works).then(|| "no floor and no ratios: curl is not installed".to_owned())
}
