//! Every mistake is told with its line, its key and what to write instead, and secrets
//! are not repeated.

use super::Place;
use crate::config::ConfigError;

/// What is said about a file, without the folder. `$` in what is expected is it.
#[track_caller]
fn refused(text: &str, expected: &str) {
    let place = Place::new();
    let error = place.read(text).unwrap_err();
    assert!(matches!(error, ConfigError::File(_)), "{error}");
    let said = match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    };
    let real = place.path().canonicalize().unwrap();
    let folder = place.path().to_str().unwrap();
    let said = said
        .replace(real.to_str().unwrap(), "$")
        .replace(folder, "$");
    let said = said.trim_start_matches("$/wharf.toml:");
    assert_eq!(said, expected, "\n{text}");
}

/// What is said about a plugin with this line, which is the third.
#[track_caller]
fn plugin(line: &str, expected: &str) {
    let text = format!("[plugins.notes]\nsource = \"x.wasm\"\n{line}\n");
    refused(&text, &format!("3: `plugins.notes.{expected}"));
}

#[test]
fn what_is_no_toml() {
    refused(
        "\n\nlisten = [\n",
        "3: this is not TOML: unclosed array, expected `]`",
    );
    refused(
        "stdio = true\nstdio = true\n",
        "2: this is not TOML: duplicate key",
    );
    refused(
        "[plugins.a]\nsource = \"x.wasm\"\n[plugins.a]\n",
        "3: this is not TOML: duplicate key",
    );
}

#[test]
fn keys_that_do_not_exist() {
    refused(
        "\nlisten_on = []\n",
        "2: `listen_on`: there is no such key; the keys here are `listen`, `stdio`, \
         `allow-public`, `allow-hosts`, `allow-origins`, `data-dir`, `cache-dir`, `watch`, \
         `limits`, `plugins`",
    );
    refused(
        "allow_public = true",
        "1: `allow_public`: there is no such key; did you mean `allow-public`?",
    );
    refused(
        "[limits]\ntime-out = \"1s\"",
        "2: `limits.time-out`: there is no such key; did you mean `timeout`?",
    );
    refused(
        "[plugin.notes]",
        "1: `plugin`: there is no such key; did you mean `plugins`?",
    );
    plugin(
        "prefx = \"a\"",
        "prefx`: there is no such key; did you mean `prefix`?",
    );
    plugin(
        "http = { allow = [\"a.example\"], method = [] }",
        "http.method`: there is no such key; did you mean `methods`?",
    );
    plugin(
        "files = [{ host = \"home\", writable = true }]",
        "files[0].writable`: there is no such key; the keys here are `host`, `guest`, `mode`",
    );
    plugin(
        "env = { \"A B\" = { vlaue = \"x\" } }",
        "env.\"A B\".vlaue`: there is no such key; did you mean `value`?",
    );
    plugin(
        "store = { size = \"1MiB\" }",
        "store.size`: there is no such key; the keys here are `scope`, `quota`",
    );
    plugin(
        "sockets = { tpc = [] }",
        "sockets.tpc`: there is no such key; did you mean `tcp`?",
    );
}

#[test]
fn values_of_another_kind() {
    for (text, expected) in [
        (
            "stdio = 1",
            "1: `stdio`: this is a whole number; write `true` or `false` instead",
        ),
        (
            "listen = \"8080\"",
            "1: `listen`: this is a text; write a list in brackets instead",
        ),
        (
            "listen = [8080]",
            "1: `listen[0]`: this is a whole number; write a text instead",
        ),
        (
            "plugins = []",
            "1: `plugins`: this is a list; write a table instead",
        ),
        (
            "limits.timeout = 30",
            "1: `limits.timeout`: this is a whole number; write a time in quotes, such as \"30s\" \
             instead",
        ),
        (
            "limits.memory = 1.5",
            "1: `limits.memory`: this is a fraction; write a size in quotes, such as \"64MiB\" \
             instead",
        ),
        (
            "limits.queue = \"1\"",
            "1: `limits.queue`: this is a text; write a whole number instead",
        ),
    ] {
        refused(text, expected);
    }
    plugin(
        "clock = true",
        "clock`: this is `true` or `false`; write a date and time instead",
    );
    plugin(
        "store = \"yes\"",
        "store`: this is a text; write `true` or `{ scope = \"principal\" }` instead",
    );
}

#[test]
fn numbers_times_and_sizes() {
    for (text, expected) in [
        (
            "limits.memory = \"64MB\"",
            "1: `limits.memory`: `64MB`: `MB` is not a unit; write a whole number and `KiB`, \
             `MiB` or `GiB`, such as `64MiB`",
        ),
        (
            "limits.memory = \"5GiB\"",
            "1: `limits.memory`: `5GiB`: a plugin cannot use more than 4GiB; write a whole \
             number and `KiB`, `MiB` or `GiB`, such as `64MiB`",
        ),
        (
            "limits.cpu = \"0s\"",
            "1: `limits.cpu`: `0s`: this must be more than zero; write a whole number and `ms`, \
             `s`, `m` or `h`, such as `30s`",
        ),
        (
            "limits.queue-wait = \"10\"",
            "1: `limits.queue-wait`: `10`: the unit is missing; write a whole number and `ms`, \
             `s`, `m` or `h`, such as `30s`",
        ),
        (
            "limits.concurrency = 0",
            "1: `limits.concurrency`: 0 is out of bounds; write a number from 1 to 10000",
        ),
        (
            "limits.rate = -1",
            "1: `limits.rate`: -1 is out of bounds; write a number from 1 to 1000000",
        ),
        (
            "limits.handles = 99999999999999999999999",
            "1: `limits.handles`: 99999999999999999999999 is out of bounds; write a number from \
             1 to 1000000",
        ),
        (
            "limits.total-concurrency = 30001",
            "1: `limits.total-concurrency`: 30001 is out of bounds; write a number from 1 to \
             30000",
        ),
        (
            "limits.stack = \"9MiB\"",
            "1: `limits.stack`: this is out of bounds; write a size from 64KiB to 8MiB",
        ),
        (
            "limits.table-elements = 100001",
            "1: `limits.table-elements`: 100001 is out of bounds; write a number from 1 to \
             100000",
        ),
        (
            "limits.core-instances = 0",
            "1: `limits.core-instances`: 0 is out of bounds; write a number from 1 to 100",
        ),
    ] {
        refused(text, expected);
    }
    plugin(
        "limits = { total-concurrency = 5 }",
        "limits.total-concurrency`: this is a limit of all plugins together; write it in \
         `[limits]` at the top",
    );
    plugin(
        "limits.memory = \"x\"",
        "limits.memory`: `x`: this does not begin with a number; write a whole number and \
         `KiB`, `MiB` or `GiB`, such as `64MiB`",
    );
    plugin(
        "random = -1",
        "random`: -1 is out of bounds; write a number from 0 to 9223372036854775807",
    );
}

#[test]
fn endpoints() {
    for (text, expected) in [
        (
            "listen = [\"8080\",\n \"http://x\"]",
            "2: `listen[1]`: `http://x`: this is a URL, not an address; leave out scheme and \
             path: `127.0.0.1:8080`",
        ),
        (
            "listen = [\"unix:\"]",
            "1: `listen[0]`: `unix:`: the path of the socket is missing; write `unix:PATH` for \
             messages line by line, or `http+unix:PATH` for HTTP",
        ),
        (
            "allow-hosts = [\"http://a\"]",
            "1: `allow-hosts[0]`: `http://a` is not a host name; give the name alone: \
             `tools.example.com`",
        ),
        (
            "allow-origins = [\"a\"]",
            "1: `allow-origins[0]`: `a` is not an origin; give scheme and name, without a path: \
             `https://app.example.com`",
        ),
        (
            "data-dir = \"\"",
            "1: `data-dir`: the path is missing; write one, such as \"notes\"",
        ),
        (
            "cache-dir = \"~me/x\"",
            "1: `cache-dir`: `~` stands for one's own home folder only; write the path in full; \
             a folder of this name is `./~…`",
        ),
    ] {
        refused(text, expected);
    }
}

#[test]
fn plugins() {
    for (text, expected) in [
        (
            "[plugins.\"a b\"]",
            "1: `plugins.\"a b\"`: this cannot be the name of a plugin; use 1 to 64 letters, \
             digits, `-`, `_` and `.`",
        ),
        (
            "\n[plugins.a]",
            "2: `plugins.a`: `source` is missing; add it, such as `source = \
             \"plugins/notes.wasm\"`",
        ),
        (
            "[plugins.a]\nsource = \"no.wasm\"",
            "2: `plugins.a.source`: the plugin `$/no.wasm` does not exist; a plugin is a `.wasm` \
             component or the folder of a plugin crate",
        ),
    ] {
        refused(text, expected);
    }
    for prefix in ["", "a/", "a b", "ä", &"x".repeat(65)] {
        plugin(
            &format!("prefix = \"{prefix}\""),
            &format!(
                "prefix`: `{prefix}` cannot be in front of the names of tools; use 1 to 64 \
                 letters, digits, `-`, `_` and `.`, such as \"notes_\""
            ),
        );
    }
    plugin(
        "instances = \"sesion\"",
        "instances`: `sesion` is not known here; did you mean \"session\"?",
    );
    plugin(
        "instances = { max = 5 }",
        "instances`: `per` is missing; add it, such as `per = \"session\"`",
    );
    plugin(
        "instances = { per = \"pool\", idle = \"1s\" }",
        "instances.idle`: this means nothing with `per = \"pool\"`; leave it out",
    );
    plugin(
        "instances = { per = \"call\", max = 1 }",
        "instances.max`: this means nothing with `per = \"call\"`; leave it out",
    );
    plugin(
        "instances = { per = \"session\", max = 0 }",
        "instances.max`: 0 is out of bounds; write a number from 1 to 10000",
    );
}

#[test]
fn folders() {
    plugin(
        "files = [{ guest = \"/x\" }]",
        "files[0]`: `host` is missing; add it, such as `host = \"notes\"`",
    );
    plugin(
        "files = [{ host = \"home\" }, { host = \"no\", guest = \"/x\" }]",
        "files[1].host`: the folder `$/no` does not exist; make it first; a path here starts \
         from the folder of this file",
    );
    plugin(
        "files = [{ host = \"key\" }]",
        "files[0].host`: `$/key` is not a folder; grant the folder it is in",
    );
    plugin(
        "files = [{ host = \"home\", guest = \"x\" }]",
        "files[0].guest`: the path inside plugins, `x`, is not absolute; begin it with `/`: `/x`",
    );
    plugin(
        "files = [{ host = \"home\", guest = \"/x/../y\" }]",
        "files[0].guest`: the path inside plugins, `/x/../y`, has empty parts, `.` or `..` in \
         it; write it plainly, such as `/notes`",
    );
    plugin(
        "files = [{ host = \"home\", mode = \"w\" }]",
        "files[0].mode`: `w` is not known here; write one of `ro`, `rw`",
    );
    plugin(
        "files = [{ host = \"home\", guest = \"/x\" }, { host = \"crate\", guest = \"/x/\" }]",
        "files[1]`: two folders are granted as `/x`; choose another path for one of them",
    );
    plugin(
        "files = [{ host = \"home/notes\" }, { host = \"home\", mode = \"rw\" }]",
        "files[0]`: `$/home/notes` is granted read-only, but lies in `$/home`, which plugins may \
         change; move it out of that folder, grant that folder read-only, or grant fewer folders \
         of it",
    );
}

#[test]
fn texts() {
    let missing = "write one of `value`, `env` and `file`";
    let unsaid = "it is not said where the value is from, or said twice";
    for table in [
        "{ secret = true }",
        "{ env = \"TOKEN\", value = \"x\" }",
        "{ env = \"TOKEN\", file = \"key\" }",
    ] {
        plugin(
            &format!("env = {{ A = {table} }}"),
            &format!("env.A`: {unsaid}; {missing}"),
        );
    }
    for (line, expected) in [
        (
            "env = { A = 1 }",
            "env.A`: this is a whole number; write a text, `{ env = \"…\" }` or \
             `{ file = \"…\" }` instead",
        ),
        (
            "env = { \"A=B\" = \"x\" }",
            "env.\"A=B\"`: this is not the name of an environment variable; choose one without \
             `=`, such as `API_KEY`",
        ),
        (
            "env = { A = { env = \"NO\" } }",
            "env.A.env`: the variable `NO` is not set; set it where wharf is started",
        ),
        (
            "env = { A = { env = \"BLANK\" } }",
            "env.A.env`: the variable `BLANK` is empty; set it where wharf is started",
        ),
        (
            "env = { A = { file = \"no\" } }",
            "env.A.file`: `$/no` cannot be read: No such file or directory (os error 2); a path \
             here starts from the folder of this file",
        ),
        (
            "config = { a = { file = \"empty\" } }",
            "config.a.file`: `$/empty` is empty; write the value into it",
        ),
        (
            "config = { a = { file = \"binary\" } }",
            "config.a.file`: `$/binary` is not valid UTF-8; grant its folder with `files` instead",
        ),
        (
            "config = { a = { file = \"large\" } }",
            "config.a.file`: `$/large` has more than 65536 bytes; grant its folder with `files` \
             instead",
        ),
        (
            "config = { a = { file = \"zero\" } }",
            "config.a.file`: there is a character of the number 0 in the value; leave it out",
        ),
        (
            "config = { a = { value = \"x\", secret = \"no\" } }",
            "config.a.secret`: this is a text; write `true` or `false` instead",
        ),
    ] {
        plugin(line, expected);
    }
}

#[test]
fn the_network() {
    let allow = "name whom the plugin may ask, such as `[\"https://api.example.com\"]`, or leave \
                 out `http`";
    for (line, expected) in [
        (
            "http = {}",
            "http`: `allow` is missing; add it, such as `allow = [\"https://api.example.com\"]`",
        ),
        (
            "http = { allow = [] }",
            &format!("http.allow`: the list is empty, so nothing is allowed; {allow}"),
        ),
        (
            "http = { allow = [\"a.example\", \"a.*\"] }",
            "http.allow[1]`: `a.*`: `a.*` is not a host name, an address, or `*.` and a host name; \
             write it like `https://api.example.com` or `*.example.org`",
        ),
        (
            "http = { allow = [\"https://a.example/x\"] }",
            "http.allow[0]`: `https://a.example/x`: there is more than a host and a port in it; \
             write it like `https://api.example.com` or `*.example.org`",
        ),
        (
            "http = { allow = [\"a.example\"], methods = [\"get\"] }",
            "http.methods[0]`: `get` is not a method; write `GET`",
        ),
        (
            "http = { allow = [\"a.example\"], methods = [\"*\"] }",
            "http.methods[0]`: `*` is not a method; write it like `GET` or `POST`",
        ),
        (
            "http = { allow = [\"a.example\"], addresses = [\"10.0.0.0/33\"] }",
            "http.addresses[0]`: `10.0.0.0/33` is not an address or a network; write it like \
             `10.0.0.5`, `10.0.0.0/8` or `fd00::/8`",
        ),
        (
            "http = { allow = [\"a.example\"], connections = 257 }",
            "http.connections`: 257 is out of bounds; write a number from 1 to 256",
        ),
        (
            "sockets = {}",
            "sockets`: nothing is allowed by this; add `tcp = [\"10.0.0.5:5432\"]` or \
             `udp = […]`, or leave out `sockets`",
        ),
        (
            "sockets = { tcp = [\"db:5432\"] }",
            "sockets.tcp[0]`: `db:5432`: `db` is not an address or a network; write it like \
             `10.0.0.5:5432`, `10.1.0.0/16:53` or `[fd00::1]:5432`",
        ),
    ] {
        plugin(line, expected);
    }
}

#[test]
fn state_and_reality() {
    for (line, expected) in [
        (
            "store = { scope = \"user\" }",
            "store.scope`: `user` is not known here; write one of `plugin`, `principal`, `session`",
        ),
        (
            "store = { quota = \"0KiB\" }",
            "store.quota`: `0KiB`: this must be more than zero; write a whole number and `KiB`, \
             `MiB` or `GiB`, such as `64MiB`",
        ),
        (
            "clock = \"2026-01-01\"",
            "clock`: `2026-01-01` is not a date and time with its offset; write it like \
             `2026-01-01T00:00:00Z`",
        ),
        (
            "clock = \"1969-12-31T23:59:59Z\"",
            "clock`: `1969-12-31T23:59:59Z` is before 1970; clocks of plugins begin with 1970",
        ),
    ] {
        plugin(line, expected);
    }
}
