//! Listing and reading resources.

use serde_json::{Value, json};
use wharf_fixtures::{EVERYTHING, FILESYSTEM, ROGUE};

use crate::support::{Way, on_every_way, stage};

on_every_way! {
    lists_page_by_page
    refuses_cursors_it_did_not_give_out
    reads_text
    reads_bytes
    reads_several_contents_at_once
    knows_what_does_not_exist
    says_when_a_resource_is_broken
    refuses_to_read_what_is_no_uri
    serves_the_resources_of_all_plugins
}

/// PAG-1, PAG-2.
fn lists_page_by_page(way: Way) {
    let (_host, mut client) = stage(way, &[ROGUE, EVERYTHING]);
    let mut pages = Vec::new();
    let mut params = json!({});
    loop {
        let page = client.result("resources/list", params);
        let uris = page["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["uri"].clone());
        pages.push(uris.collect::<Vec<_>>());
        match page.get("nextCursor") {
            Some(cursor) => params = json!({ "cursor": cursor }),
            None => break,
        }
    }
    let expected = [
        ["item:///1", "item:///2"],
        ["item:///3", "item:///4"],
        ["item:///5", "item:///6"],
    ];
    assert_eq!(pages, expected);
    let first = client.result("resources/list", json!({}));
    let again = json!({ "cursor": first["nextCursor"] });
    let second = client.result("resources/list", again.clone());
    assert_eq!(
        client.result("resources/list", again),
        second,
        "cursors are stable"
    );
}

/// PAG-2, PAG-3: an empty string is a cursor like any other.
fn refuses_cursors_it_did_not_give_out(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    for cursor in ["", "x", "7", "0.x", "-1", "18446744073709551616", "0.\u{0}"] {
        let error = client.error("resources/list", json!({ "cursor": cursor }));
        assert_eq!(error["code"], -32602, "{cursor:?}: {error}");
    }
    for cursor in [json!(1), json!({}), Value::Null] {
        let error = client.error("resources/list", json!({ "cursor": cursor }));
        assert_eq!(error["code"], -32602, "{cursor}");
    }
}

/// RES-4.
fn reads_text(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    for number in [1, 6] {
        let uri = format!("item:///{number}");
        let read = client.result("resources/read", json!({ "uri": uri }));
        let expected = json!([
            { "uri": uri, "mimeType": "text/plain", "text": format!("This is {uri}") },
        ]);
        assert_eq!(read["contents"], expected);
        let fresh = way.is_modern().then_some(5_000);
        assert_eq!(read["ttlMs"].as_u64(), fresh, "CCH-1, CCH-5");
    }
}

fn reads_bytes(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let read = client.result("resources/read", json!({ "uri": "item:///blob" }));
    let expected = json!({
        "uri": "item:///blob",
        "mimeType": "application/octet-stream",
        "blob": "AAH+/w==",
    });
    assert_eq!(read["contents"], json!([expected]));
}

fn reads_several_contents_at_once(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let read = client.result("resources/read", json!({ "uri": "item:///folder" }));
    let uris: Vec<_> = read["contents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["uri"])
        .collect();
    assert_eq!(uris, ["item:///1", "item:///blob"]);
}

/// RES-5, DWN-10, ERR-2.
fn knows_what_does_not_exist(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let code = if way.is_modern() { -32602 } else { -32002 };
    for uri in [
        "item:///7",
        "item:///",
        "other:///1",
        "file:///etc/passwd",
        "item:///../1",
    ] {
        let exchange = client.request("resources/read", json!({ "uri": uri }));
        assert_eq!(exchange.status.unwrap_or(200), 200, "{uri}");
        let error = exchange.error();
        assert_eq!(error["code"], code, "{uri}");
        assert_eq!(error["data"], json!({ "uri": uri }));
    }
}

/// RES-5.
fn says_when_a_resource_is_broken(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    let error = client.error("resources/read", json!({ "uri": "item:///broken" }));
    assert_eq!(error["code"], -32603);
    assert_eq!(error["message"], "this resource is broken");
    // DSC-10, DWN-10: so is one that needs an answer from a client that gives none.
    let error = client.error("resources/read", json!({ "uri": "item:///asks" }));
    assert_eq!(error["code"], if way.is_modern() { -32021 } else { -32603 });
}

/// RES-5.
fn refuses_to_read_what_is_no_uri(way: Way) {
    let (_host, mut client) = stage(way, &[EVERYTHING]);
    for params in [json!({}), json!({ "uri": 7 }), json!({ "uri": null })] {
        assert_eq!(
            client.error("resources/read", params.clone())["code"],
            -32602,
            "{params}"
        );
    }
}

/// Page after page, plugin after plugin; and each URI is read by whose it is.
fn serves_the_resources_of_all_plugins(way: Way) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("note.txt"), "a note").unwrap();
    let grant = format!("{}::/notes", folder.path().display());
    let (_host, mut client) = stage(way, &[EVERYTHING, FILESYSTEM, "--dir", &grant]);
    let templates = client.result("resources/templates/list", json!({}));
    assert_eq!(templates["resourceTemplates"].as_array().unwrap().len(), 2);
    let mut uris = Vec::new();
    let mut params = json!({});
    loop {
        let page = client.result("resources/list", params);
        uris.extend(
            page["resources"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["uri"].clone()),
        );
        match page.get("nextCursor") {
            Some(cursor) => params = json!({ "cursor": cursor }),
            None => break,
        }
    }
    assert_eq!(uris[0], "item:///1");
    assert!(uris.contains(&json!("file:///notes/note.txt")), "{uris:?}");
    for (uri, text) in [
        ("item:///6", "This is item:///6"),
        ("file:///notes/note.txt", "a note"),
    ] {
        let read = client.result("resources/read", json!({ "uri": uri }));
        assert_eq!(read["contents"][0]["text"], text);
    }
    let missing = client.error("resources/read", json!({ "uri": "file:///notes/none.txt" }));
    assert_eq!(
        missing["code"],
        if way.is_modern() { -32602 } else { -32002 }
    );
}
