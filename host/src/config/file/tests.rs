//! What configuration files mean, and how every mistake in one is told.

mod mistakes;
mod robust;

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use wharf_runtime::{
    Clock, DirGrant, Instances, Limits, Randomness, SocketTarget, StoreScope, Value,
};

use super::{FileConfig, Shared, read};
use crate::config::{ConfigError, DataDir, Environment, Listen, Origin, PluginConfig, PluginPath};

/// A folder with a plugin, folders and files of values, and a configuration in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir_all(path.join("home/notes/old")).unwrap();
        fs::create_dir(path.join("crate")).unwrap();
        for (name, text) in [
            ("x.wasm", ""),
            ("key", "sesame\n"),
            ("windows", "open\r\n"),
            ("two-lines", "one\ntwo\n\n"),
            ("empty", "\n"),
            ("zero", "a\0b"),
        ] {
            fs::write(path.join(name), text).unwrap();
        }
        fs::write(path.join("binary"), [0xff, 0xfe]).unwrap();
        fs::write(path.join("large"), vec![b'x'; 70_000]).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn read(&self, text: &str) -> Result<FileConfig, ConfigError> {
        let file = self.path().join("wharf.toml");
        fs::write(&file, text).unwrap();
        let home = self.path().join("home");
        let environment: Environment = [
            ("HOME", home.to_str().unwrap()),
            ("TOKEN", "hush"),
            ("BLANK", ""),
        ]
        .into_iter()
        .collect();
        read(&file, &environment, |_| ())
    }

    /// A plugin with these lines.
    fn plugin(&self, lines: &str) -> PluginConfig {
        let text = format!("[plugins.notes]\nsource = \"x.wasm\"\n{lines}\n");
        let mut config = self.read(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.plugins.len(), 1);
        config.plugins.remove(0)
    }
}

#[test]
fn an_empty_file_says_nothing() {
    let config = Place::new().read("").unwrap();
    assert!(config.plugins.is_empty() && config.listen.is_empty());
    assert!(!config.stdio && !config.allow_public);
    assert_eq!(config.limits, Limits::default());
    assert_eq!((config.data, config.shared), (None, Shared::default()));
}

#[test]
fn the_host() {
    let place = Place::new();
    let config = place.read(
        r#"
        listen = ["127.0.0.1:80", "unix:mcp.sock", "http+unix:/run/http.sock"]
        stdio = true
        allow-public = true
        allow-hosts = ["Tools.Example.com"]
        allow-origins = ["https://app.example.com:443"]
        data-dir = "data"
        cache-dir = "~/cache"
        watch = false
        [limits]
        total-concurrency = 50
        stack = "1MiB"
        "#,
    );
    let config = config.unwrap();
    assert_eq!(
        config.listen,
        [
            Listen::Http("127.0.0.1:80".parse().unwrap()),
            Listen::Unix(place.path().join("mcp.sock")),
            Listen::HttpUnix("/run/http.sock".into()),
        ]
    );
    assert!(config.stdio && config.allow_public);
    assert_eq!(config.hosts, ["tools.example.com"]);
    assert_eq!(config.origins, ["https://app.example.com"]);
    assert_eq!(
        config.data,
        Some(DataDir::Folder(place.path().join("data")))
    );
    assert_eq!(config.cache_dir, Some(place.path().join("home/cache")));
    assert_eq!(config.watch, Some(false));
    assert_eq!(config.shared.total, Some(50));
    assert_eq!(config.shared.stack, Some(1 << 20));
    let config = place.read("data-dir = \"memory\"").unwrap();
    assert_eq!(config.data, Some(DataDir::Memory));
}

#[test]
fn plugins_are_in_the_order_of_the_file() {
    let place = Place::new();
    let config = place.read(
        "[plugins.b]\nsource = \"x.wasm\"\n[plugins.a]\nsource = \"crate\"\nprefix = \"a.\"\n",
    );
    let plugins = config.unwrap().plugins;
    let names: Vec<_> = plugins.iter().map(PluginConfig::called).collect();
    assert_eq!(names, ["b", "a"]);
    assert_eq!(
        plugins[0].source,
        PluginPath::File(place.path().join("x.wasm"))
    );
    assert_eq!(
        plugins[1].source,
        PluginPath::Crate(place.path().join("crate"))
    );
    assert_eq!(plugins[0].prefix, None);
    assert_eq!(plugins[1].prefix.as_deref(), Some("a."));
}

#[test]
fn limits_are_for_all_unless_a_plugin_has_its_own() {
    let place = Place::new();
    let config = place.read(
        r#"
        [plugins.own]
        source = "x.wasm"
        limits = { timeout = "1s", queue = 0 }
        [plugins.plain]
        source = "x.wasm"
        [limits]
        memory = "1MiB"
        timeout = "2s"
        task-timeout = "3s"
        cpu = "4s"
        task-cpu = "5s"
        output = "2MiB"
        concurrency = 6
        queue = 7
        queue-wait = "8s"
        rate = 9
        handles = 10
        table-elements = 13
        core-instances = 14
        messages = 11
        message-bytes = "3MiB"
        changes = 12
        console = "4MiB"
        "#,
    );
    let plugins = config.unwrap().plugins;
    let all = Limits {
        memory: 1 << 20,
        deadline: Duration::from_secs(2),
        task_deadline: Duration::from_secs(3),
        cpu: Duration::from_secs(4),
        task_cpu: Duration::from_secs(5),
        output: 2 << 20,
        concurrency: 6,
        queue: 7,
        queue_wait: Duration::from_secs(8),
        rate: std::num::NonZeroU32::new(9),
        handles: 10,
        table_elements: 13,
        core_instances: 14,
        events: 11,
        event_bytes: 3 << 20,
        changes: 12,
        console: 4 << 20,
    };
    assert_eq!(plugins[1].options.limits, all);
    let own = Limits {
        deadline: Duration::from_secs(1),
        queue: 0,
        ..all
    };
    assert_eq!(plugins[0].options.limits, own);
}

#[test]
fn instances() {
    let place = Place::new();
    let session = |max, minutes| Instances::Session {
        max,
        idle: Duration::from_mins(minutes),
    };
    for (line, expected) in [
        ("", Instances::Call),
        ("instances = \"call\"", Instances::Call),
        ("instances = { per = \"call\" }", Instances::Call),
        ("instances = \"session\"", session(100, 10)),
        (
            "instances = { per = \"session\", max = 5, idle = \"1m\" }",
            session(5, 1),
        ),
        (
            "instances = \"pool\"",
            Instances::Pool {
                max: 4,
                uses: 1_000,
            },
        ),
        (
            "instances = { per = \"pool\", max = 1, uses = 10 }",
            Instances::Pool { max: 1, uses: 10 },
        ),
    ] {
        assert_eq!(place.plugin(line).options.instances, expected, "{line}");
    }
    assert!(place.plugin("functions = true").options.functions);
}

#[test]
fn folders() {
    let place = Place::new();
    let home = place.path().canonicalize().unwrap().join("home");
    let plugin = place.plugin(
        "files = [\n{ host = \"~/notes\", guest = \"/notes\", mode = \"rw\" },\n\
         { host = \"home\" },\n]",
    );
    let [notes, same] = plugin.options.grants.dirs.as_slice() else {
        panic!("{plugin:?}");
    };
    let expected = DirGrant {
        host: home.join("notes"),
        guest: "/notes".to_owned(),
        writable: true,
    };
    assert_eq!(*notes, expected);
    assert_eq!(same.host, home);
    assert_eq!(same.guest, place.path().join("home").to_str().unwrap());
    assert!(!same.writable);
}

/// What stands elsewhere is a secret, unless it is said not to be.
#[test]
fn values() {
    let place = Place::new();
    let plugin = place.plugin(
        r#"
        env.PLAIN = "C"
        env.FROM_HOST = { env = "TOKEN" }
        env.FROM_FILE = { file = "key" }
        env.PIN = { value = "1234", secret = true }
        env.OPEN = { env = "TOKEN", secret = false }
        config.crlf = { file = "windows" }
        config.lines = { file = "two-lines", secret = false }
        "#,
    );
    let value = |name: &str, value| (name.to_owned(), value);
    assert_eq!(
        plugin.options.grants.env,
        [
            value("PLAIN", Value::plain("C")),
            value("FROM_HOST", Value::secret("hush")),
            value("FROM_FILE", Value::secret("sesame")),
            value("PIN", Value::secret("1234")),
            value("OPEN", Value::plain("hush")),
        ]
    );
    assert_eq!(
        plugin.options.grants.config,
        [
            value("crlf", Value::secret("open")),
            value("lines", Value::plain("one\ntwo\n")),
        ]
    );
    let variable = || Origin::Variable("TOKEN".to_owned());
    assert_eq!(
        plugin.origins.env,
        [
            Origin::Written,
            variable(),
            Origin::File(place.path().join("key")),
            Origin::Written,
            variable(),
        ]
    );
}

#[test]
fn the_network() {
    let place = Place::new();
    let plugin = place.plugin(
        r#"
        sockets = { tcp = ["10.0.0.5:5432"], udp = ["[fd00::]/8:53"] }
        [plugins.notes.http]
        allow = ["https://api.example.com", "*.example.org:8443"]
        methods = ["GET", "POST"]
        addresses = ["10.0.0.0/8", "192.168.0.1", "fd00::1"]
        connections = 2
        timeout = "3s"
        request-body = "1KiB"
        response-body = "5GiB"
        "#,
    );
    let grants = plugin.options.grants;
    let http = grants.http.unwrap();
    let texts =
        |them: &[&dyn ToString]| -> Vec<String> { them.iter().map(|it| it.to_string()).collect() };
    assert_eq!(
        texts(&[&http.allow[0], &http.allow[1]]),
        ["https://api.example.com", "https://*.example.org:8443"]
    );
    assert_eq!(http.methods, ["GET", "POST"]);
    let addresses: Vec<_> = http.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.0.0.0/8", "192.168.0.1/32", "fd00::1/128"]);
    assert_eq!(
        (http.connections, http.timeout),
        (2, Duration::from_secs(3))
    );
    assert_eq!((http.request_body, http.response_body), (1 << 10, 5 << 30));
    let target = |text: &str| text.parse::<SocketTarget>().unwrap();
    assert_eq!(grants.sockets.tcp, [target("10.0.0.5:5432")]);
    assert_eq!(grants.sockets.udp, [target("[fd00::]/8:53")]);
}

#[test]
fn stores() {
    let place = Place::new();
    let store = |line: &str| place.plugin(line).options.grants.store;
    assert_eq!(store(""), None);
    assert_eq!(store("store = false"), None);
    let usual = store("store = true").unwrap();
    assert_eq!(
        (usual.scope, usual.quota),
        (StoreScope::Principal, 16 << 20)
    );
    let own = store("store = { scope = \"plugin\", quota = \"1KiB\" }").unwrap();
    assert_eq!((own.scope, own.quota), (StoreScope::Plugin, 1 << 10));
    let session = store("store = { scope = \"session\" }").unwrap();
    assert_eq!(session.scope, StoreScope::Session);
}

#[test]
fn what_is_real() {
    let place = Place::new();
    let moment = SystemTime::UNIX_EPOCH + Duration::from_hours(490_896);
    for line in [
        "clock = \"2026-01-01T00:00:00Z\"",
        "clock = 2026-01-01T01:00:00+01:00",
    ] {
        let clock = place.plugin(line).options.grants.clock;
        assert_eq!(clock, Clock::Fixed(moment), "{line}");
    }
    let random = place.plugin("random = 42").options.grants.random;
    assert_eq!(random, Randomness::Seeded(42));
}
