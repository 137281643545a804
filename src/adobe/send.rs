//! Sends commands to an org, and says what became of each.

use std::time::Duration;

use super::{CommandEntry, Marker, Mode, Outcome, Umapi, answer};
use crate::http::{Effect, Failure, Method, Request};
use crate::model::command::Command;

impl Umapi {
    /// Sends one request of up to ten commands, each with its request id, and says what became of
    /// each, in their order. A failure is that of the whole request: also a status 400, for then
    /// Adobe found the request malformed and looked at no command, and an answer that does not
    /// account for every command, for it belongs to something else. Its `effect` says whether
    /// commands may have been carried out.
    pub fn send(
        &mut self,
        entries: &[(&str, &Command)],
        mode: Mode,
        marker: Option<Marker>,
    ) -> Result<Vec<Outcome>, Failure> {
        let query = match mode {
            Mode::Live => "",
            Mode::Test => "?testOnly=true",
        };
        let path = format!("{}/action/{}{query}", self.endpoint, self.org);
        let written = entries
            .iter()
            .map(|(id, command)| CommandEntry::of(id, command));
        let written = serde_json::to_vec(&written.collect::<Vec<_>>());
        let body = written.map_err(|error| {
            let request = format!("POST {}{path}", self.client.host());
            Failure::new(request, error.to_string(), Effect::None)
        })?;
        let read = |body: &[u8]| answer::read(body, entries.len(), mode);
        let quota = self.quotas.actions.clone();
        let request = Request {
            method: Method::Post,
            body: &body,
            is_readable: &|body| read(body).is_some(),
            quota: Some(&quota),
            ..Request::get(&path, &[])
        };
        let reply = self.call(&request, marker)?;
        match read(self.client.body()) {
            Some(answer) if reply.status == 200 => {
                let hide = |text: &str| self.client.secrets().hide(text);
                Ok(answer::outcomes(answer, entries, &hide))
            }
            _ => Err(self.refusal(&reply)),
        }
    }

    /// How long the next action request would wait, to keep to what Adobe allows.
    pub fn wait_for_action(&self) -> Duration {
        self.client.wait_for(&self.quotas.actions)
    }

    /// Waits as after a 429, for what may go better later in the run.
    pub fn wait(&self, problem: &str, round: u32) -> Result<(), Failure> {
        self.client.back_off(problem, round)
    }
}
