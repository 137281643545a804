//! What `check` found: one line each, `ok`, `warn` or `FAIL`, and the same for programs.
//!
//! Knows the look, and nothing of what is checked.

use serde::Serialize;
use serde_json::json;

use crate::error::one_line;
use crate::show::{Style, Tone, wrap};

/// Before the texts, whose further lines stand below their first one.
const INDENT: usize = "FAIL  ".len();
const BREAK: &str = "\n      ";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Level {
    #[serde(rename = "ok")]
    Fine,
    #[serde(rename = "warn")]
    Warn,
    #[serde(rename = "FAIL")]
    Fail,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub level: Level,
    /// What was checked: `okta`, `group "Design"`.
    pub check: String,
    /// What was found, and what to do about it.
    pub text: String,
}

/// All findings, in the order in which they were made.
#[derive(Debug, Default)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn fine(&mut self, check: impl Into<String>, text: impl Into<String>) {
        self.add(Level::Fine, check.into(), text.into());
    }

    pub fn warn(&mut self, check: impl Into<String>, text: impl Into<String>) {
        self.add(Level::Warn, check.into(), text.into());
    }

    pub fn fail(&mut self, check: impl Into<String>, text: impl Into<String>) {
        self.add(Level::Fail, check.into(), text.into());
    }

    fn add(&mut self, level: Level, check: String, text: String) {
        // A diagnostic with its source line stands in one line, without the caret.
        let parts = text.lines().map(str::trim);
        let parts: Vec<&str> = parts.filter(|part| !matches!(*part, "" | "^")).collect();
        let text = parts.join("; ");
        self.0.push(Finding { level, check, text });
    }

    pub fn count(&self, level: Level) -> usize {
        self.0
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    }

    /// One line a finding, set to the width, and how many there are of each kind.
    pub fn text(&self, style: Style) -> String {
        let mut out = String::new();
        for finding in &self.0 {
            let (word, tone) = match finding.level {
                Level::Fine => ("ok  ", Tone::Gain),
                Level::Warn => ("warn", Tone::Change),
                Level::Fail => ("FAIL", Tone::Danger),
            };
            let text = one_line(&format!("{}: {}", finding.check, finding.text));
            let lines = wrap(&text, style.width.saturating_sub(INDENT)).join(BREAK);
            out.push_str(&format!("{}  {lines}\n", style.paint(tone, word)));
        }
        let [fine, warn, fail] = [Level::Fine, Level::Warn, Level::Fail].map(|l| self.count(l));
        out.push_str(&format!("\n{fine} ok, {warn} to look at, {fail} failed\n"));
        out
    }

    /// The same for programs.
    pub fn json(&self) -> String {
        let [fine, warn, fail] = [Level::Fine, Level::Warn, Level::Fail].map(|l| self.count(l));
        format!(
            "{}\n",
            json!({"checks": self.0, "ok": fine, "warn": warn, "fail": fail})
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::{Colour, golden};

    #[test]
    fn each_finding_is_one_line_behind_its_level() {
        let mut findings = Findings::default();
        findings.fine("okta", "reachable, the token is accepted");
        findings.warn("directory group \"Video\"", "nobody is in it");
        findings.fail("primary org", "status 401\nline two");
        for (name, colour) in [("plain.txt", Colour::Off), ("colour.txt", Colour::On)] {
            golden("check", name, &findings.text(Style { width: 80, colour }));
        }
        let json: serde_json::Value = serde_json::from_str(&findings.json()).unwrap();
        assert_eq!(json["warn"], 1);
        assert_eq!(json["checks"][2]["level"], "FAIL");
    }
}
