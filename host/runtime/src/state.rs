//! What a store holds: everything the host knows about an instance and the call that
//! runs in it.

use std::sync::Arc;

use tokio::time::Instant;
use wasmtime::component::Instance;
use wasmtime::{ResourceLimiter, Result};
use wasmtime_wasi::{ResourceTable, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use crate::console::{Console, Kind, Stream};
use crate::denial::Denials;
use crate::events::{Call, ChangeSink};
use crate::grants::Granted;
use crate::http::{Http, Web};
use crate::keyvalue;
use crate::limits::{CORE_INSTANCES, Limits, TABLE_ELEMENTS};
use crate::masks::Masks;
use crate::reality::{self, Dice};
use crate::turn::Turn;

/// An instance, and its running call. What belongs to the call is replaced by
/// [`State::begin`], so that an instance that is kept serves the next call as if it
/// were new; what belongs to the instance, such as its memory and its handles, stays.
pub(crate) struct State {
    pub(crate) guest: Arc<Guest>,
    /// Once it is made.
    pub(crate) instance: Option<Instance>,
    pub(crate) call: Call,
    pub(crate) deadline: Instant,
    pub(crate) turn: Arc<Turn>,
    pub(crate) memory: Memory,
    pub(crate) said: Said,
    /// Whether anybody hears of the changes it announces.
    pub(crate) announces: bool,
    /// Handles of granted folders, and what the guest calls these.
    pub(crate) folders: Vec<(u32, String)>,
    /// Instead of real random numbers.
    pub(crate) dice: Option<Dice>,
    console: Option<Arc<Console>>,
    http: Option<Box<Http>>,
    wasi: WasiCtx,
    table: ResourceTable,
}

/// What all calls of a plugin share.
pub(crate) struct Guest {
    pub(crate) name: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) granted: Granted,
    /// Outgoing HTTP, if it is granted.
    pub(crate) web: Option<Arc<Web>>,
    pub(crate) denials: Arc<Denials>,
    /// Hides its secrets.
    pub(crate) masks: Arc<Masks>,
    pub(crate) changes: ChangeSink,
}

/// What the guest has told the host so far.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) progress: Option<f64>,
    pub(crate) reports: u32,
    pub(crate) messages: u32,
    pub(crate) bytes: usize,
    pub(crate) changes: u32,
}

/// Linear memory, of all memories of the instance together, and its tables.
#[derive(Debug)]
pub(crate) struct Memory {
    used: usize,
    limit: usize,
    table_elements: usize,
    instances: usize,
    /// The last wish for more was refused. A guest that takes the refusal well
    /// goes on; if it traps now, this is why.
    pub(crate) refused: bool,
}

impl State {
    /// For a new instance, without a call.
    pub(crate) fn new(guest: &Arc<Guest>, turn: Arc<Turn>) -> Self {
        let mut wasi = reality::wasi(guest.granted.clock);
        wasi.filesystem().clone_from(&guest.granted.files);
        wasi.sockets().clone_from(&guest.granted.sockets);
        let mut table = ResourceTable::new();
        table.set_max_capacity(guest.limits.handles);
        Self {
            guest: Arc::clone(guest),
            instance: None,
            call: Call::silent(),
            deadline: Instant::now(),
            turn,
            memory: Memory::new(&guest.limits),
            said: Said::default(),
            announces: true,
            folders: Vec::new(),
            dice: Dice::of(guest.granted.random),
            console: None,
            http: None,
            wasi,
            table,
        }
    }

    /// Everything that belongs to a call, for the next one.
    pub(crate) fn begin(&mut self, call: Call, deadline: Instant, turn: Arc<Turn>) {
        self.call = call;
        self.deadline = deadline;
        self.turn = turn;
        self.memory.refused = false;
        self.said = Said::default();
        self.dice = Dice::of(self.guest.granted.random);
        if let Some(console) = &self.console {
            console.renew(self.guest.limits.console);
        }
    }

    /// Lets go of the call: an instance that is kept has no access to anything of its
    /// last caller, and above all does not hold the session it is kept for.
    pub(crate) fn end(&mut self) {
        self.call = Call::silent();
        keyvalue::close_all(&mut self.table);
        if let Some(console) = &self.console {
            console.renew(0);
        }
    }

    /// A new stream onto the guest's console, which is made on first use: most
    /// calls print nothing.
    pub(crate) fn stream(&mut self, kind: Kind) -> Stream {
        let guest = &self.guest;
        let console = self
            .console
            .get_or_insert_with(|| Console::new(&guest.name, &guest.masks, guest.limits.console));
        console.stream(kind)
    }

    /// What the guest wrote before it trapped.
    pub(crate) fn panic_message(&self) -> Option<String> {
        self.console.as_ref()?.panic_message()
    }

    /// The name of a granted folder, by its handle.
    pub(crate) fn folder(&self, handle: u32) -> Option<&str> {
        let mut folders = self.folders.iter();
        let found = folders.find(|(folder, _)| *folder == handle);
        found.map(|(_, name)| name.as_str())
    }

    pub(crate) fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    /// What it takes is made on first use: most calls send nothing.
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let guest = &self.guest;
        let http = self.http.get_or_insert_with(|| Box::new(Http::new(guest)));
        WasiHttpCtxView {
            hooks: &mut http.requests,
            table: &mut self.table,
            ctx: &mut http.context,
        }
    }
}

impl Memory {
    fn new(limits: &Limits) -> Self {
        Self {
            used: 0,
            limit: limits.memory,
            table_elements: limits.table_elements.min(TABLE_ELEMENTS),
            instances: limits.core_instances.min(CORE_INSTANCES),
            refused: false,
        }
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool> {
        let grown = self.used.saturating_add(desired.saturating_sub(current));
        self.refused = grown > self.limit;
        if !self.refused {
            self.used = grown;
        }
        Ok(!self.refused)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool> {
        Ok(desired <= self.table_elements)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        self.instances
    }
}
