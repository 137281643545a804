//! Completions for three shells, made of the declarations: commands, options, fixed words, files.
//!
//! Knows the shells' languages, and no option and no command by name.

use std::fmt::Write;

use super::Command;
use super::flag::{Choice, Flag, Takes};

/// What may stand behind an option.
enum Value {
    Nothing,
    Files,
    Any,
    Words(Vec<&'static str>),
}

impl Value {
    fn of(flag: Flag) -> Value {
        match flag.takes() {
            Takes::Nothing | Takes::NothingOr(_) => Value::Nothing,
            Takes::Word("FILE" | "DIR" | "PLAN") => Value::Files,
            Takes::Word(_) => Value::Any,
            Takes::OneOf(choice) => Value::Words(words(choice)),
        }
    }
}

fn words(choice: Choice) -> Vec<&'static str> {
    choice.offered().map(|offered| offered.word).collect()
}

/// The fixed words of a command's first word, or nothing.
fn first_words(command: &Command) -> Vec<&'static str> {
    let first = command.words().next();
    let choice = first.and_then(|word| Choice::parse(word.name));
    choice.map(words).unwrap_or_default()
}

/// Every spelling of an option, short ones first.
fn spellings(flag: Flag) -> Vec<String> {
    let short = flag.short().map(|short| format!("-{short}"));
    let opposite = match flag.takes() {
        Takes::NothingOr(opposite) => opposite.short.map(str::to_owned),
        _ => None,
    };
    let long = flag.names().map(str::to_owned);
    short.into_iter().chain(opposite).chain(long).collect()
}

fn names(commands: &[Command]) -> Vec<&'static str> {
    commands.iter().map(|command| command.name).collect()
}

/// Each option of any command once.
fn all_flags(commands: &[Command]) -> Vec<Flag> {
    let mut all: Vec<Flag> = Vec::new();
    for flag in commands.iter().flat_map(Command::flags) {
        if !all.contains(&flag) {
            all.push(flag);
        }
    }
    all
}

/// The first words of values whose second one is a file.
fn words_before_files(commands: &[Command]) -> Vec<&'static str> {
    let choices = all_flags(commands)
        .into_iter()
        .filter_map(|flag| match flag.takes() {
            Takes::OneOf(choice) => Some(choice),
            _ => None,
        });
    let before = choices
        .flat_map(Choice::offered)
        .filter(|offered| matches!(offered.further, Some("FILE" | "[FILE]")));
    let mut words: Vec<&str> = before.map(|offered| offered.word).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// How bash and zsh tell a command; the first one is meant where none is named.
fn pattern(place: usize, command: &Command) -> String {
    let none = if place == 0 { "|''" } else { "" };
    format!("{}{none}", command.name)
}

/// For `source <(user-sync generate bash)`.
pub fn bash(commands: &[Command]) -> String {
    let mut out = "\
_user_sync() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= word
    # Bash takes the = of --name=value for a word of its own.
    if [[ $cur == = ]]; then cur=
    elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do
        case $word in
"
    .to_owned();
    let commands_pattern = names(commands).join("|");
    let _ = writeln!(
        out,
        "            {commands_pattern}) command=$word; break ;;"
    );
    out.push_str("        esac\n    done\n    case $prev in\n");
    bash_values(&mut out, commands);
    out.push_str("    if [[ -z $command && $cur != -* ]]; then\n        ");
    let _ = writeln!(out, "{}\n        return\n    fi", reply(&names(commands)));
    out.push_str("    case $command in\n");
    bash_words(&mut out, commands);
    out.push_str("    esac\n}\ncomplete -o filenames -F _user_sync user-sync\n");
    out
}

/// What stands behind an option.
fn bash_values(out: &mut String, commands: &[Command]) {
    for flag in all_flags(commands) {
        let answer = match Value::of(flag) {
            Value::Nothing => continue,
            Value::Files => "COMPREPLY=($(compgen -f -- \"$cur\"))".to_owned(),
            Value::Any => "COMPREPLY=()".to_owned(),
            Value::Words(words) => reply(&words),
        };
        let pattern = spellings(flag).join("|");
        let _ = writeln!(out, "        {pattern}) {answer}; return ;;");
    }
    let second = words_before_files(commands).join("|");
    let _ = writeln!(
        out,
        "        {second}) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n    esac"
    );
}

/// Options and words of each command.
fn bash_words(out: &mut String, commands: &[Command]) {
    for (place, command) in commands.iter().enumerate() {
        let pattern = pattern(place, command);
        let options: Vec<String> = command.flags().flat_map(spellings).collect();
        let mut offered: Vec<&str> = options.iter().map(String::as_str).collect();
        offered.push("--help");
        let words = first_words(command);
        let _ = writeln!(
            out,
            "        {pattern})\n            if [[ $cur == -* ]]; then {}",
            reply(&offered)
        );
        let plain = if words.is_empty() {
            "COMPREPLY=($(compgen -f -- \"$cur\"))".to_owned()
        } else {
            reply(&words)
        };
        let _ = writeln!(out, "            else {plain}; fi ;;");
    }
}

fn reply(words: &[&str]) -> String {
    format!(
        "COMPREPLY=($(compgen -W '{}' -- \"$cur\"))",
        words.join(" ")
    )
}

/// A file `_user-sync` in a folder of `fpath`.
pub fn zsh(commands: &[Command]) -> String {
    let mut out =
        "#compdef user-sync\n\n_user-sync() {\n    local -a commands\n    commands=(\n".to_owned();
    for command in commands {
        let _ = writeln!(
            out,
            "        {}",
            quoted(&format!("{}:{}", command.name, command.summary))
        );
    }
    out.push_str("    )\n    local command= word\n    for word in ${words[2,CURRENT-1]}; do\n        case $word in\n");
    let _ = writeln!(
        out,
        "            {}) command=$word; break ;;",
        names(commands).join("|")
    );
    out.push_str("        esac\n    done\n");
    let before = words_before_files(commands).join("|");
    let _ = writeln!(
        out,
        "    if [[ $words[CURRENT-1] == ({before}) ]]; then\n        _files\n        return\n    fi"
    );
    out.push_str("    if [[ -z $command && $PREFIX != -* && $words[CURRENT-1] != -* ]]; then\n        _describe command commands\n        return\n    fi\n    case $command in\n");
    for (place, command) in commands.iter().enumerate() {
        let pattern = pattern(place, command);
        let _ = writeln!(out, "        {pattern})\n            _arguments -s \\");
        for flag in command.flags() {
            zsh_option(&mut out, flag);
        }
        let words = first_words(command);
        let rest = if words.is_empty() {
            "_files".to_owned()
        } else {
            format!("({})", words.join(" "))
        };
        let _ = writeln!(
            out,
            "                '--help[show help]' '*:word:{rest}' ;;"
        );
    }
    out.push_str("    esac\n}\n\n_user-sync \"$@\"\n");
    out
}

fn zsh_option(out: &mut String, flag: Flag) {
    let description = flag
        .description()
        .replace('[', "(")
        .replace(']', ")")
        .replace(':', "\\:");
    let value = match Value::of(flag) {
        Value::Nothing => String::new(),
        Value::Files => ":file:_files".to_owned(),
        Value::Any => ":value: ".to_owned(),
        Value::Words(words) => format!(":value:({})", words.join(" ")),
    };
    for spelling in spellings(flag) {
        // `--name value` and `--name=value`.
        let equals = spelling.starts_with("--") && !value.is_empty();
        let equals = if equals { "=" } else { "" };
        let spec = format!("{spelling}{equals}[{description}]{value}");
        let _ = writeln!(out, "                {} \\", quoted(&spec));
    }
}

/// A file `user-sync.fish` in a folder of completions.
pub fn fish(commands: &[Command]) -> String {
    let before = words_before_files(commands).join(" ");
    let mut out = format!(
        "complete -c user-sync -f\ncomplete -c user-sync -n '__fish_prev_arg_in {before}' -F\n"
    );
    for (place, command) in commands.iter().enumerate() {
        let summary = quoted(command.summary);
        let name = command.name;
        let _ = writeln!(
            out,
            "complete -c user-sync -n __fish_use_subcommand -a {name} -d {summary}"
        );
        let seen = format!("__fish_seen_subcommand_from {name}");
        let when = if place == 0 {
            format!("__fish_use_subcommand; or {seen}")
        } else {
            seen
        };
        let when = quoted(&when);
        for flag in command.flags() {
            fish_option(&mut out, &when, flag);
        }
        let words = first_words(command);
        if !words.is_empty() {
            let _ = writeln!(
                out,
                "complete -c user-sync -n {when} -a {}",
                quoted(&words.join(" "))
            );
        } else if command.words().any(|word| word.name == "FILE") {
            let _ = writeln!(out, "complete -c user-sync -n {when} -F");
        }
    }
    out
}

fn fish_option(out: &mut String, when: &str, flag: Flag) {
    let value = match Value::of(flag) {
        Value::Nothing => String::new(),
        Value::Files => " -r -F".to_owned(),
        Value::Any => " -x".to_owned(),
        Value::Words(words) => format!(" -x -a {}", quoted(&words.join(" "))),
    };
    for spelling in spellings(flag) {
        let name = match spelling.strip_prefix("--") {
            Some(long) => format!("-l {long}"),
            None => format!("-s {}", spelling.trim_start_matches('-')),
        };
        let description = quoted(flag.description());
        let _ = writeln!(
            out,
            "complete -c user-sync -n {when} {name}{value} -d {description}"
        );
    }
}

/// In single quotes, as all three shells read them.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
