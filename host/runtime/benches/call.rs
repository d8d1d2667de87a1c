//! What a call costs: store, instance, call and drop, for a plugin that is
//! loaded; and what loading costs, with compiled code in the cache.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime as Tokio};
use tokio::task::JoinSet;
use wharf_fixtures::{HELLO, ROGUE};
use wharf_mcp::model::Json;
use wharf_runtime::{
    Call, DirGrant, Grants, Plugin, PluginOptions, PluginSource, Runtime, RuntimeConfig, Value,
};

fn tokio() -> Tokio {
    let mut builder = Builder::new_multi_thread();
    builder.enable_all().build().expect("an async runtime")
}

fn runtime(cache_dir: Option<&std::path::Path>) -> Runtime {
    let config = RuntimeConfig {
        cache_dir: cache_dir.map(Into::into),
        ..RuntimeConfig::default()
    };
    Runtime::new(&config).expect("the sandbox works here")
}

async fn load(runtime: &Runtime, path: &str, grants: &Grants) -> Plugin {
    let source = PluginSource {
        name: "bench".into(),
        bytes: std::fs::read(path).expect("the fixture is built").into(),
    };
    let changes = Arc::new(|_| ());
    let loaded = runtime
        .load(
            source,
            &PluginOptions {
                grants: grants.clone(),
                ..PluginOptions::default()
            },
            changes,
        )
        .await;
    loaded.expect("the fixture loads")
}

fn json(text: String) -> Json {
    Json::parse(text).expect("valid JSON")
}

async fn call(plugin: &Plugin, tool: &str, arguments: &Json) {
    let outcome = plugin.call_tool(Call::silent(), tool, arguments).await;
    black_box(outcome.expect("the tool works"));
}

fn calls(c: &mut Criterion) {
    let (tokio, runtime) = (tokio(), runtime(None));
    let hello = tokio.block_on(load(&runtime, HELLO, &Grants::default()));
    let rogue = tokio.block_on(load(&runtime, ROGUE, &Grants::default()));
    let greet = json(r#"{"name":"Ada"}"#.to_owned());
    c.bench_function("call/greet", |b| {
        b.to_async(&tokio).iter(|| call(&hello, "greet", &greet));
    });
    for (name, size) in [("100 B", 100), ("10 KiB", 10 << 10), ("1 MiB", 1 << 20)] {
        let echo = json(format!(r#"{{"text":"{}"}}"#, "x".repeat(size)));
        c.bench_function(&format!("call/echo {name}"), |b| {
            b.to_async(&tokio).iter(|| call(&rogue, "echo", &echo));
        });
    }
    let grants = Grants {
        dirs: vec![DirGrant {
            host: std::env::temp_dir(),
            guest: "/tmp".to_owned(),
            writable: false,
        }],
        env: vec![("NAME".to_owned(), Value::plain("value"))],
        ..Grants::default()
    };
    let granted = tokio.block_on(load(&runtime, HELLO, &grants));
    c.bench_function("call/greet with grants", |b| {
        b.to_async(&tokio).iter(|| call(&granted, "greet", &greet));
    });
}

/// Thirty-two clients at once, a hundred calls each.
fn crowd(c: &mut Criterion) {
    let (tokio, runtime) = (tokio(), runtime(None));
    let hello = tokio.block_on(load(&runtime, HELLO, &Grants::default()));
    let greet = json(r#"{"name":"Ada"}"#.to_owned());
    c.bench_function("crowd/3200 calls by 32", |b| {
        b.to_async(&tokio).iter(|| async {
            let mut clients = JoinSet::new();
            for _ in 0..32 {
                let (hello, greet) = (hello.clone(), greet.clone());
                clients.spawn(async move {
                    for _ in 0..100 {
                        call(&hello, "greet", &greet).await;
                    }
                });
            }
            clients.join_all().await
        });
    });
}

/// A short call while fifty others loop for ever.
fn beside_loops(c: &mut Criterion) {
    let (tokio, runtime) = (tokio(), runtime(None));
    let hello = tokio.block_on(load(&runtime, HELLO, &Grants::default()));
    let rogue = tokio.block_on(load(&runtime, ROGUE, &Grants::default()));
    let greet = json(r#"{"name":"Ada"}"#.to_owned());
    let mut loops = JoinSet::new();
    for _ in 0..50 {
        let rogue = rogue.clone();
        let spin = async move {
            // Again and again: each ends at its deadline.
            loop {
                let spin = json("{}".to_owned());
                let ended = rogue.call_tool(Call::silent(), "spin", &spin).await;
                black_box(ended.is_err());
            }
        };
        loops.spawn_on(spin, tokio.handle());
    }
    c.bench_function("call/greet beside 50 loops", |b| {
        b.to_async(&tokio).iter(|| call(&hello, "greet", &greet));
    });
    let stop = async move { loops.shutdown().await };
    tokio.block_on(stop);
}

fn loading(c: &mut Criterion) {
    let (tokio, folder) = (tokio(), tempfile::tempdir().expect("a folder"));
    let nothing = Grants::default();
    let cold = runtime(None);
    let warm = runtime(Some(folder.path()));
    let mut group = c.benchmark_group("load");
    group.sample_size(10);
    for (name, runtime) in [("compiled", &cold), ("cached", &warm)] {
        group.bench_function(name, |b| {
            b.to_async(&tokio).iter(|| load(runtime, HELLO, &nothing));
        });
    }
    group.finish();
}

criterion_group!(benches, calls, crowd, beside_loops, loading);
criterion_main!(benches);
