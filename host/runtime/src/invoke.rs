//! The life of one call: permit, store, instance, deadline, verdict.
//!
//! A call has a store of its own, which is made for it and dropped after it, so
//! nothing leaks from one caller to the next. The call is a future; ending it, by
//! the deadline or because the client has gone, is dropping that future, and the
//! guest with it, wherever it is. Order of dropping matters in one place: the
//! permit outlives the store, whose slot it stands for.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use wasmtime::Store;
use wharf_mcp::model::{Failure, Fault};

use crate::abi::{Abi, Operation, Stop};
use crate::events::Call;
use crate::gate::{Gate, TurnedAway};
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
}

impl Ready {
    /// Does something with a new instance.
    pub(crate) async fn run<O: Operation>(
        &self,
        call: Call,
        operation: O,
    ) -> Result<O::Output, Fault> {
        let lasts = self.guest.limits.of(&call);
        // It waits as long as it may run, at most; then the plugin counts as busy.
        let pass = self.gate.enter(self.runtime.pool(), lasts).await;
        let _pass = pass.map_err(|turned_away| self.busy(&turned_away))?;
        let _ticking = self.runtime.ticker().keep_ticking();

        let turn = Arc::new(Turn::new(self.runtime.ticker().clock()));
        let mut store = self.store(call, lasts, &turn);
        store.data_mut().announces = O::MAY_ANNOUNCE;
        let work = self.begin(operation, &mut store);
        let work = take_turns(&turn, self.runtime.lane(), work);
        match timeout(lasts, work).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(stop)) => Err(verdict::fault(stop, store.data())),
            Err(_) => Err(self.too_late(lasts)),
        }
    }

    fn store(&self, call: Call, lasts: Duration, turn: &Arc<Turn>) -> Store<State> {
        let limits = &self.guest.limits;
        let now = Instant::now();
        // A deadline beyond what a clock can hold is none that a call will see.
        let deadline = now.checked_add(lasts).unwrap_or(now + FAR);
        let state = State::new(&self.guest, call, deadline, Arc::clone(turn));
        let mut store = Store::new(self.runtime.engine(), state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(limits.output);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|store| Ok(store.data().turn.on_tick()));
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

    fn busy(&self, turned_away: &TurnedAway) -> Fault {
        Fault::Busy {
            plugin: Arc::clone(&self.guest.name),
            limit: turned_away.0,
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
