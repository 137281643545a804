//! The program: arguments in, exit code out. What each command does is in `commands`.

use std::process::ExitCode;

use user_sync::commands;

fn main() -> ExitCode {
    ExitCode::from(commands::run(std::env::args_os().skip(1)))
}
