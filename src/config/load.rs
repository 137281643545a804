//! Files and options -> [`Config`]: the order of reading, and what needs what.
//!
//! Knows no key; the rooms beside it do.

use std::path::{Path, PathBuf};

use super::credential::Outside;
use super::files::Files;
use super::main_file::MainFile;
use super::option_rules::{self, Origin, Rules};
use super::orgs::OrgNames;
use super::reader::Reader;
use super::{
    Config, ConsoleOptions, CsvConfig, Extension, OktaConfig, Only, OrgConfig, OutputOptions,
    QualifiedGroup, Recording, Request, RunOptions, Scope, Source, csv, extension, main_file, okta,
    server, umapi,
};
use crate::error::Error;

const UMAPI: &str = "adobe_users.connectors.umapi";
const OKTA: &str = "directory_users.connectors.okta";
const CSV: &str = "directory_users.connectors.csv";
const EXTENSION: &str = "directory_users.extension";

/// Reads and checks everything that a request needs.
pub(super) fn load(request: &Request, outside: Outside) -> Result<Config, Error> {
    let (config, wrong) = load_in_part(request, outside)?;
    Error::several(wrong).map_or(Ok(config), Err)
}

/// The same, with what is wrong with connectors and the extension beside, unless there are blanks:
/// these are left out, and the orgs behind one that is. For looking at, not for acting on.
pub(super) fn load_in_part(
    request: &Request,
    outside: Outside,
) -> Result<(Config, Vec<Error>), Error> {
    let mut loader = Loader {
        files: Files::new(request.encoding),
        named_by: request.main_file.clone(),
        outside,
        warnings: Vec::new(),
        wrong: Vec::new(),
        has_blanks: false,
    };
    let mut main = loader.main_file()?;
    let given = request
        .given
        .clone()
        .over(std::mem::take(&mut main.defaults.given));
    let options: RunOptions = given.read()?;
    let rules = Rules {
        command_line: &request.given,
        merged: &given,
        options: &options,
    };
    let (origin, notes) = match request.scope {
        Scope::Run => (rules.origin()?, rules.irrelevant()),
        Scope::OrgsOnly => (Origin::None, Vec::new()),
    };
    let recording = rules.recording()?;
    let only = Only::read(&request.given, &options, &origin)?;
    let names = main.umapi.names();
    let adobe_users = option_rules::adobe_users(&options.adobe_users, &names)?;
    let orgs = loader.orgs(&main);
    let source = loader.source(&main, origin);
    let source = loader.part(source).unwrap_or(Source::None);
    let extension = loader.extension(main.extension.as_deref(), &names);
    let extension = loader.part(extension).flatten();
    if loader.has_blanks {
        return Err(Error::Several(loader.wrong));
    }
    let console = ConsoleOptions::of(&given, &request.console)?;
    let allow_group_loss = if loader.wrong.is_empty() {
        let is_mapped = |group: &QualifiedGroup| main.maps(group, extension.as_ref());
        option_rules::allowed_losses(&request.given.read()?, &names, is_mapped)?
    } else {
        Vec::new()
    };
    let (files, digest) = loader.files.digest();
    let mut output: OutputOptions = given.read()?;
    let is_for_everybody = only.is_none() && !matches!(recording, Some(Recording::From(_)));
    if !is_for_everybody && !request.given.has("--metrics") {
        // Somebody watches the file of the configuration: that of runs for everybody.
        output.metrics = None;
    }
    let mut logging = main.logging;
    logging.console_level = console.level(logging.console_level);
    logging.change_log = output.change_log.clone().or(logging.change_log);
    let mut config = Config {
        main_file: request.main_file.clone(),
        files,
        digest,
        options,
        output,
        console,
        adobe_users,
        allow_group_loss,
        recording,
        only,
        orgs,
        exclusions: main.exclusions,
        update_attributes: main.update_attributes,
        source,
        identity_type: main.identity_type,
        default_country: main.default_country,
        groups: main.groups,
        additional_groups: main.additional_groups,
        auto_create: main.auto_create,
        extension,
        limits: main.limits,
        logging,
        warnings: loader.warnings,
        notes,
    };
    config.leave_aside_for_only();
    Ok((config, loader.wrong))
}

/// Reads the files of one run.
struct Loader {
    files: Files,
    /// The main file, which names all others.
    named_by: PathBuf,
    outside: Outside,
    warnings: Vec<String>,
    /// What is wrong with one file does not hide what is wrong with the next.
    wrong: Vec<Error>,
    /// An example file of `init` is not filled in: nothing is contacted.
    has_blanks: bool,
}

impl Loader {
    fn main_file(&mut self) -> Result<MainFile, Error> {
        let path = self.named_by.clone();
        if let Err(error) = std::fs::metadata(&path) {
            return Err(Error::config(&path, super::unreadable_main(&error)));
        }
        let reader = self.files.read(&path)?;
        self.has_blanks |= reader.has_blanks();
        main_file::check_format(&reader);
        reader.finish_unless_blank()?;
        let main = main_file::read(&reader);
        reader.finish_unless_blank()?;
        let blanks = self.finish(std::slice::from_ref(&reader));
        self.part(blanks);
        Ok(main)
    }

    /// Reads files that the main file names under a key.
    fn read_all(&mut self, paths: &[PathBuf], key: &str) -> Result<Vec<Reader>, Error> {
        let read = |path: &PathBuf| self.read(path, key);
        paths.iter().map(read).collect()
    }

    fn read(&mut self, path: &Path, key: &str) -> Result<Reader, Error> {
        if let Err(error) = std::fs::metadata(path) {
            let main = self.named_by.display();
            let problem = format!("cannot be read: {error}; {key} in {main} names it");
            return Err(Error::config(path, problem));
        }
        let reader = self.files.read(path)?;
        self.has_blanks |= reader.has_blanks();
        Ok(reader)
    }

    /// Takes the warnings of files that were read. Errors: the first of them with problems has
    /// these.
    fn finish(&mut self, readers: &[Reader]) -> Result<(), Error> {
        let warnings = readers.iter().flat_map(|reader| reader.warnings.take());
        self.warnings.extend(warnings);
        readers.iter().try_for_each(Reader::finish)
    }

    /// A part of the configuration, unless it is wrong, which is noted.
    fn part<T>(&mut self, read: Result<T, Error>) -> Option<T> {
        read.map_err(|error| self.wrong.extend(error.each())).ok()
    }

    /// The orgs whose files are in order, up to the first whose are not: their places count.
    fn orgs(&mut self, main: &MainFile) -> Vec<OrgConfig> {
        let primary = std::iter::once((None, &main.umapi.primary));
        let secondary = main.umapi.secondary.iter();
        let secondary = secondary.map(|(name, paths)| (Some(name.clone()), paths));
        let read = primary.chain(secondary).map(|(name, paths)| {
            let org = self.org(name, paths);
            self.part(org)
        });
        let read: Vec<Option<OrgConfig>> = read.collect();
        let mut orgs: Vec<OrgConfig> = read.into_iter().map_while(|org| org).collect();
        if let Some(place) = &main.defaults.ssl_cert_verify_off {
            self.warnings
                .push(format!("{place}: {}", server::UNVERIFIED));
            let connections = orgs.iter_mut().map(|org| &mut org.connection);
            connections.for_each(|connection| connection.ssl_verify = false);
        }
        orgs
    }

    fn org(&mut self, name: Option<String>, paths: &[PathBuf]) -> Result<OrgConfig, Error> {
        let readers = self.read_all(paths, UMAPI)?;
        let org = umapi::read(name, &readers, &self.outside);
        self.finish(&readers)?;
        org.ok_or_else(|| self.unread(UMAPI))
    }

    fn source(&mut self, main: &MainFile, origin: Origin) -> Result<Source, Error> {
        Ok(match origin {
            Origin::Okta => Source::Okta(Box::new(self.okta(&main.okta)?)),
            Origin::Csv(file) => Source::Csv(Box::new(self.csv(&main.csv, file)?)),
            Origin::None => Source::None,
        })
    }

    fn okta(&mut self, paths: &[PathBuf]) -> Result<OktaConfig, Error> {
        if paths.is_empty() {
            return Err(Error::config(
                &self.named_by,
                "directory_users.connectors.okta: must be set for --connector okta: the file connector-okta.yml",
            ));
        }
        let readers = self.read_all(paths, OKTA)?;
        let okta = okta::read(&readers, &self.outside);
        self.finish(&readers)?;
        okta.ok_or_else(|| self.unread(OKTA))
    }

    fn csv(&mut self, paths: &[PathBuf], users_file: Option<PathBuf>) -> Result<CsvConfig, Error> {
        let readers = self.read_all(paths, CSV)?;
        let csv = csv::read(&readers, users_file);
        self.finish(&readers)?;
        csv.ok_or_else(|| {
            let problem = "--connector csv needs a FILE here, or file_path in connector-csv.yml";
            Error::Usage(problem.to_owned())
        })
    }

    /// `UST_EXTENSION=0` leaves the extension out.
    fn extension(
        &mut self,
        path: Option<&Path>,
        names: &OrgNames,
    ) -> Result<Option<Extension>, Error> {
        let Some(path) = path else { return Ok(None) };
        if (self.outside.variable)("UST_EXTENSION").is_some_and(|value| value == "0") {
            self.warnings.push(format!(
                "{}: left out, with its groups too, because UST_EXTENSION is 0",
                path.display()
            ));
            return Ok(None);
        }
        let reader = self.read(path, EXTENSION)?;
        let extension = extension::read(&reader, Some(names));
        reader.finish()?;
        Ok(extension)
    }

    /// Every `None` of a reading function has noted its problem; this is what is said if one had
    /// not.
    fn unread(&self, key: &str) -> Error {
        let problem = format!("{key}: the connector's file could not be understood");
        Error::config(&self.named_by, problem)
    }
}
