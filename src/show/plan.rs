//! A plan for people: what would be done in each org, the dangerous things first.
//!
//! Pure: the plan and the configuration give the text. Whoever changes most is listed once, under
//! the gravest thing that happens to them; long lists are folded to a count.

mod json;
mod section;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::error::one_line;
use crate::model::command::Step;
use crate::plan::{Change, HeldRule, Namesake, OrgPlan, Plan};
use crate::send::forecast::{Effort, Forecast};
use crate::send::plan_file::Org;
use crate::show::rows::{self, Row};
use crate::show::{Style, Tone, wrap};
use crate::text::{self, Text};
use section::Section::{self, Deleted, Pushed};

/// A plan as it is shown.
pub struct Shown<'p> {
    pub plan: &'p Plan,
    /// Those that the plan's ids count.
    pub orgs: &'p [Org],
    pub forecasts: &'p [Forecast],
}

impl Shown<'_> {
    /// The plan for people.
    pub fn text(&self, style: Style, extent: Extent) -> String {
        let out = text(self.plan, self.orgs, style, extent);
        let mut page = Page { style, extent, out };
        let totals = totals(self);
        totals
            .iter()
            .for_each(|line| page.wrapped(line, 0, Tone::Plain));
        page.out
    }
}

/// How much of a long list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Folded,
    /// Everybody by name (`--all`).
    All,
}

impl Extent {
    pub fn of(all: bool) -> Extent {
        if all { Extent::All } else { Extent::Folded }
    }

    /// How many entries are shown, `folded` at most.
    fn or(self, folded: usize) -> usize {
        match self {
            Extent::All => usize::MAX,
            Extent::Folded => folded,
        }
    }
}

/// Entries of a folded list: what takes something away deserves a longer look.
const SHOWN: usize = 20;
const SHOWN_DANGERS: usize = 50;

/// The changes of one org by section, sorted by name.
type Sections<'p> = BTreeMap<Section, Vec<&'p Change>>;

/// The whole plan as a text. `orgs` are those that the plan's ids count.
pub fn text(plan: &Plan, orgs: &[Org], style: Style, extent: Extent) -> String {
    let out = String::new();
    let mut page = Page { style, extent, out };
    page.held_back(plan);
    page.namesakes(plan);
    let mut planned: Vec<&OrgPlan> = plan.orgs.iter().collect();
    planned.sort_by_key(|org| org.org);
    if plan.is_empty() {
        planned.iter().for_each(|org| page.held(org));
        page.nothing_to_do(plan);
        return page.out;
    }
    let mut totals = Vec::new();
    for org in planned {
        let sections = sections(org);
        let unchanged = if org.org.is_primary() {
            plan.counts.unchanged
        } else {
            0
        };
        let title = title(orgs.get(org.org.place()));
        let counts = counts(&sections, unchanged);
        page.heading(&title);
        page.wrapped(&counts, 2, Tone::Plain);
        page.end_block();
        totals.push(format!("{title}: {counts}"));
        for (section, changes) in &sections {
            page.section(*section, changes);
        }
        page.groups(&sections);
        page.held(org);
    }
    // Again at the end: those at the top may have scrolled away.
    page.heading("Totals");
    totals
        .iter()
        .for_each(|total| page.wrapped(total, 2, Tone::Plain));
    page.out
}

/// The last lines: how many of what in all orgs, and what sending it takes.
fn totals(shown: &Shown<'_>) -> Vec<String> {
    if shown.forecasts.is_empty() {
        return Vec::new();
    }
    let mut counts: BTreeMap<Section, usize> = BTreeMap::new();
    let changes = shown.plan.in_sending_order();
    for section in changes.filter_map(|(_, change)| Section::of(&change.reason)) {
        *counts.entry(section).or_default() += 1;
    }
    let counts = counts.into_iter();
    let counts: Vec<String> = counts
        .map(|(section, count)| section.short(count))
        .collect();
    let effort = Effort::sum(shown.forecasts).in_words();
    let all = format!("In all: {}; {effort}", counts.join(", "));
    let memberships = shown.forecasts.iter().filter_map(|forecast| {
        let memberships = forecast.memberships?.in_words();
        let org = shown.orgs.get(forecast.org.place());
        let name = org.and_then(|org| org.name.as_deref());
        Some(match name.filter(|_| shown.orgs.len() > 1) {
            Some(name) => format!("{name}: {memberships}"),
            None => memberships,
        })
    });
    std::iter::once(all).chain(memberships).collect()
}

/// A text as it grows.
struct Page {
    style: Style,
    extent: Extent,
    out: String,
}

impl Page {
    fn wrapped(&mut self, text: &str, indent: usize, tone: Tone) {
        for line in wrap(text, self.style.width - indent) {
            let line = self.style.paint(tone, &line);
            // Writing to a String cannot fail.
            let _ = writeln!(self.out, "{:indent$}{line}", "");
        }
    }

    fn heading(&mut self, text: &str) {
        let text = self.style.paint(Tone::Heading, text);
        let _ = writeln!(self.out, "{text}");
    }

    /// Of a list of `count` entries so many are shown; then a blank line.
    fn end_list(&mut self, count: usize, shown: usize) {
        if let Some(more @ 1..) = count.checked_sub(shown) {
            let line = format!("    … and {more} more (--all shows them)");
            self.out.push_str(&self.style.paint(Tone::Aside, &line));
            self.out.push('\n');
        }
        self.end_block();
    }

    fn end_block(&mut self) {
        self.out.push('\n');
    }

    fn held_back(&mut self, plan: &Plan) {
        if plan.held_back.is_empty() {
            return;
        }
        let heading = "HELD BACK by a safety limit, and not sent unless it is approved";
        self.wrapped(heading, 0, Tone::Danger);
        for held in &plan.held_back {
            let lines = wrap(&one_line(&held.text), self.style.width - 4);
            for (nth, line) in lines.iter().enumerate() {
                let sign = if nth == 0 { "!" } else { " " };
                let line = self.style.paint(Tone::Danger, &format!("{sign} {line}"));
                let _ = writeln!(self.out, "  {line}");
            }
        }
        self.end_block();
    }

    /// Adobe users who are left alone, for they carry another name of somebody.
    fn namesakes(&mut self, plan: &Plan) {
        let count = plan.namesakes.len();
        if count == 0 {
            return;
        }
        let heading =
            format!("Left alone, for they carry another name of a directory user: {count}");
        self.wrapped(&heading, 0, Tone::Heading);
        let row = |namesake: &Namesake| Row {
            indent: 2,
            tone: Tone::Plain,
            sign: "",
            left: namesake.person.to_owned(),
            right: format!("{} is a name of {}", namesake.name, namesake.login),
        };
        let shown = self.extent.or(SHOWN);
        let rows: Vec<Row> = plan.namesakes.iter().take(shown).map(row).collect();
        rows::write(&rows, self.style, &mut self.out);
        self.end_list(count, shown);
    }

    fn nothing_to_do(&mut self, plan: &Plan) {
        let counts = &plan.counts;
        let also = if plan.held_back.is_empty() {
            ""
        } else {
            " else"
        };
        let _ = writeln!(
            self.out,
            "Nothing{also} to do: {} selected in the directory, {} at Adobe unchanged.",
            text::people(counts.directory_selected),
            text::people(counts.unchanged)
        );
    }

    fn section(&mut self, section: Section, changes: &[&Change]) {
        let heading = format!("{}: {}", section.look().0, changes.len());
        let changes = changes.iter().map(|change| (section, *change));
        self.people(
            &heading,
            Tone::Heading,
            section,
            &changes.collect::<Vec<_>>(),
        );
    }

    /// People whom limits hold back, by the rules that have to be approved.
    fn held(&mut self, org: &OrgPlan) {
        let mut by_rules: BTreeMap<&[HeldRule], Vec<(Section, &Change)>> = BTreeMap::new();
        for held in &org.held {
            if let Some(section) = Section::of(&held.change.reason) {
                let people = by_rules.entry(&held.rules).or_default();
                people.push((section, &held.change));
            }
        }
        for (rules, mut people) in by_rules {
            people.sort_by_cached_key(|(_, change)| text::key(change.reason.person));
            let words: Vec<&str> = rules.iter().map(|rule| rule.word()).collect();
            let heading = format!(
                "Held back by {}: {}; a saved plan sends them with `apply PLAN --with-held-back {}`",
                words.join(" and "),
                people.len(),
                words.join(" --with-held-back ")
            );
            self.people(&heading, Tone::Danger, Deleted, &people);
        }
    }

    /// What changes for each of these people, each under a section; as many as `of` lets be shown.
    fn people(&mut self, heading: &str, tone: Tone, of: Section, people: &[(Section, &Change)]) {
        self.wrapped(heading, 2, tone);
        let shown = of.shown(self.extent);
        let blocks = people.iter().take(shown);
        let blocks: Vec<Row> = blocks
            .flat_map(|(section, change)| block(*section, change))
            .collect();
        rows::write(&blocks, self.style, &mut self.out);
        self.end_list(people.len(), shown);
    }

    /// How many members each group gains and loses, as `git diff --stat` would put it.
    fn groups(&mut self, sections: &Sections<'_>) {
        let mut groups: BTreeMap<Text, (usize, usize)> = BTreeMap::new();
        let known = sections.iter().filter(|(section, _)| **section != Pushed);
        for change in known.flat_map(|(_, changes)| changes) {
            for group in change.reason.removed.iter() {
                groups.entry(group.group).or_default().1 += 1;
            }
            for group in change.reason.added.iter() {
                groups.entry(group.group).or_default().0 += 1;
            }
        }
        if groups.is_empty() {
            return;
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, (_, lost))| std::cmp::Reverse(*lost));
        let heading = format!("Members by group: {}", groups.len());
        self.wrapped(&heading, 2, Tone::Heading);
        let shown = self.extent.or(SHOWN);
        let digits = |count: fn(&(Text, (usize, usize))) -> usize| {
            let most = groups.iter().map(count).max().unwrap_or(0);
            most.to_string().len() + 1
        };
        let (lost_digits, gained_digits) = (digits(|group| group.1.1), digits(|group| group.1.0));
        let signed = |sign: char, count: usize| match count {
            0 => String::new(),
            count => format!("{sign}{count}"),
        };
        for (group, (gained, lost)) in groups.iter().take(shown) {
            let lost = format!("{:>lost_digits$}", signed('-', *lost));
            let gained = format!("{:>gained_digits$}", signed('+', *gained));
            let (lost, gained) = (
                self.style.paint(Tone::Danger, &lost),
                self.style.paint(Tone::Gain, &gained),
            );
            let _ = writeln!(self.out, "    {lost} {gained}  {}", one_line(group));
        }
        self.end_list(groups.len(), shown);
    }
}

fn sections(org: &OrgPlan) -> Sections<'_> {
    let mut sections = Sections::new();
    for change in org.all_changes() {
        if let Some(section) = Section::of(&change.reason) {
            sections.entry(section).or_default().push(change);
        }
    }
    for changes in sections.values_mut() {
        changes.sort_by_cached_key(|change| text::key(change.reason.person));
    }
    sections
}

/// `Primary org A1@AdobeOrg` and, below, how many of what.
fn title(org: Option<&Org>) -> String {
    let name = org.and_then(|org| org.name.as_deref());
    let name = name.map_or("Primary org".to_owned(), |name| format!("Org {name}"));
    let id = org.map_or("", |org| org.org_id.as_str());
    one_line(&format!("{name} {id}"))
}

/// How many there are of each kind of change.
fn counts(sections: &Sections<'_>, unchanged: usize) -> String {
    let counts = Section::ALL.iter().filter_map(|section| {
        let count = sections.get(section)?.len();
        Some(section.short(count))
    });
    let unchanged = (unchanged > 0).then(|| format!("{unchanged} unchanged"));
    let counts: Vec<String> = counts.chain(unchanged).collect();
    if counts.is_empty() {
        "nothing to do".to_owned()
    } else {
        counts.join(", ")
    }
}

/// One user: a head line, then what changes.
fn block(section: Section, change: &Change) -> Vec<Row> {
    let reason = &change.reason;
    let mut rows = vec![Row {
        indent: 2,
        tone: section.tone(),
        sign: section.look().3,
        left: reason.person.to_owned(),
        right: about(change),
    }];
    let detail = |tone, sign, left: &str, right: String| Row {
        indent: 6,
        tone,
        sign,
        left: left.to_owned(),
        right,
    };
    let removed = reason.removed.iter();
    rows.extend(removed.map(|one| detail(Tone::Danger, "-", one.group, one.why.to_string())));
    let added = reason.added.iter();
    rows.extend(added.map(|one| detail(Tone::Gain, "+", one.group, one.why.to_string())));
    let changed = reason.attributes.iter();
    rows.extend(changed.map(|one| detail(Tone::Change, "~", one.attribute, one.difference())));
    rows
}

/// What stands beside a user's name: who is created, and why.
fn about(change: &Change) -> String {
    let why = change.reason.why.map(|why| why.to_string());
    let created = change.command.steps.first().and_then(|step| match step {
        Step::Create {
            identity_type,
            firstname,
            lastname,
            country,
            ..
        } => {
            let name = [*firstname, *lastname].into_iter().flatten();
            let name = name.collect::<Vec<_>>().join(" ");
            let parts = [name.as_str(), identity_type.as_str(), country.unwrap_or("")];
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            Some(parts.collect::<Vec<_>>().join(", "))
        }
        _ => None,
    });
    let both: Vec<String> = created.into_iter().chain(why).collect();
    both.join("; ")
}

#[cfg(test)]
mod tests;
