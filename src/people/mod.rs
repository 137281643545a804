//! Reads the directory: which groups to ask for, their members, filter and mapping.
//!
//! The story from configuration to [`Read`]. Okta's wire, the filter's language, the mapping rules
//! and the joining of what was read are rooms of their own; nothing here knows Adobe.

pub mod csv;
pub mod filter;
pub mod groups;
pub mod join;
pub mod map;
pub mod named;
pub mod sighting;
pub mod sources;

use std::rc::Rc;

use crate::config::{Config, Formats, Source};
use crate::error::Error;
use crate::model::DirectoryUser;
use crate::model::why::SkipWhy;
use crate::okta::Okta;
use crate::people::filter::Filter;
use crate::people::join::{Intake, Read};
use crate::people::map::Mapper;
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
        let (formats, identity_type) = match &config.source {
            Source::Okta(okta) => (okta.formats.clone(), okta.identity_type),
            Source::Csv(csv) => (Formats::of_columns(&csv.columns), csv.identity_type),
            Source::None => (Formats::default(), None),
        };
        let extension = config.extension.as_ref();
        let extended = extension.map_or(&[][..], |extension| &extension.extended_attributes);
        let identity_type = identity_type.unwrap_or(config.identity_type);
        let (mapper, mut wanted) = Mapper::new(formats, identity_type, extended);
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

/// What the rules make of a record: asked once, and all that anybody needs to know of it.
#[derive(Debug)]
pub(crate) struct Judged {
    /// What messages call the person.
    pub(crate) login: Text,
    /// Everything the person is known by.
    pub(crate) names: Vec<Text>,
    pub(crate) verdict: Verdict,
}

#[derive(Debug)]
pub(crate) enum Verdict {
    /// A directory user, and the names it has beside e-mail and username.
    Kept(DirectoryUser, Vec<Text>),
    /// Left out by the filter; the status.
    Filtered(Text),
    /// Not to be mapped, for this reason.
    Skipped(SkipWhy),
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
        if let Some(known) = intake.join(&record.id, groups) {
            self.watch.again(&record.id, groups);
            return Ok(intake.filtered_status(known));
        }
        let judged = self.judge(record, texts)?;
        if !self.watch.is_off() {
            self.watch.note(Sighting {
                groups: groups.to_vec(),
                ..self.sighting_of(record, &judged)
            });
        }
        match &judged.verdict {
            Verdict::Kept(user, _) if self.keep_sources => {
                self.mapper
                    .keep_source(record, user, intake.sources(), texts);
            }
            _ => {}
        }
        Ok(intake.add(texts.keep(&record.id), judged, groups))
    }

    /// What the rules make of a record.
    fn judge(&mut self, record: &Record<'_>, texts: &mut Texts) -> Result<Judged, Error> {
        let kept = match &self.filter {
            Some(filter) => filter.keeps(record, self.text(record, self.login), &self.wanted)?,
            None => true,
        };
        let mapped = self.mapper.map(record, texts);
        let verdict = match mapped.user {
            _ if !kept => Verdict::Filtered(texts.share(&record.status)),
            Ok(user) => Verdict::Kept(user, mapped.other_names),
            Err(reason) => Verdict::Skipped(reason),
        };
        Ok(Judged {
            login: mapped.login,
            names: mapped.names,
            verdict,
        })
    }

    /// What the rules make of a record, without taking it in.
    pub(crate) fn sighting(
        &mut self,
        record: &Record<'_>,
        texts: &mut Texts,
    ) -> Result<Sighting, Error> {
        let judged = self.judge(record, texts)?;
        Ok(self.sighting_of(record, &judged))
    }

    fn sighting_of(&self, record: &Record<'_>, judged: &Judged) -> Sighting {
        let filtered = matches!(judged.verdict, Verdict::Filtered(_));
        Sighting {
            id: record.id.clone().into_owned(),
            login: self.text(record, self.login).to_owned(),
            names: judged.names.iter().map(|name| (*name).to_owned()).collect(),
            status: record.status.clone().into_owned(),
            kept: self.filter.as_ref().map(|_| !filtered),
            traces: self.mapper.trace(record),
            skipped: match &judged.verdict {
                Verdict::Skipped(reason) => Some(*reason),
                Verdict::Kept(..) | Verdict::Filtered(_) => None,
            },
            groups: Vec::new(),
        }
    }

    /// Everything that the person is known by.
    fn names(&mut self, record: &Record<'_>, texts: &mut Texts) -> Vec<Text> {
        self.mapper.map(record, texts).names
    }

    /// Whether Okta has the person by that name: its id, login or e-mail.
    fn is_named(&self, record: &Record<'_>, name: &str) -> bool {
        let attributes = [self.login, self.email].map(|slot| self.text(record, slot));
        record.id == name || attributes.iter().any(|known| text::same(known, name))
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
