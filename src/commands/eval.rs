//! `eval`: a filter or a hook tried on users from a file, without a network
//! (manual/commands.md#eval).
//!
//! Lays users out through the same rooms as a run does. Users in and answers out are JSON Lines.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use argh::{ArgsInfo, FromArgs};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::cli::Arguments;
use crate::config;
use crate::error::{Error, exit};
use crate::hook::{Hook, Inputs, TARGETS};
use crate::http::json;
use crate::model::Attribute;
use crate::okta;
use crate::os::files::open_regular;
use crate::people::filter::Filter;
use crate::plan::desired::hook::{Given, HookResult};
use crate::record::Wanted;
use script::{Exception, Level, Value};

/// Bytes of a line.
const LONGEST_LINE: u64 = 16 << 20;

/// One line of the input of a hook; what is absent is empty.
#[derive(Deserialize, Default)]
#[serde(default)]
struct HookInput {
    source_attributes: Entries,
    source_groups: Vec<String>,
    target_attributes: Entries,
    target_groups: Vec<String>,
}

/// The entries of a JSON object, in its order.
struct Entries(Value);

impl Default for Entries {
    fn default() -> Entries {
        Entries(Value::dict::<&str>([]))
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Entries, D::Error> {
        let value = Value::deserialize(json)?;
        match value.entries() {
            Some(_) => Ok(Entries(value)),
            None => Err(D::Error::custom("attributes must be an object")),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Filter {
        /// What Python's `repr` gives.
        value: String,
        truth: bool,
    },
    Hook {
        target_attributes: HookResult,
        target_groups: Vec<Given>,
        hook_storage: String,
        log: Vec<Logged>,
    },
    Exception {
        error: String,
        message: String,
        line: usize,
    },
}

/// Level and text of a line; its name too, if it is not that of the hook's own logger.
#[derive(Serialize)]
#[serde(untagged)]
enum Logged {
    Own(&'static str, String),
    Named(&'static str, String, String),
}

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct EvalOptions {
    /// the expression to try, as all_users_filter has it
    #[argh(option, arg_name = "EXPR")]
    filter: Option<String>,

    /// the extension file whose hook is to be tried
    #[argh(option, arg_name = "FILE")]
    hook: Option<PathBuf>,

    /// users to try it on, one JSON object a line; - is stdin
    #[argh(option, arg_name = "FILE")]
    user: Option<PathBuf>,
}

/// Runs `eval`. Exit code 1 if any line raised an exception.
///
/// # Errors
/// A source that is refused, a file that cannot be read, a line that is no user.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let EvalOptions { filter, hook, user } = arguments.read()?;
    let usage = |text: &str| Err(Error::Usage(text.to_owned()));
    let mut out = std::io::stdout().lock();
    match (&filter, &hook, &user) {
        (None, None, _) => usage("eval needs --filter EXPR or --hook FILE"),
        (Some(_), Some(_), _) => usage("eval: --filter and --hook do not go together"),
        (_, _, None) => usage("eval needs --user FILE (- is stdin)"),
        (Some(expression), None, Some(users)) => {
            let mut wanted = Wanted::default();
            let filter = Filter::new(expression, &mut wanted)
                .map_err(|refusal| Error::Usage(format!("--filter: {}", refusal.render())))?;
            each_line(users, &mut out, &mut |line| {
                try_filter(&filter, &wanted, line)
            })
        }
        (None, Some(file), Some(users)) => {
            let mut hook = Hook::compile(&config::read_hook(file)?)?;
            each_line(users, &mut out, &mut |line| try_hook(&mut hook, line))
        }
    }
}

type Attempt<'a> = dyn FnMut(&str) -> Result<Answer, String> + 'a;

fn each_line(users: &Path, out: &mut dyn Write, attempt: &mut Attempt<'_>) -> Result<u8, Error> {
    let stdin = users == Path::new("-");
    let path = if stdin {
        Path::new("standard input")
    } else {
        users
    };
    let mut input: Box<dyn BufRead> = if stdin {
        Box::new(std::io::stdin().lock())
    } else {
        let file = open_regular(path).map_err(|error| Error::file(path, error.to_string()))?;
        Box::new(BufReader::new(file))
    };
    let mut code = exit::DONE;
    for number in 1_usize.. {
        let line = read_line(&mut input).map_err(|problem| Error::file(path, &problem))?;
        let Some(line) = line else { break };
        if line.trim().is_empty() {
            continue;
        }
        let answer = attempt(&line)
            .map_err(|problem| Error::file(path, format!("line {number}: {problem}")))?;
        if matches!(answer, Answer::Exception { .. }) {
            code = exit::FAILED;
        }
        if !write_line(out, &answer)? {
            break;
        }
    }
    Ok(code)
}

/// The next line, or None at the end.
fn read_line(input: &mut dyn BufRead) -> Result<Option<String>, String> {
    let mut line = Vec::new();
    let read = input
        .take(LONGEST_LINE + 1)
        .read_until(b'\n', &mut line)
        .map_err(|error| error.to_string())?;
    match read {
        0 => Ok(None),
        _ if read as u64 > LONGEST_LINE => Err("a line is longer than 16 MiB".to_owned()),
        _ => String::from_utf8(line)
            .map(Some)
            .map_err(|_| "a line is not UTF-8".to_owned()),
    }
}

/// False once nobody reads any more.
fn write_line(out: &mut dyn Write, answer: &Answer) -> Result<bool, Error> {
    let written = serde_json::to_string(answer)
        .map_err(std::io::Error::other)
        .and_then(|line| writeln!(out, "{line}").and_then(|()| out.flush()));
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::file(Path::new("standard output"), error.to_string())),
    }
}

fn raised(exception: Exception) -> Answer {
    Answer::Exception {
        error: exception.kind,
        message: exception.message,
        line: exception.line,
    }
}

fn try_filter(filter: &Filter, wanted: &Wanted, line: &str) -> Result<Answer, String> {
    let mut answer = None;
    okta::read_user(line, wanted, &mut |record| {
        let value = filter.evaluate(record, wanted);
        let written = value.and_then(|value| Ok((value.repr()?, value.truth())));
        answer = Some(match written {
            Ok((value, truth)) => Answer::Filter { value, truth },
            Err(exception) => raised(exception),
        });
        Ok(())
    })?;
    answer.ok_or_else(|| "no user".to_owned())
}

fn try_hook(hook: &mut Hook, line: &str) -> Result<Answer, String> {
    let input: HookInput = json::parse(line.as_bytes())?;
    let inputs = Inputs {
        source_attributes: input.source_attributes.with(&[]),
        source_groups: Value::set(input.source_groups.iter().map(String::as_str)),
        target_attributes: input.target_attributes.with(&TARGETS.map(Attribute::name)),
        target_groups: Value::set(input.target_groups.iter().map(String::as_str)),
    };
    let mut log = Vec::new();
    let ended = hook.call(inputs, &mut |line| {
        let (level, text) = (level_name(line.level), line.text.to_owned());
        log.push(match line.logger {
            None => Logged::Own(level, text),
            Some(name) => Logged::Named(level, text, name.to_owned()),
        });
    });
    let written = ended.and_then(|outputs| Ok((outputs, hook.storage().repr()?)));
    let (outputs, hook_storage) = match written {
        Ok(written) => written,
        Err(exception) => return Ok(raised(exception)),
    };
    Ok(match outputs.into_result() {
        Ok(result) => hook_answer(result, hook_storage, log),
        // No statement is at fault: the values that it left are.
        Err(message) => Answer::Exception {
            error: "TypeError".to_owned(),
            message,
            line: 0,
        },
    })
}

fn hook_answer(mut result: HookResult, hook_storage: String, log: Vec<Logged>) -> Answer {
    let mut target_groups = std::mem::take(&mut result.target_groups);
    target_groups.sort();
    target_groups.dedup();
    Answer::Hook {
        target_attributes: result,
        target_groups,
        hook_storage,
        log,
    }
}

impl Entries {
    /// A dict of them, with None under each of `always` that is not there.
    fn with(&self, always: &[&str]) -> Value {
        let given = self.0.entries().unwrap_or_default();
        let given = given
            .iter()
            .filter_map(|(name, value)| Some((name.as_str()?, value.clone())));
        let lacking = always.iter().filter(|name| self.0.entry(name).is_none());
        Value::dict(given.chain(lacking.map(|name| (*name, Value::None))))
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
        Level::Critical => "critical",
    }
}
