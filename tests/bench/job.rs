//! The job that is measured: configuration for the generated tenant, and the
//! command line. `plan` reads both sides and decides everything, as `sync`
//! does, and writes nothing.

use crate::simulator::Simulator;
use std::path::{Path, PathBuf};
use std::process::Command;

const MAIN: &str = "\
adobe_users:
  connectors:
    umapi: connector-umapi.yml
  exclude_identity_types: [adobeID]
directory_users:
  user_identity_type: federatedID
  default_country_code: US
  connectors:
    okta: connector-okta.yml
  groups:
    - directory_group: Adobe Creative Cloud
      adobe_groups: [Creative Cloud]
    - directory_group: Adobe Acrobat
      adobe_groups: [Acrobat Pro]
    - directory_group: Adobe Stock
      adobe_groups: [Stock]
limits:
  max_adobe_only_users: 10%
invocation_defaults:
  connector: okta
  users: mapped
  process_groups: yes
  update_user_info: yes
  adobe_only_user_action: remove
";

const OKTA: &str = "\
host: \"@OKTA_HOST@\"
api_token: 00R_test-Secret_okta-token-9f3c
";

const UMAPI: &str = "\
server:
  host: \"@UMAPI_HOST@\"
  auth_host: \"@TOKEN_HOST@\"
enterprise:
  org_id: \"A1B2C3D4E5F6@AdobeOrg\"
  client_id: cid-primary-0001
  client_secret: p8e-Secret-primary-77aa
";

/// Ten lines as administrators write them; it reads much and changes nobody, so
/// that both jobs plan the same.
const EXTENSION: &str = "\
extended_attributes: [department, title, costCenter]
after_mapping_hook: |
  country = source_attributes.get('c') or 'US'
  department = (source_attributes['department'] or '').strip().lower()
  title = source_attributes.get('title', '')
  local, domain = target_attributes['email'].split('@')
  target_attributes['country'] = {'UK': 'GB', 'EL': 'GR'}.get(country, country)
  if department.startswith('design') or title in ('Artist', 'Editor'):
      target_groups.add('Stock')
  for group in source_groups:
      if group.startswith('Legacy ') and domain != 'example.com':
          target_groups.discard('Acrobat Pro')
";

/// Where a job that records puts it, and one that replays has it from.
pub(crate) const RECORDING: &str = "recording.gz";

/// The jobs.
#[derive(Clone, Copy)]
pub(crate) enum Job {
    /// Groups, user info and the default filter.
    Plain,
    /// The same with a hook of ten lines.
    Hook,
    /// The plain job, which records what it reads.
    Record,
    /// The plain job from that recording.
    Replay,
}

/// A folder with the configuration of all jobs.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Writes the files into `dir`, with the simulator's addresses.
    pub(crate) fn write(dir: &Path, simulator: &Simulator) -> Result<Folder, String> {
        let with_hook = MAIN.replace(
            "directory_users:\n",
            "directory_users:\n  extension: extension.yml\n",
        );
        let files = [
            ("plain.yml", MAIN),
            ("hook.yml", &with_hook),
            ("connector-okta.yml", OKTA),
            ("connector-umapi.yml", UMAPI),
            ("extension.yml", EXTENSION),
        ];
        for (name, text) in files {
            let mut text = text.to_owned();
            for host in ["OKTA_HOST", "UMAPI_HOST", "TOKEN_HOST"] {
                text = text.replace(&format!("@{host}@"), simulator.address(host));
            }
            let path = dir.join(name);
            std::fs::write(&path, text)
                .map_err(|problem| format!("{}: {problem}", path.display()))?;
        }
        Ok(Folder(dir.to_owned()))
    }

    /// The command that runs `job` with `binary`.
    pub(crate) fn command(&self, binary: &Path, job: Job, simulator: &Simulator) -> Command {
        let arguments: &[&str] = match job {
            Job::Plain => &["plain.yml"],
            Job::Hook => &["hook.yml"],
            Job::Record => &["plain.yml", "--record", RECORDING],
            Job::Replay => &["plain.yml", "--replay", RECORDING],
        };
        let mut command = Command::new(binary);
        command.args(["plan", "-c"]).args(arguments);
        command.current_dir(&self.0);
        command.env("SSL_CERT_FILE", simulator.address("SSL_CERT_FILE"));
        command
    }
}
