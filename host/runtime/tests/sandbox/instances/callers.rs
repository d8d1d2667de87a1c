//! Callers that share an instance share its memory, and nothing that is the host's.

use std::sync::Arc;

use wharf_fixtures::KEEPER;
use wharf_mcp::model::{CallContext, Principal};
use wharf_runtime::{
    Call, Grants, Instances, Limits, PluginOptions, PluginSource, StoreGrant, StoreScope,
};

use super::{calls, rogue_as, tight, tool};
use crate::support::{Recorder, component, json, runtime, runtime_of, text};

/// A bucket is its caller's. A guest that keeps one open cannot give it to the next.
#[tokio::test]
async fn what_one_caller_opened_is_closed_for_the_next() {
    let source = PluginSource {
        name: "keeper".into(),
        bytes: component(KEEPER),
    };
    let store = StoreGrant {
        scope: StoreScope::Principal,
        ..StoreGrant::default()
    };
    let options = PluginOptions {
        grants: Grants {
            store: Some(store),
            ..Grants::default()
        },
        instances: Instances::Pool { max: 1, uses: 99 },
        ..PluginOptions::default()
    };
    let runtime = runtime_of(10);
    let loaded = runtime.load(source, &options, Arc::new(|_| ())).await;
    let plugin = loaded.expect("the fixture loads");
    let by = |subject: &str| {
        let principal = Principal {
            subject: Some(subject.to_owned()),
            ..Principal::default()
        };
        let context = CallContext {
            principal: Arc::new(principal),
            ..CallContext::default()
        };
        Call {
            context: Arc::new(context),
            ..Call::silent()
        }
    };
    let secret = r#"{"key":"pin","value":"1234"}"#;
    tool(&plugin, by("ada"), "set", secret).await.unwrap();
    let pin = r#"{"key":"pin"}"#;
    let own = tool(&plugin, by("ada"), "hold", pin).await;
    assert_eq!(own.as_deref(), Ok("1234"));
    let others = plugin.call_tool(by("eve"), "hold", &json(pin)).await;
    let others = text(others.unwrap());
    assert!(others.contains("open it again"), "{others}");
    let others = tool(&plugin, by("eve"), "get", pin).await;
    assert_eq!(others.as_deref(), Ok("nothing"));
    let own = tool(&plugin, by("ada"), "get", pin).await;
    assert_eq!(own.as_deref(), Ok("1234"));
}

/// Nothing of the last caller is left in the host's part of an instance.
#[tokio::test]
async fn each_call_has_its_own_caller_and_its_own_limits() {
    let limits = Limits {
        events: 4,
        console: 1_000,
        ..tight()
    };
    let plugin = rogue_as(&runtime(), Instances::Pool { max: 1, uses: 99 }, limits).await;
    for subject in ["ada", "bob", "eve"] {
        let principal = Principal {
            subject: Some(subject.to_owned()),
            ..Principal::default()
        };
        let context = CallContext {
            principal: Arc::new(principal),
            ..CallContext::default()
        };
        let recorder = Recorder::new(100);
        let call = || Call {
            context: Arc::new(context.clone()),
            ..recorder.call()
        };
        let told = tool(&plugin, call(), "whoami", "{}").await.unwrap();
        let expected = format!(r#""subject":"{subject}""#);
        assert!(told.contains(&expected), "{told}");
        let said = tool(&plugin, call(), "count", r#"{"n":9}"#).await;
        assert_eq!(said.as_deref(), Ok("done"));
        // Four reports and four messages each time.
        assert_eq!(recorder.count(), 8, "{subject}");
    }
    assert_eq!(calls(&plugin, Call::silent()).await, "1");
    assert_eq!(calls(&plugin, Call::silent()).await, "2");
}
