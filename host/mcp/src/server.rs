//! What the server says about itself.

use std::sync::Arc;

use bytes::Bytes;

use crate::model::Json;
use crate::revision::{Dialect, Era, Revision, Tasks};
use crate::task::EXTENSION;
use crate::write::Writer;

/// The server's identity and capabilities: what `initialize` and
/// `server/discover` answer with. Made anew when the catalogue changes.
#[derive(Debug, Clone)]
pub struct ServerFacts {
    /// Who this is.
    pub name: String,
    /// Which version of it.
    pub version: String,
    /// For the model: how to use this server.
    pub instructions: Option<String>,
    /// What is there to be used.
    pub capabilities: Capabilities,
    /// The entry of `_meta` with the server's name, for results that carry it
    /// (DSC-6).
    meta: Bytes,
}

/// Which features have something behind them (DSC-8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "five independent facts")]
pub struct Capabilities {
    /// A plugin has tools.
    pub tools: bool,
    /// A plugin has resources.
    pub resources: bool,
    /// A plugin has prompts.
    pub prompts: bool,
    /// A plugin completes arguments.
    pub completions: bool,
    /// A plugin has tools that run as tasks, or put their work off.
    pub tasks: bool,
}

impl ServerFacts {
    /// Puts the facts together.
    pub fn new(
        name: &str,
        version: &str,
        instructions: Option<String>,
        capabilities: Capabilities,
    ) -> Arc<Self> {
        let mut facts = Self {
            name: name.to_owned(),
            version: version.to_owned(),
            instructions,
            capabilities,
            meta: Bytes::new(),
        };
        let mut w = Writer::default();
        w.key("io.modelcontextprotocol/serverInfo");
        facts.write_implementation(&mut w);
        facts.meta = w.finish();
        Arc::new(facts)
    }

    /// The modern versions accepted as a claim (DSC-7).
    pub fn supported_versions() -> impl Iterator<Item = &'static str> {
        Revision::ALL
            .into_iter()
            .filter(|revision| revision.dialect().era == Era::Modern)
            .map(Revision::as_str)
    }

    /// The `_meta` of a result: what a plugin put there, an entry of our own, and the
    /// server's name where the dialect wants it.
    pub(crate) fn write_meta(
        &self,
        w: &mut Writer,
        meta: Option<&Json>,
        entry: impl FnOnce(&mut Writer),
        dialect: &Dialect,
    ) {
        let entries = meta.map(Json::members).unwrap_or_default();
        let mut own = Writer::default();
        entry(&mut own);
        let own = own.finish();
        let server = if dialect.server_in_meta {
            &*self.meta
        } else {
            b""
        };
        if entries.is_empty() && own.is_empty() && server.is_empty() {
            return;
        }
        w.key("_meta").object(|w| {
            w.members(entries.as_bytes());
            w.members(&own);
            w.members(server);
        });
    }

    /// The members of an `initialize` result (LIF-1). Tasks can be listed only by
    /// whoever has a name (TKD-10).
    pub(crate) fn write_initialize(&self, w: &mut Writer, dialect: &Dialect, named: bool) {
        w.key("protocolVersion").string(dialect.revision.as_str());
        self.write_capabilities(w, dialect, named);
        w.key("serverInfo");
        self.write_implementation(w);
        w.text_member("instructions", self.instructions.as_deref());
    }

    /// The members of a `server/discover` result (DSC-4).
    pub(crate) fn write_discover(&self, w: &mut Writer, dialect: &Dialect) {
        w.key("supportedVersions")
            .array(Self::supported_versions(), |w, version| {
                w.string(version);
            });
        self.write_capabilities(w, dialect, false);
        w.text_member("instructions", self.instructions.as_deref());
    }

    /// §10.1. Any plugin may say at any time that its lists have changed (CAP-4), and
    /// log in any call (LOG-1).
    fn write_capabilities(&self, w: &mut Writer, dialect: &Dialect, named: bool) {
        let has = self.capabilities;
        let changing: &[&str] = &["listChanged"];
        let watched: &[&str] = &["subscribe", "listChanged"];
        w.key("capabilities").object(|w| {
            for (name, there, flags) in [
                ("tools", has.tools, changing),
                ("resources", has.resources, watched),
                ("prompts", has.prompts, changing),
                (
                    "completions",
                    has.completions && dialect.completions_capability,
                    &[],
                ),
                ("logging", true, &[]),
            ] {
                if there {
                    w.key(name).object(|w| {
                        for flag in flags {
                            w.key(flag).boolean(true);
                        }
                    });
                }
            }
            if has.tasks {
                write_tasks(w, dialect, named);
            }
        });
    }

    fn write_implementation(&self, w: &mut Writer) {
        w.object(|w| {
            w.key("name").string(&self.name);
            w.key("version").string(&self.version);
        });
    }
}

/// TKD-1, TKE-1, CAP-2: each form in its place.
fn write_tasks(w: &mut Writer, dialect: &Dialect, named: bool) {
    match dialect.tasks {
        Tasks::No => {}
        Tasks::Core => w.key("tasks").object(|w| {
            if named {
                w.key("list").object(|_| {});
            }
            w.key("cancel").object(|_| {});
            w.key("requests")
                .object(|w| w.key("tools").object(|w| w.key("call").object(|_| {})));
        }),
        Tasks::Extension => w
            .key("extensions")
            .object(|w| w.key(EXTENSION).object(|_| {})),
    }
}
