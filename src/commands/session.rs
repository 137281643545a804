//! One run's view of both sides: everything compiled and connected, then read.
//!
//! Offers the stages that `sync`, `plan`, `explain` and `check` share, in the order of the
//! pipeline. Each stage's rules are in its own room; nothing here decides anything about a user.

use std::time::{Duration, Instant};

use crate::adobe::{AdobeGroup, Listing, Umapi};
use crate::commands::recording;
use crate::config::{AdobeUserSelection, Config, Source, Strategy};
use crate::error::Error;
use crate::hook::Hook;
use crate::http::Transport;
use crate::model::notice::{Level, Notice};
use crate::model::{AdobeOrg, GroupKind, ListedGroup, OrgId};
use crate::okta::Okta;
use crate::os::signals::Stop;
use crate::people::join::Read;
use crate::people::named::{Context, Named};
use crate::people::sighting::{Sighting, Watch};
use crate::people::{self, RecordRules};
use crate::plan::desired::Desired;
use crate::text::{self, Texts};

/// Everything that a run works with.
pub struct Session<'c> {
    pub config: &'c Config,
    pub texts: Texts,
    /// `None`: no Okta tenant is read.
    pub okta: Option<Okta>,
    /// By [`OrgId`].
    pub orgs: Vec<Umapi>,
    /// Seconds in each phase, by name.
    pub phases: Vec<(&'static str, Duration)>,
    rules: RecordRules,
    /// The people whom `--only` names, as far as they were found.
    named: Named,
    hook: Option<Hook>,
    stop: Stop,
}

impl<'c> Session<'c> {
    /// Compiles filter, formats and hook, begins a recording, and prepares the connections. Nothing
    /// is contacted.
    pub fn open(config: &'c Config, transport: &Transport) -> Result<Session<'c>, Error> {
        let mut rules = RecordRules::compile(config)?;
        let hook = config.extension.as_ref().map(Hook::compile).transpose()?;
        if let Some(hook) = &hook {
            rules.keep_sources(|name| hook.reads_source(name));
        }
        recording::begin(config, transport, &rules.wanted())?;
        let okta = match &config.source {
            Source::Okta(okta) => Some(Okta::connect(okta, transport)?),
            Source::Csv(_) | Source::None => None,
        };
        let orgs = config.orgs.iter();
        let orgs = orgs.map(|org| Umapi::connect(org, transport));
        Ok(Session {
            config,
            texts: Texts::default(),
            rules,
            named: Named::default(),
            hook,
            okta,
            orgs: orgs.collect::<Result<_, _>>()?,
            phases: Vec::new(),
            stop: transport.stop().clone(),
        })
    }

    /// Reads the directory: groups, members, filter, mapping.
    pub fn read_directory(&mut self) -> Result<Read, Error> {
        let start = Instant::now();
        let read = match self.by_name() {
            Some((named, mut context)) => named.read(&mut context)?,
            None => people::read(
                self.config,
                &mut self.rules,
                self.okta.as_mut(),
                &mut self.texts,
            )?,
        };
        tell(&read.notices);
        self.phases.push(("directory", start.elapsed()));
        Ok(read)
    }

    /// With `--only`: the directory once more, where somebody else in Okta has a name that Adobe has
    /// of one of the people; `None`: nobody has.
    pub fn read_namesakes(&mut self, orgs: &[Option<AdobeOrg>]) -> Result<Option<Read>, Error> {
        let Some((named, mut context)) = self.by_name() else {
            return Ok(None);
        };
        let users = orgs.iter().flatten().flat_map(|org| &org.users);
        let names = users.flat_map(|user| [user.email, user.username]);
        let names = names.filter(|name| text::is_address(name)).collect();
        let read = named.read_with(names, &mut context)?;
        tell(read.iter().flat_map(|read| &read.notices));
        Ok(read)
    }

    /// With `--only`: who is known by now, and what they are looked for with.
    fn by_name(&mut self) -> Option<(&mut Named, Context<'_>)> {
        let context = Context {
            config: self.config,
            only: self.config.only.as_ref()?,
            rules: &mut self.rules,
            okta: self.okta.as_mut()?,
            texts: &mut self.texts,
        };
        Some((&mut self.named, context))
    }

    /// Whom to look out for while the directory is read.
    pub fn watch(&mut self) -> &mut Watch {
        &mut self.rules.watch
    }

    /// Searches Okta for somebody by login and e-mail, whatever groups they are in.
    pub fn search(&mut self, name: &str) -> Result<Vec<Sighting>, Error> {
        let mut found = Vec::new();
        let Some(okta) = &mut self.okta else {
            return Ok(found);
        };
        let wanted = self.rules.wanted();
        let (rules, texts) = (&mut self.rules, &mut self.texts);
        okta.find_users(&[name], &wanted, &mut |record| {
            found.push(rules.sighting(record, texts)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Selects users, works out their groups, and runs the hook.
    pub fn desired<'r>(&mut self, read: &'r Read) -> Result<Desired<'r>, Error>
    where
        'c: 'r,
    {
        let start = Instant::now();
        let stop = &self.stop;
        stop.look();
        let mut desired = Desired::select(self.config, &read.directory, &mut self.texts)?;
        if let Some(hook) = &mut self.hook {
            let names = self.rules.source_names();
            let names = names.map(|name| self.texts.share(name)).collect();
            let sources = (names, &read.sources);
            let results = (&mut desired, &mut self.texts);
            hook.run(sources, results, &|| stop.go_on())?;
        }
        stop.look_away()?;
        self.phases.push(("mapping", start.elapsed()));
        Ok(desired)
    }

    /// Works something out; a signal meanwhile ends the run behind it.
    pub fn work_out<T>(&mut self, work: impl FnOnce(&mut Texts) -> T) -> Result<T, Error> {
        self.stop.look();
        let result = work(&mut self.texts);
        self.stop.look_away()?;
        Ok(result)
    }

    /// Reads the orgs that the run is about, by [`OrgId`]: with push none, and no secondary org
    /// without mapped groups.
    pub fn read_adobe(&mut self, desired: &Desired<'_>) -> Result<Vec<Option<AdobeOrg>>, Error> {
        let start = Instant::now();
        let config = self.config;
        let mut orgs = Vec::with_capacity(self.orgs.len());
        let people = config.only.as_ref().map(|_| desired.names_at_adobe());
        for (org, umapi) in config.org_ids().zip(&mut self.orgs) {
            let mapped = desired.mapped.of_org(org);
            let mapped: Vec<String> = mapped.map(|(_, name)| name.to_owned()).collect();
            let unused = mapped.is_empty() && !org.is_primary();
            let is_read = config.options.strategy != Strategy::Push && !unused;
            orgs.push(match &people {
                _ if !is_read => None,
                Some(names) => Some(umapi.find_users(names, &mut self.texts)?),
                None => Some(read_org(config, (org, umapi), mapped, &mut self.texts)?),
            });
        }
        self.stop.look_away()?;
        self.phases.push(("adobe", start.elapsed()));
        Ok(orgs)
    }

    /// Reads the list of groups of one org.
    pub fn read_groups(&mut self, org: OrgId) -> Result<Vec<ListedGroup>, Error> {
        let start = Instant::now();
        let groups = match self.orgs.get_mut(org.place()) {
            Some(umapi) => umapi.read_groups()?,
            None => Vec::new(),
        };
        self.phases.push(("groups", start.elapsed()));
        Ok(listed(groups, &mut self.texts))
    }
}

fn listed(groups: Vec<AdobeGroup>, texts: &mut Texts) -> Vec<ListedGroup> {
    let mut listed = |group: AdobeGroup| ListedGroup {
        name: texts.keep(&group.name),
        kind: GroupKind::of(group.kind.as_deref()),
    };
    groups.into_iter().map(&mut listed).collect()
}

fn read_org(
    config: &Config,
    (org, umapi): (OrgId, &mut Umapi),
    mapped: Vec<String>,
    texts: &mut Texts,
) -> Result<AdobeOrg, Error> {
    let auto_create = config.auto_create && config.options.process_groups;
    // The list of groups comes first: the first call of a run carries the start marker.
    let listed = if auto_create {
        Some(listed(umapi.read_groups()?, texts))
    } else {
        None
    };
    let named = match &config.adobe_users {
        AdobeUserSelection::All => None,
        AdobeUserSelection::Mapped => Some(mapped),
        AdobeUserSelection::Groups(groups) => {
            let of_org = groups.iter().filter(|group| group.org == org);
            Some(of_org.map(|group| group.name.clone()).collect())
        }
    };
    let listing = named.as_deref().map_or(Listing::All, Listing::Groups);
    let mut read = umapi.read_users(listing, texts)?;
    for group in listed.iter().flatten() {
        read.groups.intern(group.name, texts);
    }
    read.listed = listed;
    for group in &read.unread_groups {
        log::warn!(
            target: "umapi",
            "the members of Adobe group \"{}\" are not known, for Adobe does not list them: {}; \
             check its name",
            group.name,
            group.told,
        );
    }
    Ok(read)
}

/// Logs what deciding code had to tell.
pub fn tell<'n>(notices: impl IntoIterator<Item = &'n Notice>) {
    for notice in notices {
        let text = &notice.text;
        match notice.level {
            Level::Critical => log::error!(target: crate::logging::CRITICAL, "{text}"),
            Level::Error => log::error!(target: "processor", "{text}"),
            Level::Warning => log::warn!(target: "processor", "{text}"),
            Level::Info => log::info!(target: "processor", "{text}"),
            Level::Debug => log::debug!(target: "processor", "{text}"),
        }
    }
}
