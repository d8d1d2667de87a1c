//! The runtime: what all plugins share, and how a plugin is loaded.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, Engine};

use crate::abi::functions::Functions;
use crate::abi::{self, Abi};
use crate::denial::Denials;
use crate::engine::{MEMORIES_PER_SLOT, RuntimeConfig, SetupError, TABLES_PER_SLOT, set_up};
use crate::error::{LoadError, mismatch};
use crate::events::ChangeSink;
use crate::gate::Gate;
use crate::grants::Grants;
use crate::http::{Tls, Web};
use crate::invoke::Ready;
use crate::keeper::Keeper;
use crate::limits::Limits;
use crate::masks::Masks;
use crate::options::PluginOptions;
use crate::plugin::{Plugin, PluginSource};
use crate::rate::Rate;
use crate::slots::Slots;
use crate::state::{Guest, State};
use crate::store::Stores;
use crate::surface::Inspection;
use crate::ticker::Ticker;
use crate::wasi;

/// The sandbox: one for a process is enough. Clones are the same runtime, and so
/// is what its plugins hold; the ticker thread ends with the last of them.
#[derive(Clone)]
pub struct Runtime(Arc<Shared>);

struct Shared {
    engine: Engine,
    linker: Linker<State>,
    ticker: Ticker,
    slots: Slots,
    /// Turns of slow calls; see [`crate::turn`].
    lane: Semaphore,
    cache: Option<Cache>,
    /// For outgoing HTTP.
    tls: Tls,
    stores: Stores,
}

/// A component that can be run.
struct Prepared {
    abi: Abi,
    component: Component,
}

impl Runtime {
    /// Sets up the engine and starts the ticker thread. Takes some milliseconds.
    pub fn new(config: &RuntimeConfig) -> Result<Self, SetupError> {
        let setup = set_up(config)?;
        let linker =
            linker(&setup.engine).map_err(|error| SetupError::Engine(format!("{error:#}")))?;
        let ticker = Ticker::start(&setup.engine, config.tick).map_err(SetupError::Ticker)?;
        Ok(Self(Arc::new(Shared {
            engine: setup.engine,
            linker,
            ticker,
            slots: Slots::new(config.max_instances.max(1)),
            lane: Semaphore::new(turns()),
            cache: setup.cache,
            tls: Tls::default(),
            stores: Stores::new(config.data_dir.clone(), config.session_memory),
        })))
    }

    /// Loads a plugin: compiles it, off the async threads, opens what it is
    /// granted, asks it what it offers, and checks that.
    ///
    /// The plugin runs for the first time here, under its limits. `changes` is
    /// told what it says has changed in its calls. If this is dropped, a
    /// compilation that has begun goes on and its result is thrown away.
    pub async fn load(
        &self,
        source: PluginSource,
        options: &PluginOptions,
        changes: ChangeSink,
    ) -> Result<Plugin, LoadError> {
        let prepared = self.prepare(source.bytes, options.functions).await?;
        if let Abi::Functions(functions) = &prepared.abi {
            for (function, reason) in functions.skipped() {
                tracing::warn!(plugin = %source.name, function, reason, "not served as a tool");
            }
        }
        let asks = prepared.abi.parts().permissions;
        // Who asks is not granted anything before it is known what is asked for.
        let first = if asks {
            Grants::default()
        } else {
            options.grants.clone()
        };
        let guest = |grants| self.guest(&source.name, grants, &options.limits, &changes);
        let mut ready = Ready {
            abi: prepared.abi,
            gate: self.gate(&prepared.component, options)?,
            rate: options.limits.rate.map(Rate::new),
            keeper: Keeper::new(options.instances, &options.limits, &self.0.slots),
            runtime: self.clone(),
            guest: guest(first).await?,
        };
        let asked = ready.check().await?;
        if let Some(asked) = &asked {
            ready.guest = guest(options.grants.clone().and(asked)).await?;
        }
        Plugin::list(Arc::new(ready), asked).await
    }

    /// A guest with all that it is granted, opened off the async threads.
    async fn guest(
        &self,
        name: &Arc<str>,
        grants: Grants,
        limits: &Limits,
        changes: &ChangeSink,
    ) -> Result<Arc<Guest>, LoadError> {
        let masks = Arc::new(Masks::new(&grants.values()));
        let denials = Denials::new(name, &masks);
        let web = grants.http.as_ref();
        let web = web.map(|grant| Arc::new(Web::new(grant, self.0.tls.clone())));
        let opened = {
            let (denials, runtime) = (Arc::clone(&denials), self.clone());
            spawn_blocking(move || grants.open(&denials, &runtime.0.stores)).await
        };
        Ok(Arc::new(Guest {
            granted: opened.map_err(lost)?.map_err(LoadError::Grant)?,
            web,
            denials,
            masks,
            name: Arc::clone(name),
            limits: limits.clone(),
            changes: Arc::clone(changes),
        }))
    }

    /// Says what a component is and wants, without running any of it. It is
    /// compiled, which also checks it.
    pub async fn inspect(&self, bytes: Bytes) -> Result<Inspection, LoadError> {
        let runtime = self.clone();
        let inspect = move || runtime.compile(&bytes).map(|found| Inspection::of(&found));
        spawn_blocking(inspect).await.map_err(lost)?
    }

    /// How often compiled code was found in the cache; none if there is no cache.
    pub fn cache_hits(&self) -> Option<usize> {
        self.0.cache.as_ref().map(Cache::cache_hits)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn ticker(&self) -> &Ticker {
        &self.0.ticker
    }

    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }

    pub(crate) fn lane(&self) -> &Semaphore {
        &self.0.lane
    }

    async fn prepare(&self, bytes: Bytes, functions: bool) -> Result<Prepared, LoadError> {
        let runtime = self.clone();
        let prepare = move || {
            let component = runtime.compile(&bytes)?;
            let found = Inspection::of(&component);
            found.check(functions)?;
            let linked = runtime.0.linker.instantiate_pre(&component);
            let linked = linked.map_err(mismatch)?;
            let abi = if found.interfaces.is_empty() {
                Abi::Functions(Functions::find(&linked, &bytes)?)
            } else {
                Abi::find(&linked).map_err(mismatch)?
            };
            Ok(Prepared { abi, component })
        };
        spawn_blocking(prepare).await.map_err(lost)?
    }

    fn compile(&self, bytes: &[u8]) -> Result<Component, LoadError> {
        check_kind(bytes)?;
        let component = Component::from_binary(&self.0.engine, bytes);
        let component = component.map_err(|error| LoadError::Malformed {
            reason: format!("{error:#}"),
        })?;
        // Otherwise the first call would pay for it.
        if let Err(error) = component.initialize_copy_on_write_image() {
            tracing::debug!(%error, "no copy-on-write image");
        }
        Ok(component)
    }

    fn gate(&self, component: &Component, options: &PluginOptions) -> Result<Gate, LoadError> {
        let (needed, available) = (slots_of(component), self.0.slots.total());
        if needed > available {
            return Err(LoadError::TooManySlots { needed, available });
        }
        let limits = &options.limits;
        let at_once = Keeper::at_once(options.instances, limits.concurrency);
        Ok(Gate::new(at_once, limits.queue, needed))
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("slots", &self.0.slots.total())
            .field("free", &self.0.slots.free())
            .finish_non_exhaustive()
    }
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasi::link(&mut linker)?;
    abi::link(&mut linker)?;
    Ok(linker)
}

/// One processor stays free of slow calls, so that short ones always find one.
fn turns() -> usize {
    let processors = available_parallelism().map_or(1, NonZeroUsize::get);
    processors.saturating_sub(1).max(1)
}

/// Tells files apart by their first eight bytes: the magic number, then a version
/// and a layer. wasmtime would say less helpful things about most of them.
fn check_kind(bytes: &[u8]) -> Result<(), LoadError> {
    match bytes.split_first_chunk::<4>() {
        Some((b"\0asm", rest)) => match rest.get(2..4) {
            Some([0, 0]) => Err(LoadError::CoreModule),
            _ => Ok(()),
        },
        _ => Err(LoadError::NotWasm),
    }
}

/// Slots of the pool that one instance takes: more than one if it has more
/// memories or tables than a slot.
fn slots_of(component: &Component) -> u32 {
    // None for components that import modules, which cannot be linked anyway.
    let Some(needed) = component.resources_required() else {
        return 1;
    };
    let memories = needed.num_memories.div_ceil(MEMORIES_PER_SLOT);
    let tables = needed.num_tables.div_ceil(TABLES_PER_SLOT);
    memories.max(tables).max(1)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as the argument of map_err"
)]
fn lost(error: tokio::task::JoinError) -> LoadError {
    LoadError::Host(error.to_string())
}
