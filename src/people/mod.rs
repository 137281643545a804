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
use crate::model::{DirectoryUser, FilteredMember, SkippedMember};
use crate::okta::Okta;
use crate::people::filter::Filter;
use crate::people::join::{Intake, Read};
use crate::people::map::Mapper;
use crate::people::sighting::{Sighting, Watch};
use crate::record::{Record, Wanted};
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
pub(crate) enum Verdict {
    /// A directory user, and the names it has beside e-mail and username.
    Kept(DirectoryUser, Vec<Text>),
    Filtered(FilteredMember),
    Skipped(SkippedMember),
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
        let verdict = self.judge(record, texts)?;
        if !self.watch.is_off() {
            let sighting = self.sighting_of(record, &verdict, texts);
            self.watch.note(Sighting {
                groups: groups.to_vec(),
                ..sighting
            });
        }
        let id = match &verdict {
            Verdict::Kept(user, _) => {
                if self.keep_sources {
                    let sources = intake.sources();
                    self.mapper.keep_source(record, user, sources, texts);
                }
                user.id
            }
            Verdict::Filtered(_) | Verdict::Skipped(_) => texts.keep(&record.id),
        };
        Ok(intake.add(id, verdict, groups))
    }

    fn judge(&mut self, record: &Record<'_>, texts: &mut Texts) -> Result<Verdict, Error> {
        let kept = match &mut self.filter {
            Some(filter) => filter.keeps(record, self.mapper.login(record), &self.wanted)?,
            None => true,
        };
        if !kept {
            return Ok(Verdict::Filtered(FilteredMember {
                login: self.mapper.called(record, texts),
                names: self.mapper.names(record, texts).into_boxed_slice(),
                status: texts.share(&record.status),
            }));
        }
        Ok(match self.mapper.map(record, texts) {
            Ok((user, other_names)) => Verdict::Kept(user, other_names),
            Err(reason) => Verdict::Skipped(SkippedMember {
                login: self.mapper.called(record, texts),
                names: self.mapper.names(record, texts),
                reason,
            }),
        })
    }

    /// What the rules make of a record, without taking it in.
    pub(crate) fn sighting(
        &mut self,
        record: &Record<'_>,
        texts: &mut Texts,
    ) -> Result<Sighting, Error> {
        let verdict = self.judge(record, texts)?;
        Ok(self.sighting_of(record, &verdict, texts))
    }

    fn sighting_of(
        &mut self,
        record: &Record<'_>,
        verdict: &Verdict,
        texts: &mut Texts,
    ) -> Sighting {
        let names = self.mapper.names(record, texts);
        let filtered = matches!(verdict, Verdict::Filtered(_));
        Sighting {
            id: record.id.clone().into_owned(),
            login: self.mapper.login(record).to_owned(),
            names: names.into_iter().map(str::to_owned).collect(),
            status: record.status.clone().into_owned(),
            kept: self.filter.as_ref().map(|_| !filtered),
            traces: self.mapper.trace(record),
            skipped: match verdict {
                Verdict::Skipped(member) => Some(member.reason),
                Verdict::Kept(..) | Verdict::Filtered(_) => None,
            },
            groups: Vec::new(),
        }
    }

    /// Everything that the person is known by.
    fn names(&mut self, record: &Record<'_>, texts: &mut Texts) -> Vec<Text> {
        self.mapper.names(record, texts)
    }

    /// Whether Okta has the person by that name: its id, login or e-mail.
    fn is_named(&self, record: &Record<'_>, name: &str) -> bool {
        let known = [self.mapper.login(record), self.mapper.okta_email(record)];
        record.id == name || known.iter().any(|known| text::same(known, name))
    }

    /// What a record must carry for these rules.
    pub(crate) fn wanted(&self) -> Rc<Wanted> {
        Rc::clone(&self.wanted)
    }
}
