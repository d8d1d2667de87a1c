//! The host's side of line 0.1: what a guest's calls of `host` and `changes`
//! come to. Translation only; what is done is in [`crate::imports`].

use std::time::Duration;

use wasmtime::Result;
use wasmtime::component::Resource;
use wharf_mcp::model::{self, Change, List};

use super::bindings::wharf::plugin::{changes, host, types};
use crate::output::Entries;
use crate::state::State;

/// What stands behind the guest's handle of the running call: nothing, as
/// everything about the call is in the store.
#[expect(
    unreachable_pub,
    reason = "the generated bindings re-export it, which needs it to be public"
)]
pub struct RequestHandle;

type Handle = Resource<RequestHandle>;

impl types::Host for State {}

impl host::Host for State {}

impl host::HostRequest for State {
    fn client(&mut self, _: Handle) -> Result<Option<host::ClientInfo>> {
        let client = self.call.context.client.as_ref();
        Ok(client.map(|client| host::ClientInfo {
            name: client.name.clone(),
            version: client.version.clone(),
        }))
    }

    fn can_ask(&mut self, _: Handle) -> Result<host::AskKinds> {
        Ok(ask_kinds(self.call.context.can_ask))
    }

    fn client_extension(&mut self, _: Handle, id: String) -> Result<Option<String>> {
        let settings = self.call.context.extensions.get(&id);
        Ok(settings.map(|settings| settings.as_str().to_owned()))
    }

    fn principal(&mut self, _: Handle) -> Result<host::Principal> {
        let principal = &self.call.context.principal;
        let claims = principal.claims.iter();
        Ok(host::Principal {
            subject: principal.subject.clone(),
            scopes: principal.scopes.clone(),
            claims: claims
                .map(|(name, value)| (name.clone(), value.as_str().to_owned()))
                .collect(),
        })
    }

    /// Looks into the text of `_meta` when asked: hardly any plugin does.
    fn meta(&mut self, _: Handle, key: String) -> Result<Option<String>> {
        let meta = self.call.context.meta.as_ref();
        let entries = meta.and_then(|meta| Entries::of(meta).ok());
        Ok(entries.and_then(|entries| entries.get(&key).map(str::to_owned)))
    }

    fn time_left(&mut self, _: Handle) -> Result<u64> {
        Ok(self.millis_left())
    }

    fn cancelled(&mut self, _: Handle) -> Result<bool> {
        Ok(self.call.events.cancelled())
    }

    async fn progress(
        &mut self,
        _: Handle,
        progress: f64,
        total: Option<f64>,
        message: Option<String>,
    ) -> Result<()> {
        self.report(progress, total, message).await;
        Ok(())
    }

    async fn log(
        &mut self,
        _: Handle,
        level: host::LogLevel,
        logger: Option<String>,
        data: String,
    ) -> Result<()> {
        self.write_log(log_level(level), logger, data).await
    }

    async fn silent_for(&mut self, _: Handle, ms: u64) -> Result<()> {
        self.announce_silence(Duration::from_millis(ms)).await;
        Ok(())
    }

    fn answer(&mut self, _: Handle, key: String) -> Result<Option<host::Answer>> {
        Ok(self.call.context.answers.get(&key).map(answer))
    }

    fn state(&mut self, _: Handle) -> Result<Option<Vec<u8>>> {
        Ok(self.call.context.state.clone())
    }

    fn deferred(&mut self, _: Handle) -> Result<bool> {
        Ok(self.call.context.deferred)
    }

    /// Guests only ever borrow the handle.
    fn drop(&mut self, _: Handle) -> Result<()> {
        Ok(())
    }
}

impl changes::Host for State {
    fn list_changed(&mut self, which: changes::Catalogue) -> Result<()> {
        self.changed(Change::List(match which {
            changes::Catalogue::Tools => List::Tools,
            changes::Catalogue::Resources => List::Resources,
            changes::Catalogue::Prompts => List::Prompts,
        }));
        Ok(())
    }

    fn resource_updated(&mut self, uri: String) -> Result<()> {
        self.changed(Change::Resource(uri));
        Ok(())
    }
}

fn ask_kinds(kinds: model::AskKinds) -> host::AskKinds {
    let flags = [
        (kinds.form, host::AskKinds::FORM),
        (kinds.url, host::AskKinds::URL),
        (kinds.sampling, host::AskKinds::SAMPLING),
        (kinds.sampling_tools, host::AskKinds::SAMPLING_TOOLS),
        (kinds.sampling_context, host::AskKinds::SAMPLING_CONTEXT),
        (kinds.roots, host::AskKinds::ROOTS),
    ];
    let set = flags
        .into_iter()
        .filter_map(|(set, flag)| set.then_some(flag));
    set.fold(host::AskKinds::empty(), |all, flag| all | flag)
}

fn log_level(level: host::LogLevel) -> model::LogLevel {
    match level {
        host::LogLevel::Debug => model::LogLevel::Debug,
        host::LogLevel::Info => model::LogLevel::Info,
        host::LogLevel::Notice => model::LogLevel::Notice,
        host::LogLevel::Warning => model::LogLevel::Warning,
        host::LogLevel::Error => model::LogLevel::Error,
        host::LogLevel::Critical => model::LogLevel::Critical,
        host::LogLevel::Alert => model::LogLevel::Alert,
        host::LogLevel::Emergency => model::LogLevel::Emergency,
    }
}

fn answer(answer: &model::Answer) -> host::Answer {
    match answer {
        model::Answer::Accepted(form) => host::Answer::Accepted(form.as_str().to_owned()),
        model::Answer::Declined => host::Answer::Declined,
        model::Answer::Dismissed => host::Answer::Dismissed,
        model::Answer::Sampled(message) => host::Answer::Sampled(message.as_str().to_owned()),
        model::Answer::Roots(roots) => host::Answer::Roots(roots.iter().map(root).collect()),
        model::Answer::Failed(reason) => host::Answer::Failed(reason.clone()),
    }
}

fn root(root: &model::Root) -> host::Root {
    host::Root {
        uri: root.uri.clone(),
        name: root.name.clone(),
    }
}
