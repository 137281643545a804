//! Reads the directory: which groups to ask for, their members, filter and mapping.
//!
//! The story from configuration to [`Read`]. Okta's wire, the filter's language, the mapping rules
//! and the joining of what was read are rooms of their own; nothing here knows Adobe.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::config::{Config, Source, UserSelection};
use crate::error::Error;
use crate::filter::Filter;
use crate::logging::Progress;
use crate::mapping::intake::{Intake, Known, Read};
use crate::mapping::{Mapped, Mapper};
use crate::model::{DirectoryGroup, FilteredMember};
use crate::okta::{Group, Lookup, Okta};
use crate::record::{Json, Record, Wanted};
use crate::sighting::{Sighting, Watch};
use crate::text::{Text, Texts};

/// The rules for one directory record, compiled when the configuration is loaded, so that a
/// mistake in them costs no request.
pub struct RecordRules {
    /// `None`: everybody is kept (a CSV file has no filter).
    filter: Option<Filter>,
    mapper: Mapper,
    wanted: Rc<Wanted>,
    /// The hook wants the source attributes.
    keep_sources: bool,
    login: usize,
    email: usize,
    /// Whom `explain` asks about.
    pub watch: Watch,
}

impl RecordRules {
    /// Compiles filter and formats of the configured source.
    pub fn compile(config: &Config) -> Result<RecordRules, Error> {
        let mut wanted = Wanted::default();
        let (formats, identity_type, file) = match &config.source {
            Source::Okta(okta) => (okta.formats.clone(), okta.identity_type, &okta.file),
            Source::Csv(csv) => (Default::default(), csv.identity_type, &csv.users_file),
            Source::None => (Default::default(), None, &config.main_file),
        };
        let extension = config.extension.as_ref();
        let extended = extension.map_or(&[][..], |extension| &extension.extended_attributes);
        let identity_type = identity_type.unwrap_or(config.identity_type);
        let mapper = Mapper::new(&formats, identity_type, extended, &mut wanted)
            .map_err(|bad| Error::config(file, format!("{}: {}", bad.key, bad.problem)))?;
        let filter = match &config.source {
            Source::Okta(okta) => Some(Filter::compile(okta, &mut wanted)?),
            Source::Csv(_) | Source::None => None,
        };
        Ok(RecordRules {
            filter,
            mapper,
            keep_sources: extension.is_some(),
            login: wanted.profile_slot("login"),
            email: wanted.profile_slot("email"),
            watch: Watch::default(),
            wanted: Rc::new(wanted),
        })
    }

    /// The names of the hook's source attributes.
    pub fn source_names(&self) -> &[String] {
        self.mapper.source_names()
    }
}

/// Reads everybody whom a run is about. An error means that nothing read so far may be used.
pub fn read(
    config: &Config,
    rules: &mut RecordRules,
    okta: Option<&mut Okta>,
    texts: &mut Texts,
) -> Result<Read, Error> {
    match (&config.source, okta) {
        (Source::Csv(_), _) => Err(Error::Usage("the csv connector does not work yet".into())),
        (Source::Okta(_), Some(okta)) => read_okta(config, rules, okta, texts),
        _ => Ok(Read::default()),
    }
}

fn read_okta(
    config: &Config,
    rules: &mut RecordRules,
    okta: &mut Okta,
    texts: &mut Texts,
) -> Result<Read, Error> {
    let groups = find_groups(config, okta)?;
    let as_asked = groups.iter().map(|asked| DirectoryGroup {
        name: texts.keep(&asked.name),
        missing: asked.found.is_none(),
    });
    let mut intake = Intake::new(as_asked.collect());
    let mut progress = Progress::new("members of directory groups read");
    let wanted = Rc::clone(&rules.wanted);
    let mut count = 0;
    for (place, asked) in groups.iter().enumerate() {
        let Some(group) = &asked.found else { continue };
        let mut left_out: BTreeMap<Text, usize> = BTreeMap::new();
        okta.read_members(&group.id, &wanted, &mut |record| {
            count += 1;
            if count % 1000 == 0 {
                progress.show(count, None);
            }
            if asked.by == AskedBy::Rule {
                intake.join(&record.id, place);
                return Ok(());
            }
            if let Some(status) = rules.take(record, place, &mut intake, texts)? {
                *left_out.entry(status).or_default() += 1;
            }
            Ok(())
        })?;
        tell_left_out(&asked.name, &left_out);
    }
    Ok(intake.finish(texts))
}

impl RecordRules {
    /// Takes in one member of a group; the status of one whom the filter left out.
    pub(crate) fn take(
        &mut self,
        record: &Record<'_>,
        group: usize,
        intake: &mut Intake,
        texts: &mut Texts,
    ) -> Result<Option<Text>, Error> {
        let known = intake.join(&record.id, group);
        if known.is_some() && !self.watch.is_off() {
            self.watch.again(record, group);
        }
        match known {
            Some(Known::Filtered(status)) => return Ok(Some(status)),
            Some(Known::User(_) | Known::Skipped) => return Ok(None),
            None => {}
        }
        if !self.watch.is_off() {
            let sighting = self.sighting(record, texts)?;
            self.watch.note(Sighting {
                groups: vec![group],
                ..sighting
            });
        }
        if let Some(filter) = &self.filter
            && !filter.keeps(record, self.text(record, self.login), &self.wanted)?
        {
            let member = FilteredMember {
                login: texts.keep(self.text(record, self.login)),
                email: texts.keep(self.text(record, self.email)),
                status: texts.share(&record.status),
            };
            let status = member.status;
            intake.filtered(texts.keep(&record.id), member);
            return Ok(Some(status));
        }
        match self.mapper.map(record, texts) {
            Mapped::User(user) => {
                if self.keep_sources {
                    intake.source(user.id, self.mapper.source_values(record, texts));
                }
                intake.user(user, group);
            }
            Mapped::Skipped(member) => intake.skipped(texts.keep(&record.id), member),
        }
        Ok(None)
    }

    /// What the rules make of a record, without taking it in.
    pub(crate) fn sighting(
        &mut self,
        record: &Record<'_>,
        texts: &mut Texts,
    ) -> Result<Sighting, Error> {
        let login = self.text(record, self.login).to_owned();
        let filter = self.filter.as_ref();
        let kept = filter.map(|filter| filter.keeps(record, &login, &self.wanted));
        let mut names = vec![login.clone(), self.text(record, self.email).to_owned()];
        let mut skipped = None;
        match self.mapper.map(record, texts) {
            Mapped::User(user) => names.extend([user.email, user.username].map(str::to_owned)),
            Mapped::Skipped(member) => skipped = Some(member.reason),
        }
        names.retain(|name| !name.is_empty());
        Ok(Sighting {
            id: record.id.clone().into_owned(),
            login,
            names,
            status: record.status.clone().into_owned(),
            kept: kept.transpose()?,
            traces: self.mapper.trace(record),
            skipped,
            groups: Vec::new(),
        })
    }

    /// What a record must carry for these rules.
    pub(crate) fn wanted(&self) -> Rc<Wanted> {
        Rc::clone(&self.wanted)
    }

    fn text<'r>(&self, record: &'r Record<'_>, slot: usize) -> &'r str {
        match record.attribute(slot) {
            Some(Json::Text(text)) => text.trim(),
            _ => "",
        }
    }
}

/// A directory group to load, with what Okta has of it.
struct Asked {
    name: String,
    found: Option<Group>,
    by: AskedBy,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AskedBy {
    /// The mapping or `--users`.
    Configuration,
    /// An additional-group rule alone: only people found elsewhere count as its members.
    Rule,
}

/// The groups to load: mapped ones if groups are processed, those that `--users` selects, and
/// those that an additional-group rule matches (spec/sync-rules.md 1, 3).
fn find_groups(config: &Config, okta: &mut Okta) -> Result<Vec<Asked>, Error> {
    let names = groups_to_load(config);
    let found = okta.find_groups(&names)?;
    let mut groups: Vec<Asked> = Vec::new();
    for (name, lookup) in names.into_iter().zip(found) {
        let found = match lookup {
            Lookup::Found(group) => Some(group),
            Lookup::Missing => {
                log::warn!(target: "okta", "directory group \"{name}\" was not found in Okta: letter case matters; correct its name in the configuration");
                None
            }
            Lookup::Ambiguous(groups) => {
                log::warn!(target: "okta", "directory group \"{name}\" is ambiguous and treated as missing: Okta has {}; rename all but one", list_of(&groups));
                None
            }
        };
        let by = AskedBy::Configuration;
        groups.push(Asked { name, found, by });
    }
    add_rule_groups(config, okta, &mut groups)?;
    Ok(groups)
}

fn list_of(groups: &[(String, String)]) -> String {
    let of = |(id, kind): &(String, String)| format!("{id} ({kind})");
    groups.iter().map(of).collect::<Vec<_>>().join(", ")
}

/// In configuration order, each once.
pub fn groups_to_load(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        let name = name.trim();
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    let mapped = config.groups.iter().map(|mapping| &mapping.directory_group);
    let selects_mapped = config.options.users == UserSelection::Mapped;
    if config.options.process_groups || selects_mapped {
        mapped.for_each(|name| add(name));
    }
    if let UserSelection::Groups(groups) = &config.options.users {
        groups.iter().for_each(|name| add(name));
    }
    names
}

/// Lists the tenant's groups once if there are additional-group rules, and adds those that match.
fn add_rule_groups(config: &Config, okta: &mut Okta, groups: &mut Vec<Asked>) -> Result<(), Error> {
    if config.additional_groups.is_empty() {
        return Ok(());
    }
    let mut all = okta.list_groups()?;
    all.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    // A rule takes every group that it matches, also several of one name.
    let configured = groups.len();
    for group in all {
        let name = group.name.trim();
        let mut known = groups.iter().take(configured);
        let known = known.any(|known| known.name == name);
        let matches = |rule: &crate::config::AdditionalGroups| {
            let found = rule.source.find(name);
            found.is_some_and(|found| found.start() == 0)
        };
        if !known && config.additional_groups.iter().any(matches) {
            groups.push(Asked {
                name: name.to_owned(),
                found: Some(group),
                by: AskedBy::Rule,
            });
        }
    }
    Ok(())
}

/// `3 LOCKED_OUT, 2 SUSPENDED`
fn tell_left_out(group: &str, by_status: &BTreeMap<Text, usize>) {
    if by_status.is_empty() {
        return;
    }
    let count = |(status, count): (&Text, &usize)| format!("{count} {status}");
    let counts: Vec<String> = by_status.iter().map(count).collect();
    log::info!(target: "okta", "directory group \"{group}\": left out by the filter: {}", counts.join(", "));
}
