//! Questions that have been put to a client as requests, until they are answered
//! (S2C-2).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::oneshot;
use wharf_mcp::{RequestId, Response};

use crate::registry::Session;

/// How many questions one client may be asked at a time, by all its calls together.
const MAX_ASKED: usize = 256;

/// The open questions of one channel or session.
pub(crate) struct Asks {
    table: Mutex<Table>,
    /// What plugins keep for as long as it lasts.
    session: Session,
    /// Sends a message that belongs to no call any more. It must not wait.
    aside: Box<dyn Fn(Bytes) + Send + Sync>,
}

#[derive(Default)]
struct Table {
    last: u64,
    open: HashMap<RequestId, oneshot::Sender<Response>>,
}

/// An open question. Dropping it takes it back (CAN-3).
pub(crate) struct Asked {
    id: RequestId,
    response: oneshot::Receiver<Response>,
    asks: Arc<Asks>,
}

impl Asks {
    /// No questions yet. `aside` takes messages that belong to no call.
    pub(crate) fn new(aside: impl Fn(Bytes) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            table: Mutex::default(),
            session: Session::new(),
            aside: Box::new(aside),
        })
    }

    /// The session, as plugins see it.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Opens a question, which has to be sent under its id. None if there are too
    /// many.
    pub(crate) fn open(self: &Arc<Self>) -> Option<Asked> {
        let (sender, response) = oneshot::channel();
        let mut table = self.lock();
        if table.open.len() >= MAX_ASKED {
            return None;
        }
        table.last += 1;
        let id = RequestId::number(table.last);
        table.open.insert(id.clone(), sender);
        Some(Asked {
            id,
            response,
            asks: Arc::clone(self),
        })
    }

    /// Hands a response to whoever waits for it. Nobody need.
    pub(crate) fn answered(&self, response: Response) {
        let waiting = response
            .id
            .as_ref()
            .and_then(|id| self.lock().open.remove(id));
        let taken = waiting.is_some_and(|waiting| waiting.send(response).is_ok());
        if !taken {
            tracing::debug!("a response to nothing that was asked");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // A panic while the lock is held leaves the table as it was.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    /// The request's id.
    pub(crate) fn id(&self) -> &RequestId {
        &self.id
    }

    /// Waits for the response.
    pub(crate) async fn response(&mut self) -> Response {
        match (&mut self.response).await {
            Ok(response) => response,
            // The sender is in the table until it is used.
            Err(_gone) => std::future::pending().await,
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if self.asks.lock().open.remove(&self.id).is_some() {
            let reason = "nobody needs the answer any more";
            (self.asks.aside)(wharf_mcp::cancelled(&self.id, reason));
        }
    }
}

impl fmt::Debug for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asks({})", self.lock().open.len())
    }
}
