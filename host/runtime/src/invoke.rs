//! The life of one call: permit, instance, deadline, verdict.
//!
//! A call has a store of its own, which is made for it and dropped after it, so
//! nothing leaks from one caller to the next; or it is given one that was kept for it
//! ([`crate::keeper`]), and only if it ends well is that kept again. The call is a
//! future; ending it, by the deadline or because the client has gone, is dropping that
//! future, and the guest with it, wherever it is. Order of dropping matters in one
//! place: the permit outlives the store, whose slot it stands for.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use wasmtime::Store;
use wharf_mcp::model::{Busy, Failure, Fault};

use crate::abi::{Abi, Operation, Stop};
use crate::events::Call;
use crate::gate::{Gate, Room};
use crate::keeper::{Keeper, Live, Seat};
use crate::limits::OWN_HANDLES;
use crate::rate::Rate;
use crate::runtime::Runtime;
use crate::state::{Guest, State};
use crate::turn::{Turn, take_turns};
use crate::verdict;

/// Long enough to stand for "never".
const FAR: Duration = Duration::from_hours(24 * 365);

/// A plugin that is ready to be called.
pub(crate) struct Ready {
    pub(crate) runtime: Runtime,
    pub(crate) guest: Arc<Guest>,
    pub(crate) abi: Abi,
    pub(crate) gate: Gate,
    pub(crate) rate: Option<Rate>,
    pub(crate) keeper: Keeper,
}

impl Ready {
    /// Does something on behalf of a client.
    pub(crate) async fn run<O: Operation>(
        &self,
        call: Call,
        operation: O,
    ) -> Result<O::Output, Fault> {
        let admitted = self.rate.as_ref().map_or(Ok(()), Rate::admit);
        admitted.map_err(|why| self.busy(why))?;
        let until = self.patience();
        let seat = self.keeper.seat(call.session.as_ref(), &self.gate, until);
        let seat = seat.await.map_err(|why| self.busy(why))?;
        self.run_at(&seat, until, call, operation).await
    }

    /// Does something that no client asked for, in a new instance.
    pub(crate) async fn look<O: Operation>(&self, operation: O) -> Result<O::Output, Fault> {
        let (seat, call) = (Seat::Fresh, Call::silent());
        self.run_at(&seat, self.patience(), call, operation).await
    }

    async fn run_at<O: Operation>(
        &self,
        seat: &Seat,
        until: Instant,
        call: Call,
        operation: O,
    ) -> Result<O::Output, Fault> {
        let entered = self.gate.enter(self.runtime.slots(), seat, until).await;
        let (_pass, room) = entered.map_err(|why| self.busy(why))?;
        let _ticking = self.runtime.ticker().keep_ticking();

        let lasts = self.guest.limits.of(&call);
        let cpu = self.guest.limits.cpu_of(&call);
        let turn = Arc::new(Turn::new(self.runtime.ticker().clock(), cpu));
        let mut live = self.live(room, &turn);
        let store = &mut live.store;
        store
            .data_mut()
            .begin(call, later(lasts), Arc::clone(&turn));
        store.data_mut().announces = O::MAY_ANNOUNCE;
        store.set_epoch_deadline(1);

        let work = self.begin(operation, store);
        let work = take_turns(&turn, self.runtime.lane(), work);
        let Ok(ended) = timeout(lasts, work).await else {
            return Err(self.too_late(lasts));
        };
        let is_well = matches!(ended, Ok(_) | Err(Stop::Said(_)));
        let ended = ended.map_err(|stop| verdict::fault(stop, live.store.data()));
        if is_well && seat.keeps() {
            live.store.data_mut().end();
            live.calls += 1;
            seat.keep(live, self.runtime.slots());
        }
        ended
    }

    fn live(&self, room: Room, turn: &Arc<Turn>) -> Live {
        match room {
            Room::Kept(live) => live,
            Room::New(slot) => Live::new(self.store(turn), slot),
        }
    }

    fn store(&self, turn: &Arc<Turn>) -> Store<State> {
        let state = State::new(&self.guest, Arc::clone(turn));
        let mut store = Store::new(self.runtime.engine(), state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(self.guest.limits.output);
        store.set_max_component_handles(self.guest.limits.handles.saturating_add(OWN_HANDLES));
        store.epoch_deadline_callback(|store| Ok(store.data().turn.on_tick()?));
        store
    }

    /// The one place where the lines of the contract are told apart.
    async fn begin<O: Operation>(
        &self,
        operation: O,
        store: &mut Store<State>,
    ) -> Result<O::Output, Stop> {
        match &self.abi {
            Abi::V0_1(exports) => operation.v0_1(exports, store).await,
            Abi::Functions(functions) => operation.functions(functions, store).await,
        }
    }

    /// Until when a call that begins now may wait for its turn.
    fn patience(&self) -> Instant {
        later(self.guest.limits.queue_wait)
    }

    fn busy(&self, why: Busy) -> Fault {
        Fault::Busy {
            plugin: Arc::clone(&self.guest.name),
            why,
        }
    }

    fn too_late(&self, after: Duration) -> Fault {
        tracing::warn!(plugin = %self.guest.name, ?after, "a call was ended at its deadline");
        Fault::Failed {
            plugin: Arc::clone(&self.guest.name),
            failure: Failure::Deadline { after },
        }
    }
}

/// A time beyond what a clock can hold is one that nobody sees.
fn later(after: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(after).unwrap_or(now + FAR)
}
