//! What clients keep for plugins between two rounds of a call, and cannot read,
//! change or use elsewhere (MRT-6).

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, ROGUE};

use crate::support::{Binding, E, Host, Modern, Partner, Way};

const INVALID: i64 = -32602;

fn able() -> Value {
    json!({ "elicitation": { "form": {} } })
}

/// Modern clients on HTTP and on lines.
fn on_each_binding(check: impl Fn(&mut Partner)) {
    for way in [Way::STREAMABLE_MODERN, Way::STDIO_MODERN] {
        let mut host = Host::of(way.binding, &[ROGUE, EVERYTHING]);
        check(&mut Partner::connect(&mut host, way, able()));
    }
}

/// A call that has asked for a name.
#[derive(Clone)]
struct Asked {
    tool: &'static str,
    arguments: Value,
    state: String,
}

impl Asked {
    #[track_caller]
    fn by(client: &mut Partner, tool: &'static str, arguments: Value) -> Self {
        let result = client.call(tool, arguments.clone(), json!({}));
        assert_eq!(result["resultType"], "input_required", "{result}");
        let state = result["requestState"].as_str().expect("state").to_owned();
        Self {
            tool,
            arguments,
            state,
        }
    }

    /// The request again, with the answer.
    fn params(&self) -> Value {
        json!({
            "name": self.tool,
            "arguments": self.arguments,
            "inputResponses": {
                "name": { "action": "accept", "content": { "name": "Ada" } },
            },
            "requestState": self.state,
        })
    }

    #[track_caller]
    fn is_taken(&self, client: &mut Partner) -> Value {
        let result = client.result("tools/call", self.params());
        assert_eq!(result.get("isError"), None, "{result}");
        result
    }

    /// MRT-6: always in the same words, and with the status of an ordinary answer.
    #[track_caller]
    fn is_refused(&self, client: &mut Partner) -> Value {
        let (status, error) = client.refusal("tools/call", self.params());
        assert_eq!(error["code"], INVALID, "{error}");
        assert!([None, Some(200)].contains(&status), "{status:?}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("requestState"), "{message}");
        error
    }

    fn with_state(&self, state: impl Into<String>) -> Self {
        Self {
            state: state.into(),
            ..self.clone()
        }
    }
}

#[track_caller]
fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().expect("a text")
}

/// MRT-4, MRT-10: as often as the client likes, because nothing is kept here.
#[test]
fn is_taken_again_and_again() {
    on_each_binding(|client| {
        let asked = Asked::by(client, "ask_state", json!({ "bytes": 100 }));
        for _ in 0..3 {
            assert_eq!(text(&asked.is_taken(client)), "Ada and 100 bytes");
        }
    });
}

/// MRT-6: it is written anew each time, and says nothing to those who read it.
#[test]
fn tells_nothing() {
    on_each_binding(|client| {
        let states: Vec<String> = (0..3)
            .map(|_| Asked::by(client, "ask_state", json!({ "bytes": 64 })).state)
            .collect();
        assert!(states[0] != states[1] && states[1] != states[2]);
        for state in &states {
            assert!(
                state
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            );
            assert!(!state.contains("name") && !state.contains("AAAAAAAAAAAAAAAA"));
        }
    });
}

/// MRT-6: each part of it, and what is left out or added.
#[test]
fn cannot_be_changed() {
    on_each_binding(|client| {
        let asked = Asked::by(client, "ask_form", json!({}));
        let state = &asked.state;
        let length = state.len();
        // The form, the key's name, the nonce, the text, its seal.
        let places = [
            0,
            1,
            3,
            6,
            7,
            20,
            38,
            39,
            45,
            length / 2,
            length - 20,
            length - 3,
        ];
        let mut refusals: Vec<Value> = places
            .iter()
            .map(|at| {
                let mut forged = state.clone().into_bytes();
                forged[*at] = if forged[*at] == b'A' { b'B' } else { b'A' };
                let forged = String::from_utf8(forged).unwrap();
                asked.with_state(forged).is_refused(client)
            })
            .collect();
        for forged in [
            String::new(),
            "A".to_owned(),
            "nonsense!".to_owned(),
            state[..length - 1].to_owned(),
            state[1..].to_owned(),
            format!("{state}A"),
            format!("{state}="),
            format!(" {state}"),
            format!("{state}{state}"),
            "\u{e4}".repeat(100),
            "A".repeat(length),
        ] {
            refusals.push(asked.with_state(forged).is_refused(client));
        }
        // Which of these it was is not said.
        assert!(refusals.iter().all(|refusal| *refusal == refusals[0]));
        assert_eq!(text(&asked.is_taken(client)), "Hello, Ada!");
    });
}

/// MRT-6: it is for one call with its parameters.
#[test]
fn cannot_be_used_elsewhere() {
    on_each_binding(|client| {
        let asked = Asked::by(client, "ask_state", json!({ "bytes": 10 }));
        for (tool, arguments) in [
            ("ask_form", json!({ "bytes": 10 })),
            ("ask_form", json!({})),
            ("ask_reply", json!({})),
            ("ask_state", json!({ "bytes": 11 })),
            ("ask_state", json!({ "bytes": 10, "more": 1 })),
        ] {
            let other = Asked {
                tool,
                arguments,
                state: asked.state.clone(),
            };
            other.is_refused(client);
        }
        // Nor is it for another method.
        let state = &asked.state;
        let personal = json!({ "name": "personal", "requestState": state });
        let read = json!({ "uri": "item:///asks", "requestState": state });
        for (method, params) in [("prompts/get", personal), ("resources/read", read)] {
            assert_eq!(client.error(method, params)["code"], INVALID, "{method}");
        }
        asked.is_taken(client);
    });
}

/// MRT-6: the same parameters in another order are the same.
#[test]
fn order_does_not_matter() {
    let host = Host::of(Binding::Streamable, &[ROGUE]);
    let mut client = Partner::beside(&host, Way::STREAMABLE_MODERN, able());
    let arguments = json!({ "a": { "c": [1, 2], "d": null }, "bytes": 5 });
    let asked = Asked::by(&mut client, "ask_state", arguments.clone());
    let again = Modern::new("tools/call", asked.params());
    let again = again.meta("clientCapabilities", Some(able()));
    let written = again.message.to_string();
    let ordered = arguments.to_string();
    assert_eq!(written.matches(&ordered).count(), 1);
    for (arguments, same) in [
        (r#"{"a":{"c":[1,2],"d":null},"bytes":5}"#, true),
        (r#"{"bytes":5,"a":{"d":null, "c":[1,2]}}"#, true),
        (r#"{"bytes":5,"a":{"d":null,"c":[2,1]}}"#, false),
        (r#"{"bytes":5,"a":{"c":[1,2]}}"#, false),
        (r#"{"bytes":5,"a":{"c":[1,2],"d":null},"d":null}"#, false),
    ] {
        let body = written.replace(&ordered, arguments);
        let request = again.request().body(body.into_bytes());
        let answer = request.send(host.address()).must_be(200).json();
        if same {
            assert_eq!(text(&answer["result"]), "Ada and 5 bytes", "{arguments}");
        } else {
            assert_eq!(answer["error"]["code"], INVALID, "{arguments}");
        }
    }
}

/// MRT-5, MRT-7: without the state, nothing that was remembered is there. Without the
/// answer, the question comes again.
#[test]
fn parts_of_a_retry() {
    on_each_binding(|client| {
        let asked = Asked::by(client, "ask_state", json!({ "bytes": 10 }));
        let mut params = asked.params();
        params.as_object_mut().unwrap().remove("inputResponses");
        let again = client.result("tools/call", params);
        assert_eq!(again["resultType"], "input_required");
        let mut params = asked.params();
        params.as_object_mut().unwrap().remove("requestState");
        let result = client.result("tools/call", params);
        assert_ne!(text(&result), "Ada and 10 bytes");
        for state in [json!(1), json!(null), json!({}), json!([asked.state])] {
            let mut params = asked.params();
            params["requestState"] = state;
            assert_eq!(client.error("tools/call", params)["code"], INVALID);
        }
    });
}

/// MRT-6: what a plugin may keep comes back whole, and what nobody gave out is not
/// looked at, however long it is.
#[test]
fn sizes() {
    on_each_binding(|client| {
        // 64 KiB, some of which the SDK needs for itself.
        for bytes in [0, 1, 65_000] {
            let asked = Asked::by(client, "ask_state", json!({ "bytes": bytes }));
            let expected = format!("Ada and {bytes} bytes");
            assert_eq!(text(&asked.is_taken(client)), expected);
        }
        let asked = Asked::by(client, "ask_form", json!({}));
        for length in [1 << 20, 8 << 20] {
            asked.with_state("A".repeat(length)).is_refused(client);
        }
        let long = client.result(
            "tools/call",
            json!({ "name": "ask_state", "arguments": { "bytes": 65_537 } }),
        );
        assert_eq!(long["isError"], true, "{long}");
    });
}

/// MRT-6, ELI-6: whoever it was given to, and nobody else.
#[test]
fn is_for_one_person() {
    let host = Host::serve(&[
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "unix:wharf.sock",
        ROGUE,
    ]);
    let mut somebody = Partner::beside(&host, Way::UNIX_MODERN, able());
    let mut nobody = Partner::beside(&host, Way::STREAMABLE_MODERN, able());
    let theirs = Asked::by(&mut somebody, "ask_form", json!({}));
    let nobodys = Asked::by(&mut nobody, "ask_form", json!({}));
    theirs.is_refused(&mut nobody);
    nobodys.is_refused(&mut somebody);
    // It is the person that counts, and not the connection.
    let mut again = Partner::beside(&host, Way::UNIX_MODERN, able());
    theirs.is_taken(&mut again);
    let other_way = Way::new(Binding::WebSocket, E);
    nobodys.is_taken(&mut Partner::beside(&host, other_way, able()));
}

/// MRT-6: another process has other keys.
#[test]
fn is_for_one_host() {
    let start = || {
        let mut host = Host::serve(&["--stdio", ROGUE]);
        let client = Partner::connect(&mut host, Way::STDIO_MODERN, able());
        (host, client)
    };
    let (_one, mut one) = start();
    let (_other, mut other) = start();
    let asked = Asked::by(&mut one, "ask_form", json!({}));
    asked.is_refused(&mut other);
    asked.is_taken(&mut one);
}
