//! What one warm `tools/call` costs in the host.
//!
//! | bench | what is measured |
//! | --- | --- |
//! | `route/native` | router and schema check, with a provider that is a Rust function |
//! | `route/hello` | the same, with the plugin `hello` in a fresh instance for each call |
//! | `frame/hello` | from the bytes of a modern request to the bytes of its answer |
//!
//! The sandbox's own share is measured in `wharf-runtime`. Compare within one run.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that cannot measure has nothing better to do"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use wharf::registry::{
    Answering, CatalogueBuilder, CompletionRequest, Description, Events, Invocation, Provider,
};
use wharf::router::Router;
use wharf_mcp::model::{
    CallContext, Completion, Content, Event, Fault, Json, LogLevel, Outcome, PromptResult,
    ReadResult, ResourcePage, ToolResult,
};
use wharf_mcp::{Effect, Operation, Peer, Reply};
use wharf_runtime::{PluginOptions, PluginSource, Runtime, RuntimeConfig};

fn call(criterion: &mut Criterion) {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let hello = tokio.block_on(load_hello());
    let native = Native {
        description: Provider::description(&hello).clone(),
    };
    let (native, hello) = (router(Arc::new(native)), router(Arc::new(hello)));
    let operation = Operation::CallTool {
        name: "greet".to_owned(),
        arguments: Json::parse(r#"{"name":"world"}"#.to_owned()).unwrap(),
    };
    assert!(tokio.block_on(greets(&native, &operation)));
    assert!(tokio.block_on(greets(&hello, &operation)));

    let mut group = criterion.benchmark_group("route");
    group.bench_function("native", |bencher| {
        bencher
            .to_async(&tokio)
            .iter(|| greets(&native, &operation));
    });
    group.bench_function("hello", |bencher| {
        bencher.to_async(&tokio).iter(|| greets(&hello, &operation));
    });
    group.finish();
    criterion.bench_function("frame/hello", |bencher| {
        bencher.to_async(&tokio).iter(|| answer(&hello));
    });
}

async fn load_hello() -> wharf_runtime::Plugin {
    let runtime = Runtime::new(&RuntimeConfig::default()).unwrap();
    let source = PluginSource {
        name: "hello".into(),
        bytes: std::fs::read(wharf_fixtures::HELLO).unwrap().into(),
    };
    let changes = Arc::new(|_| {});
    runtime
        .load(source, &PluginOptions::default(), changes)
        .await
        .unwrap()
}

fn router(provider: Arc<dyn Provider>) -> Router {
    let mut catalogue = CatalogueBuilder::default();
    catalogue.add(provider);
    Router::new(catalogue.build().unwrap())
}

async fn greets(router: &Router, operation: &Operation) -> bool {
    let reply = router
        .route(operation, invocation(CallContext::default()))
        .await;
    matches!(reply, Outcome::Complete(Reply::Tool(result)) if result.content == [Content::text("Hello, world!")])
}

const REQUEST: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","arguments":{"name":"world"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;

async fn answer(router: &Router) -> usize {
    let mut peer = Peer::<()>::new(Arc::default());
    let Effect::Start(call) = peer.receive(black_box(REQUEST), &router.facts()) else {
        panic!("the request was not accepted")
    };
    let outcome = router
        .route(&call.operation, invocation(call.context))
        .await;
    let Outcome::Complete(reply) = outcome else {
        panic!("the call was not completed")
    };
    call.exchange.answer(&reply).frame.len()
}

fn invocation(context: CallContext) -> Invocation {
    Invocation {
        context: Arc::new(context),
        events: Arc::new(Silence),
        session: None,
    }
}

struct Silence;

impl Events for Silence {
    fn emit(&self, _: Event) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }

    fn wants_progress(&self) -> bool {
        false
    }

    fn wants_log(&self, _: LogLevel) -> bool {
        false
    }
}

/// `hello` without a sandbox.
struct Native {
    description: Description,
}

impl Provider for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn description(&self) -> &Description {
        &self.description
    }

    fn call_tool<'a>(
        &'a self,
        _: Invocation,
        _: &'a str,
        arguments: &'a Json,
    ) -> Answering<'a, Outcome<ToolResult>> {
        Box::pin(async move {
            let arguments: serde_json::Value = serde_json::from_str(arguments.as_str())
                .map_err(|error| Fault::InvalidParams(error.to_string()))?;
            let name = arguments["name"].as_str().unwrap_or_default();
            Ok(Outcome::Complete(ToolResult {
                content: vec![Content::text(format!("Hello, {name}!"))],
                structured: None,
                is_error: false,
                meta: None,
            }))
        })
    }

    fn list_resources<'a>(
        &'a self,
        _: Invocation,
        _: Option<&'a str>,
    ) -> Answering<'a, ResourcePage> {
        nothing()
    }

    fn read_resource<'a>(
        &'a self,
        _: Invocation,
        _: &'a str,
    ) -> Answering<'a, Outcome<ReadResult>> {
        nothing()
    }

    fn get_prompt<'a>(
        &'a self,
        _: Invocation,
        _: &'a str,
        _: &'a [(String, String)],
    ) -> Answering<'a, Outcome<PromptResult>> {
        nothing()
    }

    fn complete<'a>(
        &'a self,
        _: Invocation,
        _: CompletionRequest<'a>,
    ) -> Answering<'a, Completion> {
        nothing()
    }
}

fn nothing<'a, T: 'a>() -> Answering<'a, T> {
    Box::pin(async { Err(Fault::NotFound("only tools here".to_owned())) })
}

criterion_group!(benches, call);
criterion_main!(benches);
