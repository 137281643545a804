//! `init`: commented example files to start from (manual/commands.md#init).
//!
//! They stand beside this room as they are written. A file that is there already is never touched.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use argh::{ArgsInfo, FromArgs};

use crate::cli::Arguments;
use crate::error::{Error, exit};
use crate::os::files::{self, Mode};
use crate::show;

/// The files in the order in which they are filled in.
const EXAMPLES: [(&str, &str); 5] = [
    ("user-sync-config.yml", include_str!("user-sync-config.yml")),
    ("connector-okta.yml", include_str!("connector-okta.yml")),
    ("connector-csv.yml", include_str!("connector-csv.yml")),
    ("connector-umapi.yml", include_str!("connector-umapi.yml")),
    ("extension-config.yml", include_str!("extension-config.yml")),
];

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct InitOptions {
    /// folder for the files (default: the working directory)
    #[argh(option, arg_name = "DIR", default = "PathBuf::from(\".\")")]
    directory: PathBuf,
}

/// Writes the files that are not there yet. Exit code 1 if one was there or could not be written.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let InitOptions { directory } = arguments.read()?;
    let failed = |path: &Path, error: std::io::Error| {
        Error::file(path, format!("cannot be written: {error}"))
    };
    files::create_directory(&directory, Mode::OWNER).map_err(|error| failed(&directory, error))?;
    let mut code = exit::DONE;
    for (name, content) in EXAMPLES {
        let path = directory.join(name);
        let done = match files::create(&path, Mode::OWNER) {
            Ok(mut file) => {
                let written = file.write_all(content.as_bytes());
                written.map_err(|error| failed(&path, error))?;
                "written"
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                code = exit::FAILED;
                "is there already and stays as it is"
            }
            Err(error) => return Err(failed(&path, error)),
        };
        show::print(&format!("{} {done}\n", path.display()))?;
    }
    show::print("Fill in the blanks (<...>), then run `user-sync check`\n")?;
    Ok(code)
}
