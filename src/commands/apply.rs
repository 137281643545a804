//! `apply`: sends exactly the commands of a saved plan (manual/commands.md#apply).
//!
//! Everything that can be refused is refused before the first command. Safe to interrupt and to
//! repeat: the journal beside the plan says where to go on.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use argh::{ArgsInfo, FromArgs};

use crate::adobe::{Mode, Umapi};
use crate::cli::Arguments;
use crate::commands::account::{self, Books, Terms};
use crate::commands::batches;
use crate::commands::writing::{self, Writing};
use crate::commands::{Locking, Run};
use crate::config::{self, Config, Scope, Strategy};
use crate::error::{Error, exit};
use crate::model::OrgId;
use crate::model::change::HeldRule;
use crate::send::Entry;
use crate::send::journal::{Journal, PlanId};
use crate::send::plan_file::{self, Age, Header, Saved, SavedCommand};
use crate::send::requests::UserGroups;
use crate::show::change;
use crate::show::summary::{self, Shape};
use crate::text::Texts;

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct ApplyOptions {
    /// a plan that `user-sync plan --out FILE` saved
    #[argh(positional, arg_name = "FILE")]
    file: PathBuf,

    /// send a plan that is older than 24 hours, too
    #[argh(switch)]
    allow_old_plan: bool,

    /// send what this rule holds back, too: group-loss, rename, new-users, adobe-only or
    /// group-removals; repeatable
    #[argh(option, arg_name = "RULE", from_str_fn(rule))]
    with_held_back: Vec<HeldRule>,
}

fn rule(word: &str) -> Result<HeldRule, String> {
    let lower = word.trim().to_ascii_lowercase();
    HeldRule::parse(&lower).ok_or_else(|| {
        let words = HeldRule::ALL.map(HeldRule::word).join(", ");
        format!("\"{word}\" is no rule that holds back; there are {words}")
    })
}

pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let options: ApplyOptions = arguments.read()?;
    let terms = Terms {
        scope: Scope::OrgsOnly,
        locking: Locking::Exclusive,
        reads: vec![options.file.clone(), Journal::path_for(&options.file)],
        writes: Vec::new(),
    };
    account::reported(arguments, &terms, |run, books| send(run, &options, books))
}

/// Reads the plan and sends it; the exit code says what came of it.
fn send(run: &Run, options: &ApplyOptions, books: &mut Books) -> Result<u8, Error> {
    let config = &run.config;
    let mut texts = Texts::default();
    let now = jiff::Timestamp::now();
    let age = if options.allow_old_plan {
        Age::Any
    } else {
        Age::Fresh
    };
    let plan = plan_file::read(&options.file, now, age, &mut texts)?;
    if !plan.sealed {
        log::warn!(target: "processor", "{}: the header was edited: it does not match its own digest", options.file.display());
    }
    let plan_orgs = configured(config, &plan.header, &options.file)?;
    books.report.counts.clone_from(&plan.header.counts);
    warn_of_changes(config, &plan.header);
    let entries = entries(&plan, &plan_orgs);
    let mut journal = journal(config, &plan, &options.file)?;
    let known = journal
        .as_ref()
        .map(|journal| journal.known().to_vec())
        .unwrap_or_default();
    let before = known.iter().filter(|known| **known).count();
    let held = held_back(&plan, &options.with_held_back);
    let is_held = |place: &usize| held.contains(place);
    let is_known = |place: &usize| known.get(*place) == Some(&true);
    // What is not sent in this run: answered before, or still held back.
    let left_out: Vec<bool> = (0..entries.len())
        .map(|place| is_known(&place) || is_held(&place))
        .collect();
    let still_held = held.iter().filter(|place| !is_known(place)).count();
    tell_held(&plan, still_held);
    if !left_out.contains(&false) {
        log::info!(target: "processor", "nothing to do: {}", done_before(before));
        return Ok(if still_held == 0 {
            exit::DONE
        } else {
            exit::HELD_BACK
        });
    }
    if before > 0 {
        let rest = left_out.iter().filter(|left_out| !**left_out).count();
        log::info!(target: "processor", "{}; still to be sent: {rest}", done_before(before));
    }
    let connect = |org| Umapi::connect(org, &run.transport);
    let mut orgs = config
        .orgs
        .iter()
        .map(connect)
        .collect::<Result<Vec<_>, _>>()?;
    let user_groups = user_groups(config, &plan.header, &plan_orgs);
    let writing = Writing {
        entries: &entries,
        left_out: &left_out,
        terms: batches::terms_with(config, user_groups),
        journal: journal.as_mut(),
    };
    let sent = writing.run(run, &mut orgs, books)?;
    let counts = change::counts_of_json(&plan.header.counts);
    writing::summarize(config, &shape(config, &plan.header), &counts, &sent);
    writing::exit_code(sent, still_held > 0, false)
}

/// The places of the commands that a rule holds back which is not approved.
fn held_back(plan: &Saved, approved: &[HeldRule]) -> HashSet<usize> {
    let is_held = |command: &SavedCommand| {
        let mut rules = command.held.iter();
        rules.any(|rule| !approved.contains(rule))
    };
    let commands = plan.commands.iter().enumerate();
    let held = commands.filter(|(_, command)| is_held(command));
    held.map(|(place, _)| place).collect()
}

/// Says again what a limit held back when the plan was made.
fn tell_held(plan: &Saved, still_held: usize) {
    if still_held == 0 {
        return;
    }
    for held_back in &plan.header.held_back {
        log::error!(target: crate::logging::CRITICAL, "{}", held_back.text);
    }
    log::warn!(target: "processor", "{still_held} commands of the plan are held back; `user-sync show` lists them with the rules, and --with-held-back RULE sends them");
}

/// For each org of the plan, the configured one with that org id. Errors: there is none.
fn configured(config: &Config, header: &Header, plan_file: &Path) -> Result<Vec<OrgId>, Error> {
    let place = |org: &plan_file::Org| {
        let mut configured = config.orgs.iter();
        let place = configured.position(|known| known.org_id == org.org_id);
        place.map(OrgId::of).ok_or_else(|| {
            let name = org.name.as_deref().unwrap_or("primary");
            let known: Vec<&str> = config.orgs.iter().map(|org| org.org_id.as_str()).collect();
            Error::config(
                plan_file,
                format!(
                    "the plan is for the org {} ({name}), which {} does not configure (it has {}): \
                     name the configuration that the plan was made with by -c",
                    org.org_id,
                    config.main_file.display(),
                    known.join(", ")
                ),
            )
        })
    };
    header.orgs.iter().map(place).collect()
}

fn warn_of_changes(config: &Config, header: &Header) {
    let folder = config.main_file.parent().unwrap_or(Path::new(""));
    let files: Vec<PathBuf> = header
        .config_files
        .iter()
        .map(|file| folder.join(file))
        .collect();
    if config::digest_of(&files).as_ref() != Some(&header.config_sha256) {
        log::warn!(
            target: "processor",
            "the configuration has changed since the plan was made at {}: the plan is sent as it \
             is; make a new one if the change matters",
            header.time
        );
    }
}

fn entries<'p>(plan: &'p Saved, orgs: &[OrgId]) -> Vec<Entry<'p>> {
    let entry = |saved: &'p plan_file::SavedCommand| {
        let org = orgs.get(saved.org)?;
        Some(Entry {
            org: *org,
            change: &saved.change,
        })
    };
    plan.commands.iter().filter_map(entry).collect()
}

/// By [`OrgId`], what the plan knows of user groups, as long as the configuration still wants
/// `usergroup` commands.
fn user_groups(config: &Config, header: &Header, orgs: &[OrgId]) -> Vec<UserGroups> {
    let mut by_org = vec![UserGroups::default(); config.orgs.len()];
    for (saved, org) in header.orgs.iter().zip(orgs) {
        let allowed = config.org(*org);
        let allowed = allowed.is_some_and(|org| org.batch_group_changes);
        if let Some(own) = by_org.get_mut(org.place()).filter(|_| allowed) {
            *own = saved.user_groups.iter().map(String::as_str).collect();
        }
    }
    by_org
}

/// The journal of a live run; test mode changes nothing, so there is nothing to note.
fn journal(config: &Config, plan: &Saved, plan_file: &Path) -> Result<Option<Journal>, Error> {
    match writing::mode(config) {
        Mode::Test => Ok(None),
        Mode::Live => {
            let id = PlanId {
                digest: &plan.digest,
                made: plan.header.time,
                commands: plan.commands.len(),
            };
            Journal::read(plan_file, &id).map(Some)
        }
    }
}

fn done_before(count: usize) -> String {
    match count {
        0 => "the plan holds no command".to_owned(),
        1 => "1 command of the plan was answered before".to_owned(),
        count => format!("{count} commands of the plan were answered before"),
    }
}

fn shape(config: &Config, header: &Header) -> Shape {
    let saved = header.summary.adobe_only.as_deref();
    let words = summary::ADOBE_ONLY_WORDS.into_iter();
    Shape {
        mode: writing::summary_mode(config),
        strategy: match header.summary.strategy.as_str() {
            "push" => Strategy::Push,
            _ => Strategy::Sync,
        },
        secondaries: header.orgs.len() > 1,
        adobe_only: words.into_iter().find(|word| Some(*word) == saved),
    }
}
