//! What a component exports and imports, read from its type.
//!
//! This is looked at before anything is linked or run, so that a file that cannot
//! become a plugin is refused with a reason a person can act on.

use wasmtime::component::Component;

use crate::abi::ACCEPTED;
use crate::error::LoadError;

/// What [`Runtime::inspect`](crate::Runtime::inspect) finds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// The interfaces of the plugin contract that it exports, in a line this host
    /// accepts.
    pub interfaces: Vec<Interface>,
    /// The version of the contract it was built with, such as `0.1.0`. May be one
    /// that this host does not accept.
    pub contract: Option<String>,
    /// What it has some use for, if it is granted.
    pub needs: Vec<Need>,
    /// Imports that no plugin gets; with any of these it cannot be loaded.
    pub unsupported: Vec<String>,
    /// Everything it imports.
    pub imports: Vec<String>,
    /// Everything it exports.
    pub exports: Vec<String>,
}

/// An interface of the plugin contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interface {
    /// Functions for a model to call.
    Tools,
    /// Things to read.
    Resources,
    /// Texts to fill in.
    Prompts,
    /// Suggestions for arguments.
    Completions,
}

/// Something outside of its sandbox that a component can make use of. It is built
/// to be able to ask; whether it does depends on its code. Programs in many
/// languages import files and environment with their standard library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Files and folders.
    Files,
    /// Environment variables.
    Environment,
    /// Sockets.
    Network,
    /// HTTP requests.
    Http,
    /// A key-value store.
    KeyValue,
    /// Configuration values.
    Config,
}

/// The interfaces a guest may import, and the version of each: a line, which ends
/// with a dot, or a draft, of which no two are alike.
const OFFERED: &[(&str, &str)] = &[
    ("wharf:plugin/types", "0.1."),
    ("wharf:plugin/host", "0.1."),
    ("wharf:plugin/changes", "0.1."),
    ("wasi:cli/environment", "0.2."),
    ("wasi:cli/exit", "0.2."),
    ("wasi:cli/stdin", "0.2."),
    ("wasi:cli/stdout", "0.2."),
    ("wasi:cli/stderr", "0.2."),
    ("wasi:cli/terminal-input", "0.2."),
    ("wasi:cli/terminal-output", "0.2."),
    ("wasi:cli/terminal-stdin", "0.2."),
    ("wasi:cli/terminal-stdout", "0.2."),
    ("wasi:cli/terminal-stderr", "0.2."),
    ("wasi:clocks/monotonic-clock", "0.2."),
    ("wasi:clocks/wall-clock", "0.2."),
    ("wasi:filesystem/preopens", "0.2."),
    ("wasi:filesystem/types", "0.2."),
    ("wasi:http/outgoing-handler", "0.2."),
    ("wasi:http/types", "0.2."),
    ("wasi:io/error", "0.2."),
    ("wasi:io/poll", "0.2."),
    ("wasi:io/streams", "0.2."),
    ("wasi:config/store", "0.2.0-rc.1"),
    ("wasi:keyvalue/store", "0.2.0-draft"),
    ("wasi:keyvalue/atomics", "0.2.0-draft"),
    ("wasi:keyvalue/batch", "0.2.0-draft"),
    ("wasi:keyvalue/store", "0.2.0-draft2"),
    ("wasi:keyvalue/atomics", "0.2.0-draft2"),
    ("wasi:keyvalue/batch", "0.2.0-draft2"),
    ("wasi:random/insecure", "0.2."),
    ("wasi:random/insecure-seed", "0.2."),
    ("wasi:random/random", "0.2."),
    ("wasi:sockets/instance-network", "0.2."),
    ("wasi:sockets/ip-name-lookup", "0.2."),
    ("wasi:sockets/network", "0.2."),
    ("wasi:sockets/tcp", "0.2."),
    ("wasi:sockets/tcp-create-socket", "0.2."),
    ("wasi:sockets/udp", "0.2."),
    ("wasi:sockets/udp-create-socket", "0.2."),
];

/// Where to see that a component can use something.
const NEEDS: &[(&str, Need)] = &[
    ("wasi:filesystem/", Need::Files),
    ("wasi:cli/environment@", Need::Environment),
    ("wasi:sockets/", Need::Network),
    ("wasi:http/", Need::Http),
    ("wasi:keyvalue/", Need::KeyValue),
    ("wasi:config/", Need::Config),
];

/// The exports that make a component a plugin.
const INTERFACES: &[(&str, Interface)] = &[
    ("wharf:plugin/tools", Interface::Tools),
    ("wharf:plugin/resources", Interface::Resources),
    ("wharf:plugin/prompts", Interface::Prompts),
    ("wharf:plugin/completions", Interface::Completions),
];

impl Inspection {
    /// Reads the type of a component.
    pub(crate) fn of(component: &Component) -> Self {
        let (ty, engine) = (component.component_type(), component.engine());
        let exports = ty.exports(engine).map(|(name, _)| name.to_owned());
        let imports = ty.imports(engine).map(|(name, _)| name.to_owned());
        Self::read(exports.collect(), imports.collect())
    }

    fn read(exports: Vec<String>, imports: Vec<String>) -> Self {
        let interfaces = exports.iter().filter_map(|export| interface(export));
        let unsupported = imports.iter().filter(|import| !is_offered(import));
        let needs = NEEDS
            .iter()
            .filter(|(start, _)| imports.iter().any(|import| import.starts_with(start)));
        let mut contract = exports
            .iter()
            .chain(&imports)
            .filter(|name| is_contract(name));
        Self {
            interfaces: interfaces.collect(),
            contract: contract.find_map(|name| Some(split(name).1?.to_owned())),
            needs: needs.map(|(_, need)| *need).collect(),
            unsupported: unsupported.cloned().collect(),
            imports,
            exports,
        }
    }

    /// Whether this host can load it; a component without interfaces of the contract
    /// only if its functions are served as they are.
    pub(crate) fn check(&self, functions: bool) -> Result<(), LoadError> {
        let names = self.exports.iter().chain(&self.imports);
        let foreign: Vec<_> = names.filter(|name| is_other_line(name)).cloned().collect();
        if !foreign.is_empty() {
            return Err(LoadError::ContractVersion {
                found: foreign,
                accepted: ACCEPTED,
            });
        }
        if self.interfaces.is_empty() && !functions {
            return Err(LoadError::NotAPlugin {
                exports: self.exports.clone(),
            });
        }
        if !self.unsupported.is_empty() {
            return Err(LoadError::UnsupportedImports {
                imports: self.unsupported.clone(),
            });
        }
        Ok(())
    }
}

/// Takes `package/interface@version` apart at the version.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (name, None),
    }
}

fn is_in(name: &str, offered: &str, line: &str) -> bool {
    let (name, version) = split(name);
    let fits = |version: &str| version == line || line.ends_with('.') && version.starts_with(line);
    name == offered && version.is_some_and(fits)
}

fn is_offered(import: &str) -> bool {
    OFFERED.iter().any(|(name, line)| is_in(import, name, line))
}

fn interface(export: &str) -> Option<Interface> {
    let found = INTERFACES
        .iter()
        .find(|(name, _)| is_in(export, name, "0.1."));
    found.map(|(_, interface)| *interface)
}

fn is_contract(name: &str) -> bool {
    name.starts_with("wharf:plugin/")
}

/// Part of the contract, but of a line that this host does not speak.
fn is_other_line(name: &str) -> bool {
    is_contract(name)
        && !split(name)
            .1
            .is_some_and(|version| version.starts_with("0.1."))
}

#[cfg(test)]
mod tests {
    use super::{Inspection, Interface, Need};
    use crate::error::LoadError;

    fn read(exports: &[&str], imports: &[&str]) -> Inspection {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Inspection::read(own(exports), own(imports))
    }

    #[test]
    fn patch_versions_of_a_line_are_accepted() {
        let found = read(
            &["wharf:plugin/tools@0.1.7"],
            &["wharf:plugin/host@0.1.3", "wasi:io/streams@0.2.9"],
        );
        assert_eq!(found.interfaces, [Interface::Tools]);
        assert_eq!(found.contract.as_deref(), Some("0.1.7"));
        assert!(found.check(false).is_ok());
    }

    #[test]
    fn other_lines_are_refused_by_name() {
        let found = read(&["wharf:plugin/tools@0.2.0"], &["wharf:plugin/host@0.2.0"]);
        let message = found.check(false).unwrap_err().to_string();
        assert!(message.contains("wharf:plugin/tools@0.2.0"), "{message}");
        assert!(message.contains("accepts 0.1"), "{message}");
    }

    #[test]
    fn imports_that_no_plugin_gets_are_named() {
        let found = read(
            &["wharf:plugin/tools@0.1.0"],
            &[
                "wasi:http/incoming-handler@0.2.4",
                "wasi:filesystem/types@0.2.4",
            ],
        );
        assert_eq!(found.needs, [Need::Files, Need::Http]);
        let Err(LoadError::UnsupportedImports { imports }) = found.check(false) else {
            panic!("accepted");
        };
        assert_eq!(imports, ["wasi:http/incoming-handler@0.2.4"]);
    }

    #[test]
    fn other_components_are_told_what_they_export() {
        let found = read(&["wasi:cli/run@0.2.0"], &[]);
        let message = found.check(false).unwrap_err().to_string();
        assert!(
            message.contains("it exports wasi:cli/run@0.2.0; functions"),
            "{message}"
        );
    }
}
