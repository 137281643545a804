//! Reads the directory: which groups to ask for, their members, filter and mapping.
//!
//! The story from configuration to [`Read`]. Okta's wire, the filter's language, the mapping rules
//! and the joining of what was read are rooms of their own; nothing here knows Adobe.

pub mod csv;
pub mod filter;
pub mod groups;
pub mod join;
pub mod map;
pub mod sighting;
pub mod sources;

use std::rc::Rc;

use crate::config::{Config, Source};
use crate::error::Error;
use crate::model::FilteredMember;
use crate::okta::Okta;
use crate::people::filter::Filter;
use crate::people::join::{Intake, Known, Read};
use crate::people::map::{Mapped, Mapper};
use crate::people::sighting::{Sighting, Watch};
use crate::record::{Json, Record, Wanted};
use crate::text::{self, Text, Texts};

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
            Source::Csv(csv) => {
                let formats = csv::formats(&csv.columns);
                (formats, csv.identity_type, &csv.users_file)
            }
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

    /// Source attributes that the hook cannot read need not be kept.
    pub fn keep_sources(&mut self, reads: impl Fn(&str) -> bool) {
        self.mapper.keep_sources(reads);
    }

    /// The names of the hook's source attributes that are kept.
    pub fn source_names(&self) -> impl Iterator<Item = &str> {
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
        (Source::Csv(source), _) => csv::read(config, source, rules, texts),
        (Source::Okta(_), Some(okta)) => groups::read(config, rules, okta, texts),
        _ => Ok(Read::default()),
    }
}

impl RecordRules {
    /// Takes in one member of these groups; the status of one whom the filter left out.
    pub(crate) fn take(
        &mut self,
        record: &Record<'_>,
        groups: &[usize],
        intake: &mut Intake,
        texts: &mut Texts,
    ) -> Result<Option<Text>, Error> {
        let known = intake.join(&record.id, groups);
        if known.is_some() && !self.watch.is_off() {
            self.watch.again(record, groups);
        }
        match known {
            Some(Known::Filtered(place)) => return Ok(intake.filtered_status(place)),
            Some(Known::User(_) | Known::Skipped) => return Ok(None),
            None => {}
        }
        if !self.watch.is_off() {
            let sighting = self.sighting(record, texts)?;
            self.watch.note(Sighting {
                groups: groups.to_vec(),
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
                    let sources = intake.sources();
                    self.mapper.keep_source(record, &user, sources, texts);
                }
                intake.user(user, groups);
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
            Some(Json::Text(text)) => text::trim(text),
            _ => "",
        }
    }
}
