//! Arguments that are repeated in headers, for whatever stands between a client and
//! its host (§7.2, §11.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wharf_fixtures::{BAD_HEADER, EVERYTHING};

use crate::support::{A, B, Binding, C, Client, D, E, Host, Modern, Way, refused, stage};

fn host() -> Host {
    Host::serve(&["--listen", "127.0.0.1:0", EVERYTHING])
}

/// A call of the tool that wants all of its arguments repeated.
fn located(arguments: &Value) -> Modern {
    Modern::call("located", arguments.clone())
}

/// SHM-11: text of any kind.
fn wrapped(text: &str) -> String {
    format!("=?base64?{}?=", STANDARD.encode(text))
}

/// SHM-9: a request with these headers is served or refused.
#[track_caller]
fn check(host: &Host, arguments: &Value, headers: &[(&'static str, &str)], served: bool) {
    let call = headers
        .iter()
        .fold(located(arguments), |call, (name, value)| {
            call.with(name, value)
        });
    let response = call.send(host.address());
    if served {
        // What the tool makes of its arguments is another matter.
        let result = response.must_be(200).json()["result"].take();
        assert_eq!(result["resultType"], "complete", "{headers:?}");
        let found = &result["structuredContent"]["region"];
        assert!(found.is_null() || *found == arguments["region"], "{result}");
    } else {
        let answer = response.must_be(400).json();
        assert_eq!(answer["id"], 1);
        assert_eq!(answer["error"]["code"], -32020);
    }
}

/// SHM-9, SHM-10, SHM-13: texts compare as they are.
#[test]
fn texts() {
    let host = host();
    let here = json!({ "region": "us-west1" });
    for (value, served) in [
        ("us-west1", true),
        ("  us-west1\t", true),
        ("US-WEST1", false),
        ("us-west2", false),
        ("us-west1 us-west1", false),
        ("\"us-west1\"", false),
        ("", false),
    ] {
        check(&host, &here, &[("Mcp-Param-Region", value)], served);
    }
    check(&host, &here, &[], false);
    // XMH-1: a text that looks like a number is none.
    let digits = json!({ "region": "42" });
    check(&host, &digits, &[("Mcp-Param-Region", "42")], true);
    check(&host, &digits, &[("Mcp-Param-Region", "42.0")], false);
    let empty = json!({ "region": "" });
    check(&host, &empty, &[("Mcp-Param-Region", "")], true);
    check(&host, &empty, &[], false);
}

/// SHM-10: names are those of headers, and headers have no case.
#[test]
fn names_of_headers() {
    let host = host();
    let arguments = json!({ "region": "here", "dry_run": true });
    for (region, dry_run) in [
        ("mcp-param-region", "mcp-param-dry-run"),
        ("MCP-PARAM-REGION", "MCP-PARAM-DRY-RUN"),
        ("mCP-pARAM-rEGION", "Mcp-Param-Dry-Run"),
    ] {
        let headers = [(region, "here"), (dry_run, "true")];
        check(&host, &arguments, &headers, true);
    }
    // The argument's own name is not the header's.
    let headers = [("Mcp-Param-Region", "here"), ("Mcp-Param-Dry_Run", "true")];
    check(&host, &arguments, &headers, false);
}

/// SHM-11: what does not go into a header goes in wrapped.
#[test]
fn wrapped_texts() {
    let host = host();
    let city = json!({ "region": "Zürich" });
    check(
        &host,
        &city,
        &[("Mcp-Param-Region", &wrapped("Zürich"))],
        true,
    );
    check(
        &host,
        &city,
        &[("Mcp-Param-Region", &wrapped("Zurich"))],
        false,
    );
    let plain = json!({ "region": "Hello" });
    for (value, served) in [
        ("=?base64?SGVsbG8=?=", true),
        ("  =?base64?SGVsbG8=?=  ", true),
        // Broken inside of the marks.
        ("=?base64?SGVsbG8?=", false),
        ("=?base64?SGVs bG8=?=", false),
        ("=?base64?SGVs!G8=?=", false),
        ("=?base64?_-8=?=", false),
        // No marks, and then it is a text like any other.
        ("=?BASE64?SGVsbG8=?=", false),
        ("=?base64?SGVsbG8=", false),
        ("SGVsbG8=?=", false),
        ("SGVsbG8=", false),
    ] {
        check(&host, &plain, &[("Mcp-Param-Region", value)], served);
    }
    // Not UTF-8, whatever the argument is.
    let broken = format!("=?base64?{}?=", STANDARD.encode([0xff, 0xfe]));
    check(&host, &plain, &[("Mcp-Param-Region", &broken)], false);
    for literal in ["=?BASE64?SGVsbG8=?=", "=?base64?SGVsbG8=", "SGVsbG8=?="] {
        let arguments = json!({ "region": literal });
        check(&host, &arguments, &[("Mcp-Param-Region", literal)], true);
    }
    // What looks wrapped has to be wrapped again.
    let marked = json!({ "region": "=?base64?SGVsbG8=?=" });
    let once = "=?base64?SGVsbG8=?=";
    check(&host, &marked, &[("Mcp-Param-Region", once)], false);
    check(
        &host,
        &marked,
        &[("Mcp-Param-Region", &wrapped(once))],
        true,
    );
}

/// SHM-13: whole numbers compare as numbers, however they are written.
#[test]
fn whole_numbers() {
    let host = host();
    for (argument, value, served) in [
        (json!(42), "42", true),
        (json!(42), "42.0", true),
        (json!(42.0), "42", true),
        (json!(42), "4.2e1", true),
        (json!(42), &wrapped("42"), true),
        (json!(42), "43", false),
        (json!(42), "42.5", false),
        (json!(42), "forty-two", false),
        (json!(42), "0x2a", false),
        (json!(42), "", false),
        (json!(0), "0", true),
        (json!(0), "false", false),
        (json!(-7), "-7", true),
        (json!(-7), "7", false),
        (json!(9_007_199_254_740_991_i64), "9007199254740991", true),
        (json!(9_007_199_254_740_991_i64), "9007199254740990", false),
        (json!(-9_007_199_254_740_991_i64), "-9007199254740991", true),
    ] {
        let arguments = json!({ "region": "here", "count": argument });
        let headers = [("Mcp-Param-Region", "here"), ("Mcp-Param-Count", value)];
        check(&host, &arguments, &headers, served);
    }
}

/// SHM-13.
#[test]
fn truth() {
    let host = host();
    for (argument, value, served) in [
        (true, "true", true),
        (false, "false", true),
        (true, "false", false),
        (true, "True", false),
        (true, "1", false),
        (false, "0", false),
        (false, "", false),
    ] {
        let arguments = json!({ "region": "here", "dry_run": argument });
        let headers = [("Mcp-Param-Region", "here"), ("Mcp-Param-Dry-Run", value)];
        check(&host, &arguments, &headers, served);
    }
}

/// SHM-13: what is not given is not repeated, and `null` is not given.
#[test]
fn nothing() {
    let host = host();
    let region = ("Mcp-Param-Region", "here");
    for arguments in [
        json!({ "region": "here" }),
        json!({ "region": "here", "count": null }),
    ] {
        check(&host, &arguments, &[region], true);
        for value in ["1", "null", ""] {
            let headers = [region, ("Mcp-Param-Count", value)];
            check(&host, &arguments, &headers, false);
        }
    }
}

/// SHM-13: others are nobody's business.
#[test]
fn headers_of_no_argument() {
    let host = host();
    let region = ("Mcp-Param-Region", "here");
    let arguments = json!({ "region": "here" });
    for other in [
        "Mcp-Param-Other",
        "Mcp-Param-",
        "Mcp-Params-Count",
        "Region",
    ] {
        let headers = [region, (other, "=?base64?%?="), (other, "\u{e4}")];
        check(&host, &arguments, &headers, true);
    }
    // A tool that wants nothing repeated is not looked at.
    let call = Modern::call("structured", json!({})).with("Mcp-Param-Region", "there");
    call.send(host.address()).must_be(200);
}

/// SHM-12, SHM-14: what no honest client sends.
#[test]
fn smuggling() {
    let host = host();
    let arguments = json!({ "region": "here" });
    for twice in [["here", "here"], ["here", "there"], ["there", "here"]] {
        let headers = twice.map(|value| ("Mcp-Param-Region", value));
        check(&host, &arguments, &headers, false);
    }
    for raw in ["h\u{e9}re", "here\u{a0}", "\u{e4}"] {
        check(
            &host,
            &json!({ "region": raw }),
            &[("Mcp-Param-Region", raw)],
            false,
        );
    }
    check(
        &host,
        &arguments,
        &[("Mcp-Param-Region", "here, here")],
        false,
    );
}

/// §7.3: an argument that does not fit its schema has to be repeated as it is, and
/// then it is the tool that refuses it.
#[test]
fn arguments_of_the_wrong_kind() {
    let host = host();
    let call = |argument: Value, value| {
        let call = located(&json!({ "region": argument }));
        call.with("Mcp-Param-Region", value).send(host.address())
    };
    for (argument, value) in [(json!(7), "7"), (json!(true), "true")] {
        let result = call(argument, value).must_be(200).json()["result"].take();
        assert_eq!(result["isError"], true, "{result}");
    }
    for argument in [json!(7), json!({ "a": 1 }), json!([])] {
        let answer = call(argument, "here").must_be(400).json();
        assert_eq!(answer["error"]["code"], -32020);
    }
    // Step 16 comes before step 17.
    let unknown = Modern::call("nowhere", json!({ "region": "here" }));
    let answer = unknown.send(host.address()).must_be(200).json();
    assert_eq!(answer["error"]["code"], -32602);
}

/// SHM-9, SHL-31: only modern HTTP has them.
#[test]
fn where_there_are_no_such_headers() {
    for binding in [Binding::Stdio, Binding::WebSocket, Binding::Sse] {
        let (_host, mut client) = stage(Way::new(binding, E), &[EVERYTHING]);
        is_served(&mut client);
    }
    let host = host();
    for revision in [A, B, C, D] {
        let way = Way::new(Binding::Streamable, revision);
        is_served(&mut Client::connect_to(host.address(), way));
    }
}

#[track_caller]
fn is_served(client: &mut Client) {
    let arguments = json!({ "region": "here", "count": 1, "dry_run": false });
    let result = client.call("located", arguments);
    assert_eq!(result.get("isError"), None, "{result}");
}

/// XMH-1, XMH-4: everybody sees which arguments are to be repeated.
#[test]
fn schemas_say_so() {
    let host = host();
    for revision in [A, D, E] {
        let way = Way::new(Binding::Streamable, revision);
        let mut client = Client::connect_to(host.address(), way);
        let listed = client.result("tools/list", json!({}));
        let tools = listed["tools"].as_array().unwrap();
        let tool = tools.iter().find(|tool| tool["name"] == "located").unwrap();
        let properties = &tool["inputSchema"]["properties"];
        for (argument, header) in [
            ("region", "Region"),
            ("count", "Count"),
            ("dry_run", "Dry-Run"),
        ] {
            assert_eq!(properties[argument]["x-mcp-header"], header, "{revision}");
        }
    }
}

/// XMH-1, XMH-2: clients would drop such a tool without a word; its host does not.
#[test]
fn a_plugin_that_asks_for_the_impossible() {
    let (code, said) = refused(&["--stdio", BAD_HEADER]);
    assert_eq!(code, Some(1));
    for part in ["look", "x-mcp-header", "/properties/latitude", "integer"] {
        assert!(said.contains(part), "{said}");
    }
}
