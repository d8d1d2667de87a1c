//! The functions that a component exports, and what its WIT says about them.

use std::collections::HashMap;

use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Function, FunctionKind, Interface, Resolve, WorldId, WorldItem, WorldKey};

use super::docs::{self, paragraphs};
use crate::error::LoadError;

/// Functions that one component may export. More than any model can choose from.
const MAX_FUNCTIONS: usize = 1_000;

/// What a component exports.
pub(super) struct Exports {
    resolve: Resolve,
    world: WorldId,
}

/// One of its functions.
pub(super) struct Exported<'a> {
    function: &'a Function,
    /// None: the component's own.
    interface: Option<Place>,
}

/// An interface, as it is exported.
struct Place {
    /// Such as `docs:adder/add@0.1.0`.
    full: String,
    /// Such as `add`.
    short: String,
    /// Such as `docs-adder`; none for one that belongs to no package.
    package: Option<String>,
}

impl Exports {
    /// Reads the types of a component, with what is said about them in it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, LoadError> {
        let malformed = |reason: String| LoadError::Malformed { reason };
        match decode(&docs::without(bytes)).map_err(|error| malformed(format!("{error:#}")))? {
            DecodedWasm::Component(mut resolve, world) => {
                docs::fill_in(&mut resolve, world, bytes);
                Ok(Self { resolve, world })
            }
            DecodedWasm::WitPackage(..) => {
                Err(malformed("it has types in it and no code".to_owned()))
            }
        }
    }

    pub(super) fn resolve(&self) -> &Resolve {
        &self.resolve
    }

    /// All functions, each with the name that its tool will have, in the order of the
    /// component.
    pub(super) fn functions(&self) -> Result<Vec<(String, Exported<'_>)>, LoadError> {
        let mut found = Vec::new();
        for (key, item) in &self.resolve.worlds[self.world].exports {
            match item {
                WorldItem::Function(function) => found.push(Exported {
                    function,
                    interface: None,
                }),
                WorldItem::Interface { id, .. } => {
                    let interface = &self.resolve.interfaces[*id];
                    let functions = interface.functions.values();
                    found.extend(functions.map(|function| Exported {
                        function,
                        interface: Some(self.place(key, interface)),
                    }));
                }
                WorldItem::Type { .. } => {}
            }
            if found.len() > MAX_FUNCTIONS {
                let reason = format!("it exports more than {MAX_FUNCTIONS} functions");
                return Err(LoadError::Malformed { reason });
            }
        }
        let mut times: HashMap<String, usize> = HashMap::new();
        for exported in &found {
            *times.entry(exported.short_name()).or_default() += 1;
        }
        let named = found.into_iter().map(|exported| {
            let short = exported.short_name();
            let is_unique = times.get(&short) == Some(&1);
            let name = if is_unique {
                short
            } else {
                exported.long_name()
            };
            (name, exported)
        });
        Ok(named.collect())
    }

    fn place(&self, key: &WorldKey, interface: &Interface) -> Place {
        let full = self.resolve.name_world_key(key);
        let package = interface
            .package
            .and_then(|id| self.resolve.packages.get(id));
        let short = match key {
            WorldKey::Name(name) => name.clone(),
            WorldKey::Interface(_) => interface.name.clone().unwrap_or_else(|| full.clone()),
        };
        let package = match key {
            WorldKey::Name(_) => None,
            WorldKey::Interface(_) => {
                package.map(|package| format!("{}-{}", package.name.namespace, package.name.name))
            }
        };
        Place {
            full,
            short,
            package,
        }
    }
}

impl Exported<'_> {
    /// The interface it is in, as it is exported.
    pub(super) fn interface(&self) -> Option<&str> {
        self.interface.as_ref().map(|place| place.full.as_str())
    }

    /// What its author says about it.
    pub(super) fn docs(&self) -> Option<String> {
        paragraphs(&self.function.docs)
    }

    /// The function, if it is no method or constructor, and not async.
    pub(super) fn freestanding(&self) -> Option<&Function> {
        (self.function.kind == FunctionKind::Freestanding).then_some(self.function)
    }

    fn short_name(&self) -> String {
        match &self.interface {
            None => self.function.name.clone(),
            Some(place) => format!("{}_{}", place.short, self.function.name),
        }
    }

    fn long_name(&self) -> String {
        match self
            .interface
            .as_ref()
            .and_then(|place| place.package.as_ref())
        {
            None => self.short_name(),
            Some(package) => format!("{package}_{}", self.short_name()),
        }
    }
}
