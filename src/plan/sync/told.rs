//! What a sync tells about records that are left alone, protected or known by another name.

use super::Sync;
use crate::error::quoted;
use crate::model::notice::Notice;
use crate::plan::matching::{Fate, LeftAlone, MatchedBy};
use crate::plan::orgs::{ReadOrg, Seen};
use crate::plan::{Namesake, org_name, person};

impl Sync<'_> {
    /// Warns of records that are left alone, and tells who is protected.
    pub(super) fn tell_left_alone(&mut self, read: &ReadOrg) {
        let org = org_name(self.config, read.id);
        let told = |seen: &Seen<'_>| {
            matches!(
                seen.fate,
                Fate::LeftAlone(_)
                    | Fate::Protected(_)
                    | Fate::Matched {
                        by: MatchedBy::OtherName,
                        ..
                    }
            )
        };
        let mut namesakes = 0;
        for seen in read.by_email(told) {
            let who = person(seen.user);
            let notice = match seen.fate {
                Fate::LeftAlone(LeftAlone::NoEmail) => Notice::warning(format!(
                    "{org} org: Adobe user {} has no e-mail and is left alone",
                    quoted(who)
                )),
                Fate::LeftAlone(LeftAlone::UnknownType) => Notice::warning(format!(
                    "{org} org: Adobe user {who} has an unknown type and is left alone"
                )),
                Fate::LeftAlone(LeftAlone::MatchedElsewhere(nth)) => Notice::warning(format!(
                    "{org} org: Adobe user {who} has the username of directory user {}, whom another Adobe user matches by e-mail; it is left alone",
                    self.desired.login(nth)
                )),
                Fate::LeftAlone(LeftAlone::Namesake(nth)) => {
                    namesakes += 1;
                    let name = self.matcher.other_name(nth, seen.user);
                    self.plan.namesakes.push(Namesake {
                        org: read.id,
                        person: who,
                        name,
                        login: self.desired.login(nth),
                    });
                    continue;
                }
                Fate::Matched {
                    desired,
                    by: MatchedBy::OtherName,
                } => Notice::info(format!(
                    "{org} org: Adobe user {who} is directory user {}, known by the other name {}",
                    self.desired.login(desired),
                    self.matcher.other_name(desired, seen.user)
                )),
                Fate::Protected(protector) => Notice::info(format!(
                    "{org} org: Adobe user {who} is left alone: it may be directory user {}, who was skipped, or is in a state that may pass, such as LOCKED_OUT",
                    self.matcher.protector(protector)
                )),
                _ => continue,
            };
            self.plan.notices.push(notice);
        }
        if namesakes > 0 {
            self.plan.notices.push(Notice::warning(format!(
                "{org} org: {namesakes} Adobe users carry another name of a selected directory user who is not matched by it, and are left alone; `user-sync plan` and the report name them, and --adobe-only-user-list removes such doubles knowingly"
            )));
        }
    }

    pub(super) fn tell_shared(&mut self, nth: u32) {
        let text = format!(
            "directory user {} is not created: an Adobe user has its username, but matches another directory user by e-mail",
            self.desired.login(nth)
        );
        self.plan.notices.push(Notice::warning(text));
    }
}
