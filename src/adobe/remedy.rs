//! What to do about a rejected command, by Adobe's code (manual/adobe.md#codes-of-rejected-commands).
//!
//! Knows neither who is concerned nor what was asked for.

use super::Rejection;

impl Rejection {
    /// What the operator can do; `None` where Adobe's own words say it.
    pub fn remedy(&self) -> Option<&'static str> {
        let remedy = match self.code.as_str() {
            Rejection::GROUP_NOT_FOUND | "error.group.invalid_name" => {
                "create the group in the Admin Console, correct its name, or set auto_create"
            }
            "error.internal.create_failed" => {
                "their domain may not be claimed by, or trusted to, this org, or their directory \
                 may be driven by the Admin Console's own directory sync (Azure, Google), which \
                 alone may then create users there"
            }
            "error.domain.trust.nonexistent" => {
                "their domain is neither claimed by this org nor trusted to it: claim it in the \
                 Admin Console, ask its owner for a trust, or leave these people out"
            }
            "error.user.belongs_to_another_org" | "error.user.not_in_org" => {
                "their accounts belong to another org: claim their domain in the Admin Console, or \
                 leave these people out"
            }
            "error.user.type_mismatch"
            | "error.user.type_not_available"
            | "error.user.domain_enforcement" => {
                "the directory of their domain is of another identity type: correct \
                 user_identity_type"
            }
            "error.api.user.not.parent.org" => {
                "their domain is only trusted: they are changed in the org that owns it"
            }
            "error.user.nonexistent"
            | "error.user.not_found"
            | "error.user.nonexistent_or_has_conflicting_parameters" => {
                "they were removed by hand meanwhile, or never created: run again"
            }
            code if code.starts_with("error.internal.") => {
                "it failed for a reason of Adobe's: run again; if it comes again, ask Adobe's \
                 support"
            }
            _ => return None,
        };
        Some(remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_remedies() {
        for (code, part) in [
            ("error.group.not_found", Some("auto_create")),
            ("error.internal.create_failed", Some("directory sync")),
            ("error.internal.add", Some("run again")),
            ("error.domain.trust.nonexistent", Some("claim")),
            ("error.user.nonexistent", Some("never created")),
            ("error.user.email.invalid", None),
        ] {
            let rejection = Rejection {
                step: None,
                code: code.to_owned(),
                message: String::new(),
            };
            let remedy = rejection.remedy();
            assert_eq!(remedy.is_some(), part.is_some(), "{code}");
            let text = remedy.unwrap_or_default();
            assert!(text.contains(part.unwrap_or_default()), "{code}: {text}");
        }
    }
}
