//! What takes more than one request to see.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::future::join_all;
use rmcp::model::{
    CallToolRequest, CallToolResponse, ClientRequest, PingRequest, ServerNotification, ServerResult,
};
use rmcp::service::PeerRequestOptions;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::Setting;
use crate::cases::CaseFile;
use crate::client::{Connected, Ears, MODERN, parse};
use crate::report::{Report, difference};

const URI: &str = "item:///1";
/// Long enough for what must not come.
const MOMENT: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(30);

/// What is served for this.
pub(crate) fn file() -> CaseFile {
    CaseFile {
        serve: json!({ "plugins": ["fixture-rogue", "fixture-everything"] }),
        capabilities: json!({
            "tools": { "listChanged": true },
            "resources": { "subscribe": true, "listChanged": true },
            "prompts": { "listChanged": true },
            "completions": { "$at": { "2025-03-26": {} } },
            "logging": {},
            "tasks": { "$at": {
                "2025-11-25": { "cancel": {}, "requests": { "tools": { "call": {} } } },
                "2026-07-28": { "$at": {} },
            } },
            "extensions": { "$at": { "2026-07-28": { "io.modelcontextprotocol/tasks": {} } } },
        }),
        cases: Vec::new(),
        leaves: None,
    }
}

pub(crate) async fn check(
    setting: Setting<'_>,
    connected: &Connected,
    ears: &Ears,
    report: &mut Report,
) -> Result<()> {
    let mut check =
        |name: &str, problem| report.check(&format!("{}: {name}", setting.label), problem);
    check("many calls at once", many_at_once(connected).await?);
    check(
        "a slow call holds up nobody",
        slow_and_quick(connected).await?,
    );
    check(
        "a call that is cancelled",
        cancelled(connected, ears).await?,
    );
    if setting.revision < MODERN {
        check("ping", ping(connected).await?);
        check("changes", changes(connected, ears).await?);
    } else {
        check("changes, listened to", listened(connected).await?);
        check("tasks", tasks(connected).await?);
    }
    Ok(())
}

/// Calls a tool that answers with a text.
async fn text(connected: &Connected, tool: &str, arguments: Value) -> Result<String> {
    let params = parse(json!({ "name": tool, "arguments": arguments }))?;
    let result = serde_json::to_value(connected.call_tool(params).await?)?;
    Ok(result["content"][0]["text"]
        .as_str()
        .context("no text")?
        .to_owned())
}

async fn echo(connected: &Connected, said: &str) -> Result<String> {
    text(connected, "echo", json!({ "text": said })).await
}

/// Every call gets its own answer.
async fn many_at_once(connected: &Connected) -> Result<Option<String>> {
    let texts: Vec<_> = (0..40).map(|number| format!("text {number}")).collect();
    let answers = join_all(texts.iter().map(|text| echo(connected, text))).await;
    let answers: Vec<_> = answers.into_iter().collect::<Result<_>>()?;
    Ok(difference(&json!(answers), &json!(texts)))
}

/// Answers come as they are ready, not as they were asked for.
async fn slow_and_quick(connected: &Connected) -> Result<Option<String>> {
    let slow = text(connected, "sleep", json!({ "ms": 1_000 }));
    let quick = echo(connected, "quick");
    tokio::pin!(slow);
    let first = tokio::select! {
        first = &mut slow => first?,
        first = quick => first?,
    };
    Ok(difference(
        &json!([first, slow.await?]),
        &json!(["quick", "awake"]),
    ))
}

/// A call that is cancelled says no more, and disturbs no other.
async fn cancelled(connected: &Connected, ears: &Ears) -> Result<Option<String>> {
    ears.heard().progress.clear();
    let call = json!({ "name": "count", "arguments": { "n": 2_000, "delay_ms": 10 } });
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(parse(call)?));
    let handle = connected
        .send_cancellable_request(request, PeerRequestOptions::no_options())
        .await?;
    ears.until(|heard| heard.progress.len() >= 3).await;
    handle.cancel(Some("changed my mind".to_owned())).await?;
    let after = echo(connected, "still there").await?;
    sleep(MOMENT).await;
    let heard = ears.heard().progress.len();
    sleep(MOMENT).await;
    let more = ears.heard().progress.len() - heard;
    Ok(difference(
        &json!([after, more]),
        &json!(["still there", 0]),
    ))
}

async fn ping(connected: &Connected) -> Result<Option<String>> {
    let ping = ClientRequest::PingRequest(PingRequest::default());
    let answer = connected.send_request(ping).await?;
    Ok((!matches!(answer, ServerResult::EmptyResult(_))).then(|| format!("{answer:?}")))
}

/// Has a plugin say that something has changed.
async fn announce(connected: &Connected, whats: &[&str]) -> Result<()> {
    for what in whats {
        let arguments = match what.split_once(' ') {
            Some((what, uri)) => json!({ "what": what, "uri": uri }),
            None => json!({ "what": what }),
        };
        text(connected, "announce", arguments).await?;
    }
    Ok(())
}

/// Lists that change are told to everybody, resources to those that asked.
async fn changes(connected: &Connected, ears: &Ears) -> Result<Option<String>> {
    ears.heard().changes.clear();
    connected.subscribe(parse(json!({ "uri": URI }))?).await?;
    let whats = [
        "resource item:///2",
        "tools",
        "resource item:///1",
        "prompts",
        "resources",
    ];
    announce(connected, &whats).await?;
    ears.until(|heard| heard.changes.len() >= 4).await;
    connected.unsubscribe(parse(json!({ "uri": URI }))?).await?;
    announce(connected, &["resource item:///1"]).await?;
    sleep(MOMENT).await;
    let mut heard = ears.heard().changes.clone();
    heard.sort();
    Ok(difference(
        &json!(heard),
        &json!(["prompts", "resource item:///1", "resources", "tools"]),
    ))
}

/// In the modern era one listens to what one wants, and hears nothing else.
async fn listened(connected: &Connected) -> Result<Option<String>> {
    let wanted = json!({ "toolsListChanged": true, "resourceSubscriptions": [URI] });
    let mut subscription = connected.listen(parse(wanted.clone())?).await?;
    let whats = [
        "prompts",
        "resource item:///2",
        "tools",
        "resource item:///1",
        "resources",
    ];
    announce(connected, &whats).await?;
    let mut heard = Vec::new();
    while heard.len() < 2 {
        match timeout(PATIENCE, subscription.next()).await?? {
            Some(ServerNotification::ResourceUpdatedNotification(update)) => {
                heard.push(format!("resource {}", update.params.uri));
            }
            Some(ServerNotification::ToolListChangedNotification(_)) => {
                heard.push("tools".to_owned());
            }
            other => bail!("{other:?}"),
        }
    }
    heard.sort();
    let accepted = subscription.acknowledged().clone();
    subscription.cancel().await?;
    announce(connected, &["tools"]).await?;
    Ok(difference(
        &json!([accepted, heard]),
        &json!([wanted, ["resource item:///1", "tools"]]),
    ))
}

/// What is to be done as a task says so at once, and is polled until it ends.
async fn tasks(connected: &Connected) -> Result<Option<String>> {
    let mut ends = Vec::new();
    for (tool, arguments) in [
        ("task_steps", json!({ "n": 2, "delay_ms": 20 })),
        ("task_required", json!({})),
        ("task_fails", json!({})),
        ("task_breaks", json!({})),
    ] {
        let params = parse(json!({ "name": tool, "arguments": arguments }))?;
        let CallToolResponse::Task(created) = connected.call_tool_once(params).await? else {
            bail!("{tool} did not become a task");
        };
        ends.push(end_of_task(connected, &created.task.task_id).await?);
    }
    let expected = json!([
        ["completed", "2 steps", null],
        ["completed", "done", null],
        ["completed", "this task always fails", null],
        ["failed", null, "this plugin is broken"],
    ]);
    Ok(difference(&json!(ends), &expected))
}

async fn end_of_task(connected: &Connected, id: &str) -> Result<Value> {
    let polling = async {
        loop {
            let task = connected.get_task(parse(json!({ "taskId": id }))?).await?;
            if task.task.status().is_terminal() {
                return Ok(serde_json::to_value(task)?);
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let task: Result<Value> = timeout(PATIENCE, polling).await?;
    let task = task?;
    Ok(json!([
        task["status"],
        task["result"]["content"][0]["text"],
        task["error"]["message"]
    ]))
}
