//! What is left of a grant.

use std::path::PathBuf;

use super::{Capability, Permission, is_below};
use crate::grants::{DirGrant, Grants, HttpGrant, SocketGrant, StoreGrant, Value};

fn dir(guest: &str, writable: bool) -> DirGrant {
    DirGrant {
        host: PathBuf::from("/srv"),
        guest: guest.to_owned(),
        writable,
    }
}

fn generous() -> Grants {
    Grants {
        dirs: vec![
            dir("/notes", true),
            dir("/notes/old", false),
            dir("/other", true),
        ],
        env: vec![
            ("ONE".to_owned(), Value::plain("1")),
            ("TWO".to_owned(), Value::secret("2")),
        ],
        config: vec![("key".to_owned(), Value::plain("1"))],
        http: Some(HttpGrant {
            allow: vec![
                "*.example.com".parse().unwrap(),
                "http://a.com".parse().unwrap(),
            ],
            methods: vec!["GET".to_owned()],
            ..HttpGrant::default()
        }),
        sockets: SocketGrant {
            tcp: vec!["10.0.0.0/8:53".parse().unwrap()],
            udp: vec!["10.0.0.0/8:53".parse().unwrap()],
        },
        store: Some(StoreGrant::default()),
        ..Grants::default()
    }
}

fn asking(capability: Capability) -> Permission {
    Permission {
        capability,
        reason: "to see".to_owned(),
        required: true,
    }
}

#[test]
fn who_asks_for_nothing_gets_nothing() {
    assert_eq!(generous().and(&[]), Grants::default());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn each_gets_what_both_say() {
    let path = |path: &str| path.to_owned();
    let nothing = Grants::default;
    for (capability, left) in [
        (
            Capability::ReadFiles(path("/notes")),
            Grants {
                dirs: vec![dir("/notes", false), dir("/notes/old", false)],
                ..nothing()
            },
        ),
        (
            Capability::ChangeFiles(path("/notes")),
            Grants {
                dirs: vec![dir("/notes", true), dir("/notes/old", false)],
                ..nothing()
            },
        ),
        (
            Capability::ReadFiles(path("/notes/old")),
            Grants {
                dirs: vec![dir("/notes/old", false)],
                ..nothing()
            },
        ),
        (Capability::ReadFiles(path("/not")), nothing()),
        (
            Capability::ReadFiles(path("/")),
            Grants {
                dirs: vec![
                    dir("/notes", false),
                    dir("/notes/old", false),
                    dir("/other", false),
                ],
                ..nothing()
            },
        ),
        (
            Capability::Environment(path("TWO")),
            Grants {
                env: vec![("TWO".to_owned(), Value::secret("2"))],
                ..nothing()
            },
        ),
        (Capability::Config(path("other")), nothing()),
        (
            Capability::Http("api.example.com".parse().unwrap()),
            Grants {
                http: Some(HttpGrant {
                    allow: vec!["api.example.com".parse().unwrap()],
                    methods: vec!["GET".to_owned()],
                    ..HttpGrant::default()
                }),
                ..nothing()
            },
        ),
        (
            Capability::Http("https://a.com".parse().unwrap()),
            nothing(),
        ),
        (
            Capability::Tcp("10.1.2.3:53".parse().unwrap()),
            Grants {
                sockets: SocketGrant {
                    tcp: vec!["10.1.2.3:53".parse().unwrap()],
                    udp: Vec::new(),
                },
                ..nothing()
            },
        ),
        (
            Capability::KeyValue,
            Grants {
                store: Some(StoreGrant::default()),
                ..nothing()
            },
        ),
    ] {
        let permission = asking(capability);
        let given = generous().and(std::slice::from_ref(&permission));
        assert_eq!(given, left, "{}", permission.capability);
        let is_granted = permission.is_granted_by(&generous());
        assert_eq!(is_granted, left != nothing(), "{}", permission.capability);
    }
}

#[test]
fn paths() {
    for (path, folder, below) in [
        ("/a", "/a", true),
        ("/a/b", "/a", true),
        ("/ab", "/a", false),
        ("/a", "/a/b", false),
        ("/a", "/", true),
        ("/", "/", true),
        ("/", "/a", false),
    ] {
        assert_eq!(is_below(path, folder), below, "{path} {folder}");
    }
}
