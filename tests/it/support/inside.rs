//! The library in this process, with clients in memory.

use std::sync::mpsc::Sender;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, split};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, JoinSet};
use wharf::drain::Drain;
use wharf::session::Door;
use wharf::transport::Transport;
use wharf::transport::memory::Memory;

use super::PATIENCE;
use super::link::Heard;

#[expect(dead_code, reason = "its `main` is for those who run it")]
#[path = "../../../host/examples/tcp.rs"]
pub(crate) mod tcp;

/// A host that is no process of its own. Dropping it ends it.
pub(super) struct Inside {
    runtime: Runtime,
    door: Door,
    drain: Drain,
    served: JoinSet<()>,
}

/// A client's end of a connection in memory. Dropping it ends what the client says.
pub(super) struct MemoryLink {
    saying: UnboundedSender<String>,
    tasks: [AbortHandle; 2],
}

/// A door to these plugins (and flags), with the cache that all tests share.
pub(crate) async fn door(plugins: &[&str]) -> Door {
    let cache = concat!("--cache-dir=", env!("CARGO_TARGET_TMPDIR"), "/compiled");
    let words = [plugins, &[cache, "-q"]].concat();
    tcp::door(words.into_iter().map(str::to_owned))
        .await
        .unwrap()
}

impl Inside {
    pub(super) fn new(arguments: &[&str]) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let door = runtime.block_on(door(arguments));
        Self {
            runtime,
            door,
            drain: Drain::new(),
            served: JoinSet::new(),
        }
    }

    /// A client, and where it hears.
    pub(super) fn connect(&mut self, inbox: Sender<Heard>) -> MemoryLink {
        let (host, client) = Memory::pair();
        let serving = host.serve(self.door.clone(), self.drain.clone());
        let handle = self.runtime.handle();
        let served = async { serving.await.expect("memory does not break") };
        self.served.spawn_on(served, handle);
        MemoryLink::new(client, inbox, handle)
    }

    pub(super) fn drain(&self) {
        self.drain.begin();
    }

    /// Waits until everybody has been served.
    pub(super) fn wait(&mut self) {
        let served = &mut self.served;
        self.runtime.block_on(async {
            let all = async { while served.join_next().await.is_some() {} };
            let all = tokio::time::timeout(PATIENCE, all).await;
            all.expect("the host ends");
        });
    }
}

impl MemoryLink {
    fn new(stream: DuplexStream, inbox: Sender<Heard>, runtime: &tokio::runtime::Handle) -> Self {
        let (reader, mut writer) = split(stream);
        let (saying, mut said): (_, UnboundedReceiver<String>) = unbounded_channel();
        let writing = async move {
            while let Some(line) = said.recv().await {
                writer
                    .write_all(line.as_bytes())
                    .await
                    .expect("the host reads");
            }
            // The other side may have been faster.
            let _ = writer.shutdown().await;
        };
        let reading = async move {
            let mut lines = BufReader::new(reader).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                // Whoever has gone does not want it any more.
                let _ = inbox.send(Heard::new(line));
            }
        };
        let tasks = [runtime.spawn(writing), runtime.spawn(reading)];
        Self {
            saying,
            tasks: tasks.map(|task| task.abort_handle()),
        }
    }

    pub(super) fn say(&self, message: &str) {
        let line = format!("{message}\n");
        self.saying.send(line).expect("the host reads");
    }

    /// Goes away without a word.
    pub(super) fn hang_up(&self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}
