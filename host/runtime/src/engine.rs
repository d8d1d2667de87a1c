//! How wasmtime is set up: the engine and its pool of instances.
//!
//! Every call gets a new instance, so instantiation has to cost next to nothing.
//! The pooling allocator keeps slots of address space ready; a slot's memory is
//! the component's image mapped copy-on-write; after the call the pages that were
//! written are put back to the image's contents, which Linux tells by
//! `PAGEMAP_SCAN`, and stay mapped for the next call. All of this is an
//! optimisation: where the pool cannot be had (a small address space, an old
//! kernel), instances are allocated one by one, and the log says so.

use std::path::PathBuf;
use std::time::Duration;

use wasmtime::{
    Cache, Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    WasmBacktraceDetails,
};

use crate::cache;
use crate::limits::{CORE_INSTANCES, TABLE_ELEMENTS};

/// What a [`Runtime`](crate::Runtime) is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeConfig {
    /// A private folder for compiled code, made if it is missing; none: compile
    /// at every start. Whoever can write into it can run code as the host.
    pub cache_dir: Option<PathBuf>,
    /// A folder for what plugins keep, made if it is missing and private then; none:
    /// what they keep ends with the runtime. One runtime can use it at a time, and it
    /// does so only once a plugin is granted a store.
    pub data_dir: Option<PathBuf>,
    /// Bytes that all sessions together may keep. 256 MiB: anybody who can connect can
    /// open sessions, so a quota for each of them bounds nothing.
    pub session_memory: u64,
    /// Calls of all plugins together that may run at the same time. 1,000: a slot
    /// reserves 4 GiB of address space, of which there are 128 TiB.
    pub max_instances: u32,
    /// How long a guest may run before it makes room for others, and how exact a
    /// deadline is. 1 ms: a yield costs less than a microsecond, and short calls
    /// wait a tick at most.
    pub tick: Duration,
    /// Bytes of stack for each guest and the host functions it calls, at least 64 KiB;
    /// half of it is the guest's own. 256 KiB: guests keep their data in linear memory;
    /// here are return addresses and spilled registers, of which a recursive parser
    /// uses some hundred bytes a level. What matters for speed is how much of it is
    /// touched, and small stacks were faster under load than 2 MiB.
    pub stack: usize,
    /// Whether to use `PAGEMAP_SCAN` of Linux 6.7 if it is there. True; without it the
    /// host has to put back every page it keeps, not only those that were written. Off
    /// is for measuring what it is worth.
    pub pagemap_scan: bool,
}

/// Why the sandbox cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// wasmtime refuses to work here.
    #[error("the WebAssembly engine cannot be set up: {0}")]
    Engine(String),
    /// No thread for the clock.
    #[error("the ticker thread cannot be started")]
    Ticker(#[source] std::io::Error),
}

/// The parts that [`set_up`] makes.
pub(crate) struct Setup {
    pub(crate) engine: Engine,
    pub(crate) cache: Option<Cache>,
}

/// Tables in a slot. A Rust guest has two: its own, and the one through which
/// the component model's adapters reach it.
pub(crate) const TABLES_PER_SLOT: u32 = 4;

/// Memories in a slot. Nearly every component has one.
pub(crate) const MEMORIES_PER_SLOT: u32 = 1;

/// The smallest [`RuntimeConfig::stack`]: host functions need some of it.
const MIN_STACK: usize = 64 << 10;

/// Bytes of a slot's memory that stay mapped between calls. With `PAGEMAP_SCAN`
/// only written pages are touched, so this may be generous.
const KEEP_RESIDENT: usize = 1 << 20;

/// The same where every kept byte is rewritten after each call.
const KEEP_RESIDENT_BLINDLY: usize = 128 << 10;

/// Frames in the backtrace of a trap. It goes to the log; the innermost dozen
/// says what happened.
const BACKTRACE_FRAMES: usize = 16;

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            cache_dir: None,
            data_dir: None,
            session_memory: 256 << 20,
            max_instances: 1_000,
            tick: Duration::from_millis(1),
            stack: 256 << 10,
            pagemap_scan: true,
        }
    }
}

/// Makes the engine: with a pool if possible, with a cache if possible.
pub(crate) fn set_up(config: &RuntimeConfig) -> Result<Setup, SetupError> {
    let cache = config.cache_dir.as_deref().and_then(cache::open);
    let mut base = base(cache.clone(), config.stack.max(MIN_STACK));
    let pool = InstanceAllocationStrategy::Pooling(pool(config));
    let engine = Engine::new(base.allocation_strategy(pool)).or_else(|error| {
        tracing::warn!(
            error = format!("{error:#}"),
            "no instance pool: calls will be several times slower"
        );
        Engine::new(base.allocation_strategy(InstanceAllocationStrategy::OnDemand))
    });
    let engine = engine.map_err(|error| SetupError::Engine(format!("{error:#}")))?;
    Ok(Setup { engine, cache })
}

fn base(cache: Option<Cache>, stack: usize) -> Config {
    let mut config = Config::new();
    config
        .cache(cache)
        .epoch_interruption(true)
        .async_stack_size(stack)
        .max_wasm_stack(stack / 2)
        // Guests are synchronous; the bookkeeping of concurrent ones would
        // double the cost of a call.
        .concurrency_support(false)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(BACKTRACE_FRAMES))
        // Otherwise decided by an environment variable.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

fn pool(config: &RuntimeConfig) -> PoolingAllocationConfig {
    let slots = config.max_instances.max(1);
    let core_instances = u32::try_from(CORE_INSTANCES).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(core_instances))
        .max_core_instances_per_component(core_instances)
        .total_memories(slots.saturating_mul(MEMORIES_PER_SLOT))
        .total_tables(slots.saturating_mul(TABLES_PER_SLOT))
        .total_stacks(slots)
        .table_elements(TABLE_ELEMENTS)
        .table_keep_resident(64 << 10);
    let is_available = PoolingAllocationConfig::is_pagemap_scan_available();
    if is_available && config.pagemap_scan {
        pool.pagemap_scan(Enabled::Yes)
            .linear_memory_keep_resident(KEEP_RESIDENT);
        return pool;
    }
    if !is_available {
        tracing::info!("the kernel has no PAGEMAP_SCAN (Linux 6.7): calls cost somewhat more");
    }
    pool.pagemap_scan(Enabled::No)
        .linear_memory_keep_resident(KEEP_RESIDENT_BLINDLY);
    pool
}
