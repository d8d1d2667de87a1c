//! The client: how it connects, what it hears, and how it answers.

use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _, future};
use rmcp::model::{
    ClientConfig, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams,
    ElicitResult, ErrorData, Implementation, ListRootsResult, LoggingMessageNotificationParam,
    ProgressNotificationParam, ProtocolVersion, ResourceUpdatedNotificationParam,
};
use rmcp::service::{
    NotificationContext, RequestContext, RoleClient, RunningService, RxJsonRpcMessage,
    TxJsonRpcMessage,
};
use rmcp::transport::{IntoTransport, StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest as _};

use crate::cases::Person;
use crate::host::{Folder, Server, Wharf};

pub(crate) const MODERN: &str = "2026-07-28";
pub(crate) const TRANSPORTS: [&str; 5] = ["stdio", "http", "http+unix", "ws", "unix"];
/// A response may overtake the client's own handling of notifications before it.
const GRACE: Duration = Duration::from_secs(2);

pub(crate) type Connected = RunningService<RoleClient, Ears>;

/// What the host said besides results.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) person: Person,
    pub(crate) progress: Vec<Value>,
    pub(crate) logs: Vec<Value>,
    pub(crate) changes: Vec<String>,
}

/// Hears what the host says, and answers what it asks.
#[derive(Debug, Clone)]
pub(crate) struct Ears {
    config: ClientConfig,
    heard: Arc<Mutex<Heard>>,
}

impl Ears {
    /// For a client of this revision, which can do so much.
    pub(crate) fn new(revision: &str, capabilities: Value) -> Result<Self> {
        let me = Implementation::new("wharf-clients-rmcp", "0.0.0");
        let config = ClientConfig::new(parse(capabilities)?, me);
        let config = config.with_protocol_version(version(revision)?);
        Ok(Self {
            config,
            heard: Arc::default(),
        })
    }

    pub(crate) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for what is still on its way, but not long.
    pub(crate) async fn until(&self, enough: impl Fn(&Heard) -> bool) {
        let step = Duration::from_millis(5);
        for _ in 0..GRACE.as_millis() / step.as_millis() {
            if enough(&self.heard()) {
                return;
            }
            sleep(step).await;
        }
    }

    fn answer<T: DeserializeOwned>(
        &self,
        method: &str,
        params: impl Serialize,
    ) -> Result<T, ErrorData> {
        let params = serde_json::to_value(params).unwrap_or_default();
        let answer = self.heard().person.answer(method, params);
        serde_json::from_value(answer)
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))
    }
}

impl ClientHandler for Ears {
    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let mut params = serde_json::to_value(params).unwrap_or_default();
        // What the client adds where a revision has no such thing yet, or any more.
        if let Some(members) = params.as_object_mut() {
            members.retain(|name, value| name != "elicitationId" || value != "");
            if self.config.protocol_version.as_str() < "2025-11-25" {
                members.remove("mode");
            }
        }
        self.answer("elicitation/create", params)
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        self.answer("sampling/createMessage", params)
    }

    async fn list_roots(
        &self,
        _: RequestContext<RoleClient>,
    ) -> Result<ListRootsResult, ErrorData> {
        self.answer("roots/list", Value::Null)
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let mut report = serde_json::to_value(params).unwrap_or_default();
        if let Some(members) = report.as_object_mut() {
            // The client has chosen it.
            members.remove("progressToken");
        }
        self.heard().progress.push(report);
    }

    async fn on_logging_message(
        &self,
        params: LoggingMessageNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.heard()
            .logs
            .push(serde_json::to_value(params).unwrap_or_default());
    }

    async fn on_resource_updated(
        &self,
        params: ResourceUpdatedNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.heard()
            .changes
            .push(format!("resource {}", params.uri));
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard().changes.push("resources".to_owned());
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard().changes.push("tools".to_owned());
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard().changes.push("prompts".to_owned());
    }

    fn get_info(&self) -> ClientConfig {
        self.config.clone()
    }
}

/// Where hosts are: one that listens, or how to start one of one's own.
#[derive(Debug)]
pub(crate) struct Hosts<'a> {
    pub(crate) wharf: &'a Wharf,
    pub(crate) serve: &'a Value,
    pub(crate) folder: &'a Folder,
    pub(crate) server: Option<&'a Server>,
}

/// Connects to a host.
pub(crate) async fn connect(ears: Ears, transport: &str, hosts: Hosts<'_>) -> Result<Connected> {
    let folder = hosts.folder;
    let Some(server) = hosts.server else {
        let mut command = hosts.wharf.serve(hosts.serve, folder);
        command.arg("--stdio");
        let child = TokioChildProcess::builder(command)
            .stderr(Stdio::null())
            .spawn()?
            .0;
        return open(ears, child).await;
    };
    let address = &server.address;
    match transport {
        "http" => {
            open(
                ears,
                StreamableHttpClientTransport::from_uri(format!("http://{address}/mcp")),
            )
            .await
        }
        "http+unix" => {
            let socket = folder.http();
            let socket = socket.to_str().context("the folder's name is no text")?;
            let transport =
                StreamableHttpClientTransport::from_unix_socket(socket, "http://localhost/mcp");
            open(ears, transport).await
        }
        "ws" => open(ears, websocket(address).await?).await,
        "unix" => open(ears, UnixStream::connect(folder.lines()).await?).await,
        other => bail!("no such transport: {other}"),
    }
}

async fn open<T, E, A>(ears: Ears, transport: T) -> Result<Connected>
where
    T: IntoTransport<RoleClient, E, A>,
    E: std::error::Error + Send + Sync + 'static,
{
    let version = ears.config.protocol_version.clone();
    let lifecycle = if version.as_str() >= MODERN {
        ClientLifecycleMode::Discover {
            preferred_versions: vec![version],
        }
    } else {
        ClientLifecycleMode::Initialize
    };
    Ok(ears.serve_with_lifecycle(transport, lifecycle).await?)
}

type Outgoing = TxJsonRpcMessage<RoleClient>;
type Incoming = RxJsonRpcMessage<RoleClient>;

/// One message in each text, with the subprotocol that MCP's WebSockets have had.
async fn websocket(
    address: &str,
) -> Result<(
    impl futures_util::Sink<Outgoing, Error = tungstenite::Error> + Send + Unpin + 'static,
    impl futures_util::Stream<Item = Incoming> + Send + Unpin + 'static,
)> {
    let mut request = format!("ws://{address}/ws").into_client_request()?;
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", "mcp".parse()?);
    let (socket, _) = tokio_tungstenite::connect_async(request).await?;
    let (sink, stream) = socket.split();
    let sink = sink.with(|message: Outgoing| {
        let text = serde_json::to_string(&message).map_err(std::io::Error::other);
        future::ready(text.map(Message::text).map_err(tungstenite::Error::from))
    });
    let stream = stream.filter_map(|message| {
        let text = message.ok().and_then(|message| message.into_text().ok());
        future::ready(text.and_then(|text| serde_json::from_str(&text).ok()))
    });
    Ok((sink, stream))
}

fn version(revision: &str) -> Result<ProtocolVersion> {
    parse(json!(revision))
}

/// A message, or a part of one, as the client's type for it.
pub(crate) fn parse<T: DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}
